// One interaction as it changes: a snapshot of what it is, its messages and its offers, then every
// change in order, over as many connections as it takes.

import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Interaction, Message, Offer } from "./generated/omnichannel/v1/interaction_pb.js";
import {
  type InteractionFrame,
  InteractionService,
} from "./generated/omnichannel/v1/interaction_service_pb.js";
import { Driver } from "./stream/driver.js";
import { type Delivered, type Frame, frameOf, type Start } from "./stream/frame.js";
import type { StreamHost, StreamOptions } from "./stream/live.js";
import { FIRST_OPEN_TIMEOUT_MS, LiveStream, serverStream } from "./stream/live.js";

/** A piece of an interaction. */
export type InteractionPiece =
  | { type: "interaction"; interaction: Interaction }
  | { type: "message"; message: Message }
  | { type: "offer"; offer: Offer }
  /** Something this client is too old to know. */
  | { type: "unknown" };

/** What a watched interaction yields. */
export type InteractionUpdate = {
  /** Sequence that the stream has reached. */
  seq: bigint;
  /** Whether it is part of the snapshot. */
  snapshot: boolean;
  /** Identifier of the event; empty inside the snapshot. */
  eventId: string;
  /** When it was committed; absent inside the snapshot. */
  time?: Timestamp | undefined;
} & (
  | InteractionPiece
  /** A snapshot begins: forget what was known before. */
  | { type: "snapshotBegun" }
  /** The snapshot is complete; what follows are changes. */
  | { type: "snapshotEnd" }
);

interface Piece {
  eventId: string;
  time: Timestamp | undefined;
  piece: InteractionPiece;
}

/** A watched interaction. */
export class InteractionWatch extends LiveStream<InteractionUpdate, Piece> {
  /** @internal */
  constructor(host: StreamHost, interactionId: string, options: StreamOptions) {
    const request = (start: Start) => ({
      interactionId,
      resumeToken: start.type === "token" ? start.token : "",
    });
    const { watchInteraction } = InteractionService.method;
    const open = serverStream(host, watchInteraction, request, (response) => frame(response.frame));
    const { openTimeoutMs = FIRST_OPEN_TIMEOUT_MS, signal } = options;
    const { onOnline } = host;
    const start: Start = { type: "new" };
    super(new Driver({ kind: "events", start, open, openTimeoutMs, signal, onOnline }));
  }

  protected take({ seq, what }: Delivered<Piece>): InteractionUpdate {
    switch (what.type) {
      case "begun":
        return { seq, snapshot: true, eventId: "", type: "snapshotBegun" };
      case "snapshotEnd":
        return { seq, snapshot: true, eventId: "", type: "snapshotEnd" };
      default: {
        const { eventId, time, piece } = what.item;
        return { seq, snapshot: what.type === "snapshot", eventId, time, ...piece };
      }
    }
  }
}

type Change = { case: string | undefined; value?: unknown };

function pieceOf(change: Change): InteractionPiece {
  switch (change.case) {
    case "interaction":
    case "interactionChanged":
      return { type: "interaction", interaction: change.value as Interaction };
    case "message":
      return { type: "message", message: change.value as Message };
    case "offer":
      return { type: "offer", offer: change.value as Offer };
    default:
      return { type: "unknown" };
  }
}

function frame(wire: InteractionFrame | undefined): Frame<Piece> {
  return frameOf<Piece, InteractionFrame>(wire, (own) => {
    if (own.case === "snapshot") {
      const item = { eventId: "", time: undefined, piece: pieceOf(own.value.item) };
      return { type: "snapshot", item };
    }
    if (own.case !== "event") return undefined;
    const { id, time, change } = own.value;
    return { type: "event", id, item: { eventId: id, time, piece: pieceOf(change) } };
  });
}
