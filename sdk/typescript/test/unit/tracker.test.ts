// Order of frames, position, duplicates and gaps.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame, Kind, Start } from "../../dist/esm/stream/frame.js";
import { Fault, Tracker } from "../../dist/esm/stream/tracker.js";
import {
  at,
  event,
  from,
  heartbeat,
  hello,
  LIVE,
  NEW,
  piece,
  RESUMED,
  SNAPSHOT,
  snapshotEnd,
} from "./script.js";

function connection(tracker: Tracker<number>, frames: Frame<number>[]): (number | string)[] {
  tracker.connect();
  const seen: (number | string)[] = [];
  for (const frame of frames) {
    const outcome = tracker.apply(frame);
    const delivered = "delivered" in outcome ? outcome.delivered : undefined;
    if (delivered?.what.type === "event") seen.push(delivered.what.item);
    if (delivered?.what.type === "begun") seen.push(delivered.what.again ? "again" : "begun");
  }
  return seen;
}

function tracker(kind: Kind, start: Start): Tracker<number> {
  return new Tracker<number>(kind, start);
}

test("a session begins with a snapshot and resumes after it", () => {
  const events = tracker("events", NEW);
  const snapshot = [hello(SNAPSHOT), piece(1), snapshotEnd(5), event(5), event(6)];
  assert.deepEqual(connection(events, snapshot), ["begun", 6]);
  assert.deepEqual(events.start, at("t6"));
  assert.deepEqual(connection(events, [hello(RESUMED), event(5), event(6), event(9)]), [9]);
  assert.deepEqual(events.start, at("t9"));
});

test("frames of one event share its sequence and are all delivered, each once", () => {
  const events = tracker("events", at("t4"));
  const pair = [event(5, "5:0"), event(5, "5:1")];
  assert.deepEqual(connection(events, [hello(RESUMED), ...pair]), [5, 5]);
  const again = [hello(RESUMED), ...pair, event(5, "5:2"), event(6)];
  assert.deepEqual(connection(events, again), [5, 6]);
  assert.deepEqual(connection(events, [hello(RESUMED), event(5, "5:3"), event(7)]), [7]);
});

test("a cut snapshot begins anew, and a snapshot voids what was known", () => {
  const events = tracker("events", at("old"));
  connection(events, [hello(RESUMED), event(90)]);
  assert.deepEqual(connection(events, [hello(SNAPSHOT), piece(1)]), ["again"]);
  assert.deepEqual(events.start, NEW);
  const anew = [hello(SNAPSHOT), piece(1), snapshotEnd(3), event(4)];
  assert.deepEqual(connection(events, anew), ["again", 4]);
});

test("the feed has every sequence", () => {
  const feed = tracker("feed", from(3));
  assert.deepEqual(connection(feed, [hello(RESUMED), event(3), event(4), event(4)]), [3, 4]);
  assert.throws(() => connection(feed, [hello(RESUMED), event(6)]), Fault);
  assert.throws(() => connection(feed, [hello(RESUMED), heartbeat(6)]), Fault);
  assert.deepEqual(connection(feed, [hello(RESUMED), heartbeat(4), event(5)]), [5]);
  feed.forgetToken();
  assert.deepEqual(feed.start, from(6));
  feed.skipTo(40n);
  assert.deepEqual(feed.start, from(40));
  assert.deepEqual(connection(feed, [hello(RESUMED), event(40)]), ["again", 40]);
});

test("the order of frames is held to", () => {
  const wrong: [Kind, Start, Frame<number>[]][] = [
    ["events", NEW, [event(1)]],
    ["events", NEW, [hello(SNAPSHOT), hello(SNAPSHOT)]],
    ["events", NEW, [hello(LIVE)]],
    ["feed", NEW, [hello(SNAPSHOT)]],
    ["events", NEW, [hello(SNAPSHOT), event(1)]],
    ["events", at("t"), [hello(RESUMED), piece(1)]],
    ["events", at("t"), [hello(RESUMED), snapshotEnd(1)]],
  ];
  for (const [kind, start, frames] of wrong) {
    assert.throws(() => connection(tracker(kind, start), frames), Fault);
  }
});

test("a state is the newest whatever its sequence", () => {
  const state = tracker("state", NEW);
  const frames = [hello(SNAPSHOT), piece(1), snapshotEnd(5), event(5), event(5), piece(2)];
  assert.deepEqual(connection(state, frames), ["begun", 5, 5]);
});

test("a feed that began live knows no place until it hears one", () => {
  const feed = tracker("feed", NEW);
  assert.deepEqual(connection(feed, [hello(LIVE)]), ["begun"]);
  assert.deepEqual(feed.start, NEW);
  connection(feed, [hello(LIVE), heartbeat(8)]);
  assert.deepEqual(connection(feed, [hello(RESUMED), event(9)]), [9]);
});
