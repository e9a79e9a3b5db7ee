// What was said in a piece of work, to be read by whoever looks after it or advises on it. Read
// once, when it is opened; what people wrote is put there as text alone.

import { type Client, v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { inWords } from "./account.js";
import type { Names } from "./names.js";
import { CallbackTag, ChannelTag, Dialog, Empty, SlaTag, Waiting } from "./parts.js";
import { moment } from "./time.js";
import { DELIVERIES, PAGES, STATUSES, word } from "./words.js";

/** Most messages that are shown, oldest first. */
const MESSAGES_MAX = 200;

/** What of a page it needs. */
interface Reader {
  readonly client: Client;
  readonly names: Names;
}

interface Shown {
  model: Reader;
  interaction: v1.Interaction;
}

export function LookDialog({ model, interaction, onClose }: Shown & { onClose: () => void }) {
  const messages = useSignal<readonly v1.Message[] | undefined>(undefined);
  const pages = useSignal<readonly v1.EscalationPage[]>([]);
  const failure = useSignal("");
  const read = async () => {
    const scope = { case: "interactionId", value: interaction.id } as const;
    const { interactions } = model.client;
    const whole = await interactions.getInteraction({ interactionId: interaction.id });
    pages.value = whole.interaction?.escalation?.pages ?? [];
    messages.value = await interactions.listMessages({ scope }).take(MESSAGES_MAX);
  };
  useEffect(() => {
    read().catch((error) => {
      failure.value = inWords(error);
    });
  }, []);
  const { names } = model;
  const owner = interaction.ownerAgentId;
  const all = messages.value;
  return (
    <Dialog title={interaction.subject || "No subject"} onClose={onClose} wide>
      <p class="tags">
        <ChannelTag kind={interaction.channel} />
        <span class="tag">{names.queue(interaction.queueId)}</span>
        <span>
          {word(STATUSES, interaction.status)}
          {owner !== "" && ` · ${names.agent(owner)}`}
        </span>
        <CallbackTag of={interaction} />
        <SlaTag sla={interaction.sla} />
      </p>
      {pages.value.map((page) => (
        <p key={page.deliveryId} class="quiet">
          {paged(page)}
        </p>
      ))}
      <p class="failure" role="alert">
        {failure.value}
      </p>
      {all === undefined && failure.value === "" && (
        <Waiting lines={4} name="What was said is on its way" />
      )}
      {all?.length === 0 && <Empty icon="chat" title="Nothing was written" />}
      {all !== undefined && all.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll
        <section class="scroll said-before" tabIndex={0} aria-label="What was said, scrolling">
          {all.map((message) => (
            <Said key={message.id} model={model} interaction={interaction} message={message} />
          ))}
        </section>
      )}
      {all?.length === MESSAGES_MAX && (
        <p class="quiet">The first {MESSAGES_MAX} messages are shown.</p>
      )}
      <form method="dialog" class="row end">
        <button type="submit">Done</button>
      </form>
    </Dialog>
  );
}

/** What became of a page that a level of escalation sent, in words. */
function paged({ level, state, createTime, attempts, lastError }: v1.EscalationPage): string {
  const tries = attempts > 1 ? `, ${attempts} tries` : "";
  const why = lastError === "" ? "" : `: ${lastError}`;
  return `Level ${level} paged ${moment(createTime)}: ${word(PAGES, state)}${tries}${why}`;
}

function Said({ model, interaction, message }: Shown & { message: v1.Message }) {
  const { INBOUND, INTERNAL_NOTE, SYSTEM } = v1.Direction;
  const { direction } = message;
  const isNote = direction === INTERNAL_NOTE;
  const isOut = direction !== INBOUND && !isNote && direction !== SYSTEM;
  const kind = isNote ? "note" : direction === INBOUND ? "in" : isOut ? "out" : "system";
  return (
    <article class={`said ${kind}`}>
      <div class="bubble">
        <p class="by">
          {isNote && <strong>Note · </strong>}
          <bdi>{author(model, interaction, message)}</bdi> ·{" "}
          <time>{moment(message.createTime)}</time>
        </p>
        <p class="body" dir="auto">
          {message.body}
        </p>
        {message.attachments.length > 0 && (
          <p class="delivery">{message.attachments.map(({ name }) => name).join(", ")}</p>
        )}
        {isOut && <p class="delivery">{word(DELIVERIES, message.status)}</p>}
      </div>
    </article>
  );
}

function author(model: Reader, interaction: v1.Interaction, message: v1.Message): string {
  switch (message.authorKind) {
    case v1.AuthorKind.CUSTOMER:
      return message.senderAddress || model.names.customer(interaction.customerId);
    case v1.AuthorKind.AGENT:
      return model.names.agent(message.authorId);
    case v1.AuthorKind.INTEGRATION:
      return "Integration";
    default:
      return "Service";
  }
}
