// How a stream is doing, beside what it delivers: listeners hear every change; whoever comes later
// reads the newest.

import type { OmnichannelError } from "../errors.js";

/** How a stream is doing. */
export type StreamState =
  /** Opens for the first time. */
  | "connecting"
  /** Open; after a loss it continues exactly where it was. */
  | "connected"
  /** Lost or told to move; being opened again. */
  | "resuming"
  /** Open again from a new beginning: what was known before is void. */
  | "resynced"
  /** Told that its server is about to stop. */
  | "draining"
  /** Ended for good. */
  | "stopped";

/** Hears each change of state, and why the stream was lost last. */
export type StateListener = (state: StreamState, lastError: OmnichannelError | undefined) => void;

export class States {
  #current: StreamState = "connecting";
  #listeners = new Set<StateListener>();
  /** Why the stream was lost last. */
  lastError: OmnichannelError | undefined;

  get current(): StreamState {
    return this.#current;
  }

  /** Adds a listener; answers how to take it away again. */
  listen(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notes a state; the same one again is no change. */
  set(state: StreamState): void {
    if (state === this.#current) return;
    this.#current = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state, this.lastError);
      } catch (thrown) {
        // A listener's mistake is its own: it must not end the stream, nor pass unseen.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
