// What happened last, in words. Of an offer it can be asked why that agent was asked, as of its
// place in the log.

import type { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { Empty } from "../parts.js";
import { timeOfDay } from "../time.js";
import { ExplainDialog } from "./explain.js";
import type { DashboardModel } from "./model.js";

/** Lines that are shown. */
const LINES_MAX = 40;

/** Kinds that have words of their own. */
const WORDS: Readonly<Record<string, string>> = {
  "interaction.created": "Contact began",
  "interaction.updated": "Details changed",
  "interaction.transfer_requested": "Transfer asked for",
  "interaction.wrapping": "Wrap-up began",
  "interaction.reopened": "Opened again",
  "interaction.expired": "Waited too long",
  "interaction.abandoned": "Customer left",
  "interaction.parked": "Set aside",
  "interaction.scheduled": "Call set for later",
  "interaction.callback_requested": "Asked to be called back",
  "interaction.woken": "Taken up again",
  "message.received": "Customer wrote",
  "message.sent": "Answered",
  "message.added": "Note written",
  "offer.made": "Offered",
  "offer.accepted": "Accepted",
  "offer.ended": "Offer ended",
  "consult.requested": "Asked for advice",
  "consult.started": "Advises",
  "consult.ended": "Advice ended",
  "sla.warned": "Promise at risk",
  "sla.breached": "Promise broken",
  "escalation.triggered": "Escalation began",
  "escalation.raised": "Escalation raised",
  "escalation.reminded": "Reminded: still open",
  "agent.presence_changed": "Presence changed",
  "agent.time_off_booked": "Time off booked",
  "agent.time_off_ended": "Time off ended",
  "agent.session_opened": "Came to the desk",
  "agent.session_closed": "Left the desk",
};

/** What a supervisor follows; settings, keys and customers' records are no part of it. */
const FOLLOWED = /^(interaction|message|offer|consult|agent|sla|escalation)\./;

/** Kinds that tell a supervisor nothing. */
const UNTOLD = new Set([
  "agent.changed",
  "interaction.queued",
  "message.status_changed",
  "sla.applied",
]);

/** Kinds that tell nothing beside others of the same work at the same moment. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  "message.received": ["interaction.created"],
  "offer.ended": [
    "interaction.resolved",
    "interaction.closed",
    "interaction.wrapping",
    "interaction.parked",
    "interaction.scheduled",
  ],
};

function isTold(line: v1.ActivityLine, lines: readonly v1.ActivityLine[]): boolean {
  if (!FOLLOWED.test(line.kind) || UNTOLD.has(line.kind)) return false;
  const by = IMPLIED[line.kind];
  if (by === undefined) return true;
  const { interactionId, time } = line;
  const isBeside = (other: v1.ActivityLine) =>
    other.interactionId === interactionId &&
    other.time?.seconds === time?.seconds &&
    other.time?.nanos === time?.nanos;
  return !lines.some((other) => by.includes(other.kind) && isBeside(other));
}

export function Activity({
  model,
  lines,
}: {
  model: DashboardModel;
  lines: readonly v1.ActivityLine[];
}) {
  const asked = useSignal<v1.ActivityLine | undefined>(undefined);
  const told = lines.filter((line) => isTold(line, lines));
  // What work was about is known once it was read.
  model.hasWork.value;
  const newest = told.reverse().slice(0, LINES_MAX);
  return (
    <section class="card happening" aria-labelledby="activity-title">
      <h2 id="activity-title">Activity</h2>
      {newest.length === 0 && <Empty icon="inbox" title="Nothing has happened yet" />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll */}
      <section class="scroll" tabIndex={0} aria-label="Activity, scrolling">
        <ol class="activity">
          {newest.map((line) => (
            <Line
              key={String(line.seq)}
              model={model}
              line={line}
              ask={() => (asked.value = line)}
            />
          ))}
        </ol>
      </section>
      {asked.value !== undefined && (
        <ExplainDialog
          model={model}
          interactionId={asked.value.interactionId}
          title={`Why ${model.names.agent(asked.value.agentId)} was asked`}
          atSeq={asked.value.seq}
          onClose={() => (asked.value = undefined)}
        />
      )}
    </section>
  );
}

function Line(props: { model: DashboardModel; line: v1.ActivityLine; ask: () => void }) {
  const { model, line, ask } = props;
  const { names } = model;
  const who = line.agentId !== "" ? names.agent(line.agentId) : "";
  const about = [
    model.subjects.get(line.interactionId) ?? "",
    line.queueId !== "" ? names.queue(line.queueId) : "",
  ];
  const told = about.filter((text) => text !== "");
  return (
    <li>
      <time class="quiet">{timeOfDay(line.time)}</time>
      <span class="happened">
        <span class="one-line">
          {WORDS[line.kind] ?? inWords(line.kind)}
          {who !== "" && (
            <>
              {" · "}
              <bdi>{who}</bdi>
            </>
          )}
        </span>
        {told.length > 0 && (
          <span class="one-line quiet">
            <bdi>{told.join(" · ")}</bdi>
          </span>
        )}
      </span>
      {line.kind === "offer.made" && (
        <button type="button" class="plain small" onClick={ask}>
          Why<span class="unseen"> {names.agent(line.agentId)}</span>
        </button>
      )}
    </li>
  );
}

/** A kind without words of its own: interaction.resolved is resolved, queue.saved queue saved. */
function inWords(kind: string): string {
  const [noun = "", what = ""] = kind.split(".");
  const said = what.replaceAll("_", " ");
  return noun === "interaction" ? said : `${noun.replaceAll("_", " ")} ${said}`;
}
