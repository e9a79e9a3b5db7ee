// How work went over past hours or days, as the server counts it; read again as time passes.

import { type Client, v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { inWords } from "../account.js";

/** How often it is read while somebody looks. */
const AGAIN_MS = 60_000;

/** How soon after something happened, at the earliest. */
const SOON_MS = 5_000;

/** What can be looked at: a name, how long a step is, and how many there are. */
export const RANGES = {
  now: { name: "Now", step: v1.TrendStep.UNSPECIFIED, steps: 0 },
  day: { name: "24 hours", step: v1.TrendStep.HOUR, steps: 24 },
  week: { name: "7 days", step: v1.TrendStep.HOUR, steps: 168 },
  month: { name: "30 days", step: v1.TrendStep.DAY, steps: 30 },
} as const;

/** One of them. */
export type Range = keyof typeof RANGES;

export class Course {
  readonly range = signal<Range>("day");
  /** Queue that is looked at; empty for all. */
  readonly queueId = signal("");
  readonly points = signal<readonly v1.TrendPoint[] | undefined>(undefined);
  readonly failure = signal("");
  readonly #client: Client;
  readonly #ticking: ReturnType<typeof setInterval>;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #readings = 0;

  constructor(client: Client) {
    this.#client = client;
    this.#ticking = setInterval(() => {
      if (document.visibilityState === "visible") void this.read();
    }, AGAIN_MS);
    void this.read();
  }

  close(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#soon);
    this.#readings += 1;
  }

  /** Reads it soon; many wishes are one reading. */
  readSoon(): void {
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      if (document.visibilityState === "visible") void this.read();
    }, SOON_MS);
  }

  /** Looks at something else. */
  look(range: Range, queueId: string): void {
    if (range === this.range.value && queueId === this.queueId.value) return;
    this.range.value = range;
    this.queueId.value = queueId;
    this.points.value = undefined;
    void this.read();
  }

  async read(): Promise<void> {
    const { step, steps } = RANGES[this.range.value];
    if (steps === 0) return;
    this.#readings += 1;
    const reading = this.#readings;
    try {
      const { points } = await this.#client.analytics.getTrend({
        step,
        steps,
        queueId: this.queueId.value,
        utcOffsetMinutes: -new Date().getTimezoneOffset(),
      });
      if (reading !== this.#readings) return;
      this.points.value = points;
      this.failure.value = "";
    } catch (error) {
      if (reading === this.#readings) this.failure.value = inWords(error);
    }
  }
}
