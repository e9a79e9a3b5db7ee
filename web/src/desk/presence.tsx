// Presence and capacity: what the agent chose, what the server makes of it, which channels they are
// ready for, and how much of their room is taken.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { Icon } from "../icons.js";
import { Avatar, Bar } from "../parts.js";
import { CHANNELS, DUTIES, EFFECTIVE, PRESENCES, word } from "../words.js";
import type { DeskModel } from "./model.js";

const { AVAILABLE } = v1.EffectiveStatus;

/** A cap of so many leaves it to the units. */
const UNCAPPED = 100;

export function PresenceCard({ model }: { model: DeskModel }) {
  const later = useSignal(false);
  const busy = useSignal(false);
  const presence = model.presence.value;
  const agent = model.agent.value;
  const kind = presence?.effective === AVAILABLE ? "good" : "warn";
  const choose = async (event: Event) => {
    busy.value = true;
    await model.choose(Number((event.currentTarget as HTMLSelectElement).value), later.value);
    later.value = false;
    busy.value = false;
  };
  return (
    <section class="card presence" aria-label="You">
      <div class="row">
        <span class="me">
          <Avatar name={agent?.name ?? ""} id={agent?.id ?? ""} />
          <strong class="one-line">{agent?.name ?? "You"}</strong>
        </span>
        {presence !== undefined && (
          <span class={`badge ${kind}`} data-effective={presence.effective}>
            <span class="dot" aria-hidden="true" />
            {word(EFFECTIVE, presence.effective)}
          </span>
        )}
      </div>
      <select
        aria-label="Presence"
        value={String(presence?.intended ?? 0)}
        disabled={busy.value || !model.isReady.value}
        onChange={choose}
      >
        {!presence?.intended && <option value="0">Choose…</option>}
        {Object.entries(PRESENCES).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      {isUnanswering(presence) && <BackButton model={model} />}
      <label class="check">
        <input
          type="checkbox"
          checked={later.value}
          onChange={(event) => {
            later.value = event.currentTarget.checked;
          }}
        />
        after current work
      </label>
      {presence !== undefined && presence.next !== 0 && (
        <p class="next">
          Then: <strong>{word(PRESENCES, presence.next)}</strong>
          <button type="button" class="plain small" onClick={() => model.stay()}>
            Stay
          </button>
        </p>
      )}
      {presence !== undefined && DUTIES[presence.duty] !== undefined && (
        <p class="next" data-duty={presence.duty}>
          <Icon name="clock" /> <strong>{word(DUTIES, presence.duty)}</strong>
        </p>
      )}
      {agent?.capacity !== undefined && <Room model={model} agent={agent} />}
      {presence !== undefined && <Ready model={model} presence={presence} />}
    </section>
  );
}

/** Whether nobody asks the agent because an offer went unanswered, whatever they chose. */
export function isUnanswering(presence: v1.Presence | undefined): boolean {
  const { NOT_RESPONDING, MISSED } = v1.EffectiveStatus;
  return presence?.effective === NOT_RESPONDING || presence?.effective === MISSED;
}

/** The way back: the same choice once more, which the list of choices cannot express. */
export function BackButton({ model }: { model: DeskModel }) {
  return (
    <button type="button" class="primary" onClick={() => model.stay()}>
      I am back
    </button>
  );
}

/** How much of their room is taken; by channel for whoever opens it. */
function Room({ model, agent }: { model: DeskModel; agent: v1.Agent }) {
  const all = agent.capacity?.units ?? 0;
  const caps = agent.capacity?.perChannel.filter(({ max }) => max < UNCAPPED) ?? [];
  const offered = model.offers.value.map((offer) => offer.work.interaction?.channel);
  const held = [...model.work.value.map((one) => one.channel), ...offered];
  const used = (kind: v1.ChannelKind) => held.filter((one) => one === kind).length;
  const units = <Used name="Units" used={agent.usedUnits} all={all} told="units in use" />;
  if (caps.length === 0) return <div class="room">{units}</div>;
  return (
    <details class="room">
      <summary>{units}</summary>
      {caps.map(({ channel, max }) => {
        const name = word(CHANNELS, channel);
        return (
          <Used key={channel} name={name} used={used(channel)} all={max} told={`on ${name}`} />
        );
      })}
    </details>
  );
}

function Used(props: { name: string; used: number; all: number; told: string }) {
  const { name, used, all, told } = props;
  return (
    <span class="used">
      <span>{name}</span>
      <Bar
        value={used}
        most={all}
        name={`${used} of ${all} ${told}`}
        kind={used >= all ? "warn" : ""}
      />
      <span>
        {used} of {all}
      </span>
    </span>
  );
}

/** Which channels the agent is ready for, to be chosen. */
function Ready({ model, presence }: { model: DeskModel; presence: v1.Presence }) {
  const chosen = presence.channels;
  const names = chosen.map((kind) => word(CHANNELS, kind)).join(", ");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const kinds = new FormData(form).getAll("channel").map(Number);
    void model.readyFor(kinds.length === OFFERED.length ? [] : kinds);
    form.closest("details")?.removeAttribute("open");
  };
  return (
    <details class="ready">
      <summary>
        Channels: <strong>{names || "all"}</strong>
      </summary>
      <form onSubmit={submit}>
        {OFFERED.map((kind) => (
          <label key={kind} class="check">
            <input
              type="checkbox"
              name="channel"
              value={kind}
              defaultChecked={chosen.length === 0 || chosen.includes(kind)}
            />
            {word(CHANNELS, kind)}
          </label>
        ))}
        <button type="submit">Take these</button>
      </form>
    </details>
  );
}

/** Every kind there is, in the order of their names. */
const OFFERED: readonly v1.ChannelKind[] = Object.keys(CHANNELS)
  .map(Number)
  .sort((a, b) => word(CHANNELS, a).localeCompare(word(CHANNELS, b)));
