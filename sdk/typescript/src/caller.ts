// Unary calls: one path for all of them carries deadline, identifier, credential and repeats. Why a
// repeat is safe is generated from the contract; nothing here decides it.

import {
  clone,
  create,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, type Transport } from "@connectrpc/connect";
import { errorOf } from "./convert.js";
import type { Credentials } from "./credentials.js";
import { localError, type OmnichannelError } from "./errors.js";
import { REPEATS, type Repeat } from "./generated/policies.js";
import { newRequestId } from "./ids.js";
import { Listing } from "./pages.js";
import { Budget, costs, waitAfter } from "./retry.js";

/** What a request is written as: a message, or an object with the fields that are not empty. */
export type Request<S extends DescMessage> = MessageInitShape<S>;

/** Settings of one call. */
export interface CallOptions {
  /** Milliseconds that the call has, repeats included; `null` for no deadline. */
  deadlineMs?: number | null;
  /** Gives up when it is aborted. */
  signal?: AbortSignal;
  /** Headers to send beside those of the client. */
  headers?: HeadersInit;
}

/** How calls are made. */
export interface CallerSettings {
  transport: () => Transport;
  credentials: Credentials;
  deadlineMs: number | null;
  maxAttempts: number;
  retryBudget: number;
}

export class Caller {
  readonly #settings: CallerSettings;
  readonly #budget: Budget;

  constructor(settings: CallerSettings) {
    this.#settings = settings;
    this.#budget = new Budget(settings.retryBudget);
  }

  /** The same calls with another deadline. */
  withDeadline(deadlineMs: number | null): Caller {
    return new Caller({ ...this.#settings, deadlineMs });
  }

  /** A call that lists in pages. */
  list<I extends DescMessage, O extends DescMessage, Item>(
    method: DescMethodUnary<I, O>,
    field: string,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Listing<Item, MessageShape<O> & { nextPageToken: string }> {
    type Page = MessageShape<O> & { nextPageToken: string };
    const fetch = async (pageToken: string | undefined) => {
      const message = own(method.input, request);
      if (pageToken !== undefined) Object.assign(message, { pageToken });
      return (await this.unary(method, message as MessageInitShape<I>, options)) as Page;
    };
    return new Listing(fetch, (page) => (page as unknown as Record<string, Item[]>)[field] ?? []);
  }

  /**
   * Makes a call. Fills an empty `requestId`, keeps the deadline over all attempts, and repeats
   * what may be repeated after UNAVAILABLE, a lost connection, or as long as the server asks.
   */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const message = own(method.input, request) as MessageShape<I>;
    identify(method, message);
    const span = options.deadlineMs === undefined ? this.#settings.deadlineMs : options.deadlineMs;
    const due = span === null ? Number.POSITIVE_INFINITY : performance.now() + span;
    const repeat = REPEATS[`${method.parent.typeName}.${method.name}`] ?? "never";
    let renewed = false;
    for (let failures = 0; ; ) {
      const token = await this.#settings.credentials.token();
      const outcome = await this.#attempt(method, message, due, options);
      if ("answer" in outcome) {
        this.#budget.earn();
        return outcome.answer;
      }
      const { error } = outcome;
      if (error.code === Code.Unauthenticated && !renewed) {
        renewed = true;
        if (await this.#settings.credentials.renew(token)) continue;
      }
      failures += 1;
      await this.#rest(error, repeat, failures, due, options.signal);
    }
  }

  async #attempt<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    message: MessageShape<I>,
    due: number,
    options: CallOptions,
  ): Promise<{ answer: MessageShape<O> } | { error: OmnichannelError }> {
    const left = due - performance.now();
    if (left <= 0) throw localError(Code.DeadlineExceeded, "the deadline of the call passed");
    const timeout = Number.isFinite(left) ? Math.ceil(left) : undefined;
    const { signal, headers } = options;
    const init = message as MessageInitShape<I>;
    try {
      const transport = this.#settings.transport();
      const response = await transport.unary(method, signal, timeout, headers, init);
      return { answer: response.message };
    } catch (reason) {
      const error = errorOf(reason, signal);
      if (error.local) checkEncodes(method.input, message);
      return { error };
    }
  }

  /** Waits before a repeat, or throws the error where there is none. */
  async #rest(
    error: OmnichannelError,
    repeat: Repeat,
    failures: number,
    due: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const wait = waitAfter(error, repeat, failures - 1, Math.random());
    if (wait === undefined || failures >= this.#settings.maxAttempts) throw error;
    if (performance.now() + wait >= due) throw error;
    if (costs(error) && !this.#budget.take()) throw error;
    await sleep(wait, signal);
  }
}

/** A message of our own, so that what we fill in is not seen by the caller. */
function own<I extends DescMessage>(schema: I, init: MessageInitShape<I>): Message {
  const isMessage = (init as { $typeName?: string }).$typeName !== undefined;
  try {
    return isMessage ? clone(schema, init as MessageShape<I>) : create(schema, init);
  } catch (cause) {
    throw unwritable(cause);
  }
}

function identify<I extends DescMessage>(
  method: DescMethodUnary<I, DescMessage>,
  message: MessageShape<I>,
): void {
  if (method.input.field["requestId"] === undefined) return;
  const identified = message as unknown as { requestId: string };
  identified.requestId ||= newRequestId();
}

/** A request that cannot be written is the caller's mistake, and no trouble of the transport. */
function checkEncodes<I extends DescMessage>(schema: I, message: MessageShape<I>): void {
  try {
    toBinary(schema, message);
  } catch (cause) {
    throw unwritable(cause);
  }
}

function unwritable(cause: unknown): OmnichannelError {
  return localError(Code.InvalidArgument, `the request cannot be written: ${cause}`, cause);
}

/** Waits; an aborted signal ends it with an error. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const gaveUp = () => {
      clearTimeout(timer);
      reject(errorOf(undefined, signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", gaveUp);
      resolve();
    }, ms);
    if (signal?.aborted) gaveUp();
    else signal?.addEventListener("abort", gaveUp, { once: true });
  });
}
