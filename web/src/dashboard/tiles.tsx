// The figures of the moment and of the day, in a few tiles.

import type { v1 } from "@omnichannel/sdk/web";
import { msOf, span } from "../time.js";

export function Tiles({ board }: { board: v1.Board }) {
  const { stats, queues } = board;
  const sum = (of: (queue: v1.QueueStats) => number) => queues.reduce((all, q) => all + of(q), 0);
  const longest = Math.max(0, ...queues.map((queue) => msOf(queue.longestWait)));
  const risk = sum(({ slaAtRisk }) => slaAtRisk);
  const breached = sum(({ slaBreached }) => slaBreached);
  const lost = sum(({ abandoned, expired }) => abandoned + expired);
  return (
    <div class="tiles">
      <dl class="now" aria-label="Now">
        <Tile name="Waiting" value={stats?.queuedInteractions ?? 0} />
        <Tile name="Longest wait" value={longest === 0 ? "–" : span(longest)} />
        <Tile name="Offered" value={stats?.offeredInteractions ?? 0} />
        <Tile name="Active" value={stats?.activeInteractions ?? 0} />
        <Tile
          name="Agents free"
          value={stats?.availableAgents ?? 0}
          beside={`of ${stats?.connectedAgents ?? 0}`}
        />
        <Tile name="At risk" value={risk} kind={risk > 0 ? "warn" : ""} />
        <Tile name="Breached" value={breached} kind={breached > 0 ? "bad" : ""} />
      </dl>
      <dl class="today" aria-label="Today, by UTC">
        <Tile name="Created today" value={String(stats?.interactionsCreatedTotal ?? 0)} />
        <Tile name="Resolved today" value={String(stats?.resolvedTotal ?? 0)} />
        <Tile name="Left today" value={lost} />
        <Tile name="Average wait" value={length(stats?.avgWait)} />
        <Tile name="First reply" value={length(stats?.avgResponseTime)} />
        <Tile name="Rating" value={stats?.avgRating ? stats.avgRating.toFixed(1) : "–"} />
      </dl>
    </div>
  );
}

function length(of: v1.RealTimeStats["avgWait"]): string {
  return of === undefined ? "–" : span(msOf(of));
}

function Tile(props: { name: string; value: number | string; beside?: string; kind?: string }) {
  return (
    <div class={`tile ${props.kind ?? ""}`} data-tile={props.name}>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {props.beside !== undefined && <small> {props.beside}</small>}
      </dd>
    </div>
  );
}
