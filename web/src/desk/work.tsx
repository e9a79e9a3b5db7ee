// What the agent owns, oldest first.

import { Avatar, CallbackTag, ChannelTag, SlaTag } from "../parts.js";
import { msOf, now, span } from "../time.js";
import { STATUSES, word } from "../words.js";
import type { DeskModel } from "./model.js";

export function WorkList({ model }: { model: DeskModel }) {
  const work = model.work.value;
  return (
    <section aria-label="Conversations" class="work">
      <h2>
        Conversations <span class="count">{work.length}</span>
      </h2>
      {work.length === 0 && <p class="quiet">You have nothing open.</p>}
      <ul>
        {work.map((one) => {
          const isShown = one.id === model.selectedId.value;
          const unread = model.unread.value.get(one.id) ?? 0;
          return (
            <li key={one.id} data-work={one.id}>
              <button
                type="button"
                class="entry"
                aria-current={isShown ? "true" : undefined}
                onClick={() => model.select(one.id)}
              >
                <Avatar name={model.names.customer(one.customerId)} id={one.customerId} />
                <span class="row">
                  <strong class="one-line">
                    <bdi>{model.names.customer(one.customerId)}</bdi>
                  </strong>
                  {unread > 0 && <span class="count hot">{unread} new</span>}
                </span>
                <span class="one-line">
                  <bdi>{one.subject || "No subject"}</bdi>
                </span>
                <span class="tags">
                  <ChannelTag kind={one.channel} />
                  <span class="quiet">
                    {word(STATUSES, one.status)} · {span(now.value - msOf(one.acceptTime))}
                  </span>
                  <CallbackTag of={one} />
                  <SlaTag sla={one.sla} />
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
