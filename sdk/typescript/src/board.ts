// The dashboard's board and how a delta changes it. Pure. Items are replaced by identifier, new
// ones go to the end, and the board stays as small as the contract says, whatever arrives. A
// changed board is a new one: whoever holds the old one keeps it as it was.

import { create } from "@bufbuild/protobuf";
import {
  type Board,
  type BoardDelta,
  BoardSchema,
} from "./generated/omnichannel/v1/analytics_pb.js";

const QUEUES_MAX = 500;
const AGENTS_MAX = 1000;
const CHANNELS_MAX = 64;
const ACTIVITY_MAX = 50;

/** A board without anything on it. */
export function emptyBoard(): Board {
  return create(BoardSchema);
}

/** The board after a delta. */
export function changedBoard(board: Board, delta: BoardDelta): Board {
  const queues = without(board.queues, delta.removedQueueIds, (queue) => queue.queueId);
  const agents = without(board.agents, delta.removedAgentIds, (agent) => agent.agentId);
  const channels = merged(board.channels, delta.channels, CHANNELS_MAX, ({ channel }) => channel);
  const next = create(BoardSchema);
  const stats = delta.stats ?? board.stats;
  if (stats !== undefined) next.stats = stats;
  next.queues = merged(queues, delta.queues, QUEUES_MAX, (queue) => queue.queueId);
  next.agents = merged(agents, delta.agents, AGENTS_MAX, (agent) => agent.agentId);
  next.channels = channels.filter((channel) => channel.count !== 0);
  next.activity = [...board.activity, ...delta.activity].slice(-ACTIVITY_MAX);
  return next;
}

function without<T>(items: readonly T[], removed: readonly string[], id: (item: T) => string): T[] {
  const gone = new Set(removed);
  return items.filter((item) => !gone.has(id(item)));
}

/** Replaces the items of the same identifier and adds the others. */
function merged<T, K>(
  items: readonly T[],
  changed: readonly T[],
  most: number,
  id: (item: T) => K,
): T[] {
  const all = new Map(items.map((item) => [id(item), item]));
  for (const item of changed) {
    if (all.has(id(item)) || all.size < most) all.set(id(item), item);
  }
  return [...all.values()];
}
