// Where an answer or a note is written. What is written is kept in the tab with every letter, and
// so are files that are up, until the message is on its way.

import { v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Icon } from "../icons.js";
import { keep, kept } from "../kept.js";
import { tell } from "../parts.js";
import { type Files, isUp, sizeOf, type Upload } from "./files.js";
import type { DeskModel } from "./model.js";
import type { Thread } from "./thread.js";

/** Most bytes of a message, as the contract says. */
const BODY_MAX_BYTES = 16_384;

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
  thread: Thread;
}

export function Composer({ model, interaction, thread }: Shown) {
  const name = `draft.${interaction.id}`;
  const draft = useSignal(kept<string>(name) ?? "");
  const files = model.files(interaction.id);
  const isNote = useSignal(false);
  const isOver = useSignal(false);
  const hasWay = interaction.channelAccountId !== "";
  const isReachable = hasWay && interaction.status === v1.InteractionStatus.ACTIVE;
  const note = isNote.value || !isReachable;
  const takesFiles = note || interaction.channel === v1.ChannelKind.EMAIL;
  const isFilled = draft.value.trim() !== "";
  // Kept at once: a reload may come before anything is painted.
  const write = (text: string) => {
    draft.value = text;
    keep(name, text || undefined);
  };
  const attach = (chosen: readonly File[]) => {
    if (chosen.length === 0) return;
    const refusal = takesFiles ? files.add(chosen) : "Files go by mail and with notes only.";
    if (refusal !== "") tell(refusal, "bad");
  };
  const send = (event?: Event) => {
    event?.preventDefault();
    const body = draft.value.trim();
    if (body === "") return;
    if (!files.isSettled) {
      tell("A file is not with the server yet.", "bad");
      return;
    }
    if (new TextEncoder().encode(body).length > BODY_MAX_BYTES) {
      tell("The text is longer than 16 KiB.", "bad");
      return;
    }
    const seqs = thread.items.value.map(({ message }) => Number(message?.seq ?? 0));
    if (model.outbox.isFull) {
      tell("Too many messages are on their way; wait a moment.", "bad");
      return;
    }
    model.outbox.add({
      interactionId: interaction.id,
      customerId: interaction.customerId,
      isNote: note,
      body,
      files: takesFiles ? files.take() : [],
      after: Math.max(0, ...seqs),
    });
    write("");
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    isOver.value = false;
    attach([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <form
      class={`composer${note ? " as-note" : ""}${isOver.value ? " is-over" : ""}`}
      onSubmit={send}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={dropped}
    >
      <div class="row wraps">
        <Kind note={note} isReachable={isReachable} choose={(to) => (isNote.value = to)} />
        {!hasWay && (
          <span class="quiet small">
            No message can be sent over this contact; notes can be kept.
          </span>
        )}
      </div>
      <textarea
        id="answer"
        rows={3}
        dir="auto"
        aria-label={note ? "Internal note" : "Reply"}
        placeholder={note ? "Only staff will see this" : "Write to the customer…"}
        value={draft.value}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
        }}
        onPaste={(event) => {
          const pasted = [...(event.clipboardData?.files ?? [])];
          if (pasted.length > 0) event.preventDefault();
          attach(pasted);
        }}
      />
      {takesFiles && <Uploads files={files} />}
      <div class="row composer-end">
        <Chooser takesFiles={takesFiles} attach={attach} />
        <span class="quiet hint">Ctrl + Enter sends</span>
        <button class="primary" type="submit" disabled={!isFilled}>
          {note ? "Add note" : "Send"}
        </button>
      </div>
    </form>
  );
}

function Kind(props: { note: boolean; isReachable: boolean; choose: (isNote: boolean) => void }) {
  const { note, isReachable, choose } = props;
  return (
    <div class="tabs" role="radiogroup" aria-label="What to write">
      <label>
        <input
          id="as-reply"
          type="radio"
          name="kind"
          checked={!note}
          disabled={!isReachable}
          onChange={() => choose(false)}
        />
        Reply
      </label>
      <label>
        <input id="as-note" type="radio" name="kind" checked={note} onChange={() => choose(true)} />
        Internal note
      </label>
    </div>
  );
}

function Chooser(props: { takesFiles: boolean; attach: (files: File[]) => void }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={field}
        type="file"
        class="unseen"
        multiple
        tabIndex={-1}
        aria-label="Files to attach"
        onChange={(event) => {
          props.attach([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <button
        type="button"
        id="attach"
        class="plain"
        disabled={!props.takesFiles}
        aria-keyshortcuts="Alt+U"
        title={props.takesFiles ? undefined : "Files go by mail and with notes only"}
        onClick={() => field.current?.click()}
      >
        <Icon name="clip" /> Attach
      </button>
    </>
  );
}

function Uploads({ files }: { files: Files }) {
  const uploads = files.uploads.value;
  if (uploads.length === 0) return null;
  return (
    <ul class="uploads" aria-label="Files that go with it">
      {uploads.map((upload) => (
        <UploadLine key={upload.id} upload={upload} files={files} />
      ))}
    </ul>
  );
}

function UploadLine({ upload, files }: { upload: Upload; files: Files }) {
  const { id, name, size, received, refusal } = upload;
  const isBad = refusal !== "";
  return (
    <li class={isBad ? "file bad" : "file"} data-upload={isUp(upload) ? "up" : "going"}>
      <Icon name="file" />
      <span class="one-line" dir="auto">
        {name}
      </span>
      <span class="quiet">{isBad ? refusal : sizeOf(size)}</span>
      {!isUp(upload) && !isBad && (
        <progress max={size} value={received} aria-label={`${name}, on its way`} />
      )}
      <button
        type="button"
        class="plain small"
        aria-label={`Leave out ${name}`}
        onClick={() => files.remove(id)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}
