// The work that is open, most urgent first, to be searched and narrowed; why a piece of it stands
// where it does, and its move to a queue or an agent.

import { v1 } from "@omnichannel/sdk/web";
import { type Signal, useComputed, useSignal } from "@preact/signals";
import { inWords } from "../account.js";
import { ActDialog } from "../desk/dialogs.js";
import { Target, targetOf } from "../desk/target.js";
import { Icon } from "../icons.js";
import { LookDialog } from "../look.js";
import { Avatar, CallbackTag, ChannelTag, Empty, SlaTag, tell, Waiting } from "../parts.js";
import { moment, msOf, second, span } from "../time.js";
import { CHANNELS, STATUSES, word } from "../words.js";
import { ExplainDialog } from "./explain.js";
import { type DashboardModel, type Narrowed, ROWS_MAX, rests, risk } from "./model.js";

const { QUEUED, OFFERED } = v1.InteractionStatus;

/** Rows that are shown at first, and how many more each time. */
const ROWS_SHOWN = 50;

export function WorkTable({ model }: { model: DashboardModel }) {
  const moved = useSignal<v1.Interaction | undefined>(undefined);
  const explained = useSignal<v1.Interaction | undefined>(undefined);
  const read = useSignal<v1.Interaction | undefined>(undefined);
  const shown = useSignal(ROWS_SHOWN);
  const { narrowed } = model;
  const rows = model.work.value.filter((row) => fits(model, narrowed, row));
  return (
    <section class="card" id="open-work" aria-labelledby="work-title">
      <div class="row wraps">
        <h2 id="work-title">
          Open work <span class="count">{rows.length}</span>
        </h2>
        <Narrowing model={model} narrowed={narrowed} />
      </div>
      {model.workFailure.value !== "" && (
        <p class="failure" role="alert">
          {model.workFailure.value}
        </p>
      )}
      {!model.hasWork.value && model.workFailure.value === "" && (
        <Waiting lines={4} name="The open work is on its way" />
      )}
      {model.hasWork.value && rows.length === 0 ? (
        <Empty icon="check" title="Nothing is open">
          {model.work.value.length > 0 ? "Nothing that is looked for, that is." : "All is done."}
        </Empty>
      ) : (
        <Rows
          model={model}
          rows={rows.slice(0, shown.value)}
          read={(row) => (read.value = row)}
          explain={(row) => (explained.value = row)}
          move={(row) => (moved.value = row)}
        />
      )}
      {rows.length > shown.value && (
        <button type="button" class="plain more" onClick={() => (shown.value += ROWS_SHOWN * 2)}>
          Show more of {rows.length}
        </button>
      )}
      {model.hasMoreWork.value && <p class="quiet">The newest {ROWS_MAX} are looked at.</p>}
      {read.value !== undefined && (
        <LookDialog
          model={model}
          interaction={read.value}
          onClose={() => (read.value = undefined)}
        />
      )}
      {explained.value !== undefined && (
        <ExplainDialog
          model={model}
          interactionId={explained.value.id}
          title={`Why: ${explained.value.subject || "no subject"}`}
          onClose={() => (explained.value = undefined)}
        />
      )}
      {moved.value !== undefined && (
        <MoveDialog
          model={model}
          interaction={moved.value}
          onClose={() => (moved.value = undefined)}
        />
      )}
    </section>
  );
}

function fits(model: DashboardModel, narrowed: Narrowed, row: v1.Interaction): boolean {
  const { sought, queueId, channel, status, onlyRisk } = narrowed;
  if (onlyRisk.value && risk(row) === 0) return false;
  if (queueId.value !== "" && row.queueId !== queueId.value) return false;
  if (channel.value !== 0 && row.channel !== channel.value) return false;
  if (status.value !== 0 && row.status !== status.value) return false;
  const wanted = sought.value.trim().toLocaleLowerCase();
  if (wanted === "") return true;
  const owner = row.ownerAgentId === "" ? "" : model.names.agent(row.ownerAgentId);
  const texts = [row.subject, model.names.customer(row.customerId), owner, ...row.tags];
  return texts.some((text) => text.toLocaleLowerCase().includes(wanted));
}

function Narrowing({ model, narrowed }: { model: DashboardModel; narrowed: Narrowed }) {
  const { sought, queueId, channel, status, onlyRisk } = narrowed;
  const channels = [...new Set(model.work.value.map((row) => row.channel))].sort((a, b) => a - b);
  const statuses = [...new Set(model.work.value.map((row) => row.status))].sort((a, b) => a - b);
  return (
    <div class="narrowing">
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          class="small"
          aria-label="Find open work"
          placeholder="Customer, subject, agent"
          value={sought.value}
          onInput={(event) => (sought.value = event.currentTarget.value)}
        />
      </div>
      <select
        class="small"
        aria-label="Queue"
        value={queueId.value}
        onChange={(event) => (queueId.value = event.currentTarget.value)}
      >
        <option value="">Every queue</option>
        {[...model.names.queues.value.values()].map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <Choice
        name="Channel"
        every="Every channel"
        words={CHANNELS}
        of={channels}
        chosen={channel}
      />
      <Choice name="Status" every="Every status" words={STATUSES} of={statuses} chosen={status} />
      <label class="check">
        <input
          type="checkbox"
          checked={onlyRisk.value}
          onChange={(event) => (onlyRisk.value = event.currentTarget.checked)}
        />
        at risk
      </label>
    </div>
  );
}

function Choice(props: {
  name: string;
  every: string;
  words: Readonly<Record<number, string>>;
  of: readonly number[];
  chosen: Signal<number>;
}) {
  const { name, every, words, of, chosen } = props;
  return (
    <select
      class="small"
      aria-label={name}
      value={String(chosen.value)}
      onChange={(event) => (chosen.value = Number(event.currentTarget.value))}
    >
      <option value="0">{every}</option>
      {of.map((value) => (
        <option key={value} value={value}>
          {word(words, value)}
        </option>
      ))}
    </select>
  );
}

/** What can be done with a row. */
interface Acts {
  readonly read: (row: v1.Interaction) => void;
  readonly explain: (row: v1.Interaction) => void;
  readonly move: (row: v1.Interaction) => void;
}

function Rows(props: { model: DashboardModel; rows: readonly v1.Interaction[] } & Acts) {
  const { model, rows, ...acts } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll
    <section class="scroll tall" tabIndex={0} aria-label="Open work, scrolling">
      <table class="open-work">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Subject</th>
            <th scope="col">Channel</th>
            <th scope="col">Queue</th>
            <th scope="col">Status</th>
            <th scope="col">Agent</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span class="unseen">Why, and move</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} model={model} row={row} {...acts} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row(props: { model: DashboardModel; row: v1.Interaction } & Acts) {
  const { model, row, read, explain, move } = props;
  const { names } = model;
  const owner = row.ownerAgentId === "" ? "" : names.agent(row.ownerAgentId);
  const isResting = rests(row);
  // As a text of its own, so that time passing draws no row anew.
  const since = useComputed(() => span(second.value - msOf(row.createTime)));
  return (
    <tr data-row={row.id}>
      <th scope="row">
        <bdi>{names.customer(row.customerId)}</bdi>
      </th>
      <td class="subject">
        <button type="button" class="plain" title="Read what was said" onClick={() => read(row)}>
          <bdi>{row.subject || "No subject"}</bdi>
        </button>
      </td>
      <td>
        <ChannelTag kind={row.channel} />
      </td>
      <td>{names.queue(row.queueId)}</td>
      <td>
        <span class={`status s${row.status}`}>{word(STATUSES, row.status)}</span>{" "}
        <SlaTag sla={row.sla} /> <CallbackTag of={row} />{" "}
        {row.escalationLevel > 0 && <span class="badge warn">Escalated</span>}
      </td>
      <td>
        {owner === "" ? (
          "–"
        ) : (
          <span class="me">
            <Avatar name={owner} id={row.ownerAgentId} />
            {owner}
          </span>
        )}
      </td>
      <td class="figure">{isResting ? until(row) : since}</td>
      <td class="acts">
        <button type="button" class="plain" onClick={() => explain(row)}>
          Why<span class="unseen"> {row.subject}</span>
        </button>
        {isResting && (
          <button type="button" class="plain" onClick={() => wake(model, row)}>
            Take up<span class="unseen"> {row.subject}</span>
          </button>
        )}
        <button type="button" class="plain" onClick={() => move(row)}>
          Move<span class="unseen"> {row.subject}</span>
        </button>
      </td>
    </tr>
  );
}

/** Until when work rests, in words. */
function until({ wakeTime }: v1.Interaction): string {
  return wakeTime === undefined ? "until they write" : `until ${moment(wakeTime)}`;
}

/** Has work that rests taken up now. */
async function wake(model: DashboardModel, { id: interactionId }: v1.Interaction): Promise<void> {
  try {
    await model.client.interactions.wakeInteraction({ interactionId });
    tell("It is taken up now.");
  } catch (error) {
    tell(inWords(error), "bad");
  }
  model.readSoon();
}

function MoveDialog(props: {
  model: DashboardModel;
  interaction: v1.Interaction;
  onClose: () => void;
}) {
  const { model, interaction, onClose } = props;
  const { id: interactionId, status } = interaction;
  const isWaiting = status === QUEUED || status === OFFERED || rests(interaction);
  const act = async (form: FormData, requestId: string) => {
    const target = targetOf(form);
    const { routing, interactions } = model.client;
    if (isWaiting) await routing.routeInteraction({ interactionId, target, requestId });
    else await interactions.transferInteraction({ interactionId, target, requestId });
    model.readSoon();
  };
  return (
    <ActDialog title="Move" verb="Move" done="Moved." onClose={onClose} act={act}>
      <p>
        <span dir="auto">{interaction.subject || "No subject"}</span> ·{" "}
        <span class="quiet">{model.names.customer(interaction.customerId)}</span>
      </p>
      <Target names={model.names} except={interaction.ownerAgentId} />
      <p class="quiet">
        {rests(interaction)
          ? "It is taken up there at once."
          : isWaiting
            ? "Its waiting time is kept."
            : "It stays with its agent until somebody has taken it."}
      </p>
    </ActDialog>
  );
}
