// Who the conversation is with, what was promised, and what they came with before.

import { v1 } from "@omnichannel/sdk/web";
import { channelIcon, Icon } from "../icons.js";
import { Avatar, Bar } from "../parts.js";
import { moment, msOf, now, span } from "../time.js";
import { CHANNELS, METRICS, MILESTONES, PRIORITIES, SLA, word } from "../words.js";
import type { DeskModel } from "./model.js";

/** Most other contacts that are listed. */
const EARLIER_MAX = 8;

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
}

export function CustomerPanel({ model, interaction }: Shown) {
  return (
    <aside class="panel" aria-label="Customer">
      <CustomerFacts model={model} interaction={interaction} />
    </aside>
  );
}

export function CustomerFacts({ model, interaction }: Shown) {
  const customer = model.names.customers.value.get(interaction.customerId);
  const name = model.names.customer(interaction.customerId);
  const language = interaction.language || customer?.language || "";
  const facts = Object.entries(customer?.attributes ?? {});
  return (
    <>
      <div class="who">
        <Avatar name={name} id={interaction.customerId} />
        <h2>
          <bdi>{name}</bdi>
        </h2>
        {customer?.tier && <span class="badge tier">{customer.tier}</span>}
      </div>
      <ul class="addresses">
        {customer?.contactPoints.map(({ id, kind, address }) => (
          <li key={id}>
            <Icon name={channelIcon(kind)} />
            <span class="unseen">{word(CHANNELS, kind)}: </span>
            <span dir="auto">{address}</span>
          </li>
        ))}
      </ul>
      {(language !== "" || facts.length > 0) && (
        <dl class="facts">
          {language !== "" && <Fact name="Language" value={languageName(language)} />}
          {facts.map(([key, value]) => (
            <Fact key={key} name={key.replaceAll("_", " ")} value={value} />
          ))}
        </dl>
      )}
      <h3>This contact</h3>
      <dl class="facts">
        <Fact name="Queue" value={model.names.queue(interaction.queueId)} />
        <Fact name="Priority" value={word(PRIORITIES, interaction.priority)} />
        <Fact name="Began" value={moment(interaction.createTime)} />
        <Fact name="Waited" value={waited(interaction)} />
        {interaction.callback !== undefined && (
          <Fact name="To be called back" value={calls(interaction.callback.attempts)} />
        )}
        {interaction.wakeTime !== undefined && (
          <Fact name="Rests until" value={moment(interaction.wakeTime)} />
        )}
        {interaction.tags.length > 0 && <Fact name="Tags" value={interaction.tags.join(", ")} />}
      </dl>
      {(interaction.sla?.clocks.length ?? 0) > 0 && <Promises sla={interaction.sla} />}
      <Earlier model={model} interaction={interaction} />
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
    </div>
  );
}

const languages = new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });

function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function calls(attempts: number): string {
  return attempts === 0 ? "first call" : `${attempts} in vain so far`;
}

function waited({ createTime, acceptTime }: v1.Interaction): string {
  return acceptTime === undefined ? "–" : span(msOf(acceptTime) - msOf(createTime));
}

function Promises({ sla }: { sla: v1.SlaState | undefined }) {
  return (
    <>
      <h3>Promises</h3>
      <ul class="promises">
        {sla?.clocks.map((clock) => (
          <li key={`${clock.metric} ${clock.round}`}>
            <span>{word(METRICS, clock.metric)}</span>
            <PromiseTime clock={clock} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** How a promise stands: in words, and as a bar while its time runs. */
function PromiseTime({ clock }: { clock: v1.SlaClock }) {
  const { ON_TRACK, WARNED, BREACHED } = v1.SlaStatus;
  const kinds: Readonly<Record<number, string>> = { [WARNED]: "warn", [BREACHED]: "bad" };
  const kind = kinds[clock.status] ?? (clock.status === ON_TRACK ? "" : "good");
  const runs = clock.dueTime !== undefined && clock.stopTime === undefined;
  const left = msOf(clock.dueTime) - now.value;
  const all = Math.max(msOf(clock.target), 1);
  const told = left > 0 ? `${span(left)} left` : `${span(-left)} over`;
  return (
    <>
      <span class={`told ${kind}`}>{runs ? told : word(SLA, clock.status)}</span>
      {runs && (
        <Bar value={all - left} most={all} name={`${word(SLA, clock.status)}`} kind={kind} />
      )}
    </>
  );
}

/** What else they came with, newest first, as far as the history was read. */
function Earlier({ model, interaction }: Shown) {
  const lines = model.thread(interaction.customerId).items.value;
  const { CREATED } = v1.MilestoneKind;
  const last = new Map<string, (typeof lines)[number]>();
  for (const line of lines) {
    const of = line.milestone;
    if (of === undefined || of.interactionId === interaction.id) continue;
    if (of.kind !== CREATED || !last.has(of.interactionId)) last.set(of.interactionId, line);
  }
  const shown = [...last.values()].reverse().slice(0, EARLIER_MAX);
  if (shown.length === 0) return null;
  return (
    <>
      <h3>Other contacts</h3>
      <ul class="earlier">
        {shown.map(({ key, milestone, time }) => (
          <li key={key}>
            <Icon name={channelIcon(milestone?.channel ?? 0)} />
            <span>{word(MILESTONES, milestone?.kind)}</span>
            <time class="quiet">{moment(time)}</time>
          </li>
        ))}
      </ul>
    </>
  );
}
