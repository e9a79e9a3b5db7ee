// Scripted frames: what a server might send, without a server.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { v1 } from "../../dist/esm/node.js";
import type { Frame, Start } from "../../dist/esm/stream/frame.js";

export const { RESUMED, SNAPSHOT, LIVE } = v1.Resumption;

export function hello(
  resumption: v1.Resumption,
  init: MessageInitShape<typeof v1.HelloSchema> = {},
): Frame<number> {
  const message = create(v1.HelloSchema, { resumption, ...init });
  return { seq: 0n, token: "", body: { type: "hello", hello: message } };
}

export function event(seq: number, id = `e${seq}`): Frame<number> {
  const body = { type: "event", item: seq, id } as const;
  return { seq: BigInt(seq), token: `t${seq}`, body };
}

export function piece(item: number): Frame<number> {
  return { seq: 0n, token: "", body: { type: "snapshot", item } };
}

export function snapshotEnd(seq: number): Frame<number> {
  return { seq: BigInt(seq), token: `t${seq}`, body: { type: "snapshotEnd" } };
}

export function heartbeat(seq: number): Frame<number> {
  const message = create(v1.HeartbeatSchema);
  return { seq: BigInt(seq), token: `t${seq}`, body: { type: "heartbeat", heartbeat: message } };
}

export function goodbye(
  reason: v1.GoodbyeReason,
  action: v1.GoodbyeAction,
  afterMs = 0,
): Frame<number> {
  const reconnectAfter = { seconds: 0n, nanos: afterMs * 1_000_000 };
  const message = create(v1.GoodbyeSchema, { reason, action, reconnectAfter });
  return { seq: 0n, token: "", body: { type: "goodbye", goodbye: message } };
}

export const NEW: Start = { type: "new" };
export const at = (token: string): Start => ({ type: "token", token });
export const from = (seq: number): Start => ({ type: "seq", seq: BigInt(seq) });
