// What follows each way a stream can end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorParts, localError } from "../../dist/esm/errors.js";
import { Code, InvalidArgument, OmnichannelError, v1 } from "../../dist/esm/node.js";
import type { Ending, Next, Position } from "../../dist/esm/stream/reconnect.js";
import { Reconnect } from "../../dist/esm/stream/reconnect.js";
import { Fault } from "../../dist/esm/stream/tracker.js";
import { at, goodbye, NEW } from "./script.js";

const EVENTS: Position = { kind: "events", start: at("t"), opened: true };
const FEED: Position = { ...EVENTS, kind: "feed" };

function failed(code: Code, parts: Partial<ErrorParts> = {}): Ending {
  return { type: "failed", error: new OmnichannelError({ code, message: "", ...parts }) };
}

function farewell(action: v1.GoodbyeAction, afterMs = 0): Ending {
  const { body } = goodbye(v1.GoodbyeReason.MAX_AGE, action, afterMs);
  assert.equal(body.type, "goodbye");
  return body as Extract<Ending, { type: "goodbye" }>;
}

function decide(ending: Ending, position = EVENTS, livedMs?: number): Next {
  return new Reconnect().next(ending, position, livedMs, 1);
}

function waitMs(next: Next): number {
  assert.ok(next.type === "reopen");
  return next.waitMs;
}

test("refusals that a repeat cannot heal stop", () => {
  const codes = [
    Code.InvalidArgument,
    Code.PermissionDenied,
    Code.Unauthenticated,
    Code.Unimplemented,
    Code.NotFound,
    Code.FailedPrecondition,
    Code.OutOfRange,
  ];
  for (const code of codes) assert.equal(decide(failed(code)).type, "stop");
});

test("losses are repeated with growing waits", () => {
  const losses: Ending[] = [
    failed(Code.Unavailable),
    failed(Code.Canceled),
    failed(Code.Aborted),
    { type: "silent" },
    { type: "closed" },
  ];
  for (const loss of losses) {
    const reconnect = new Reconnect();
    const waits = Array.from({ length: 9 }, () => {
      return waitMs(reconnect.next(loss, EVENTS, undefined, 1));
    });
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    assert.equal(waitMs(reconnect.next(loss, EVENTS, 4999, 1)), 30_000);
    assert.equal(waitMs(reconnect.next(loss, EVENTS, 5000, 1)), 250, "it held");
  }
});

test("the server is taken at its word, and not for ever", () => {
  const { RESUME, RESYNC, STOP, UNSPECIFIED } = v1.GoodbyeAction;
  assert.deepEqual(decide(farewell(RESUME, 700)), {
    type: "reopen",
    waitMs: 700,
    from: { type: "here" },
  });
  for (const action of [RESYNC, UNSPECIFIED]) {
    const next = decide(farewell(action));
    assert.deepEqual(next, { type: "reopen", waitMs: 0, from: { type: "beginning" } });
  }
  const stopped = decide(farewell(STOP));
  assert.ok(stopped.type === "stop");
  assert.equal(stopped.error.goodbyeReason, v1.GoodbyeReason.MAX_AGE);
  const reconnect = new Reconnect();
  const waits = Array.from({ length: 5 }, () => {
    return waitMs(reconnect.next(farewell(RESUME), EVENTS, undefined, 1));
  });
  assert.deepEqual(waits, [0, 0, 0, 2000, 4000]);
  const bare = farewell(RESUME);
  if (bare.type === "goodbye") delete bare.goodbye.reconnectAfter;
  assert.equal(waitMs(new Reconnect().next(bare, EVENTS, undefined, 1)), 1000);
  assert.equal(waitMs(new Reconnect().next(bare, EVENTS, undefined, 0.25)), 250, "spread");
  const busy = decide(failed(Code.ResourceExhausted, { retryAfterMs: 300 }));
  assert.deepEqual(busy, { type: "reopen", waitMs: 1300, from: { type: "here" } });
});

test("an orderly end is no failure", () => {
  const reconnect = new Reconnect();
  for (let restart = 0; restart < 20; restart += 1) {
    // A server that is drained and started again, and again, and again.
    const drained = farewell(v1.GoodbyeAction.RESUME, 700);
    assert.equal(waitMs(reconnect.next(drained, EVENTS, 5000, 1)), 700);
    const away = Array.from({ length: 3 }, () => {
      return waitMs(reconnect.next(failed(Code.Unavailable), EVENTS, undefined, 1));
    });
    assert.deepEqual(away, [250, 500, 1000]);
  }
});

test("a server that drains is not a broken one", () => {
  const draining = failed(Code.Unavailable, { reason: "DRAINING", retryAfterMs: 1000 });
  const reconnect = new Reconnect();
  const waits = Array.from({ length: 5 }, () => {
    return waitMs(reconnect.next(draining, EVENTS, undefined, 1));
  });
  assert.deepEqual(waits, [1250, 1250, 1250, 2000, 4000]);
  assert.equal(waitMs(reconnect.next(failed(Code.Unavailable), EVENTS, undefined, 1)), 250);
});

test("a credential is renewed once before its refusal stands", () => {
  const refused = failed(Code.Unauthenticated);
  const { body } = goodbye(v1.GoodbyeReason.CREDENTIALS_EXPIRED, v1.GoodbyeAction.STOP);
  const expired = body as Extract<Ending, { type: "goodbye" }>;
  const reconnect = new Reconnect();
  for (let token = 0; token < 20; token += 1) {
    assert.ok(reconnect.mayRenew(expired, 5000));
    assert.equal(waitMs(reconnect.renew(5000, 1)), 250);
  }
  assert.ok(!reconnect.mayRenew(refused, undefined), "the fresh one is refused too");
  // The fresh one ran out while nobody answered.
  reconnect.next({ type: "closed" }, EVENTS, undefined, 1);
  assert.ok(reconnect.mayRenew(refused, undefined));
  assert.ok(!reconnect.mayRenew({ type: "closed" }, undefined));
});

test("a position that is gone is left, but never silently by a feed that just begins", () => {
  const expired = failed(Code.OutOfRange, {
    reason: "RESUME_TOKEN_EXPIRED",
    metadata: { oldest_seq: "40" },
  });
  const invalid = failed(Code.InvalidArgument, { reason: "RESUME_TOKEN_INVALID" });
  const where = (ending: Ending, position: Position) => {
    const next = decide(ending, position);
    return next.type === "reopen" ? next.from : next.type;
  };
  assert.deepEqual(where(expired, EVENTS), { type: "beginning" });
  assert.deepEqual(where(invalid, EVENTS), { type: "beginning" });
  assert.deepEqual(where(expired, FEED), { type: "at", seq: 40n });
  assert.deepEqual(where(invalid, FEED), { type: "sequence" });
  assert.equal(where(expired, { ...FEED, opened: false }), "stop");
  assert.equal(where(invalid, { ...EVENTS, start: NEW }), "stop");
});

test("a server that keeps breaking its promises is left", () => {
  const reconnect = new Reconnect();
  const ending: Ending = { type: "fault", fault: new Fault("no hello") };
  const types = Array.from({ length: 5 }, () => reconnect.next(ending, EVENTS, undefined, 0).type);
  assert.deepEqual(types, ["reopen", "reopen", "reopen", "reopen", "stop"]);
});

test("what is wrong with the settings is an error of its own", () => {
  const error = localError(Code.InvalidArgument, "no");
  assert.ok(error instanceof InvalidArgument && error.local && !error.retryable);
});
