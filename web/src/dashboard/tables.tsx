// Queues, agents and channels as they are now.

import { v1 } from "@omnichannel/sdk/web";
import { channelIcon, Icon } from "../icons.js";
import { Avatar, Bar, Empty } from "../parts.js";
import { msOf, span } from "../time.js";
import { CHANNELS, DUTIES, EFFECTIVE, PRESENCES, word } from "../words.js";
import type { DashboardModel } from "./model.js";

/** The queues; the name of one narrows the open work to it. */
export function QueueTable(props: { model: DashboardModel; queues: readonly v1.QueueStats[] }) {
  const { model, queues } = props;
  const narrow = (queueId: string) => {
    model.narrowed.toQueue(queueId);
    document.querySelector("#open-work")?.scrollIntoView({ block: "start" });
    document.querySelector<HTMLElement>("#open-work select")?.focus({ preventScroll: true });
  };
  const most = Math.max(...queues.map(({ depth }) => depth), 1);
  const sorted = [...queues].sort((a, b) => b.depth - a.depth || a.name.localeCompare(b.name));
  return (
    <section class="card" aria-labelledby="queues-title">
      <h2 id="queues-title">Queues</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll */}
      <section class="scroll" tabIndex={0} aria-label="Queues, scrolling">
        <table class="queues">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Waiting</th>
              <th scope="col">Longest wait</th>
              <th scope="col">Expected wait</th>
              <th scope="col">Offered</th>
              <th scope="col">Agents free</th>
              <th scope="col">At risk</th>
              <th scope="col">Breached</th>
              <th scope="col">Set aside</th>
              <th scope="col">Left today</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((queue) => (
              <tr key={queue.queueId} data-queue={queue.name}>
                <th scope="row">
                  <button
                    type="button"
                    class="plain"
                    title="Show its open work"
                    onClick={() => narrow(queue.queueId)}
                  >
                    <bdi>{queue.name}</bdi>
                  </button>
                </th>
                <td>
                  <span class="figure">{queue.depth}</span>
                  <Bar value={queue.depth} most={most} name={`${queue.depth} waiting`} />
                </td>
                <td>{queue.depth === 0 ? "–" : span(msOf(queue.longestWait))}</td>
                <td title={worth(queue)}>
                  {queue.estimatedWait === undefined ? "–" : span(msOf(queue.estimatedWait))}
                </td>
                <td>{queue.offered}</td>
                <td>{queue.availableAgents}</td>
                <td class={queue.slaAtRisk > 0 ? "warn" : ""}>{queue.slaAtRisk}</td>
                <td class={queue.slaBreached > 0 ? "bad" : ""}>{queue.slaBreached}</td>
                <td>{queue.parked + queue.scheduled}</td>
                <td>{queue.abandoned + queue.expired}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {queues.length === 0 && <Empty icon="queue" title="There are no queues" />}
    </section>
  );
}

/** What is known of the estimate: of whom it speaks, and how far it was off. */
function worth({ estimatedWait, waitCalibration }: v1.QueueStats): string {
  if (estimatedWait === undefined) return "Too few left the line lately to tell";
  const of = "For who joined the line now";
  if (waitCalibration === undefined || waitCalibration.count === 0) return of;
  const off = span(msOf(waitCalibration.meanError));
  return `${of}; estimates were off by ${off} on average (${waitCalibration.count} judged)`;
}

export function AgentTable({ agents }: { agents: readonly v1.AgentBoardItem[] }) {
  const rank = (agent: v1.AgentBoardItem) => (agent.presence?.effective ?? 0) % 5 || 9;
  const sorted = [...agents].sort(
    (a, b) =>
      (rank(a) === 1 ? 9 : rank(a)) - (rank(b) === 1 ? 9 : rank(b)) || a.name.localeCompare(b.name),
  );
  return (
    <section class="card" aria-labelledby="agents-title">
      <h2 id="agents-title">Agents</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll */}
      <section class="scroll short" tabIndex={0} aria-label="Agents, scrolling">
        <ul class="people">
          {sorted.map((agent) => (
            <li key={agent.agentId} data-agent={agent.name}>
              <span class="me">
                <Avatar name={agent.name} id={agent.agentId} />
                <span class={`dot p${agent.presence?.effective ?? 0}`} aria-hidden="true" />
              </span>
              <span class="one-line">
                <bdi>{agent.name}</bdi>
              </span>
              <span class="quiet presence-word">{presence(agent.presence)}</span>
              <Bar
                value={agent.usedUnits}
                most={agent.maxUnits}
                name={`${agent.usedUnits} of ${agent.maxUnits} units in use`}
                kind={agent.usedUnits >= agent.maxUnits ? "warn" : ""}
              />
              <span class="quiet figure">
                {agent.usedUnits}/{agent.maxUnits}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {agents.length === 0 && <Empty icon="person" title="There are no agents" />}
    </section>
  );
}

/** What the agent chose says more than that they are not available. */
function presence(of: v1.Presence | undefined): string {
  const { ON_BREAK, OFF_SHIFT, TIME_OFF } = v1.Duty;
  const { duty } = of ?? {};
  if (duty === OFF_SHIFT || duty === ON_BREAK || duty === TIME_OFF) return word(DUTIES, duty);
  if (of?.effective === v1.EffectiveStatus.UNAVAILABLE) return word(PRESENCES, of.intended);
  return word(EFFECTIVE, of?.effective);
}

export function ChannelChart({ channels }: { channels: readonly v1.ChannelCount[] }) {
  const sorted = [...channels].sort((a, b) => b.count - a.count);
  const most = Math.max(...sorted.map(({ count }) => count), 1);
  const all = Math.max(
    sorted.reduce((sum, { count }) => sum + count, 0),
    1,
  );
  return (
    <section class="card" aria-labelledby="channels-title">
      <h2 id="channels-title">Open by channel</h2>
      <ul class="channels">
        {sorted.map(({ channel, count }) => (
          <li key={channel}>
            <span>
              <Icon name={channelIcon(channel)} /> {word(CHANNELS, channel)}
            </span>
            <Bar value={count} most={most} name={`${word(CHANNELS, channel)}: ${count}`} />
            <span class="figure">{count}</span>
            <span class="quiet figure">{Math.round((count / all) * 100)} %</span>
          </li>
        ))}
      </ul>
      {sorted.length === 0 && <Empty icon="check" title="Nothing is open" />}
    </section>
  );
}
