// What an agent has before them: presence, open offers, owned interactions and those they advise
// on, kept up to date by the updates of their session. A new snapshot takes the place of the old
// state as a whole, so that a desk is never seen half full. Pure.

import type { Presence } from "./generated/omnichannel/v1/agent_pb.js";
import type { OfferedWork } from "./generated/omnichannel/v1/agent_session_pb.js";
import type { Interaction } from "./generated/omnichannel/v1/interaction_pb.js";
import type { AgentChange } from "./updates.js";

interface Contents {
  presence: Presence | undefined;
  offers: Map<string, OfferedWork>;
  assigned: Map<string, Interaction>;
  consulting: Map<string, OfferedWork>;
}

function empty(): Contents {
  const presence = undefined;
  return { presence, offers: new Map(), assigned: new Map(), consulting: new Map() };
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

  /** What the agent advises on, by the identifier of the offer, oldest first. */
  get consulting(): ReadonlyMap<string, OfferedWork> {
    return this.#shown.consulting;
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
    const { offers, assigned, consulting } = contents;
    switch (change.type) {
      case "presence":
        contents.presence = change.presence;
        return;
      case "offered":
        offers.set(change.offer.offer?.id ?? "", change.offer);
        return;
      case "offerEnded":
        offers.delete(change.offer.id);
        consulting.delete(change.offer.id);
        return;
      case "consulting":
        offers.delete(change.work.offer?.id ?? "");
        consulting.set(change.work.offer?.id ?? "", change.work);
        return;
      case "assigned":
        for (const works of [offers, consulting]) {
          for (const [id, work] of works) {
            if (work.interaction?.id === change.interaction.id) works.delete(id);
          }
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
