// What to do when a stream ends: open it again or stop, from which position, and after how long.
// Pure; chance comes in as a number from 0 to 1. An orderly end is no failure, and a stream that
// held is well again; but whatever the server does, waits grow while streams end soon after they
// opened, so that a broken server is not asked in a hot loop.

import { Code } from "@connectrpc/connect";
import { errorOfGoodbye, waitOf } from "../convert.js";
import { localError, type OmnichannelError } from "../errors.js";
import {
  type Goodbye,
  GoodbyeAction,
  GoodbyeReason,
} from "../generated/omnichannel/v1/stream_pb.js";
import { type Backoff, waitFor } from "../retry.js";
import type { StreamState } from "./state.js";
import type { Fault, Tracker } from "./tracker.js";

/** Waits between attempts to open a stream. */
const STREAM: Backoff = { baseMs: 250, capMs: 30_000 };
/** Waits where the server said that it has too much to do. */
const CROWDED: Backoff = { baseMs: 1000, capMs: 30_000 };
/**
 * Bound of the wait after an orderly end for which the server asks none: so many consoles come at
 * different moments.
 */
const ORDERLY_MAX_MS = 1000;
/** A stream that held this long starts its waits anew. */
const HELD_AFTER_MS = 5000;
/** Orderly ends in a row, of streams that did not hold, from which on they wait as failures do. */
const QUICK_MAX = 3;
/** Broken promises of the server in a row after which a stream stops, */
const FAULTS_MAX = 5;
/** and how long it must hold to be trusted again. */
const TRUSTED_AFTER_MS = 60_000;

/** How a stream ended. */
export type Ending =
  | { type: "goodbye"; goodbye: Goodbye }
  /** Refused when it was opened, or failed later. */
  | { type: "failed"; error: OmnichannelError }
  /** Nothing was heard for too long. */
  | { type: "silent" }
  /** Ended without Goodbye. */
  | { type: "closed" }
  /** Opened anew because what it shows was changed. */
  | { type: "changed" }
  | { type: "fault"; fault: Fault };

/** Where to open again. */
export type From =
  /** Where it was. */
  | { type: "here" }
  /** Where it was, without the token. */
  | { type: "sequence" }
  /** At its natural beginning. */
  | { type: "beginning" }
  /** At this sequence of the feed. */
  | { type: "at"; seq: bigint };

/** What to do then. */
export type Next =
  | { type: "reopen"; waitMs: number; from: From }
  | { type: "stop"; error: OmnichannelError };

const HERE: From = { type: "here" };

function reopen(waitMs: number, from: From = HERE): Next {
  return { type: "reopen", waitMs, from };
}

/** The position of a stream, as far as deciding takes it. */
export type Position = Pick<Tracker<never>, "kind" | "start" | "opened">;

/** Counts ends, and decides after each. */
export class Reconnect {
  /** Failures since a stream held. */
  #failures = 0;
  /** Orderly ends since then. */
  #quick = 0;
  #faults = 0;
  /** Whether the newest end was mended by a fresh credential. */
  #renewed = false;

  /** `livedMs` is how long the stream was open; nothing if it never was. */
  next(ending: Ending, at: Position, livedMs: number | undefined, chance: number): Next {
    this.#lookBack(livedMs);
    this.#renewed = false;
    switch (ending.type) {
      case "changed":
        return reopen(0, { type: "beginning" });
      case "goodbye":
        return this.#orderly(ending.goodbye, chance);
      case "failed":
        return this.#failed(ending.error, at, chance);
      case "silent":
      case "closed":
        return reopen(this.#backoff(STREAM, chance));
      case "fault": {
        const message = `the stream breaks: ${ending.fault.message}`;
        return this.#fault(localError(Code.Internal, message), chance);
      }
    }
  }

  /**
   * Whether an end may be mended by a fresh credential. One that was just mended so and is refused
   * again before anything opened stands.
   */
  mayRenew(ending: Ending, livedMs: number | undefined): boolean {
    const refused = ending.type === "failed" && ending.error.code === Code.Unauthenticated;
    const expired =
      ending.type === "goodbye" && ending.goodbye.reason === GoodbyeReason.CREDENTIALS_EXPIRED;
    return (refused || expired) && (livedMs !== undefined || !this.#renewed);
  }

  /** Decides after an end that a fresh credential mends. */
  renew(livedMs: number | undefined, chance: number): Next {
    this.#lookBack(livedMs);
    this.#renewed = true;
    return reopen(waitFor(STREAM, this.#nextQuick(), chance));
  }

  #lookBack(livedMs = 0): void {
    if (livedMs >= HELD_AFTER_MS) {
      this.#failures = 0;
      this.#quick = 0;
    }
    if (livedMs >= TRUSTED_AFTER_MS) this.#faults = 0;
  }

  /** The wait after one more failure. */
  #backoff(waits: Backoff, chance: number): number {
    const failures = this.#failures;
    this.#failures += 1;
    return waitFor(waits, failures, chance);
  }

  /** The wait after one more orderly end. */
  #pause(askedMs: number | undefined, chance: number): number {
    const waitMs = askedMs ?? ORDERLY_MAX_MS * chance;
    const quick = this.#nextQuick();
    return quick < QUICK_MAX ? waitMs : Math.max(waitMs, waitFor(STREAM, quick, chance));
  }

  #nextQuick(): number {
    const quick = this.#quick;
    this.#quick += 1;
    return quick;
  }

  #orderly(goodbye: Goodbye, chance: number): Next {
    if (goodbye.action === GoodbyeAction.STOP) {
      return { type: "stop", error: errorOfGoodbye(goodbye) };
    }
    const resumes = goodbye.action === GoodbyeAction.RESUME;
    const waitMs = this.#pause(waitOf(goodbye.reconnectAfter), chance);
    return reopen(waitMs, resumes ? HERE : { type: "beginning" });
  }

  #failed(error: OmnichannelError, at: Position, chance: number): Next {
    const from = newPosition(error, at);
    if (from !== undefined) return reopen(this.#backoff(STREAM, chance), from);
    const asked = error.retryAfterMs;
    if (error.reason === "DRAINING") {
      // It still answers, and says when to come back; another will, or it itself.
      const told = asked === undefined ? undefined : asked + waitFor(STREAM, 0, chance);
      return reopen(this.#pause(told, chance));
    }
    switch (error.code) {
      case Code.Unavailable:
      case Code.Canceled:
      case Code.Aborted:
      case Code.DeadlineExceeded:
        return reopen((asked ?? 0) + this.#backoff(STREAM, chance));
      case Code.ResourceExhausted:
        return reopen((asked ?? 0) + this.#backoff(CROWDED, chance));
      case Code.Internal:
      case Code.Unknown:
        return this.#fault(error, chance);
      default:
        return { type: "stop", error };
    }
  }

  #fault(error: OmnichannelError, chance: number): Next {
    this.#faults += 1;
    if (this.#faults >= FAULTS_MAX) return { type: "stop", error };
    return reopen(this.#backoff(STREAM, chance));
  }
}

/**
 * Where to go on after the position was refused; nothing when the error is about something else or
 * when going on would hide that what the caller asked for is gone.
 */
function newPosition(error: OmnichannelError, at: Position): From | undefined {
  const expired = error.reason === "RESUME_TOKEN_EXPIRED";
  const invalid = error.reason === "RESUME_TOKEN_INVALID" && at.start.type === "token";
  if (at.start.type === "new" || !(expired || invalid)) return undefined;
  if (at.kind !== "feed") return { type: "beginning" };
  if (!at.opened) return undefined;
  if (invalid) return { type: "sequence" };
  const oldest = error.metadata["oldest_seq"];
  if (oldest === undefined || !/^\d+$/.test(oldest)) return { type: "beginning" };
  return { type: "at", seq: BigInt(oldest) };
}

/** The state in which a stream is while it is opened again. */
export function stateAfter(ending: Ending): StreamState {
  const drains = ending.type === "goodbye" && ending.goodbye.reason === GoodbyeReason.SERVER_DRAIN;
  return drains ? "draining" : "resuming";
}
