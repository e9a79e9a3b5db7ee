// The tenant's feed as one unbroken stream of events: every sequence exactly once and in order,
// over as many connections as it takes. Where events are really lost, it says so in its place
// instead of going on silently.

import { AdminService, type FeedFrame } from "./generated/omnichannel/v1/admin_service_pb.js";
import type { Event } from "./generated/omnichannel/v1/event_pb.js";
import { Driver } from "./stream/driver.js";
import { type Delivered, type Frame, frameOf, type Start } from "./stream/frame.js";
import type { StreamHost, StreamOptions } from "./stream/live.js";
import { FIRST_OPEN_TIMEOUT_MS, LiveStream, serverStream } from "./stream/live.js";

/** How to follow a feed. A start that is no longer kept is an error. */
export interface FeedOptions extends StreamOptions {
  /** Start at this sequence, from 1 to one above the newest. Default: behind the newest event. */
  fromSeq?: bigint;
  /** Start behind the event that carried this token. */
  resumeToken?: string;
}

/** What a feed yields. */
export type FeedItem =
  /** The next event; the token continues behind it, in this process or another. */
  | { type: "event"; seq: bigint; event: Event; resumeToken: string }
  /**
   * The feed could not go on where it was: events before this place may be missing, and after the
   * database was restored sequences may begin lower.
   */
  | { type: "restarted"; seq: bigint };

/** Events of a tenant. */
export class Feed extends LiveStream<FeedItem, Event> {
  /** @internal */
  constructor(host: StreamHost, options: FeedOptions) {
    const open = serverStream(host, AdminService.method.watchFeed, request, (response) =>
      frame(response.frame),
    );
    const { openTimeoutMs = FIRST_OPEN_TIMEOUT_MS, signal } = options;
    const { onOnline } = host;
    super(
      new Driver({ kind: "feed", start: begin(options), open, openTimeoutMs, signal, onOnline }),
    );
  }

  protected take({ seq, token, what }: Delivered<Event>): FeedItem | undefined {
    if (what.type === "event") return { type: "event", seq, event: what.item, resumeToken: token };
    return what.type === "begun" && what.again ? { type: "restarted", seq } : undefined;
  }
}

function begin({ fromSeq, resumeToken }: FeedOptions): Start {
  if (resumeToken !== undefined && resumeToken !== "") return { type: "token", token: resumeToken };
  return fromSeq === undefined ? { type: "new" } : { type: "seq", seq: fromSeq };
}

function request(start: Start) {
  switch (start.type) {
    case "new":
      return {};
    case "token":
      return { start: { case: "resumeToken", value: start.token } } as const;
    case "seq":
      return { start: { case: "fromSeq", value: start.seq } } as const;
  }
}

function frame(wire: FeedFrame | undefined): Frame<Event> {
  const taken = frameOf<Event, FeedFrame>(wire, (own) =>
    own.case === "event" ? { type: "event", item: own.value, id: own.value.id } : undefined,
  );
  // The event knows its own place; that of the frame says the same.
  return taken.body.type === "event" ? { ...taken, seq: taken.body.item.seq } : taken;
}
