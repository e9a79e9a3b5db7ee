// The package on Node: gRPC over HTTP/2, with streams on connections of their own, so that a
// console's stream and its calls do not wait for one another.

import type { SecureClientSessionOptions } from "node:http2";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { BaseClient, type Platform } from "./client.js";
import { type ClientOptions, checked, MESSAGE_MAX_BYTES, refused } from "./config.js";

export * from "./common.js";

const KEEPALIVE = { pingIntervalMs: 30_000, pingTimeoutMs: 10_000, pingIdleConnection: true };

/** Most connections of one kind that a client opens. */
const CONNECTIONS_MAX = 64;

/** Settings of a client on Node. */
export interface NodeClientOptions extends ClientOptions {
  /** CAs to trust, as PEM, in place of those that Node comes with. */
  caCertificates?: string;
  /** A certificate to show, with its private key, as PEM. */
  identity?: { certificate: string; key: string };
  /** Connections that share the unary calls, 1 to 64. Default: 1. */
  unaryConnections?: number;
  /** Connections that share the streams, 1 to 64; one carries about 250. Default: 1. */
  streamConnections?: number;
}

/** A client of the service. Connects when first used. */
export class Client extends BaseClient {
  constructor(options: NodeClientOptions) {
    const baseUrl = checked(options);
    const { unaryConnections = 1, streamConnections = 1 } = options;
    for (const size of [unaryConnections, streamConnections]) {
      if (!Number.isInteger(size) || size < 1 || size > CONNECTIONS_MAX) {
        throw refused("connections must be from 1 to 64");
      }
    }
    const session = sessionOptions(options, baseUrl);
    super(options, (interceptors) => {
      const pool = (size: number) => new Pool(size, baseUrl, session, interceptors);
      return platform(pool(unaryConnections), pool(streamConnections));
    });
  }
}

function sessionOptions(options: NodeClientOptions, baseUrl: string): SecureClientSessionOptions {
  const { caCertificates, identity } = options;
  if ((caCertificates ?? identity) !== undefined && !baseUrl.startsWith("https:")) {
    throw refused("certificates go with https only");
  }
  const session: SecureClientSessionOptions = {};
  if (caCertificates !== undefined) session.ca = caCertificates;
  if (identity !== undefined)
    Object.assign(session, { cert: identity.certificate, key: identity.key });
  return session;
}

function platform(unary: Pool, streams: Pool): Platform {
  return {
    unary: () => unary.pick(),
    stream: () => streams.pick(),
    bothWays: true,
    agentHeader: "user-agent",
    close: () => {
      unary.close();
      streams.close();
    },
  };
}

/** Connections that are used in turn. */
class Pool {
  readonly #members: { transport: Transport; manager: Http2SessionManager }[] = [];
  #next = 0;

  constructor(
    size: number,
    baseUrl: string,
    session: SecureClientSessionOptions,
    interceptors: Interceptor[],
  ) {
    for (let at = 0; at < size; at += 1) {
      const manager = new Http2SessionManager(baseUrl, KEEPALIVE, session);
      const transport = createGrpcTransport({
        baseUrl,
        sessionManager: manager,
        interceptors,
        readMaxBytes: MESSAGE_MAX_BYTES,
        acceptCompression: [],
      });
      this.#members.push({ transport, manager });
    }
  }

  pick(): Transport {
    const member = this.#members[this.#next % this.#members.length];
    this.#next += 1;
    if (member === undefined) throw refused("connections must be from 1 to 64");
    return member.transport;
  }

  close(): void {
    for (const { manager } of this.#members) manager.abort();
  }
}
