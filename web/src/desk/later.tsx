// Setting work aside until its customer writes or a time comes, having a customer called back at a
// time, and what the agent has set aside, to be taken up again.

import { newRequestId, type v1 } from "@omnichannel/sdk/web";
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { inWords } from "../account.js";
import { Avatar, tell } from "../parts.js";
import { fieldTime, moment, now } from "../time.js";
import { ActDialog } from "./dialogs.js";
import type { DeskModel } from "./model.js";

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
}

const HOUR_MS = 3_600_000;

/** The furthest that work may rest. */
const AHEAD_MAX_MS = 30 * 24 * HOUR_MS;

/** When agents begin, for times that are offered by their day. */
const MORNING = 9;

/** The morning of a day that is so many days after a moment. */
function morning(from: number, days: number): number {
  const date = new Date(from);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, MORNING).getTime();
}

/** Times that are offered. */
function times(from: number): readonly (readonly [string, number])[] {
  const untilMonday = (8 - new Date(from).getDay()) % 7 || 7;
  const offered: (readonly [string, number])[] = [
    ["In an hour", from + HOUR_MS],
    ["In four hours", from + 4 * HOUR_MS],
    ["Tomorrow morning", morning(from, 1)],
  ];
  if (untilMonday > 1) offered.push(["Monday morning", morning(from, untilMonday)]);
  return offered;
}

const OTHER = "other";

function timestamp(ms: number) {
  return { seconds: BigInt(Math.round(ms / 1000)), nanos: 0 };
}

/** What was chosen: a moment, or none. */
function chosen(form: FormData): number {
  const until = String(form.get("until") ?? "");
  const text = until === OTHER ? String(form.get("at") ?? "") : "";
  return text === "" ? Number(until === OTHER ? 0 : until) : new Date(text).getTime();
}

export function LaterDialog({ model, interaction, onClose }: Shown & { onClose: () => void }) {
  // One moment for all attempts, so that they ask for the same.
  const from = useRef(now.peek());
  const calls = useSignal(interaction.callback !== undefined);
  const act = (form: FormData, requestId: string) => {
    const { id: interactionId } = interaction;
    const reason = String(form.get("reason") ?? "");
    const at = chosen(form);
    const { interactions } = model.client;
    if (calls.value) {
      const callbackTime = timestamp(at);
      return interactions.requestCallback({ interactionId, callbackTime, reason, requestId });
    }
    const wake = at > 0 ? { wakeTime: timestamp(at) } : {};
    return interactions.parkInteraction({ interactionId, reason, ...wake, requestId });
  };
  return (
    <ActDialog
      title="Later"
      verb={calls.value ? "Call back then" : "Set aside"}
      done={calls.value ? "The call is set." : "Set aside."}
      onClose={onClose}
      act={act}
    >
      <Kind calls={calls} />
      <When from={from.current} calls={calls.value} />
      <label>
        Why, kept as a note
        <textarea name="reason" rows={2} maxLength={500} dir="auto" />
      </label>
      <p class="quiet">
        {calls.value
          ? "It leaves your desk, and comes to an agent when it is time to call."
          : "It makes room at your desk, and comes back earlier if its customer writes."}
      </p>
    </ActDialog>
  );
}

function Kind({ calls }: { calls: Signal<boolean> }) {
  return (
    <fieldset class="kinds">
      <legend class="unseen">What is to happen</legend>
      <label class="check">
        <input
          type="radio"
          name="kind"
          checked={!calls.value}
          onChange={() => (calls.value = false)}
        />
        Set it aside
      </label>
      <label class="check">
        <input
          type="radio"
          name="kind"
          checked={calls.value}
          onChange={() => (calls.value = true)}
        />
        Call the customer back
      </label>
    </fieldset>
  );
}

function When({ from, calls }: { from: number; calls: boolean }) {
  const isOther = useSignal(false);
  return (
    <div class="two">
      <label>
        {calls ? "When" : "Until"}
        <select
          name="until"
          onChange={(event) => (isOther.value = event.currentTarget.value === OTHER)}
        >
          {!calls && <option value="0">The customer writes</option>}
          {times(from).map(([name, at]) => (
            <option key={name} value={at}>
              {name}, {moment(timestamp(at))}
            </option>
          ))}
          <option value={OTHER}>Another time…</option>
        </select>
      </label>
      {isOther.value && (
        <label>
          Date and time
          <input
            type="datetime-local"
            name="at"
            required
            min={fieldTime(from)}
            max={fieldTime(from + AHEAD_MAX_MS)}
            defaultValue={fieldTime(from + 2 * HOUR_MS)}
          />
        </label>
      )}
    </div>
  );
}

/** Takes up again what was set aside. */
export async function wake({ model, interaction }: Shown): Promise<void> {
  try {
    const { id: interactionId } = interaction;
    await model.client.interactions.wakeInteraction({ interactionId, requestId: newRequestId() });
    model.lookAtResting();
  } catch (error) {
    tell(inWords(error), "bad");
  }
}

/** What the agent has set aside; nothing while that is nothing. */
export function RestingList({ model }: { model: DeskModel }) {
  const resting = model.resting.value;
  if (resting.length === 0) return null;
  return (
    <section aria-label="Set aside" class="resting">
      <h2>
        Set aside <span class="count">{resting.length}</span>
      </h2>
      <ul>
        {resting.map((one) => {
          const name = model.names.customer(one.customerId);
          const until = one.wakeTime;
          return (
            <li key={one.id} class="rest" data-resting={one.id}>
              <Avatar name={name} id={one.customerId} />
              <span class="rest-what">
                <strong class="one-line">
                  <bdi>{name}</bdi>
                </strong>
                <span class="one-line">
                  <bdi>{one.subject || "No subject"}</bdi>
                </span>
                <span class="quiet small">
                  {until === undefined ? "until the customer writes" : `until ${moment(until)}`}
                </span>
              </span>
              <button type="button" class="small" onClick={() => wake({ model, interaction: one })}>
                Take up<span class="unseen"> {one.subject}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
