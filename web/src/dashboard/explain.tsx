// Why a piece of work stands where it does: whom routing asked or would ask, what stands against
// the others, what goes before it, and the smallest change that would place it. The server
// explains it by the code that routes; this only puts it into words.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { inWords } from "../account.js";
import { Icon } from "../icons.js";
import { Avatar, Bar, Dialog, Waiting } from "../parts.js";
import { moment, msOf, span } from "../time.js";
import type { DashboardModel } from "./model.js";
import "../style/why.css";

/** Most agents that are shown. */
const AGENTS_SHOWN = 50;

const { RoutingChangeKind: Kind } = v1;

const CHANGES: Readonly<Record<number, string>> = {
  [Kind.AGENT_AVAILABLE]: "becomes available",
  [Kind.UNIT_MORE]: "has one more unit of capacity",
  [Kind.CHANNEL_UNIT_MORE]: "has room for one more on this channel",
  [Kind.OFFER_ANSWERED]: "answers an open offer",
  [Kind.SKILL_LEVEL]: "knows a skill better, or less is asked",
  [Kind.TEAM_JOINED]: "joins a team that is asked",
  [Kind.STEP_OPENS]: "is asked when the next step of the plan opens",
  [Kind.QUEUE_OPENS]: "is asked when the queue opens",
  [Kind.COOL_DOWN_ENDS]: "is asked when their cool-down ends",
  [Kind.CHANNEL_READY]: "takes work of this channel again",
};

interface Shown {
  model: DashboardModel;
  interactionId: string;
  title: string;
  /** A place of the log to explain it at; now, or when its agent was chosen, if absent. */
  atSeq?: bigint;
  onClose: () => void;
}

export function ExplainDialog({ model, interactionId, title, atSeq, onClose }: Shown) {
  const answer = useSignal<v1.ExplainResponse | undefined>(undefined);
  const pace = useSignal<number | undefined>(undefined);
  const failure = useSignal("");
  const ask = async () => {
    const moment = atSeq === undefined ? {} : { moment: { case: "atSeq", value: atSeq } as const };
    const asked = { interactionId, pageSize: AGENTS_SHOWN, ...moment };
    answer.value = await model.client.routing.explain(asked).page();
    const { queueId = "", position = 0 } = answer.value.explanation ?? {};
    // Only what waits now has a wait ahead of it.
    if (atSeq === undefined && queueId !== "" && position > 0) {
      pace.value = await paceOf(model, queueId).catch(() => undefined);
    }
  };
  useEffect(() => {
    ask().catch((error) => {
      failure.value = inWords(error);
    });
  }, []);
  const explanation = answer.value?.explanation;
  return (
    <Dialog title={title} onClose={onClose} wide>
      <p class="failure" role="alert">
        {failure.value}
      </p>
      {explanation === undefined ? (
        failure.value === "" && <Waiting lines={5} name="The explanation is on its way" />
      ) : (
        <>
          <Verdict model={model} explanation={explanation} pace={pace.value} />
          <Nearest model={model} explanation={explanation} />
          <Told model={model} explanation={explanation} />
          <Agents model={model} agents={answer.value?.agents ?? []} />
        </>
      )}
      <form method="dialog" class="row end">
        <button type="submit">Done</button>
      </form>
    </Dialog>
  );
}

/** The hours over which the pace of a queue is taken. */
const PACE_HOURS = 2;

/** How much a queue's work was taken in an hour, of late: pieces in an hour. */
async function paceOf(model: DashboardModel, queueId: string): Promise<number> {
  const { HOUR } = v1.TrendStep;
  const asked = { step: HOUR, steps: PACE_HOURS, queueId };
  const { points, asOf } = await model.client.analytics.getTrend(asked);
  const hours = (msOf(asOf) - msOf(points[0]?.startTime)) / 3_600_000;
  return points.reduce((all, { taken }) => all + Number(taken), 0) / Math.max(hours, 0.1);
}

/** The answer in a sentence. */
function Verdict(props: {
  model: DashboardModel;
  explanation: v1.RoutingExplanation;
  pace: number | undefined;
}) {
  const { model, explanation, pace } = props;
  const { names } = model;
  const { askedAgentId, chosenAgentId, position, waiting, eligible } = explanation;
  const chosen = askedAgentId || chosenAgentId;
  const ahead = pace === undefined || pace <= 0 ? undefined : (position / pace) * 3_600_000;
  return (
    <div class="verdict">
      <p class="verdict-line">
        {explanation.asIfWoken && `${restOf(explanation)} `}
        {verdict(explanation, chosen === "" ? "" : names.agent(chosen))}
      </p>
      <p class="tags">
        <span class="tag">{names.queue(explanation.queueId)}</span>
        {position > 0 && (
          <span class="tag">
            Place in line <strong>{`${position} of ${waiting}`}</strong>
          </span>
        )}
        {ahead !== undefined && (
          <span class="tag">
            About <strong>{span(ahead)}</strong> at the pace of late
          </span>
        )}
        <span class="tag">
          <strong>{eligible}</strong> {eligible === 1 ? "agent" : "agents"}{" "}
          {explanation.asIfWoken ? "could" : "may"} take it
        </span>
        <span class="quiet">as of {moment(explanation.asOf)}</span>
      </p>
    </div>
  );
}

/** Until when it rests. */
function restOf({ status, wakeTime }: v1.RoutingExplanation): string {
  if (wakeTime === undefined) return "It is set aside until its customer writes. If it woke now:";
  return status === v1.InteractionStatus.SCHEDULED
    ? `It is out of the line: a call is set for ${moment(wakeTime)}. If it woke now:`
    : `It is set aside, and not due before ${moment(wakeTime)}. If it woke now:`;
}

/** What routing makes of it. */
function verdict(explanation: v1.RoutingExplanation, name: string): string {
  if (explanation.queueClosed) return "Its queue is closed, and holds it.";
  if (explanation.waitsToBeTaken) {
    return explanation.askedAgentId === "" ? "It waits to be taken." : `${name} took it.`;
  }
  if (name === "") return "Nobody can take it as things stand.";
  if (explanation.returnsToAgentId !== "") return `It goes back to ${name}.`;
  return explanation.askedAgentId === "" ? `${name} would be asked.` : `${name} was asked.`;
}

/** What would place it. */
function Nearest({
  model,
  explanation,
}: {
  model: DashboardModel;
  explanation: v1.RoutingExplanation;
}) {
  if (explanation.nearest.length === 0) return null;
  return (
    <>
      <h3>It would be placed if</h3>
      <ul class="nearest">
        {explanation.nearest.map(({ kind, agentId, time, agents }) => (
          <li key={`${kind} ${agentId}`}>
            <Icon name="check" />
            <span>
              <strong>{agentId === "" ? "somebody" : model.names.agent(agentId)}</strong>{" "}
              {CHANGES[kind] ?? "changes"}
              {time !== undefined && ` (${moment(time)})`}
              {agents > 1 && <span class="quiet">, as {agents - 1} more</span>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What it is judged by: the terms of its score, the steps of its plan, what goes before it. */
function Told({
  model,
  explanation,
}: {
  model: DashboardModel;
  explanation: v1.RoutingExplanation;
}) {
  const { score, steps, step, ahead, queueId } = explanation;
  const others = [...new Set(ahead.map((one) => one.queueId))].filter((id) => id !== queueId);
  const terms = score.filter(({ value }) => value !== 0n);
  const most = Math.max(1, ...terms.map(({ value }) => Math.abs(Number(value))));
  return (
    <>
      {terms.length > 1 && (
        <>
          <h3>What counts for it</h3>
          <ul class="terms">
            {terms.map(({ name, value }) => (
              <li key={name}>
                <span>{name.replaceAll("_", " ")}</span>
                <Bar
                  value={Math.abs(Number(value))}
                  most={most}
                  name={name}
                  kind={value < 0n ? "bad" : ""}
                />
                <span>
                  {value < 0n ? `−${span(-Number(value) / 1000)}` : span(Number(value) / 1000)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {steps.length > 1 && (
        <>
          <h3>Steps of its plan</h3>
          <ol class="steps">
            {steps.map(({ number, open, openTime }) => (
              <li
                key={number}
                class={open ? "open" : ""}
                aria-current={number === step ? "step" : undefined}
              >
                Step {number}{" "}
                <span class="quiet">
                  {open ? "open" : openTime === undefined ? "not yet" : `opens ${moment(openTime)}`}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {others.length > 0 && (
        <p class="quiet">
          Work of {others.map((id) => model.names.queue(id)).join(", ")} goes before it too.
        </p>
      )}
    </>
  );
}

function Agents({
  model,
  agents,
}: {
  model: DashboardModel;
  agents: readonly v1.ExplainedAgent[];
}) {
  return (
    <>
      <h3>Agents</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll */}
      <section class="scroll short" tabIndex={0} aria-label="Agents, scrolling">
        <ol class="explained-agents">
          {agents.map((agent) => (
            <li key={agent.agentId} data-explained={agent.agentId}>
              <span class="me">
                <Avatar name={model.names.agent(agent.agentId)} id={agent.agentId} />
                <strong>{model.names.agent(agent.agentId)}</strong>
              </span>
              {agent.eligible ? (
                <span class="badge good">may take it</span>
              ) : (
                <ul>
                  {agent.unmet.map(({ check, message }) => (
                    <li key={check}>{message.replace(/^the agent /, "")}</li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ol>
      </section>
      {agents.length === 0 && <p class="quiet">There are no agents.</p>}
    </>
  );
}
