// When to repeat a call and how long to wait: full jitter, a budget shared by all calls of a
// client, and the server's own word where it gives one. Pure but for the budget's counter;
// chance comes in as a number from 0 to 1.

import { Code } from "@connectrpc/connect";
import type { OmnichannelError } from "./errors.js";
import type { Repeat } from "./generated/policies.js";

/** Doubling waits of which a random part is taken. */
export interface Backoff {
  /** Upper bound of the first wait, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every wait, in milliseconds. */
  readonly capMs: number;
}

/** Waits between the attempts of a unary call. */
const UNARY: Backoff = { baseMs: 50, capMs: 2000 };

/** The wait after a number of failures, from nothing to its bound. */
export function waitFor(backoff: Backoff, failures: number, chance: number): number {
  const bound = Math.min(backoff.baseMs * 2 ** Math.min(failures, 30), backoff.capMs);
  return bound * Math.min(Math.max(chance, 0), 1);
}

const TENTHS = 10;

/**
 * What may be spent on repeats, so that a struggling server is not buried under them: a repeat
 * costs one, a call that went through earns a tenth.
 */
export class Budget {
  readonly #full: number;
  #tenths: number;

  constructor(repeats: number) {
    this.#full = repeats * TENTHS;
    this.#tenths = this.#full;
  }

  /** Takes one repeat; answers whether there was one. */
  take(): boolean {
    if (this.#tenths < TENTHS) return false;
    this.#tenths -= TENTHS;
    return true;
  }

  earn(): void {
    this.#tenths = Math.min(this.#tenths + 1, this.#full);
  }
}

/** How long to wait before repeating a call that failed; nothing for not at all. */
export function waitAfter(
  error: OmnichannelError,
  repeat: Repeat,
  failures: number,
  chance: number,
): number | undefined {
  if (repeat === "never" || repeat === "stream" || !error.retryable) return undefined;
  return (error.retryAfterMs ?? 0) + waitFor(UNARY, failures, chance);
}

/**
 * Whether a repeat after this error is taken from the budget: not where the server, which is well,
 * said when to come back.
 */
export function costs(error: OmnichannelError): boolean {
  return error.code !== Code.ResourceExhausted;
}
