// Everything that was said with a customer over all channels. What people wrote is put on the page
// as text alone; nothing of it is ever markup, and files are only ever saved.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { inWords } from "../account.js";
import { Icon } from "../icons.js";
import { Avatar, tell, Waiting } from "../parts.js";
import { dayOf, timeOfDay } from "../time.js";
import { CHANNELS, DELIVERIES, MILESTONES, word } from "../words.js";
import { save, sizeOf } from "./files.js";
import type { DeskModel } from "./model.js";
import type { Letter } from "./outbox.js";
import type { Item, Thread } from "./thread.js";

/** How near to its end a thread must be to follow it, in pixels. */
const NEAR = 80;

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
}

export function History({ model, interaction, thread }: Shown & { thread: Thread }) {
  const box = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  const items = thread.items.value;
  const letters = pending(model.outbox.letters.value, interaction, items);
  useLayoutEffect(() => {
    const own = box.current;
    if (own !== null && isFollowing.current) own.scrollTop = own.scrollHeight;
  }, [items, letters.length]);
  useEffect(() => {
    const own = box.current;
    if (own === null) return undefined;
    const sized = new ResizeObserver(() => {
      if (isFollowing.current) own.scrollTop = own.scrollHeight;
    });
    sized.observe(own);
    return () => sized.disconnect();
  }, []);
  const scrolled = () => {
    const own = box.current;
    if (own === null) return;
    isFollowing.current = own.scrollHeight - own.scrollTop - own.clientHeight < NEAR;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div class="thread" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label="History">
      {thread.hasEarlier.value && (
        <button type="button" class="plain" onClick={() => thread.earlier()}>
          Show earlier
        </button>
      )}
      {thread.failure.value !== "" && (
        <p class="failure" role="alert">
          {thread.failure.value}{" "}
          <button type="button" class="plain" onClick={() => thread.load()}>
            Try again
          </button>
        </p>
      )}
      {items.length === 0 && thread.isLoading.value && (
        <Waiting lines={4} name="The history is on its way" />
      )}
      {items.map((item, at) => (
        <Line
          key={item.key}
          model={model}
          interaction={interaction}
          item={item}
          before={items[at - 1]}
        />
      ))}
      {letters.map((letter) => (
        <LetterLine key={letter.id} model={model} letter={letter} />
      ))}
    </div>
  );
}

/** What was written here and is not yet part of the history. */
function pending(letters: readonly Letter[], { id }: v1.Interaction, items: readonly Item[]) {
  const isThere = ({ body, after }: Letter) =>
    items.some(({ message }) => message?.body === body && Number(message.seq) > after);
  return letters.filter((letter) => letter.interactionId === id && !isThere(letter));
}

function Line({
  model,
  interaction,
  item,
  before,
}: Shown & { item: Item; before?: Item | undefined }) {
  const day = dayOf(item.time);
  const isNewDay = before === undefined || dayOf(before.time) !== day;
  const { message, milestone } = item;
  return (
    <>
      {isNewDay && (
        <p class="day">
          <span>{day}</span>
        </p>
      )}
      {message !== undefined && <Said model={model} interaction={interaction} message={message} />}
      {milestone !== undefined && isTold(milestone, interaction) && (
        <p class="milestone">
          {word(MILESTONES, milestone.kind)} · {word(CHANNELS, milestone.channel)}
          {milestone.agentId !== "" && ` · ${model.names.agent(milestone.agentId)}`} ·{" "}
          <time>{timeOfDay(item.time)}</time>
        </p>
      )}
    </>
  );
}

/** Of other contacts, only how they began and ended. */
function isTold({ interactionId, kind }: v1.InteractionMilestone, { id }: v1.Interaction): boolean {
  const { ACCEPTED, CLOSED } = v1.MilestoneKind;
  return interactionId === id || (kind !== ACCEPTED && kind !== CLOSED);
}

function Said({ model, interaction, message }: Shown & { message: v1.Message }) {
  const { INBOUND, INTERNAL_NOTE, SYSTEM } = v1.Direction;
  const isNote = message.direction === INTERNAL_NOTE;
  const isIn = message.direction === INBOUND;
  const kind = isNote ? "note" : isIn ? "in" : message.direction === SYSTEM ? "system" : "out";
  const elsewhere = message.interactionId !== interaction.id;
  const who = author(model, interaction, message);
  return (
    <article class={`said ${kind}${elsewhere ? " elsewhere" : ""}`} data-message={message.id}>
      {isIn && <Avatar name={who} id={interaction.customerId} />}
      <div class="bubble">
        <p class="by">
          {isNote && <strong>Note · </strong>}
          <bdi>{who}</bdi> · <time>{timeOfDay(message.createTime)}</time>
          {elsewhere && <span> · another contact</span>}
        </p>
        <p class="body" dir="auto">
          {message.body}
        </p>
        {message.attachments.length > 0 && (
          <ul class="files">
            {message.attachments.map((file) => (
              <FileLine key={file.id} model={model} file={file} />
            ))}
          </ul>
        )}
        {kind === "out" && <Delivery message={message} />}
      </div>
    </article>
  );
}

function Delivery({ message }: { message: v1.Message }) {
  const { FAILED, UNDELIVERED, UNKNOWN, EXPIRED } = v1.DeliveryStatus;
  const isBad = [FAILED, UNDELIVERED, UNKNOWN, EXPIRED].includes(message.status);
  return (
    <p class={isBad ? "delivery bad" : "delivery"}>
      {word(DELIVERIES, message.status)}
      {message.failureReason !== "" && `: ${message.failureReason}`}
    </p>
  );
}

function FileLine({ model, file }: { model: DeskModel; file: v1.Attachment }) {
  const busy = useSignal(false);
  const fetched = async () => {
    busy.value = true;
    try {
      await save(model.client, file);
    } catch (error) {
      tell(inWords(error), "bad");
    }
    busy.value = false;
  };
  return (
    <li>
      <button type="button" class="file" disabled={busy.value} onClick={fetched}>
        <Icon name={busy.value ? "file" : "down"} />
        <span class="one-line" dir="auto">
          {file.name}
        </span>
        <span class="quiet">{busy.value ? "on its way…" : sizeOf(Number(file.size))}</span>
      </button>
    </li>
  );
}

function author(model: DeskModel, interaction: v1.Interaction, message: v1.Message): string {
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

function LetterLine({ model, letter }: { model: DeskModel; letter: Letter }) {
  return (
    <article class={`said ${letter.isNote ? "note" : "out"} pending`}>
      <div class="bubble">
        <p class="body" dir="auto">
          {letter.body}
        </p>
        {letter.files.length > 0 && (
          <p class="delivery">
            {letter.files.length === 1 ? "1 file" : `${letter.files.length} files`}
          </p>
        )}
        {letter.refusal === "" ? (
          <p class="delivery">on its way…</p>
        ) : (
          <p class="failure" role="alert">
            Not sent. {letter.refusal}{" "}
            <button
              type="button"
              class="plain"
              onClick={() => {
                putBack(model, letter);
                model.outbox.drop(letter.id);
              }}
            >
              Edit
            </button>
          </p>
        )}
      </div>
    </article>
  );
}

/** Puts a refused message where it can be changed. */
function putBack(model: DeskModel, letter: Letter): void {
  model.files(letter.interactionId).putBack(letter.files);
  const field = document.querySelector<HTMLTextAreaElement>("#answer");
  if (field === null) return;
  field.value = field.value === "" ? letter.body : `${letter.body}\n${field.value}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
