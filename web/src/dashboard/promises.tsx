// Promises of time: those that will be broken next, and those that were broken last.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { Bar, Empty } from "../parts.js";
import { moment, msOf, second, span } from "../time.js";
import { METRICS, word } from "../words.js";
import { ExplainDialog } from "./explain.js";
import type { DashboardModel } from "./model.js";

/** Most promises that are shown as due next. */
const NEXT_MAX = 7;

interface Due {
  readonly row: v1.Interaction;
  readonly clock: v1.SlaClock;
}

export function Promises({ model }: { model: DashboardModel }) {
  const asked = useSignal<Due | undefined>(undefined);
  const due = dueNext(model.work.value);
  const breaches = model.breaches.value;
  return (
    <section class="card" aria-labelledby="promises-title">
      <h2 id="promises-title">Promises due next</h2>
      {due.length === 0 && <Empty icon="check" title="No promise is running" />}
      <ul class="due">
        {due.map((one) => (
          <DueLine
            key={`${one.row.id} ${one.clock.metric}`}
            model={model}
            due={one}
            ask={() => (asked.value = one)}
          />
        ))}
      </ul>
      {breaches.length > 0 && (
        <>
          <h3>Broken last</h3>
          <ul class="broken">
            {breaches.map((breach) => (
              <li key={String(breach.seq)}>
                <span class="dot bad" aria-hidden="true" />
                <span class="one-line">
                  {word(METRICS, breach.metric)}{" "}
                  <span class="quiet">
                    · <bdi>{about(model, breach)}</bdi>
                  </span>
                </span>
                <time class="quiet">{moment(breach.breachTime)}</time>
              </li>
            ))}
          </ul>
        </>
      )}
      {asked.value !== undefined && (
        <ExplainDialog
          model={model}
          interactionId={asked.value.row.id}
          title={`Why: ${asked.value.row.subject || "no subject"}`}
          onClose={() => (asked.value = undefined)}
        />
      )}
    </section>
  );
}

/** What a broken promise was about, if that is still open; else where it was. */
function about(model: DashboardModel, breach: v1.SlaBreach): string {
  const row = model.work.value.find(({ id }) => id === breach.interactionId);
  return row?.subject || model.names.queue(breach.queueId);
}

/** Of the promises that run, those whose time is used up first. */
function dueNext(rows: readonly v1.Interaction[]): Due[] {
  const running: Due[] = [];
  for (const row of rows) {
    for (const clock of row.sla?.clocks ?? []) {
      if (clock.dueTime !== undefined && clock.stopTime === undefined) running.push({ row, clock });
    }
  }
  running.sort((a, b) => msOf(a.clock.dueTime) - msOf(b.clock.dueTime));
  // What is broken already is told elsewhere, unless nothing else is there.
  const ahead = running.filter(({ clock }) => msOf(clock.dueTime) > second.value);
  return (ahead.length > 0 ? ahead : running).slice(0, NEXT_MAX);
}

function DueLine(props: { model: DashboardModel; due: Due; ask: () => void }) {
  const { model, due, ask } = props;
  const { row, clock } = due;
  const left = msOf(clock.dueTime) - second.value;
  const all = Math.max(msOf(clock.target), 1);
  const { WARNED } = v1.SlaStatus;
  const kind = left <= 0 ? "bad" : clock.status === WARNED ? "warn" : "";
  const told = left > 0 ? span(left) : `${span(-left)} over`;
  return (
    <li>
      <button type="button" class="entry" onClick={ask}>
        <span class="row">
          <span class="one-line">
            <bdi>{row.subject || model.names.customer(row.customerId)}</bdi>
          </span>
          <strong class={`told ${kind}`}>{told}</strong>
        </span>
        <span class="row">
          <span class="quiet one-line">
            {word(METRICS, clock.metric)} · {model.names.queue(row.queueId)}
          </span>
          <Bar value={all - left} most={all} kind={kind} name={`${told} left`} />
        </span>
      </button>
    </li>
  );
}
