// Live streams against the real server, over a wire that is cut again and again: every event once,
// in order, and nothing lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AgentUpdate,
  OfferExpiredError,
  ResumeTokenInvalidError,
  type StreamState,
  v1,
} from "@omnichannel/sdk";
import { clientOn, hire, hireAlone, office, PLATFORMS, write } from "./office.js";
import { FaultProxy } from "./proxy.js";

const place = await office();
const { server, admin } = place;
const { AVAILABLE, OFFLINE } = v1.PresenceStatus;
type Kind = AgentUpdate["type"];

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads until an update of a kind. */
async function until<K extends Kind>(
  session: AsyncIterator<AgentUpdate>,
  kind: K,
): Promise<Extract<AgentUpdate, { type: K }>> {
  for (;;) {
    const next = await session.next();
    assert.ok(!next.done, `the session ended before ${kind}`);
    if (next.value.type === kind) return next.value as Extract<AgentUpdate, { type: K }>;
  }
}

for (const platform of PLATFORMS) {
  test(`a feed that is cut again and again has every event once (${platform})`, async () => {
    const proxy = await FaultProxy.before(server.endpoint);
    const client = clientOn(platform, { endpoint: proxy.endpoint, apiKey: server.apiKey });
    const feed = client.feed({ fromSeq: 1n });
    const states: StreamState[] = [];
    feed.onState((state) => states.push(state));
    const last = `the end ${platform}`;
    const working = (async () => {
      for (let round = 0; round < 8; round += 1) {
        for (let n = 0; n < 5; n += 1) await write(place, `${platform} ${round} ${n}`);
        proxy.cut();
      }
      await admin.routing.createSkill({ skill: { name: last } });
      return (await admin.routing.listSkills().take(500)).find(({ name }) => name === last)?.id;
    })();
    const seqs: bigint[] = [];
    let end: string | undefined;
    void working.then((id) => {
      end = id;
    });
    for await (const item of feed) {
      assert.ok(item.type === "event", "nothing was lost");
      seqs.push(item.seq);
      const { data } = item.event;
      if (data.case !== "configChanged") continue;
      await working;
      if (data.value.resourceId === end) break;
    }
    assert.deepEqual(
      seqs,
      Array.from(seqs, (_, at) => BigInt(at + 1)),
    );
    assert.ok(states.includes("resuming") && proxy.accepted > 1, `${states}`);
    assert.equal(states.at(-1), "stopped");
    client.close();
    proxy.close();
  });

  test(`an agent works while the wire is cut (${platform})`, async () => {
    const proxy = await FaultProxy.before(server.endpoint);
    const { apiKey, own } = await hireAlone(place, `Cut ${platform}`);
    const client = clientOn(platform, { endpoint: proxy.endpoint, apiKey });
    const session = client.agentSession();
    await session.opened;
    await session.setPresence(AVAILABLE);
    const ids: string[] = [];
    const wanted = 6;
    const writing = (async () => {
      for (let n = 0; n < wanted; n += 1) ids.push(await write(own, `${platform} ${n}`));
    })();
    const [accepted, completed] = [new Set<string>(), new Set<string>()];
    let last = 0n;
    for await (const update of session) {
      if (update.type === "snapshotBegun") last = 0n;
      if (update.eventId !== "") {
        assert.ok(update.seq > last, "events rise");
        last = update.seq;
      }
      if (update.type === "offered" && !accepted.has(update.offer.id)) {
        accepted.add(update.offer.id);
        const answered = update.offer.accept();
        if (accepted.size % 2 === 0) proxy.cut();
        await answered;
      }
      if (update.type === "assigned" && !completed.has(update.interaction.id)) {
        completed.add(update.interaction.id);
        await session.complete(update.interaction.id);
      }
      if (completed.size === wanted && session.desk.assigned.size === 0) break;
    }
    await writing;
    assert.deepEqual([...completed].sort(), ids.sort());
    for (const interactionId of ids) {
      const { interaction } = await admin.interactions.getInteraction({ interactionId });
      assert.equal(interaction?.status, v1.InteractionStatus.RESOLVED);
      assert.equal(interaction.offersFailed, 0);
    }
    assert.ok(proxy.accepted > 2, `${proxy.accepted} connections`);
    client.close();
    proxy.close();
  });

  test(`an offer counts down, ends by itself and is refused then (${platform})`, async () => {
    const { apiKey, own } = await hireAlone(place, `Slow ${platform}`);
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey });
    const session = client.agentSession({ maxOpenOffers: 1 });
    await session.opened;
    await session.setPresence(AVAILABLE, { reason: "ready" });
    const interactionId = await write(own, "who takes it?");
    const { offer } = await until(session, "offered");
    assert.ok((offer.remainingMs ?? 0) > 5000, `${offer.remainingMs}`);
    assert.equal(offer.ended.aborted, false);
    assert.equal(session.desk.offers.size, 1);
    await server.advance({ minutes: 2 });
    const ended = await until(session, "offerEnded");
    assert.deepEqual([ended.offer.id, offer.ended.aborted], [offer.id, true]);
    assert.equal(session.desk.offers.size, 0);
    await assert.rejects(offer.accept(), OfferExpiredError);
    const { NOT_RESPONDING } = v1.EffectiveStatus;
    while (session.desk.presence?.effective !== NOT_RESPONDING) await session.next();
    await admin.interactions.cancelInteraction({ interactionId });
    await session.setPresence(OFFLINE);
    session.close();
    assert.deepEqual(await session.next(), { done: true, value: undefined });
    client.close();
  });

  test(`an interaction is watched, with all that one event changes (${platform})`, async () => {
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey: server.apiKey });
    const id = await write(place, "hello");
    const watch = client.watchInteraction(id);
    const seen: string[] = [];
    for await (const update of watch) {
      const text = update.type === "message" ? update.message.body : update.type;
      seen.push(text);
      if (text === "snapshotEnd") {
        const kind = v1.SendKind.INTERNAL_NOTE;
        await admin.interactions.sendMessage({ interactionId: id, body: "a note", kind });
        await admin.interactions.cancelInteraction({ interactionId: id });
      }
      if (update.type === "interaction" && !update.snapshot) {
        if (update.interaction.status === v1.InteractionStatus.CANCELLED) break;
      }
    }
    assert.equal(seen[0], "snapshotBegun");
    assert.ok(seen.includes("hello") && seen.includes("a note"), `${seen}`);
    client.close();
  });

  test(`a dashboard shows the newest and something else when asked (${platform})`, async () => {
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey: server.apiKey });
    const dashboard = client.dashboard({ minIntervalMs: 100 });
    const { value: first } = await dashboard.next();
    assert.ok(first?.board.stats !== undefined && first.board.queues.length > 0);
    await admin.routing.createQueue({ queue: { name: `shown ${platform}` } });
    while (!dashboard.current.board.queues.some((queue) => queue.name === `shown ${platform}`)) {
      await dashboard.next();
    }
    dashboard.update([v1.DashboardTopic.QUEUES], [place.queueId]);
    while (dashboard.current.board.queues.length !== 1) await dashboard.next();
    assert.equal(dashboard.current.board.queues[0]?.queueId, place.queueId);
    dashboard.close();
    client.close();
  });

  test(`a console that another took over stops, and says why (${platform})`, async () => {
    const [, apiKey] = await hire(place, `Twice ${platform}`);
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey });
    const session = client.agentSession();
    await session.opened;
    const { sessionId } = session;
    const other = client.agentSession({ sessionId });
    await other.opened;
    const replaced = { goodbyeReason: v1.GoodbyeReason.REPLACED };
    await assert.rejects(until(session, "unknown"), replaced);
    assert.equal(other.state, "connected");
    client.close();
  });

  test(`a revoked key ends the stream, and a provider saves it (${platform})`, async () => {
    const make = async () => {
      const apiKey = { name: "short", role: v1.Role.INTEGRATION };
      const made = await admin.admin.createApiKey({ apiKey });
      return [made.apiKey?.id ?? "", made.key] as const;
    };
    const [firstId, first] = await make();
    const [, second] = await make();
    const { endpoint } = server;
    const token = (refused?: string) => (refused === undefined ? first : second);
    const saved = clientOn(platform, { endpoint, token });
    const lost = clientOn(platform, { endpoint, apiKey: first });
    const [kept, gone] = [saved.feed(), lost.feed()];
    await Promise.all([kept.opened, gone.opened]);
    await pause(1100);
    await admin.admin.revokeApiKey({ apiKeyId: firstId });
    const { CREDENTIALS_EXPIRED } = v1.GoodbyeReason;
    const over = async () => {
      for await (const item of gone) assert.equal(item.type, "event");
    };
    await assert.rejects(over(), { goodbyeReason: CREDENTIALS_EXPIRED });
    const name = `after the revocation ${platform}`;
    const { skill } = await admin.routing.createSkill({ skill: { name } });
    for await (const item of kept) {
      assert.equal(item.type, "event");
      const data = item.type === "event" ? item.event.data : undefined;
      if (data?.case === "configChanged" && data.value.resourceId === skill?.id) break;
    }
    saved.close();
    lost.close();
  });
}

test("a token of another stream is refused, and told", async () => {
  const feed = admin.feed({ resumeToken: "made-up" });
  await assert.rejects(feed.opened, ResumeTokenInvalidError);
  await assert.rejects(feed.next(), ResumeTokenInvalidError);
});

test("a feed is taken up by its token in another process", async () => {
  const feed = admin.feed({ fromSeq: 1n });
  const { value: first } = await feed.next();
  assert.ok(first?.type === "event");
  feed.close();
  const onward = admin.feed({ resumeToken: first.resumeToken });
  const { value: second } = await onward.next();
  assert.equal(second?.seq, 2n);
  onward.close();
});

test("streams outlive a server that is drained, and one that is killed", async () => {
  const moved = await office();
  const { apiKey, own } = await hireAlone(moved, "Bo");
  const session = moved.server.client({ apiKey }).agentSession();
  await session.opened;
  await session.setPresence(AVAILABLE);
  const feed = moved.admin.feed({ fromSeq: 1n });
  const states: StreamState[] = [];
  feed.onState((state) => states.push(state));
  await feed.opened;
  await moved.server.restart();
  const drained = await write(own, "after the restart");
  await moved.server.kill();
  await moved.server.start();
  const killed = await write(own, "after the kill");
  const seqs: bigint[] = [];
  const created: string[] = [];
  for await (const item of feed) {
    assert.ok(item.type === "event", "nothing was lost");
    seqs.push(item.seq);
    if (item.event.data.case === "interactionCreated") created.push(item.event.interactionId);
    if (item.event.interactionId === killed) break;
  }
  assert.deepEqual(
    seqs,
    Array.from(seqs, (_, at) => BigInt(at + 1)),
  );
  assert.deepEqual(created, [drained, killed]);
  assert.ok(states.includes("draining") && states.includes("resuming"), `${states}`);
  const offered = new Set<string | undefined>();
  while (offered.size < 2) {
    const { offer } = await until(session, "offered");
    offered.add(offer.work.interaction?.id);
  }
  assert.deepEqual(offered, new Set([drained, killed]));
  session.close();
});
