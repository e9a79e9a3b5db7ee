// One shape for the frames of all streams, so that order, position and reconnecting are written
// once. What a stream carries beside the common frames is its `T`.

import type { CommandResult } from "../generated/omnichannel/v1/agent_session_pb.js";
import type { Goodbye, Heartbeat, Hello } from "../generated/omnichannel/v1/stream_pb.js";

/** What a frame carries. */
export type Body<T> =
  | { type: "hello"; hello: Hello }
  | { type: "snapshot"; item: T }
  | { type: "snapshotEnd" }
  /** `id`: the same when the event is delivered again. */
  | { type: "event"; item: T; id: string }
  | { type: "result"; result: CommandResult }
  | { type: "heartbeat"; heartbeat: Heartbeat }
  | { type: "goodbye"; goodbye: Goodbye }
  /** A kind that this client does not know. */
  | { type: "unknown" };

/** A frame, whatever stream it came from. */
export interface Frame<T> {
  /** Sequence that the stream has reached. */
  seq: bigint;
  /** Continues after this frame; may be empty. */
  token: string;
  body: Body<T>;
}

/** A response that holds no frame, or one of a kind that we do not know. */
export function unknownFrame<T>(seq = 0n, token = ""): Frame<T> {
  return { seq, token, body: { type: "unknown" } };
}

/** What a reader is given, in order. */
export interface Delivered<T> {
  seq: bigint;
  /** Newest token at this place; may be empty. */
  token: string;
  what: What<T>;
}

export type What<T> =
  /** The stream opened at a new beginning. `again`: it was at some place before. */
  | { type: "begun"; again: boolean }
  | { type: "snapshot"; item: T }
  | { type: "snapshotEnd" }
  | { type: "event"; item: T };

/** What a stream promises. */
export type Kind =
  /** The tenant's feed: every sequence, no snapshot. */
  | "feed"
  /** Events after a snapshot. */
  | "events"
  /** The newest state; snapshots may come at any time. */
  | "state";

/** Where to open a stream. */
export type Start =
  /** At its natural beginning: a snapshot, or the end of the feed. */
  | { type: "new" }
  | { type: "token"; token: string }
  /** At this sequence of the feed. */
  | { type: "seq"; seq: bigint };

/** The shape that the frames of the contract share. */
interface Wire {
  frame:
    | { case: "hello"; value: Hello }
    | { case: "snapshotEnd"; value: unknown }
    | { case: "heartbeat"; value: Heartbeat }
    | { case: "goodbye"; value: Goodbye }
    | { case: string | undefined; value?: unknown };
  seq: bigint;
  resumeToken?: string;
}

/**
 * Takes a frame apart. `own` knows the kinds that only this stream has, and answers nothing for
 * others.
 */
export function frameOf<T, W extends Wire>(
  wire: W | undefined,
  own: (frame: W["frame"]) => Body<T> | undefined,
): Frame<T> {
  if (wire === undefined) return unknownFrame();
  const [seq, token] = [wire.seq, wire.resumeToken ?? ""];
  const frame: Wire["frame"] = wire.frame;
  switch (frame.case) {
    case "hello":
      return { seq, token, body: { type: "hello", hello: frame.value as Hello } };
    case "snapshotEnd":
      return { seq, token, body: { type: "snapshotEnd" } };
    case "heartbeat":
      return { seq, token, body: { type: "heartbeat", heartbeat: frame.value as Heartbeat } };
    case "goodbye":
      return { seq, token, body: { type: "goodbye", goodbye: frame.value as Goodbye } };
    default: {
      const body = own(wire.frame);
      return body === undefined ? unknownFrame(seq, token) : { seq, token, body };
    }
  }
}
