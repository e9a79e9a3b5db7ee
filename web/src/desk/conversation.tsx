// One conversation: what it is about and what can be done with it, everything that was said, and
// the place to answer.

import { v1 } from "@omnichannel/sdk/web";
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../icons.js";
import { CallbackTag, ChannelTag, SlaTag } from "../parts.js";
import { STATUSES, word } from "../words.js";
import { ConsultBanner, mayConsult } from "./advice.js";
import { Composer } from "./composer.js";
import { History } from "./history.js";
import { wake } from "./later.js";
import type { DeskModel } from "./model.js";
import type { Open } from "./page.js";

const narrow = matchMedia("(max-width: 760px)");

interface Shown {
  model: DeskModel;
  interaction: v1.Interaction;
  open: Signal<Open>;
}

export function Conversation({ model, interaction, open }: Shown) {
  const thread = model.thread(interaction.customerId);
  const isWrapping = interaction.status === v1.InteractionStatus.WRAPPING;
  // Whoever took it by a button that is gone goes on in it; on a phone no keyboard is to come up.
  useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (isLost && !narrow.matches) document.querySelector<HTMLElement>("#answer")?.focus();
  }, [interaction.id]);
  return (
    <section class="middle" aria-label="Conversation">
      <Top model={model} interaction={interaction} open={open} />
      {isWrapping && (
        <p class="banner">
          The contact has ended. Finish the record to make room for the next.
          <button type="button" class="plain" onClick={() => (open.value = "close")}>
            Finish
          </button>
        </p>
      )}
      <ConsultBanner model={model} interaction={interaction} />
      <History model={model} interaction={interaction} thread={thread} />
      <Composer model={model} interaction={interaction} thread={thread} />
    </section>
  );
}

function Top({ model, interaction, open }: Shown) {
  const isWrapping = interaction.status === v1.InteractionStatus.WRAPPING;
  const { escalationLevel } = interaction;
  return (
    <header class="talk-top">
      <button type="button" class="plain back" onClick={() => model.select("")}>
        ← Back
      </button>
      <div class="talk-title">
        <h2 class="one-line">
          <bdi>{interaction.subject || "No subject"}</bdi>
        </h2>
        <p class="tags">
          <ChannelTag kind={interaction.channel} />
          <span class="quiet" data-status={interaction.status}>
            {word(STATUSES, interaction.status)}
          </span>
          {escalationLevel > 0 && (
            <span class="badge warn">
              <Icon name="up" />
              Escalated{escalationLevel > 1 ? ` ×${escalationLevel}` : ""}
            </span>
          )}
          <CallbackTag of={interaction} />
          <SlaTag sla={interaction.sla} />
        </p>
      </div>
      <div class="talk-acts">
        <button type="button" class="only-narrow" onClick={() => (open.value = "customer")}>
          <Icon name="person" /> Customer
        </button>
        <button type="button" aria-keyshortcuts="Alt+E" onClick={() => (open.value = "escalate")}>
          <Icon name="up" /> Escalate
        </button>
        {interaction.status === v1.InteractionStatus.PARKED && (
          <button type="button" onClick={() => wake({ model, interaction })}>
            <Icon name="inbox" /> Take up
          </button>
        )}
        {interaction.status === v1.InteractionStatus.ACTIVE && (
          <button type="button" aria-keyshortcuts="Alt+P" onClick={() => (open.value = "later")}>
            <Icon name="clock" /> Later
          </button>
        )}
        {mayConsult(interaction) && (
          <button type="button" aria-keyshortcuts="Alt+H" onClick={() => (open.value = "consult")}>
            <Icon name="person" /> Ask
          </button>
        )}
        <button type="button" aria-keyshortcuts="Alt+T" onClick={() => (open.value = "transfer")}>
          <Icon name="swap" /> Transfer
        </button>
      </div>
      <button
        type="button"
        class="primary talk-end"
        aria-keyshortcuts="Alt+C"
        onClick={() => (open.value = "close")}
      >
        <Icon name="check" /> {isWrapping ? "Finish" : "Close"}
      </button>
    </header>
  );
}
