// The package in browsers: gRPC-Web by fetch. Streams go one way there, so that commands are
// calls of their own; what can be done is the same.

import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { BaseClient } from "./client.js";
import { type ClientOptions, checked } from "./config.js";

export * from "./common.js";

/** Settings of a client in a browser. */
export interface WebClientOptions extends Omit<ClientOptions, "endpoint"> {
  /** Address of the service. Default: where the page came from. */
  endpoint?: string;
}

/** A client of the service. Connects when first used. */
export class Client extends BaseClient {
  constructor(options: WebClientOptions) {
    const endpoint = options.endpoint ?? globalThis.location?.origin ?? "";
    const settings: ClientOptions = { ...options, endpoint };
    const baseUrl = checked(settings);
    const closing = new AbortController();
    super(settings, (interceptors) => {
      const fetching: typeof fetch = (input, init) => {
        const signals = [closing.signal, init?.signal].filter((signal) => signal != null);
        return fetch(input, { ...init, signal: AbortSignal.any(signals) });
      };
      const transport = createGrpcWebTransport({ baseUrl, interceptors, fetch: fetching });
      return {
        unary: () => transport,
        stream: () => transport,
        bothWays: false,
        agentHeader: "x-user-agent",
        onOnline: online,
        close: () => closing.abort(),
      };
    });
  }
}

/** Calls when the browser says that the network is back. */
function online(back: () => void): () => void {
  if (typeof globalThis.addEventListener !== "function") return () => {};
  globalThis.addEventListener("online", back);
  return () => globalThis.removeEventListener("online", back);
}
