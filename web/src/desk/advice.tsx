// Advice: whom the owner of a conversation asked and what became of it, and what this agent is
// asked by others. Whoever advises reads what was said and writes notes; they are done by saying
// so.

import { newRequestId, v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { inWords } from "../account.js";
import { Icon } from "../icons.js";
import { LookDialog } from "../look.js";
import { Avatar, ChannelTag, tell } from "../parts.js";
import type { DeskModel } from "./model.js";

/** Whether somebody may be asked for advice on it. */
export function mayConsult(interaction: v1.Interaction | undefined): boolean {
  const isActive = interaction?.status === v1.InteractionStatus.ACTIVE;
  return isActive && interaction?.consult === undefined;
}

/** Whom the owner asked. */
export function ConsultBanner(props: { model: DeskModel; interaction: v1.Interaction }) {
  const { model, interaction } = props;
  const { consult } = interaction;
  if (consult === undefined) return null;
  const name = model.names.agent(consult.agentId);
  const advises = consult.state === v1.OfferState.CONNECTED;
  return (
    <p class="banner" data-consult={consult.offerId}>
      <span>
        <bdi>{name}</bdi> {advises ? "advises you." : "is asked for advice."}
      </span>
      {advises && (
        <button type="button" class="plain" onClick={() => model.handOver(interaction)}>
          Hand over
        </button>
      )}
      <button type="button" class="plain" onClick={() => model.endConsult(consult.offerId)}>
        {advises ? "End" : "Withdraw"}
      </button>
    </p>
  );
}

/** What this agent advises on; nothing where that is nothing. */
export function AdviceList({ model }: { model: DeskModel }) {
  const advice = model.advice.value;
  if (advice.length === 0) return null;
  return (
    <section aria-label="Advice" class="offers">
      <h2>
        Advice <span class="count">{advice.length}</span>
      </h2>
      <ul>
        {advice.map((work) => (
          <AdviceCard key={work.offer?.id} model={model} work={work} />
        ))}
      </ul>
    </section>
  );
}

function AdviceCard({ model, work }: { model: DeskModel; work: v1.OfferedWork }) {
  const { offer, interaction, note, lastMessage } = work;
  const isReading = useSignal(false);
  const name = model.names.customer(interaction?.customerId ?? "");
  return (
    <li class="card offer" data-advice={offer?.id}>
      <div class="row">
        <span class="me">
          <Avatar name={name} id={interaction?.customerId ?? ""} />
          <strong class="one-line">
            <bdi>{name}</bdi>
          </strong>
        </span>
        {interaction !== undefined && <ChannelTag kind={interaction.channel} />}
      </div>
      <p class="two-lines subject" dir="auto">
        {interaction?.subject || lastMessage?.body || "No subject"}
      </p>
      {note !== undefined && (
        <p class="quiet" dir="auto">
          <bdi>{model.names.agent(note.authorId)}</bdi> asks: {note.body}
        </p>
      )}
      <NoteForm model={model} interactionId={interaction?.id ?? ""} />
      <div class="row">
        <button type="button" onClick={() => (isReading.value = true)}>
          <Icon name="chat" /> Read
        </button>
        <button type="button" class="primary" onClick={() => model.endConsult(offer?.id ?? "")}>
          <Icon name="check" /> Done
        </button>
      </div>
      {isReading.value && interaction !== undefined && (
        <LookDialog
          model={model}
          interaction={interaction}
          onClose={() => (isReading.value = false)}
        />
      )}
    </li>
  );
}

function NoteForm({ model, interactionId }: { model: DeskModel; interactionId: string }) {
  const requestId = useRef(newRequestId());
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const body = String(new FormData(form).get("note") ?? "");
    const kind = v1.SendKind.INTERNAL_NOTE;
    try {
      const asked = { interactionId, body, kind, requestId: requestId.current };
      await model.client.interactions.sendMessage(asked);
      requestId.current = newRequestId();
      form.reset();
      tell("Noted.");
    } catch (error) {
      tell(inWords(error), "bad");
    }
  };
  const changed = () => {
    requestId.current = newRequestId();
  };
  return (
    <form onSubmit={submit} onChange={changed}>
      <label>
        Your advice, as a note
        <textarea name="note" rows={2} maxLength={16000} required dir="auto" />
      </label>
      <div class="row end">
        <button type="submit">Note it</button>
      </div>
    </form>
  );
}
