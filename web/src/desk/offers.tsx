// Offers, each with the time that is left by the server's clock. The time is for showing: only the
// server's word ends an offer.

import { type LiveOffer, v1 } from "@omnichannel/sdk/web";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Avatar, CallbackTag, ChannelTag, SlaTag } from "../parts.js";
import { msOf, now, span } from "../time.js";
import { PRIORITIES, word } from "../words.js";
import type { DeskModel } from "./model.js";

export function OfferList({ model }: { model: DeskModel }) {
  const offers = model.offers.value;
  const own = useRef<HTMLElement>(null);
  const newest = offers.at(-1)?.id;
  // Whoever looks further down is shown that somebody asks; where they type stays as it is.
  useEffect(() => {
    if (newest !== undefined) own.current?.scrollIntoView({ block: "nearest" });
  }, [newest]);
  return (
    <section ref={own} aria-label="Offers" class="offers">
      <h2>
        Offers <span class="count">{offers.length}</span>
      </h2>
      {offers.length === 0 && <p class="quiet">{idle(model.presence.value)}</p>}
      <ul>
        {offers.map((offer, place) => (
          <OfferCard key={offer.id} model={model} offer={offer} hasKeys={place === 0} />
        ))}
      </ul>
      {model.mayTake.value && <TakeButton model={model} />}
    </section>
  );
}

/** For work that nobody is asked about: it waits until somebody takes it. */
function TakeButton({ model }: { model: DeskModel }) {
  const isThere = model.presence.value?.effective === v1.EffectiveStatus.AVAILABLE;
  return (
    <button
      type="button"
      class="take"
      disabled={!isThere || model.isTaking.value}
      aria-keyshortcuts="Alt+G"
      onClick={() => model.takeNext()}
    >
      Take next <kbd>Alt G</kbd>
    </button>
  );
}

/** Why there may be none. */
export function idle(presence: v1.Presence | undefined): string {
  const { AVAILABLE, OFFLINE, NOT_RESPONDING, MISSED } = v1.EffectiveStatus;
  const { ON_BREAK, OFF_SHIFT, TIME_OFF } = v1.Duty;
  if (presence?.duty === ON_BREAK) return "Your break: nothing new comes until it ends.";
  if (presence?.duty === OFF_SHIFT) return "Outside your shift: nothing new comes until it begins.";
  if (presence?.duty === TIME_OFF) return "Your time off: nothing new comes until it ends.";
  switch (presence?.effective) {
    case AVAILABLE:
      return "None at the moment. They appear here as they come.";
    case NOT_RESPONDING:
    case MISSED:
      return "An offer went unanswered. Say that you are back to be asked again.";
    case OFFLINE:
    case undefined:
      return "Choose Available to be offered work.";
    default:
      return "None while you are not available.";
  }
}

function OfferCard(props: { model: DeskModel; offer: LiveOffer; hasKeys: boolean }) {
  const { model, offer, hasKeys } = props;
  const busy = useSignal(false);
  const { interaction, lastMessage, note } = offer.work;
  const isConsult = offer.work.offer?.role === v1.OfferRole.CONSULT;
  const name = model.names.customer(interaction?.customerId ?? "");
  const answer = async (doing: Promise<void>) => {
    busy.value = true;
    await doing;
    busy.value = false;
  };
  return (
    <li class="card offer" data-offer={offer.id}>
      <div class="row">
        <span class="me">
          <Avatar name={name} id={interaction?.customerId ?? ""} />
          <strong class="one-line">
            <bdi>{name}</bdi>
          </strong>
        </span>
        <TimeLeft offer={offer} />
      </div>
      <TimeBar offer={offer} />
      <p class="two-lines subject" dir="auto">
        {interaction?.subject || lastMessage?.body || "No subject"}
      </p>
      {interaction?.subject && lastMessage?.body && (
        <p class="quiet two-lines" dir="auto">
          {lastMessage.body}
        </p>
      )}
      {note !== undefined && (
        <p class="quiet two-lines" dir="auto">
          {note.body}
        </p>
      )}
      <p class="tags">
        {isConsult && <span class="badge">Advice</span>}
        {interaction !== undefined && <ChannelTag kind={interaction.channel} />}
        <span class="tag">{model.names.queue(interaction?.queueId ?? "")}</span>
        {(interaction?.priority ?? 0) > 2 && (
          <span class="tag">{word(PRIORITIES, interaction?.priority)}</span>
        )}
        <CallbackTag of={interaction} />
        <SlaTag sla={interaction?.sla} />
      </p>
      <p class="quiet small">
        Waiting for {span(now.value - msOf(interaction?.enqueueTime ?? interaction?.createTime))}
      </p>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={busy.value}
          aria-keyshortcuts={hasKeys ? "Alt+A" : undefined}
          onClick={() => answer(model.accept(offer))}
        >
          Accept {hasKeys && <kbd>Alt A</kbd>}
        </button>
        <button
          type="button"
          disabled={busy.value}
          aria-keyshortcuts={hasKeys ? "Alt+X" : undefined}
          onClick={() => answer(model.decline(offer))}
        >
          Decline {hasKeys && <kbd>Alt X</kbd>}
        </button>
      </div>
    </li>
  );
}

/** An offer that ends so soon is told as urgent. */
const SOON_MS = 10_000;

function TimeLeft({ offer }: { offer: LiveOffer }) {
  const { expireTime } = offer.work.offer ?? {};
  if (expireTime === undefined) return null;
  const left = Math.max(msOf(expireTime) - now.value, 0);
  return (
    <span
      class={left < SOON_MS ? "left bad" : "left"}
      role="timer"
      aria-label="Time left to answer"
    >
      {left === 0 ? "ending" : span(left)}
    </span>
  );
}

/** The same as a bar. */
function TimeBar({ offer }: { offer: LiveOffer }) {
  const { offerTime, expireTime } = offer.work.offer ?? {};
  if (expireTime === undefined) return null;
  const all = Math.max(msOf(expireTime) - msOf(offerTime), 1);
  const left = Math.max(msOf(expireTime) - now.value, 0);
  return (
    <svg
      class={left < SOON_MS ? "bar bad" : "bar"}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect class="bar-all" width="100" height="8" />
      <rect class="bar-part" width={Math.min((left / all) * 100, 100)} height="8" />
    </svg>
  );
}
