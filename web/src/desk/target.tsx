// Where work may go: a queue or an agent, as one choice that can be searched. Agents who can take
// it now come first; the server has the last word on who can.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../icons.js";
import type { Names } from "../names.js";
import { EFFECTIVE, word } from "../words.js";

/** Most of each kind that are listed; the search narrows. */
const LISTED_MAX = 60;

export function Target(props: { names: Names; except: string; agentsOnly?: boolean }) {
  const { names, except, agentsOnly = false } = props;
  const sought = useSignal("");
  useEffect(() => {
    void names.load();
  }, []);
  const wanted = sought.value.trim().toLocaleLowerCase();
  const fits = ({ name }: { name: string }) => name.toLocaleLowerCase().includes(wanted);
  const all = agentsOnly ? [] : [...names.queues.value.values()];
  const queues = all.filter(fits).sort(byName);
  const wanting = agentsOnly ? "Find an agent" : "Find a queue or an agent";
  const agents = [...names.agents.value.values()]
    .filter((agent) => agent.id !== except && fits(agent))
    .sort(byReadiness);
  return (
    <fieldset class="target">
      <legend>To</legend>
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label={wanting}
          placeholder={wanting}
          value={sought.value}
          onInput={(event) => (sought.value = event.currentTarget.value)}
          onChange={(event) => event.stopPropagation()}
        />
      </div>
      <div class="targets">
        {queues.slice(0, LISTED_MAX).map(({ id, name }) => (
          <label key={id}>
            <input type="radio" name="target" value={`queue ${id}`} required />
            <Icon name="queue" />
            <span class="one-line">
              <bdi>{name}</bdi>
            </span>
            <span class="quiet">Queue</span>
          </label>
        ))}
        {agents.slice(0, LISTED_MAX).map((agent) => (
          <AgentChoice key={agent.id} agent={agent} />
        ))}
        {queues.length + agents.length === 0 && (
          <p class="quiet">Nobody and nothing of that name.</p>
        )}
      </div>
    </fieldset>
  );
}

function AgentChoice({ agent }: { agent: v1.Agent }) {
  const { id, name, presence, usedUnits, capacity } = agent;
  return (
    <label>
      <input type="radio" name="target" value={`agent ${id}`} required />
      <span class={`dot p${presence?.effective ?? 0}`} aria-hidden="true" />
      <span class="one-line">
        <bdi>{name}</bdi>
      </span>
      <span class="quiet">
        {isThere(agent)
          ? `${usedUnits} of ${capacity?.units ?? 0} in use`
          : word(EFFECTIVE, presence?.effective)}
      </span>
    </label>
  );
}

function isThere({ presence }: v1.Agent): boolean {
  return presence?.effective === v1.EffectiveStatus.AVAILABLE;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name);
}

function byReadiness(a: v1.Agent, b: v1.Agent): number {
  return Number(isThere(b)) - Number(isThere(a)) || byName(a, b);
}

/** The choice as the contract wants it. */
export function targetOf(form: FormData) {
  const [kind, id = ""] = String(form.get("target") ?? "").split(" ");
  return kind === "agent"
    ? ({ case: "agentId", value: id } as const)
    : ({ case: "queueId", value: id } as const);
}
