// What the stream of an agent says, as one kind of change whether it comes in the snapshot or
// after.

import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Presence } from "./generated/omnichannel/v1/agent_pb.js";
import type {
  AgentEvent,
  AgentSnapshot,
  OfferedWork,
  UnassignedWork,
} from "./generated/omnichannel/v1/agent_session_pb.js";
import type { Interaction, Message, Offer } from "./generated/omnichannel/v1/interaction_pb.js";

/** What an update says. `snapshot`: it tells what is so, and not that it has just become so. */
export type AgentChange<O> =
  /** The agent is asked to take an interaction, or to advise its owner. */
  | { type: "offered"; snapshot: boolean; offer: O }
  /** An offer ended without being taken, or a consult is over. */
  | { type: "offerEnded"; offer: Offer }
  /** The agent advises on an interaction: they accepted just now, or it was changed. */
  | { type: "consulting"; snapshot: boolean; work: OfferedWork }
  /** The agent owns an interaction now. */
  | { type: "assigned"; snapshot: boolean; interaction: Interaction }
  /** The agent no longer owns an interaction. */
  | { type: "unassigned"; work: UnassignedWork }
  /** A message in an interaction the agent owns: new, or its delivery moved on. */
  | { type: "message"; message: Message }
  /** An interaction the agent owns was changed. */
  | { type: "interactionChanged"; interaction: Interaction }
  /** Presence of the agent. */
  | { type: "presence"; snapshot: boolean; presence: Presence }
  /** Something this client is too old to know. */
  | { type: "unknown" };

/** What a frame of the session carries. */
export interface AgentPiece {
  eventId: string;
  time: Timestamp | undefined;
  change: AgentChange<OfferedWork>;
}

/** A piece of the snapshot. */
export function snapshotOf({ item }: AgentSnapshot): AgentPiece {
  const bare = (change: AgentPiece["change"]) => ({ eventId: "", time: undefined, change });
  switch (item.case) {
    case "presence":
      return bare({ type: "presence", snapshot: true, presence: item.value });
    case "offered":
      return bare({ type: "offered", snapshot: true, offer: item.value });
    case "assigned":
      return bare({ type: "assigned", snapshot: true, interaction: item.value });
    case "consulting":
      return bare({ type: "consulting", snapshot: true, work: item.value });
    default:
      return bare({ type: "unknown" });
  }
}

/** An event. */
export function changeOf({ id, time, event }: AgentEvent): AgentPiece {
  return { eventId: id, time, change: changed(event) };
}

function changed(event: AgentEvent["event"]): AgentPiece["change"] {
  switch (event.case) {
    case "offered":
      return { type: "offered", snapshot: false, offer: event.value };
    case "offerEnded":
      return { type: "offerEnded", offer: event.value };
    case "assigned":
      return { type: "assigned", snapshot: false, interaction: event.value };
    case "consulting":
      return { type: "consulting", snapshot: false, work: event.value };
    case "unassigned":
      return { type: "unassigned", work: event.value };
    case "message":
      return { type: "message", message: event.value };
    case "interactionChanged":
      return { type: "interactionChanged", interaction: event.value };
    case "presenceChanged":
      return { type: "presence", snapshot: false, presence: event.value };
    default:
      return { type: "unknown" };
  }
}
