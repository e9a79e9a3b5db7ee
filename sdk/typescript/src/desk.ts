// What an agent has before them: presence, open offers and owned interactions, kept up to date by
// the updates of their session. A new snapshot takes the place of the old state as a whole, so that
// a desk is never seen half full. Pure.

import type { Presence } from "./generated/omnichannel/v1/agent_pb.js";
import type { OfferedWork } from "./generated/omnichannel/v1/agent_session_pb.js";
import type { Interaction } from "./generated/omnichannel/v1/interaction_pb.js";
import type { AgentChange } from "./updates.js";

interface Contents {
  presence: Presence | undefined;
  offers: Map<string, OfferedWork>;
  assigned: Map<string, Interaction>;
}

function empty(): Contents {
  return { presence: undefined, offers: new Map(), assigned: new Map() };
}

export class Desk {
  #shown = empty();
  #filling: Contents | undefined;

  /** Presence of the agent; absent until the first snapshot is complete. */
  get presence(): Presence | undefined {
    return this.#shown.presence;
  }

  /** Open offers by their identifier, oldest first. */
  get offers(): ReadonlyMap<string, OfferedWork> {
    return this.#shown.offers;
  }

  /** Interactions the agent owns by their identifier, oldest first. */
  get assigned(): ReadonlyMap<string, Interaction> {
    return this.#shown.assigned;
  }

  /** Whether a snapshot is being taken in. @internal */
  get isFilling(): boolean {
    return this.#filling !== undefined;
  }

  /** A snapshot begins. @internal */
  begin(): void {
    this.#filling = empty();
  }

  /** The snapshot is complete. @internal */
  complete(): void {
    this.#shown = this.#filling ?? this.#shown;
    this.#filling = undefined;
  }

  /** Takes a change. @internal */
  apply(change: AgentChange<OfferedWork>): void {
    const contents = this.#filling ?? this.#shown;
    const { offers, assigned } = contents;
    switch (change.type) {
      case "presence":
        contents.presence = change.presence;
        return;
      case "offered":
        offers.set(change.offer.offer?.id ?? "", change.offer);
        return;
      case "offerEnded":
        offers.delete(change.offer.id);
        return;
      case "assigned":
        for (const [id, work] of offers) {
          if (work.interaction?.id === change.interaction.id) offers.delete(id);
        }
        assigned.set(change.interaction.id, change.interaction);
        return;
      case "interactionChanged":
        assigned.set(change.interaction.id, change.interaction);
        return;
      case "unassigned":
        assigned.delete(change.work.interactionId);
        return;
      default:
    }
  }
}
