// The small pure parts: waits, budget, pages, identifiers, settings, board, desk and errors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { changedBoard, emptyBoard } from "../../dist/esm/board.js";
import { checked } from "../../dist/esm/config.js";
import { errorOf, errorOfDetail } from "../../dist/esm/convert.js";
import { Credentials } from "../../dist/esm/credentials.js";
import { localError } from "../../dist/esm/errors.js";
import {
  Client,
  Code,
  NotFound,
  newRequestId,
  OfferExpiredError,
  Unavailable,
  VERSION,
  v1,
} from "../../dist/esm/node.js";
import { Listing } from "../../dist/esm/pages.js";
import { Budget, costs, waitAfter, waitFor } from "../../dist/esm/retry.js";

test("waits double up to the cap and spread over all of it", () => {
  const backoff = { baseMs: 250, capMs: 30_000 };
  const bounds = Array.from({ length: 9 }, (_, n) => waitFor(backoff, n, 1));
  assert.deepEqual(bounds, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(waitFor(backoff, 5000, 7), 30_000);
  assert.equal(waitFor(backoff, 5, 0), 0);
});

test("the budget is spent and earned back", () => {
  const budget = new Budget(2);
  assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
  for (let calls = 0; calls < 9; calls += 1) budget.earn();
  assert.equal(budget.take(), false);
  budget.earn();
  assert.equal(budget.take(), true);
  for (let calls = 0; calls < 1000; calls += 1) budget.earn();
  assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
});

test("only safe calls are repeated and only where it helps", () => {
  const down = localError(Code.Unavailable, "");
  for (const repeat of ["read", "requestId", "natural"] as const) {
    assert.equal(waitAfter(down, repeat, 0, 1), 50);
  }
  assert.equal(waitAfter(down, "never", 0, 1), undefined);
  assert.equal(waitAfter(localError(Code.FailedPrecondition, ""), "read", 0, 1), undefined);
  assert.equal(waitAfter(localError(Code.ResourceExhausted, ""), "read", 0, 1), undefined);
  const retryDelay = { seconds: 0n, nanos: 300_000_000 };
  const detail = create(v1.ErrorDetailSchema, { code: 8, reason: 30, retryDelay });
  const busy = errorOfDetail(detail);
  assert.equal(waitAfter(busy, "read", 0, 1), 350);
  assert.deepEqual([costs(busy), costs(down)], [false, true]);
});

type Page = { items: number[]; nextPageToken: string };

/** The constructor is no part of what users see, so its types are not either. */
function listingOf(fetch: (token?: string) => Promise<Page>): Listing<number, Page> {
  const items = (page: Page) => page.items;
  return Reflect.construct(Listing, [fetch, items]) as Listing<number, Page>;
}

test("a listing is followed to its end, and no further ahead than it is read", async () => {
  const asked: string[] = [];
  const pages: Record<string, Page> = {
    "": { items: [1, 2], nextPageToken: "a" },
    a: { items: [], nextPageToken: "b" },
    b: { items: [3], nextPageToken: "" },
  };
  const fetch = async (token = ""): Promise<Page> => {
    asked.push(token);
    return pages[token] ?? { items: [0], nextPageToken: token };
  };
  const listing = listingOf(fetch);
  assert.deepEqual(await listing.take(2), [1, 2]);
  assert.deepEqual(asked, [""]);
  assert.deepEqual(await listing.take(9), [1, 2, 3]);
  assert.deepEqual((await listing.page("b")).items, [3]);
  const circle = listingOf(async () => ({ items: [0], nextPageToken: "same" }));
  await assert.rejects(circle.take(5), { code: Code.Internal });
});

test("identifiers are UUIDs of version 7, rise with time and differ", () => {
  const ids = Array.from({ length: 100 }, newRequestId);
  const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const id of ids) assert.match(id, shape);
  assert.equal(new Set(ids).size, ids.length);
  const born = Number.parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16);
  assert.ok(Math.abs(Date.now() - born) < 60_000);
});

test("settings that cannot be are refused before anything is sent", () => {
  const wrong = [
    { endpoint: "" },
    { endpoint: "ftp://127.0.0.1" },
    { endpoint: "http://contact.example:1" },
    { endpoint: "http://127.0.0.1:1", maxAttempts: 0 },
  ];
  for (const options of wrong) assert.throws(() => checked(options), { local: true });
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    assert.equal(checked({ endpoint: `http://${host}:1/` }), `http://${host}:1`);
  }
  const far = { endpoint: "http://contact.example:1", allowPlaintext: true };
  assert.equal(checked(far), far.endpoint);
  const endpoint = "http://127.0.0.1:1";
  assert.throws(() => new Client({ endpoint, apiKey: "a\nb" }), /forbidden/);
  assert.throws(() => new Client({ endpoint, apiKey: "a", token: () => "b" }), /either/);
  assert.throws(() => new Client({ endpoint, streamConnections: 65 }), /from 1 to 64/);
  assert.throws(() => new Client({ endpoint, caCertificates: "x" }), /https only/);
});

test("a provider is asked together and kept until its token is refused", async () => {
  let asked = 0;
  const credentials = new Credentials(undefined, async () => {
    asked += 1;
    return `token-${asked}`;
  });
  const first = await Promise.all([credentials.token(), credentials.token()]);
  assert.deepEqual([first, asked], [["token-1", "token-1"], 1]);
  assert.equal(await credentials.renew("token-1"), true);
  assert.equal(await credentials.renew("token-1"), true);
  assert.deepEqual([await credentials.token(), asked], ["token-2", 2]);
  assert.equal(await new Credentials("key", undefined).renew("key"), false);
});

test("a board is changed by deltas and stays small", () => {
  const queue = (queueId: string, depth: number) => ({ queueId, depth });
  let board = create(v1.BoardSchema, { queues: [queue("a", 1), queue("b", 1)] });
  const delta = { queues: [queue("c", 9), queue("b", 7)], removedQueueIds: ["a"] };
  const changed = changedBoard(board, create(v1.BoardDeltaSchema, delta));
  assert.deepEqual(
    changed.queues.map(({ queueId, depth }) => [queueId, depth]),
    [
      ["b", 7],
      ["c", 9],
    ],
  );
  assert.equal(board.queues.length, 2);
  board = emptyBoard();
  for (let turn = 0; turn < 120; turn += 1) {
    const queues = Array.from({ length: 10 }, (_, n) => queue(`${turn}-${n}`, 0));
    const activity = [{ seq: BigInt(turn) }];
    board = changedBoard(board, create(v1.BoardDeltaSchema, { queues, activity }));
  }
  assert.deepEqual([board.queues.length, board.activity.length], [500, 50]);
  assert.equal(board.activity.at(-1)?.seq, 119n);
});

test("errors inside a stream have the classes of refused calls", () => {
  const detail = create(v1.ErrorDetailSchema, { code: 9, reason: 10, metadata: { state: "x" } });
  const error = errorOfDetail(detail);
  assert.ok(error instanceof OfferExpiredError && !error.local);
  assert.deepEqual(
    [error.name, error.reason, error.metadata["state"]],
    ["OfferExpiredError", "OFFER_EXPIRED", "x"],
  );
  const unknown = errorOfDetail(create(v1.ErrorDetailSchema, { code: 5, reason: 9999 as 0 }));
  assert.ok(unknown instanceof NotFound && unknown.reason === "9999");
  assert.ok(errorOf(new Error("socket hang up")) instanceof Unavailable);
});

test("the version is that of the manifest", () => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  assert.equal(VERSION, (JSON.parse(manifest) as { version: string }).version);
});
