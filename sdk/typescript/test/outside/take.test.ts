// Work of queues of mode PULL, which agents take: on their session and by a call of its own,
// against the real server.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AgentSession,
  AgentUnavailableError,
  FailedPrecondition,
  type LiveOffer,
  NothingToTakeError,
  newRequestId,
  OfferAnsweredError,
  RequestIdReusedError,
  ResourceNotFoundError,
  v1,
} from "@omnichannel/sdk";
import { clientOn, hireAlone, type Office, office, PLATFORMS, write } from "./office.js";
import { FaultProxy } from "./proxy.js";

const place = await office();
const { server, admin } = place;
const { AVAILABLE, BREAK } = v1.PresenceStatus;

/** An agent with a queue of their own, whose work they take. */
async function taker(name: string): Promise<{ agentId: string; apiKey: string; own: Office }> {
  const hired = await hireAlone(place, name);
  const queue = { id: hired.own.queueId, assignmentMode: v1.AssignmentMode.PULL };
  await admin.routing.updateQueue({ queue, updateMask: { paths: ["assignment_mode"] } });
  return hired;
}

/** Reads until the agent has an interaction; answers with the offers that came. */
async function untilAssigned(session: AgentSession, id: string): Promise<LiveOffer[]> {
  const offers: LiveOffer[] = [];
  while (!session.desk.assigned.has(id)) {
    const next = await session.next();
    assert.ok(!next.done, "the session ended");
    if (next.value.type === "offered") offers.push(next.value.offer);
  }
  return offers;
}

/** Refused for want of work; answers with what is told of it. */
async function nothing(taking: Promise<unknown>): Promise<unknown> {
  let facts: unknown;
  await assert.rejects(taking, (error) => {
    assert.ok(error instanceof NothingToTakeError && error instanceof FailedPrecondition);
    assert.equal(error.reason, "NOTHING_TO_TAKE");
    assert.ok(!error.local && !error.retryable);
    facts = error.metadata;
    return true;
  });
  return facts;
}

/** Refused for what is with the agent; answers with the condition that fails. */
async function unavailable(agentId: string, taking: Promise<unknown>): Promise<unknown> {
  let condition: unknown;
  await assert.rejects(taking, (error) => {
    assert.ok(error instanceof AgentUnavailableError && error instanceof FailedPrecondition);
    assert.equal(error.metadata["agent_id"], agentId);
    condition = error.metadata["condition"];
    return true;
  });
  return condition;
}

for (const platform of PLATFORMS) {
  test(`a session takes what waits and has it at once (${platform})`, async () => {
    const { agentId, apiKey, own } = await taker(`Takes ${platform}`);
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey });
    const session = client.agentSession();
    await session.opened;
    await session.setPresence(AVAILABLE);
    const [first, second] = [await write(own, "first"), await write(own, "second")];
    assert.deepEqual(await admin.agents.listOffers({ agentId }).take(1), [], "nobody is asked");
    assert.equal(await session.takeNext([own.queueId]), first);
    assert.equal(await session.takeNext(), second);
    // What is taken was offered and accepted in one: nobody needs to answer, or can decline.
    for (const offer of await untilAssigned(session, second)) {
      assert.equal(offer.ended.aborted, true);
      await offer.accept();
      await assert.rejects(offer.decline(), OfferAnsweredError);
    }
    assert.equal(session.desk.offers.size, 0);
    assert.deepEqual([...session.desk.assigned.keys()], [first, second]);
    assert.equal(session.desk.assigned.get(first)?.ownerAgentId, agentId);
    const offers = await admin.agents.listOffers({ agentId }).take(10);
    const { CONNECTED } = v1.OfferState;
    assert.deepEqual(
      offers.map(({ state }) => state),
      [CONNECTED, CONNECTED],
    );
    const none = { waiting: "0", condition: "" };
    assert.deepEqual(await nothing(session.takeNext([own.queueId])), none);
    await session.complete(first);
    client.close();
  });

  test(`what may not be taken says why (${platform})`, async () => {
    const { agentId, apiKey, own } = await taker(`Refused ${platform}`);
    const { own: elsewhere } = await taker(`Another ${platform}`);
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey });
    const id = await write(own, "waits");
    assert.equal(await unavailable(agentId, client.agents.takeNext({})), "PRESENCE");
    const session = client.agentSession();
    await session.opened;
    assert.equal(await unavailable(agentId, session.takeNext()), "PRESENCE");
    await session.setPresence(BREAK);
    assert.equal(await unavailable(agentId, session.takeNext()), "PRESENCE");
    await session.setPresence(AVAILABLE);
    await assert.rejects(session.takeNext([newRequestId()]), ResourceNotFoundError);
    await write(elsewhere, "not for them");
    const facts = { waiting: "1", condition: "TEAM" };
    assert.deepEqual(await nothing(session.takeNext([elsewhere.queueId])), facts);
    const agent = { id: agentId, capacity: { units: 1 } };
    await admin.agents.updateAgent({ agent, updateMask: { paths: ["capacity"] } });
    assert.equal(await session.takeNext(), id);
    await write(own, "one too many");
    assert.equal(await unavailable(agentId, session.takeNext()), "UNITS");
    client.close();
  });

  test(`a call takes too, once for each request (${platform})`, async () => {
    const { agentId, apiKey, own } = await taker(`Calls ${platform}`);
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey });
    const session = client.agentSession();
    await session.opened;
    await session.setPresence(AVAILABLE);
    const ids = [await write(own, "one"), await write(own, "two"), await write(own, "three")];
    const requestId = newRequestId();
    for (let repeats = 0; repeats < 2; repeats += 1) {
      const { interaction } = await client.agents.takeNext({ requestId });
      assert.deepEqual([interaction?.id, interaction?.ownerAgentId], [ids[0], agentId]);
    }
    const other = client.agents.takeNext({ requestId, queueIds: [own.queueId] });
    await assert.rejects(other, RequestIdReusedError);
    const { interaction } = await client.agents.takeNext({ queueIds: [own.queueId] });
    assert.equal(interaction?.id, ids[1]);
    // Who may answer for others names the agent, in a call as in a session.
    const { interaction: third } = await admin.agents.takeNext({ agentId });
    assert.deepEqual([third?.id, third?.ownerAgentId], [ids[2], agentId]);
    await nothing(client.agents.takeNext({}));
    await untilAssigned(session, ids[2] ?? "");
    assert.deepEqual([...session.desk.assigned.keys()], ids);
    client.close();
  });

  test(`an answer that is lost takes nothing more (${platform})`, async () => {
    const { agentId, apiKey, own } = await taker(`Lost ${platform}`);
    const proxy = await FaultProxy.before(server.endpoint);
    const client = clientOn(platform, { endpoint: proxy.endpoint, apiKey });
    const session = client.agentSession();
    await session.opened;
    await session.setPresence(AVAILABLE);
    const [first, second] = [await write(own, "first"), await write(own, "second")];
    proxy.swallow = 1;
    assert.equal(await session.takeNext(), first);
    assert.equal(proxy.swallow, 0, "an answer was lost");
    await untilAssigned(session, first);
    const { interaction } = await admin.interactions.getInteraction({ interactionId: second });
    assert.equal(interaction?.status, v1.InteractionStatus.QUEUED);
    proxy.swallow = 1;
    assert.equal((await client.agents.takeNext({})).interaction?.id, second);
    assert.equal(proxy.swallow, 0, "an answer was lost");
    assert.equal((await admin.agents.listOffers({ agentId }).take(10)).length, 2);
    client.close();
    proxy.close();
  });
}

test("a session for another agent takes for that one", async () => {
  const { agentId, own } = await taker("Led");
  for (const platform of PLATFORMS) {
    const client = clientOn(platform, { endpoint: server.endpoint, apiKey: server.apiKey });
    const session = client.agentSession({ agentId });
    await session.opened;
    await session.setPresence(AVAILABLE);
    const id = await write(own, platform);
    assert.equal(await session.takeNext(), id);
    const { interaction } = await admin.interactions.getInteraction({ interactionId: id });
    assert.equal(interaction?.ownerAgentId, agentId);
    client.close();
  }
});
