// Runs one stream for its whole life: opens it, watches it, hands on what it delivers, sends what
// goes up, and opens it again as `reconnect` says. Everything it holds is bounded: a slow reader
// makes it stop reading, after which the server says goodbye and nothing is lost.

import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { errorOf, errorOfGoodbye, waitOf } from "../convert.js";
import { localError, type OmnichannelError } from "../errors.js";
import type { CommandOk } from "../generated/omnichannel/v1/agent_session_pb.js";
import type { Hello } from "../generated/omnichannel/v1/stream_pb.js";
import type { Delivered, Frame, Kind, Start } from "./frame.js";
import { type Ending, type From, Reconnect, stateAfter } from "./reconnect.js";
import { States } from "./state.js";
import { Fault, Tracker } from "./tracker.js";
import { Book, type Command } from "./uplink.js";

/** Frames read ahead of the reader. */
const OUTBOX_MAX = 1024;
/** How long to wait for a stream to open and for its first frame. */
const OPEN_TIMEOUT_MS = 10_000;
const HEARTBEAT_DEFAULT_MS = 15_000;
const HEARTBEAT_MIN_MS = 20;
/** Heartbeat intervals of silence after which a stream counts as dead. */
const SILENCE = 2.5;

/** One opened stream. */
export interface Link<T, U> {
  readonly frames: AsyncIterator<Frame<T>>;
  /** The way up, where there is one. */
  send?(frame: U): void;
  /** Another credential was taken than the one this link was opened with. */
  renew(): Promise<boolean>;
}

/** Opens the stream at a place; ends with the signal. */
export type Opener<T, U> = (start: Start, signal: AbortSignal) => Link<T, U>;

/** What a stream is run with. */
export interface Running<T, U> {
  kind: Kind;
  start: Start;
  open: Opener<T, U>;
  /** How long the first opening may take, repeats included. */
  openTimeoutMs: number;
  /** Ends the stream from outside. */
  signal?: AbortSignal | undefined;
  /** Tells when the network is back; answers how to stop listening. */
  onOnline?: ((back: () => void) => () => void) | undefined;
}

type Waiter<T> = {
  resolve(next: IteratorResult<Delivered<T>>): void;
  reject(error: unknown): void;
};

export class Driver<T, U> {
  readonly states = new States();
  /** First frame of the first connection. */
  readonly opened: Promise<Hello>;
  readonly #running: Running<T, U>;
  readonly #tracker: Tracker<T>;
  readonly #reconnect = new Reconnect();
  readonly #book = new Book<U>();
  readonly #outbox: Delivered<T>[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #ready: { resolve(hello: Hello): void; reject(error: OmnichannelError): void } | undefined;
  #link: Link<T, U> | undefined;
  #connection: AbortController | undefined;
  #changed = false;
  /** What the last reader is told, once; absent while the stream lives. */
  #over: { error?: OmnichannelError } | undefined;
  /** When the stream that is open now began. */
  #since: number | undefined;
  #quietMs = OPEN_TIMEOUT_MS;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  #aheadMs = 0;
  /** Wakes the driver when the reader took something, or when it should not wait longer. */
  #wake: (() => void) | undefined;
  #cleanups: (() => void)[] = [];

  constructor(running: Running<T, U>) {
    this.#running = running;
    this.#tracker = new Tracker(running.kind, running.start);
    this.opened = new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    // Who does not ask whether it opened hears of it when reading.
    this.opened.catch(() => {});
    const late = setTimeout(() => this.#late(), running.openTimeoutMs);
    this.opened.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
    this.#listen(running.signal);
    const online = running.onOnline?.(() => this.#wake?.());
    if (online !== undefined) this.#cleanups.push(online);
    if (this.#over === undefined) void this.#live();
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const gaveUp = () => this.close(errorOf(undefined, signal));
    if (signal.aborted) {
      gaveUp();
      return;
    }
    signal.addEventListener("abort", gaveUp, { once: true });
    this.#cleanups.push(() => signal.removeEventListener("abort", gaveUp));
  }

  /** The server's clock now, as far as it is known, in milliseconds since 1970. */
  get serverNow(): number {
    return Date.now() + this.#aheadMs;
  }

  /** The next delivery. After the error that ended the stream there is nothing more. */
  next(): Promise<IteratorResult<Delivered<T>>> {
    const delivered = this.#outbox.shift();
    if (delivered !== undefined) {
      if (this.#outbox.length === OUTBOX_MAX - 1) this.#wake?.();
      return Promise.resolve({ done: false, value: delivered });
    }
    if (this.#over === undefined) {
      return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    }
    const { error } = this.#over;
    this.#over = {};
    if (error !== undefined) return Promise.reject(error);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Sends a command and waits for its result, over lost connections too. */
  send(frame: U, requestId: string, timeoutMs: number): Promise<CommandOk> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(ended());
      const late = () => {
        command.dropped = true;
        reject(localError(Code.DeadlineExceeded, "the command got no result in time"));
      };
      const timer = setTimeout(late, timeoutMs);
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          then(value);
        };
      const [done, failed] = [settle(resolve), settle(reject)];
      const command: Command<U> = {
        frame,
        requestId,
        resolve: done,
        reject: failed,
        dropped: false,
      };
      if (!this.#book.push(command)) {
        failed(localError(Code.ResourceExhausted, "too many commands wait for their result"));
      }
      this.#flush();
    });
  }

  /** Sends a frame that has no result; nothing happens while the stream is not open. */
  tell(frame: U): void {
    if (this.#since !== undefined) this.#link?.send?.(frame);
  }

  /** Opens the stream anew from its beginning, because what it shows was changed. */
  reopen(): void {
    this.#changed = true;
    this.#connection?.abort();
    this.#wake?.();
  }

  /** Ends the stream; readers are told that it is over, or the error if there is one. */
  close(error?: OmnichannelError): void {
    this.#end(error, error ?? ended());
  }

  async #live(): Promise<void> {
    while (this.#over === undefined) {
      const ending = await this.#connect();
      const link = this.#link;
      this.#link = undefined;
      this.#connection?.abort();
      if (this.#over !== undefined) return;
      this.#book.lost();
      this.#tracker.connect();
      const lived = this.#since === undefined ? undefined : performance.now() - this.#since;
      this.#since = undefined;
      const chance = Math.random();
      const next =
        this.#reconnect.mayRenew(ending, lived) && (await renewed(link))
          ? this.#reconnect.renew(lived, chance)
          : this.#reconnect.next(ending, this.#tracker, lived, chance);
      if (this.#over !== undefined) return;
      if (next.type === "stop") return this.#end(next.error, next.error);
      this.#note(ending);
      this.#reposition(next.from);
      await this.#pause(next.waitMs);
    }
  }

  /** One connection, from opening to its end. */
  async #connect(): Promise<Ending> {
    const connection = new AbortController();
    this.#connection = connection;
    this.#changed = false;
    this.#quietMs = OPEN_TIMEOUT_MS;
    const link = this.#running.open(this.#tracker.start, connection.signal);
    this.#link = link;
    for (;;) {
      if (this.#outbox.length >= OUTBOX_MAX) await this.#room();
      if (this.#over !== undefined) return { type: "closed" };
      const read = await this.#read(link, connection);
      if ("ending" in read) return this.#changed ? { type: "changed" } : read.ending;
      const ending = this.#take(read.frame);
      if (ending !== undefined) return ending;
    }
  }

  /** The next frame, or how the stream ended. Silence for too long is an end. */
  async #read(
    link: Link<T, U>,
    connection: AbortController,
  ): Promise<{ frame: Frame<T> } | { ending: Ending }> {
    if (connection.signal.aborted) return { ending: { type: "closed" } };
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      connection.abort();
    }, this.#quietMs);
    // A transport that does not heed the signal is left behind.
    let left: (() => void) | undefined;
    const aborted = new Promise<undefined>((resolve) => {
      left = () => resolve(undefined);
      connection.signal.addEventListener("abort", left, { once: true });
    });
    try {
      const read = link.frames.next();
      const next = await Promise.race([read, aborted]);
      if (next === undefined) read.catch(() => {});
      if (next === undefined) return { ending: { type: silent ? "silent" : "closed" } };
      return next.done ? { ending: { type: "closed" } } : { frame: next.value };
    } catch (reason) {
      if (silent) return { ending: { type: "silent" } };
      return { ending: { type: "failed", error: errorOf(reason) } };
    } finally {
      clearTimeout(watchdog);
      if (left !== undefined) connection.signal.removeEventListener("abort", left);
    }
  }

  /** Takes one frame; answers how the stream ended if it did. */
  #take(frame: Frame<T>): Ending | undefined {
    if (frame.body.type === "heartbeat") this.#setClock(frame.body.heartbeat.serverTime);
    let outcome: ReturnType<Tracker<T>["apply"]>;
    try {
      outcome = this.#tracker.apply(frame);
    } catch (fault) {
      if (fault instanceof Fault) return { type: "fault", fault };
      throw fault;
    }
    switch (outcome.type) {
      case "goodbye":
        return { type: "goodbye", goodbye: outcome.goodbye };
      case "result":
        this.#book.settle(outcome.result);
        this.#flush();
        return undefined;
      case "deliver":
        this.#deliver(outcome.delivered);
        return undefined;
      case "opened": {
        const again = this.#ready === undefined && outcome.delivered !== undefined;
        if (outcome.delivered !== undefined) this.#deliver(outcome.delivered);
        this.#greet(outcome.hello);
        this.states.set(again ? "resynced" : "connected");
        return undefined;
      }
      case "nothing":
        return undefined;
    }
  }

  #setClock(time: Timestamp | undefined): void {
    if (time !== undefined) this.#aheadMs = timestampMs(time) - Date.now();
  }

  #greet(hello: Hello): void {
    this.#setClock(hello.serverTime);
    const interval = waitOf(hello.heartbeatInterval) ?? HEARTBEAT_DEFAULT_MS;
    this.#quietMs = Math.max(interval, HEARTBEAT_MIN_MS) * SILENCE;
    this.#since = performance.now();
    this.#book.open(hello.limits?.maxPendingCommands ?? 0);
    this.#ready?.resolve(hello);
    this.#ready = undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#since === undefined || this.#link?.send === undefined) return;
    for (let frame = this.#book.take(); frame !== undefined; frame = this.#book.take()) {
      this.#link.send(frame);
    }
  }

  #deliver(delivered: Delivered<T>): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#outbox.push(delivered);
    else waiter.resolve({ done: false, value: delivered });
  }

  #note(ending: Ending): void {
    this.states.lastError = errorAt(ending);
    if (this.#ready === undefined) this.states.set(stateAfter(ending));
  }

  #reposition(from: From): void {
    if (from.type === "sequence") this.#tracker.forgetToken();
    else if (from.type === "beginning") this.#tracker.forget();
    else if (from.type === "at") this.#tracker.skipTo(from.seq);
  }

  /** Waits before opening again; a network that is back ends the wait. */
  async #pause(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#changed) this.#wake();
    });
    this.#wake = undefined;
    if (this.#over === undefined && this.#ready === undefined) this.states.set("resuming");
  }

  /** Waits until the reader took something. */
  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  #late(): void {
    const text = "the stream did not open in time";
    const error = this.states.lastError ?? localError(Code.Unavailable, text);
    this.#end(error, error);
  }

  /** Ends the stream for good: everybody who waits is told why. */
  #end(error: OmnichannelError | undefined, forCommands: OmnichannelError): void {
    if (this.#over !== undefined) return;
    this.#over = error === undefined ? {} : { error };
    if (error === undefined) this.#outbox.length = 0;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.states.lastError = error ?? this.states.lastError;
    this.#connection?.abort();
    this.#wake?.();
    this.#book.fail(forCommands);
    this.#ready?.reject(forCommands);
    this.#ready = undefined;
    this.states.set("stopped");
    // Whoever waits first hears the error, as the last thing there is to hear.
    for (const waiter of this.#waiters.splice(0)) this.next().then(waiter.resolve, waiter.reject);
  }
}

function ended(): OmnichannelError {
  return localError(Code.Canceled, "the stream is over");
}

/** Whether there is another credential than the one that was refused. */
async function renewed(link: Pick<Link<never, never>, "renew"> | undefined): Promise<boolean> {
  try {
    return link !== undefined && (await link.renew());
  } catch {
    // The provider has none either; why the stream ended says more.
    return false;
  }
}

function errorAt(ending: Ending): OmnichannelError | undefined {
  switch (ending.type) {
    case "failed":
      return ending.error;
    case "goodbye":
      return errorOfGoodbye(ending.goodbye);
    case "silent":
      return localError(Code.Unavailable, "nothing was heard for too long");
    case "closed":
      return localError(Code.Unavailable, "the stream ended without goodbye");
    case "fault":
      return localError(Code.Internal, ending.fault.message);
    case "changed":
      return undefined;
  }
}
