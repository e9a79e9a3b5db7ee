// What all live streams of the client have in common: they are read with `for await`, tell on the
// side how they are doing, and are over when their reader stops reading or they are closed.

import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { Credentials } from "../credentials.js";
import type { OmnichannelError } from "../errors.js";
import type { Hello } from "../generated/omnichannel/v1/stream_pb.js";
import type { Driver, Link, Opener } from "./driver.js";
import type { Delivered, Frame, Start } from "./frame.js";
import type { StateListener, StreamState } from "./state.js";

/** How long the first opening may take, repeats included, unless said otherwise. */
export const FIRST_OPEN_TIMEOUT_MS = 30_000;

/** Settings that all streams have. */
export interface StreamOptions {
  /** How long the first opening may take, repeats included. Default: 30 seconds. */
  openTimeoutMs?: number;
  /** Ends the stream when it is aborted. */
  signal?: AbortSignal;
}

/** What streams are opened with. */
export interface StreamHost {
  streamTransport(): Transport;
  readonly credentials: Credentials;
  readonly onOnline: ((back: () => void) => () => void) | undefined;
}

/**
 * A stream that outlives its connections. It has one reader: `for await` over it, or `next`. To
 * stop reading is to close it.
 */
export abstract class LiveStream<Item, T = unknown, U = never>
  implements AsyncIterableIterator<Item>
{
  /** @internal */
  protected readonly driver: Driver<T, U>;

  /** @internal */
  protected constructor(driver: Driver<T, U>) {
    this.driver = driver;
  }

  /** Resolves with the first frame of the first connection, or rejects when it was refused. */
  get opened(): Promise<Hello> {
    return this.driver.opened;
  }

  /** How the stream is doing. */
  get state(): StreamState {
    return this.driver.states.current;
  }

  /** Why the stream was lost last, when it was. */
  get lastError(): OmnichannelError | undefined {
    return this.driver.states.lastError;
  }

  /** Hears every change of state from now on; answers how to stop hearing. */
  onState(listener: StateListener): () => void {
    return this.driver.states.listen(listener);
  }

  /** What comes next; rejects once with the error that ended the stream. */
  async next(): Promise<IteratorResult<Item, undefined>> {
    for (;;) {
      const next = await this.driver.next();
      if (next.done) return { done: true, value: undefined };
      const item = this.take(next.value);
      if (item !== undefined) return { done: false, value: item };
    }
  }

  /** Closes the stream, as leaving the loop does. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the stream. Whoever reads is told that it is over. */
  close(): void {
    this.driver.close();
  }

  /** What a delivery is to the reader; nothing for what the reader need not see. @internal */
  protected abstract take(delivered: Delivered<T>): Item | undefined;
}

/** Opens a stream whose way up is one request. */
export function serverStream<T, I extends DescMessage, O extends DescMessage>(
  host: StreamHost,
  method: DescMethod & { methodKind: "server_streaming"; input: I; output: O },
  request: (start: Start) => MessageInitShape<I>,
  frame: (response: MessageShape<O>) => Frame<T>,
): Opener<T, never> {
  return (start, signal) => {
    const input = once(request(start));
    return link(
      host,
      (transport) => transport.stream(method, signal, undefined, undefined, input),
      frame,
    );
  };
}

/** Opens a stream that goes both ways; `first` is the first frame up. */
export function bothWays<T, I extends DescMessage, O extends DescMessage>(
  host: StreamHost,
  method: DescMethod & { methodKind: "bidi_streaming"; input: I; output: O },
  first: (start: Start) => MessageInitShape<I>,
  frame: (response: MessageShape<O>) => Frame<T>,
): Opener<T, MessageInitShape<I>> {
  return (start, signal) => {
    const up = new Upward<MessageInitShape<I>>(signal);
    up.send(first(start));
    const opened = link<T, O>(
      host,
      (transport) => transport.stream(method, signal, undefined, undefined, up),
      frame,
    );
    return { ...opened, send: (command) => up.send(command) };
  };
}

function link<T, O extends DescMessage>(
  host: StreamHost,
  open: (transport: Transport) => Promise<{ message: AsyncIterable<MessageShape<O>> }>,
  frame: (response: MessageShape<O>) => Frame<T>,
): Link<T, never> {
  let used: string | undefined;
  async function* frames() {
    used = await host.credentials.token();
    const response = await open(host.streamTransport());
    for await (const message of response.message) yield frame(message);
  }
  return { frames: frames(), renew: () => host.credentials.renew(used) };
}

async function* once<V>(value: V): AsyncGenerator<V, void, undefined> {
  yield value;
}

/** Frames on their way up, until the connection ends. The book of commands bounds how many. */
class Upward<V> implements AsyncIterable<V> {
  readonly #frames: V[] = [];
  #over = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    const end = () => {
      this.#over = true;
      this.#wake?.();
    };
    signal.addEventListener("abort", end, { once: true });
  }

  send(frame: V): void {
    this.#frames.push(frame);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<V, void, undefined> {
    while (!this.#over) {
      const frame = this.#frames.shift();
      if (frame !== undefined) yield frame;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
