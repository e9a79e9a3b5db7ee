// A stream for its whole life, on scripted connections.

import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Cancelled, Code, OmnichannelError, Unavailable, v1 } from "../../dist/esm/node.js";
import { Driver, type Opener } from "../../dist/esm/stream/driver.js";
import type { Delivered, Frame, Kind, Start } from "../../dist/esm/stream/frame.js";
import type { StreamState } from "../../dist/esm/stream/state.js";
import {
  at,
  event,
  goodbye,
  hello,
  LIVE,
  NEW,
  piece,
  RESUMED,
  SNAPSHOT,
  snapshotEnd,
} from "./script.js";

type Step = Frame<number> | Error | "silence";

interface Scripted {
  starts: Start[];
  sent: string[];
  renewals: number;
  open: Opener<number, string>;
}

/** One script for each connection; the last one is played again for all further ones. */
function scripted(...connections: Step[][]): Scripted {
  const made: Scripted = {
    starts: [],
    sent: [],
    renewals: 0,
    open: (start, signal) => {
      const script = connections[Math.min(made.starts.length, connections.length - 1)] ?? [];
      made.starts.push(start);
      return {
        frames: play(script, signal),
        send: (frame) => made.sent.push(frame),
        renew: async () => {
          made.renewals += 1;
          return made.renewals === 1;
        },
      };
    },
  };
  return made;
}

async function* play(script: Step[], signal: AbortSignal): AsyncGenerator<Frame<number>> {
  for (const step of script) {
    if (step instanceof Error) throw step;
    if (step === "silence")
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    else yield step;
  }
}

function run(kind: Kind, open: Opener<number, string>, start = NEW): Driver<number, string> {
  return new Driver<number, string>({ kind, start, open, openTimeoutMs: 2000 });
}

async function items(driver: Driver<number, string>, count: number): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  while (seen.length < count) {
    const next = await driver.next();
    if (next.done) break;
    const { what }: Delivered<number> = next.value;
    seen.push("item" in what ? what.item : what.type);
  }
  return seen;
}

const { RESUME, STOP } = v1.GoodbyeAction;
const { MAX_AGE, SERVER_DRAIN, REPLACED, CREDENTIALS_EXPIRED } = v1.GoodbyeReason;

test("a stream goes on where it was, and says so on the side", async () => {
  const script = scripted(
    [hello(SNAPSHOT), piece(1), snapshotEnd(4), event(5), goodbye(SERVER_DRAIN, RESUME, 5)],
    [hello(RESUMED), event(5), event(6), "silence"],
  );
  const driver = run("events", script.open);
  const states: StreamState[] = [];
  driver.states.listen((state) => states.push(state));
  assert.deepEqual(await items(driver, 5), ["begun", 1, "snapshotEnd", 5, 6]);
  assert.deepEqual(script.starts, [NEW, at("t5")]);
  assert.deepEqual(states, ["connected", "draining", "resuming", "connected"]);
  driver.close();
  assert.deepEqual(await driver.next(), { done: true, value: undefined });
  assert.equal(driver.states.current, "stopped");
});

test("a lost stream comes back, and a new beginning is told", async () => {
  const script = scripted(
    [hello(SNAPSHOT), snapshotEnd(1), new Error("the socket is gone")],
    [hello(SNAPSHOT), snapshotEnd(9), "silence"],
  );
  const driver = run("events", script.open);
  assert.deepEqual(await items(driver, 4), ["begun", "snapshotEnd", "begun", "snapshotEnd"]);
  assert.equal(driver.states.current, "resynced");
  assert.ok(driver.states.lastError instanceof Unavailable);
  driver.close();
});

test("silence is noticed", async () => {
  const heartbeatInterval = { seconds: 0n, nanos: 20_000_000 };
  const script = scripted(
    [hello(LIVE, { heartbeatInterval }), event(7), "silence"],
    [hello(RESUMED), event(8), "silence"],
  );
  const driver = run("feed", script.open);
  assert.deepEqual(await items(driver, 3), ["begun", 7, 8]);
  driver.close();
});

test("a stream that was told to stop hears why, once", async () => {
  const driver = run("events", scripted([hello(SNAPSHOT), goodbye(REPLACED, STOP)]).open);
  await items(driver, 1);
  const gone = { goodbyeReason: REPLACED };
  await assert.rejects(driver.next(), gone);
  assert.deepEqual(await driver.next(), { done: true, value: undefined });
  await assert.rejects(driver.send("late", "id", 100), Cancelled);
});

test("a stream that does not open in time says what was in the way", async () => {
  const error = new OmnichannelError({ code: Code.Unavailable, message: "draining" });
  const { open } = scripted([error]);
  const running = { kind: "feed", start: NEW, open, openTimeoutMs: 50 } as const;
  const driver = new Driver<number, string>(running);
  await assert.rejects(driver.opened, { message: "draining" });
  await assert.rejects(driver.next(), { message: "draining" });
});

test("commands keep the limit, find their results and are sent again", async () => {
  const limits = { maxPendingCommands: 1 };
  const ok = (requestId: string): Frame<number> => {
    const outcome = { case: "ok", value: { seq: 3n } } as const;
    const result = create(v1.CommandResultSchema, { requestId, outcome });
    return { seq: 0n, token: "", body: { type: "result", result } };
  };
  const script = scripted(
    [hello(SNAPSHOT, { limits }), snapshotEnd(1), event(2), new Error("cut")],
    [hello(RESUMED, { limits }), event(3), ok("a"), event(4), ok("b"), "silence"],
  );
  const driver = run("events", script.open);
  const [a, b] = [driver.send("frame a", "a", 2000), driver.send("frame b", "b", 2000)];
  assert.equal((await a).seq, 3n);
  await b;
  assert.deepEqual(script.sent, ["frame a", "frame a", "frame b"]);
  await assert.rejects(driver.send("frame c", "c", 30), { code: Code.DeadlineExceeded });
  const waiting = driver.send("frame d", "d", 2000);
  driver.close();
  await assert.rejects(waiting, Cancelled);
});

test("a slow reader stops the reading and loses nothing", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Frame<number>> {
    yield hello(LIVE);
    for (let seq = 1; ; seq += 1) {
      read = seq;
      yield event(seq);
      await Promise.resolve();
    }
  }
  const open = () => ({ frames: endless(), renew: async () => false });
  const driver = run("feed", open);
  await driver.opened;
  while (read < 1000) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(read <= 1030, `${read} frames were read ahead`);
  const seen = await items(driver, 3000);
  assert.deepEqual(
    seen.slice(1),
    Array.from({ length: 2999 }, (_, index) => index + 1),
  );
  driver.close();
});

test("a refused credential is renewed once", async () => {
  const refused = new OmnichannelError({ code: Code.Unauthenticated, message: "expired" });
  const script = scripted([refused], [hello(SNAPSHOT), goodbye(CREDENTIALS_EXPIRED, STOP)]);
  const driver = run("events", script.open);
  assert.deepEqual(await items(driver, 1), ["begun"]);
  await assert.rejects(driver.next(), { goodbyeReason: CREDENTIALS_EXPIRED });
  assert.equal(script.starts.length, 2);
});

test("what is shown may be changed at any time", async () => {
  const script = scripted([hello(SNAPSHOT), piece(1), snapshotEnd(1), "silence"]);
  const driver = run("state", script.open);
  await items(driver, 3);
  driver.reopen();
  assert.deepEqual(await items(driver, 3), ["begun", 1, "snapshotEnd"]);
  driver.close();
});

test("a signal ends the stream", async () => {
  const { open } = scripted([hello(SNAPSHOT), "silence"]);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const running = { kind: "events", start: NEW, open, openTimeoutMs: 2000, signal } as const;
  const driver = new Driver<number, string>(running);
  await items(driver, 1);
  giveUp.abort();
  await assert.rejects(driver.next(), Cancelled);
  const never = new Driver<number, string>({ ...running, signal: AbortSignal.abort() });
  await assert.rejects(never.next(), Cancelled);
});

test("an age is no failure", async () => {
  const script = scripted(
    [hello(LIVE), event(3), goodbye(MAX_AGE, RESUME)],
    [hello(RESUMED), event(4), "silence"],
  );
  const driver = run("feed", script.open);
  assert.deepEqual(await items(driver, 3), ["begun", 3, 4]);
  driver.close();
});
