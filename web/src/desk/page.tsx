// The desk: presence, offers and work on one side, the conversation in the middle, and who it is
// with on the other. On a phone one of them is seen at a time.

import { v1 } from "@omnichannel/sdk/web";
import { signal, useComputed } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { caller, client } from "../account.js";
import { Icon } from "../icons.js";
import { Dialog, Empty } from "../parts.js";
import { AdviceList } from "./advice.js";
import { Conversation } from "./conversation.js";
import { CustomerFacts, CustomerPanel } from "./customer.js";
import { CloseDialog, ConsultDialog, EscalateDialog, TransferDialog } from "./dialogs.js";
import { listenToKeys, SHORTCUTS } from "./keys.js";
import { LaterDialog, RestingList } from "./later.js";
import { DeskModel, freshConsole } from "./model.js";
import { idle, OfferList } from "./offers.js";
import { BackButton, isUnanswering, PresenceCard } from "./presence.js";
import { WorkList } from "./work.js";

/** What is open above the desk. */
export type Open =
  | ""
  | "transfer"
  | "consult"
  | "escalate"
  | "later"
  | "close"
  | "customer"
  | "keys";
const open = signal<Open>("");
const again = signal(0);

export function DeskPage() {
  const own = client.value;
  if (own === undefined) return null;
  if (caller.value?.agentId === "") return <NoDesk />;
  return <Desk key={again.value} />;
}

/** Whose credential names no agent has no desk. */
function NoDesk() {
  return (
    <main class="no-desk">
      <Empty icon="person" title="This key is not an agent's">
        The desk takes the key of an agent's console, or a token that names an agent.
      </Empty>
    </main>
  );
}

/** Lists the keys of the desk. */
export function KeysButton() {
  return (
    <button
      type="button"
      class="plain keys"
      aria-keyshortcuts="Alt+K"
      onClick={() => (open.value = "keys")}
    >
      <Icon name="keys" /> Keys
    </button>
  );
}

function Desk() {
  const own = client.value;
  const model = useMemo(() => (own === undefined ? undefined : new DeskModel(own)), [own]);
  useEffect(() => {
    if (model === undefined) return undefined;
    const deaf = listenToKeys(model, open);
    return () => {
      deaf();
      open.value = "";
      model.close();
    };
  }, [model]);
  const count = useComputed(() => model?.offers.value.length ?? 0);
  useEffect(() => {
    document.title = `${count.value > 0 ? `(${count.value}) ` : ""}Desk · Omnichannel`;
  }, [count.value]);
  const shown = model?.selected.value;
  const shownId = shown?.id;
  // A dialogue is about the work it was opened for, and goes with it: before the next key is heard,
  // or a dialogue opened at once for what is shown now would go with what was shown before.
  useLayoutEffect(() => {
    if (open.peek() !== "keys") shut();
  }, [shownId]);
  if (model === undefined) return null;
  const { ending } = model;
  return (
    <main class={shown === undefined ? "desk" : "desk has-shown"}>
      <h1 class="unseen">Desk</h1>
      <section class="rail" aria-label="Your work">
        {ending.value !== undefined && (
          <div class="card failure" role="alert">
            <p>{ending.value.text}</p>
            <button
              type="button"
              onClick={() => {
                if (ending.value?.wasReplaced) freshConsole();
                again.value += 1;
              }}
            >
              {ending.value.wasReplaced ? "Use it here" : "Connect again"}
            </button>
          </div>
        )}
        <PresenceCard model={model} />
        <OfferList model={model} />
        <AdviceList model={model} />
        <WorkList model={model} />
        <RestingList model={model} />
      </section>
      {shown === undefined ? (
        <section class="middle empty" aria-label="Conversation">
          {model.work.value.length === 0 ? (
            <Idle model={model} />
          ) : (
            <Empty icon="chat" title="No conversation is open">
              Choose one on the left, or press Alt + ↓.
            </Empty>
          )}
        </section>
      ) : (
        <>
          <Conversation key={shown.id} model={model} interaction={shown} open={open} />
          <CustomerPanel model={model} interaction={shown} />
        </>
      )}
      {shown !== undefined && <Above model={model} shown={shown} />}
      {open.value === "keys" && <KeysDialog />}
    </main>
  );
}

const shut = () => {
  open.value = "";
};

/** Nothing is in hand: what has to be done for something to come. */
function Idle({ model }: { model: DeskModel }) {
  const { intended, effective } = model.presence.value ?? {};
  const isReady = effective === v1.EffectiveStatus.AVAILABLE;
  if (!model.isReady.value) return null;
  if (isReady || model.offers.value.length > 0) {
    return (
      <Empty icon="inbox" title="Nothing to work on yet">
        Offers appear on the left as they come.
      </Empty>
    );
  }
  const isWilling = intended === v1.PresenceStatus.AVAILABLE;
  return (
    <Empty icon="person" title={isWilling ? "Nothing comes just now" : "You are not available"}>
      {idle(model.presence.value)}
      {isUnanswering(model.presence.value) && (
        <span class="block">
          <BackButton model={model} />
        </span>
      )}
      {!isWilling && (
        <span class="block">
          <button
            type="button"
            class="primary"
            onClick={() => model.choose(v1.PresenceStatus.AVAILABLE, false)}
          >
            Become available
          </button>
        </span>
      )}
    </Empty>
  );
}

function Above({ model, shown }: { model: DeskModel; shown: v1.Interaction }) {
  switch (open.value) {
    case "transfer":
      return <TransferDialog model={model} interaction={shown} onClose={shut} />;
    case "consult":
      return <ConsultDialog model={model} interaction={shown} onClose={shut} />;
    case "escalate":
      return <EscalateDialog model={model} interaction={shown} onClose={shut} />;
    case "later":
      return <LaterDialog model={model} interaction={shown} onClose={shut} />;
    case "close":
      return <CloseDialog model={model} interaction={shown} onClose={shut} />;
    case "customer":
      return (
        <Dialog title="Customer" onClose={shut}>
          <CustomerFacts model={model} interaction={shown} />
          <form method="dialog" class="row end">
            <button type="submit">Done</button>
          </form>
        </Dialog>
      );
    default:
      return null;
  }
}

function KeysDialog() {
  return (
    <Dialog title="Keys" onClose={shut}>
      <dl class="key-list">
        {SHORTCUTS.map(([keys, what]) => (
          <Fragment key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </Fragment>
        ))}
      </dl>
      <form method="dialog" class="row end">
        <button type="submit">Done</button>
      </form>
    </Dialog>
  );
}
