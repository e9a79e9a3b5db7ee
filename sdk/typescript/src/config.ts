// How a client reaches the service: address, credential and limits, each with its default. What is
// refused here is refused before anything is sent.

import { Code, type Interceptor } from "@connectrpc/connect";
import type { TokenProvider } from "./credentials.js";
import { localError } from "./errors.js";

/** Settings of a client that every platform has. */
export interface ClientOptions {
  /** Address of the service: `https://host:port`, or `http://` on loopback. */
  endpoint: string;
  /** Credential of every call. Default: none, which only suits calls that must be refused. */
  apiKey?: string;
  /** Gives the credential, in place of a fixed key. */
  token?: TokenProvider;
  /**
   * Whether the credential may go unencrypted to another machine. Default: no; loopback is always
   * allowed.
   */
  allowPlaintext?: boolean;
  /**
   * Milliseconds that a unary call has, repeats included; `null` for no deadline. Default: 30
   * seconds.
   */
  deadlineMs?: number | null;
  /** Most attempts of one unary call. Default: 4; 1 switches repeats off. */
  maxAttempts?: number;
  /**
   * Repeats the client may spend in a burst; ten successful calls earn one more. Default: 256.
   */
  retryBudget?: number;
  /** Sees every call and stream on its way, such as that of `@omnichannel/sdk/otel`. */
  interceptors?: readonly Interceptor[];
}

export const DEADLINE_MS = 30_000;
export const MAX_ATTEMPTS = 4;
export const RETRY_BUDGET = 256;

/** Largest message that is taken, in bytes, as the server's own limit. */
export const MESSAGE_MAX_BYTES = 4 * 1024 * 1024;

/** The address without a trailing slash, once everything about the settings is in order. */
export function checked(options: ClientOptions): string {
  const { endpoint, maxAttempts = MAX_ATTEMPTS } = options;
  const address = parsed(endpoint);
  if (address.protocol === "http:" && !options.allowPlaintext && !isLoopback(address.hostname)) {
    throw refused("a credential goes unencrypted to loopback only; see allowPlaintext");
  }
  if (address.protocol !== "http:" && address.protocol !== "https:") {
    throw refused("endpoint must begin with http:// or https://");
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw refused("maxAttempts must be at least 1");
  }
  return `${address.origin}${address.pathname.replace(/\/+$/, "")}`;
}

function parsed(endpoint: string): URL {
  try {
    return new URL(endpoint);
  } catch {
    throw refused("endpoint is not an address");
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Settings that cannot be. */
export function refused(text: string): Error {
  return localError(Code.InvalidArgument, text);
}
