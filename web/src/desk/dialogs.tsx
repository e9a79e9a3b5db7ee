// Handing work on and ending it. Each dialogue has one request identifier for all its attempts, so
// that an attempt whose answer was lost is not carried out twice.

import { newRequestId, v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { inWords } from "../account.js";
import { Dialog, tell } from "../parts.js";
import { PRIORITIES } from "../words.js";
import type { DeskModel } from "./model.js";
import { Target, targetOf } from "./target.js";

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
  onClose: () => void;
}

/** Codes that are suggested; any of the same form may be typed. */
const CODES = ["solved", "answered", "refunded", "follow_up", "wrong_number", "spam"];

/** A dialogue with something to carry out. */
export function ActDialog(props: {
  title: string;
  verb: string;
  onClose: () => void;
  act: (form: FormData, requestId: string) => Promise<unknown>;
  done: string;
  children: ComponentChildren;
}) {
  const busy = useSignal(false);
  const failure = useSignal("");
  const requestId = useRef(newRequestId());
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    failure.value = "";
    try {
      await props.act(new FormData(event.currentTarget as HTMLFormElement), requestId.current);
      tell(props.done);
      props.onClose();
    } catch (error) {
      failure.value = inWords(error);
      busy.value = false;
    }
  };
  // What is asked for changes: then it is another request.
  const changed = () => {
    requestId.current = newRequestId();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form onSubmit={submit} onChange={changed}>
        {props.children}
        <p class="failure" role="alert">
          {failure.value}
        </p>
        <div class="row end">
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy.value}>
            {props.verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function TransferDialog({ model, interaction, onClose }: Shown) {
  const act = (form: FormData, requestId: string) =>
    model.client.interactions.transferInteraction({
      interactionId: interaction.id,
      target: targetOf(form),
      note: String(form.get("note") ?? ""),
      requestId,
    });
  return (
    <ActDialog title="Transfer" verb="Transfer" done="Transferred." onClose={onClose} act={act}>
      <Target names={model.names} except={interaction.ownerAgentId} />
      <label>
        Note for whoever takes it
        <textarea name="note" rows={2} maxLength={2000} dir="auto" />
      </label>
      <p class="quiet">It stays with you until somebody has taken it.</p>
    </ActDialog>
  );
}

/** Another agent is asked for advice; the interaction stays with whoever asks. */
export function ConsultDialog({ model, interaction, onClose }: Shown) {
  const act = (form: FormData, requestId: string) =>
    model.client.interactions.consultAgent({
      interactionId: interaction.id,
      agentId: targetOf(form).value,
      note: String(form.get("note") ?? ""),
      requestId,
    });
  return (
    <ActDialog title="Ask an agent" verb="Ask" done="Asked." onClose={onClose} act={act}>
      <Target names={model.names} except={interaction.ownerAgentId} agentsOnly />
      <label>
        What you want to know
        <textarea name="note" rows={2} maxLength={2000} dir="auto" />
      </label>
      <p class="quiet">It stays with you. They read what was said, and answer with notes.</p>
    </ActDialog>
  );
}

export function EscalateDialog({ model, interaction, onClose }: Shown) {
  const act = (form: FormData, requestId: string) =>
    model.client.interactions.escalateInteraction({
      interactionId: interaction.id,
      reason: String(form.get("reason") ?? ""),
      queueId: String(form.get("queue") ?? ""),
      priority: Number(form.get("priority") ?? 0),
      requestId,
    });
  const higher = Object.entries(PRIORITIES).filter(
    ([value]) => Number(value) > interaction.priority,
  );
  return (
    <ActDialog title="Escalate" verb="Escalate" done="Escalated." onClose={onClose} act={act}>
      <label>
        Why
        <textarea name="reason" rows={3} maxLength={500} required dir="auto" />
      </label>
      <div class="two">
        <label>
          To queue
          <select name="queue">
            <option value="">Stays where it is</option>
            {[...model.names.queues.value.values()].map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Priority
          <select name="priority">
            <option value={String(v1.Priority.UNSPECIFIED)}>Unchanged</option>
            {higher.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="quiet">
        With neither queue nor priority, the escalation policy of its queue says what is done.
      </p>
    </ActDialog>
  );
}

export function CloseDialog({ model, interaction, onClose }: Shown) {
  const code = useRef<HTMLInputElement>(null);
  const isWrapping = interaction.status === v1.InteractionStatus.WRAPPING;
  const verb = isWrapping ? "Finish" : "Close";
  const act = (form: FormData, requestId: string) =>
    model.client.agents.completeInteraction({
      interactionId: interaction.id,
      wrapUpCode: String(form.get("code") ?? ""),
      resolution: String(form.get("resolution") ?? ""),
      requestId,
    });
  const choose = (value: string) => {
    if (code.current === null) return;
    code.current.value = value;
    code.current.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return (
    <ActDialog title={verb} verb={verb} done="Closed." onClose={onClose} act={act}>
      <label>
        Wrap-up code
        <input
          ref={code}
          name="code"
          pattern="[a-z0-9_]*"
          maxLength={64}
          title="Lower-case letters, digits and underscores"
          spellcheck={false}
          defaultValue={interaction.wrapUpCode}
        />
      </label>
      <p class="chips">
        {CODES.map((one) => (
          <button key={one} type="button" class="chip" onClick={() => choose(one)}>
            {one.replaceAll("_", " ")}
          </button>
        ))}
      </p>
      <label>
        Resolution
        <textarea
          name="resolution"
          rows={3}
          dir="auto"
          maxLength={2000}
          placeholder="What was done, for whoever reads this next"
          defaultValue={interaction.resolution}
        />
      </label>
    </ActDialog>
  );
}
