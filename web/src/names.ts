// Names behind identifiers: queues, agents, customers. Each is asked for once and kept while
// somebody is signed in; a listing is bounded, and what is beyond it is shown by its identifier.

import type { Client, v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";

/** Most queues, agents and customers that are kept. */
const LISTED_MAX = 1000;
const CUSTOMERS_MAX = 2000;

export class Names {
  readonly queues = signal<ReadonlyMap<string, v1.Queue>>(new Map());
  readonly agents = signal<ReadonlyMap<string, v1.Agent>>(new Map());
  readonly customers = signal<ReadonlyMap<string, v1.Customer>>(new Map());
  readonly #asked = new Set<string>();
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Reads queues and agents anew. Without the permission for one of them, there are none. */
  async load(): Promise<void> {
    const byId = <T extends { id: string }>(items: T[]) => new Map(items.map((i) => [i.id, i]));
    const { routing, agents } = this.#client;
    const [queues, people] = await Promise.allSettled([
      routing.listQueues().take(LISTED_MAX),
      agents.listAgents().take(LISTED_MAX),
    ]);
    if (queues.status === "fulfilled") this.queues.value = byId(queues.value);
    if (people.status === "fulfilled") this.agents.value = byId(people.value);
  }

  /** Name of a queue. */
  queue(id: string): string {
    return this.queues.value.get(id)?.name ?? short(id);
  }

  /** Name of an agent. */
  agent(id: string): string {
    return this.agents.value.get(id)?.name ?? short(id);
  }

  /** Name of a customer, or the first address; asks for it if need be. */
  customer(id: string): string {
    const known = this.customers.value.get(id);
    if (known === undefined) void this.#ask(id);
    return (known && (known.displayName || known.contactPoints[0]?.address)) || short(id);
  }

  async #ask(customerId: string): Promise<void> {
    if (customerId === "" || this.#asked.has(customerId)) return;
    if (this.#asked.size >= CUSTOMERS_MAX) return;
    this.#asked.add(customerId);
    try {
      const { customer } = await this.#client.customers.getCustomer({ customerId });
      if (customer === undefined) return;
      this.customers.value = new Map(this.customers.value).set(customerId, customer);
    } catch {
      // Shown by the identifier; the next page that is opened asks again.
    }
  }
}

/** The end of an identifier, for what has no name. */
export function short(id: string): string {
  return id === "" ? "–" : `…${id.slice(-6)}`;
}
