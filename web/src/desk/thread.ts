// What was said and done with one customer, over all channels, newest last. The pages of the
// history and the messages of the live session meet here: each message is there once, in its
// newest form, whichever brought it and in whatever order.

import { type Client, v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { inWords } from "../account.js";
import { msOf } from "../time.js";

const PAGE_SIZE = 50;

/** Most items that are kept of a customer; older ones are asked for again. */
const ITEMS_MAX = 2000;

/** Moments that the messages beside them tell already. */
const UNTOLD = new Set([v1.MilestoneKind.FIRST_OFFERED, v1.MilestoneKind.FIRST_RESPONDED]);

/** One line of a thread. */
export interface Item {
  readonly key: string;
  readonly time: v1.HistoryItem["time"];
  readonly message?: v1.Message;
  readonly milestone?: v1.InteractionMilestone;
}

export class Thread {
  readonly items = signal<readonly Item[]>([]);
  readonly isLoading = signal(false);
  readonly failure = signal("");
  /** Whether there is more before the first item. */
  readonly hasEarlier = signal(false);
  readonly #client: Client;
  readonly #customerId: string;
  readonly #all = new Map<string, Item>();
  #next = "";
  #loads = 0;

  constructor(client: Client, customerId: string) {
    this.#client = client;
    this.#customerId = customerId;
  }

  /** Reads the newest page; what is there already stays. */
  async load(): Promise<void> {
    const first = this.#all.size === 0;
    await this.#read("", first || this.#next === "");
  }

  /** Reads the page before the first item. */
  async earlier(): Promise<void> {
    if (this.#next !== "" && this.#all.size < ITEMS_MAX) await this.#read(this.#next, true);
  }

  /** Takes a message that is new or has moved on. */
  put(message: v1.Message): void {
    const key = message.id;
    const known = this.#all.get(key)?.message;
    if (known !== undefined && msOf(known.updateTime) > msOf(message.updateTime)) return;
    this.#all.set(key, { key, time: message.createTime, message });
    this.#show();
  }

  async #read(token: string, moves: boolean): Promise<void> {
    this.#loads += 1;
    const load = this.#loads;
    this.isLoading.value = true;
    try {
      const asked = { customerId: this.#customerId, pageSize: PAGE_SIZE };
      const page = await this.#client.customers.getHistory(asked).page(token || undefined);
      for (const item of page.items) this.#take(item);
      if (moves) this.#next = page.nextPageToken;
      this.hasEarlier.value = this.#next !== "" && this.#all.size < ITEMS_MAX;
      this.failure.value = "";
      this.#show();
    } catch (error) {
      this.failure.value = inWords(error);
    }
    if (load === this.#loads) this.isLoading.value = false;
  }

  #take({ time, item }: v1.HistoryItem): void {
    if (item.case === "message") {
      this.put(item.value);
    } else if (item.case === "milestone") {
      const { interactionId, kind } = item.value;
      if (UNTOLD.has(kind)) return;
      const key = `${interactionId} ${kind} ${msOf(time)}`;
      this.#all.set(key, { key, time, milestone: item.value });
    }
  }

  #show(): void {
    const order = (a: Item, b: Item) => msOf(a.time) - msOf(b.time) || (a.key < b.key ? -1 : 1);
    this.items.value = [...this.#all.values()].sort(order);
  }
}
