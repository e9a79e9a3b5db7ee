// Unary calls against the real server: errors, repeats, deadlines, credentials and listings.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import {
  Cancelled,
  Client,
  Code,
  CredentialsInvalidError,
  CredentialsMissingError,
  DeadlineExceeded,
  EtagMismatchError,
  InvalidArgument,
  NameTakenError,
  NotFound,
  newRequestId,
  OmnichannelError,
  PermissionDeniedError,
  RequestIdReusedError,
  ResourceNotFoundError,
  Unavailable,
  ValidationFailedError,
  v1,
} from "@omnichannel/sdk";
import { clientOn, hire, office, PLATFORMS, write } from "./office.js";
import { FaultProxy } from "./proxy.js";

const place = await office();
const { server, admin } = place;
const NOBODY = "0190b6f0-0000-7000-8000-000000000000";

for (const platform of PLATFORMS) {
  test(`each refusal has its class (${platform})`, async () => {
    const { endpoint, apiKey } = server;
    const client = clientOn(platform, { endpoint, apiKey });
    await assert.rejects(client.routing.getQueue({ queueId: NOBODY }), (error) => {
      assert.ok(error instanceof ResourceNotFoundError);
      assert.ok(error instanceof NotFound && error instanceof OmnichannelError);
      assert.deepEqual([error.code, error.reason], [Code.NotFound, "RESOURCE_NOT_FOUND"]);
      assert.deepEqual(error.metadata, { resource: "queue", id: NOBODY });
      assert.ok(error.requestId !== undefined && !error.local && !error.retryable);
      return true;
    });
    const bad = { queue: { name: "", maxSize: -1 } };
    await assert.rejects(client.routing.createQueue(bad), (error) => {
      assert.ok(error instanceof ValidationFailedError && error instanceof InvalidArgument);
      assert.ok(error.violations.some(({ field }) => field === "queue.max_size"));
      return true;
    });
    const queue = { name: "Billing" };
    await assert.rejects(client.routing.createQueue({ queue }), NameTakenError);
    const stranger = clientOn(platform, { endpoint });
    await assert.rejects(stranger.routing.getQueue({ queueId: NOBODY }), CredentialsMissingError);
    const forger = clientOn(platform, { endpoint, apiKey: "omk_forged" });
    await assert.rejects(forger.routing.getQueue({ queueId: NOBODY }), CredentialsInvalidError);
    const [, agentKey] = await hire(place, `Bo ${platform}`);
    const agent = clientOn(platform, { endpoint, apiKey: agentKey });
    await assert.rejects(agent.routing.createQueue({ queue }), PermissionDeniedError);
    for (const one of [client, stranger, forger, agent]) one.close();
  });

  test(`a lost answer is asked for again, once in effect (${platform})`, async () => {
    const proxy = await FaultProxy.before(server.endpoint);
    const client = clientOn(platform, { endpoint: proxy.endpoint, apiKey: server.apiKey });
    await client.admin.getServerInfo();
    proxy.swallow = 1;
    const name = `twice asked, once made ${platform}`;
    const made = await client.routing.createQueue({ queue: { name } });
    assert.equal(made.queue?.name, name);
    assert.equal(proxy.swallow, 0);
    const queues = await client.routing.listQueues().take(500);
    assert.equal(queues.filter((queue) => queue.name === name).length, 1);
    client.close();
    proxy.close();
  });

  test(`a server that is not there is UNAVAILABLE after the attempts (${platform})`, async () => {
    const proxy = await FaultProxy.before(server.endpoint);
    proxy.refuses = true;
    const { endpoint } = proxy;
    const client = clientOn(platform, { endpoint, maxAttempts: 2 });
    await assert.rejects(client.admin.getServerInfo(), (error) => {
      return error instanceof Unavailable && error.local && error.retryable;
    });
    proxy.refuses = false;
    await assert.rejects(client.admin.getServerInfo(), CredentialsMissingError);
    client.close();
    proxy.close();
  });

  test(`the deadline covers everything, and giving up is heard at once (${platform})`, async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const endpoint = `http://127.0.0.1:${port}`;
    const client = clientOn(platform, { endpoint, deadlineMs: 200 });
    const began = performance.now();
    await assert.rejects(client.admin.getServerInfo(), DeadlineExceeded);
    assert.ok(performance.now() - began < 2000);
    const options = { deadlineMs: null, signal: AbortSignal.timeout(100) };
    await assert.rejects(client.admin.getServerInfo({}, options), Cancelled);
    client.close();
    silent.close();
  });

  test(`a refused token is renewed once (${platform})`, async () => {
    const good = server.apiKey;
    const asked: (string | undefined)[] = [];
    const token = (refused?: string) => {
      asked.push(refused);
      return refused === undefined ? "omk_old" : good;
    };
    const { endpoint } = server;
    const client = clientOn(platform, { endpoint, token });
    await client.admin.getServerInfo();
    await client.admin.getServerInfo();
    assert.deepEqual(asked, [undefined, "omk_old"]);
    const stale = clientOn(platform, { endpoint, token: () => "omk_old" });
    await assert.rejects(stale.admin.getServerInfo(), CredentialsInvalidError);
    client.close();
    stale.close();
  });
}

test("a request id means one thing", async () => {
  const requestId = newRequestId();
  const first = await admin.routing.createSkill({ skill: { name: "one" }, requestId });
  const again = await admin.routing.createSkill({ skill: { name: "one" }, requestId });
  assert.equal(again.skill?.id, first.skill?.id);
  const other = admin.routing.createSkill({ skill: { name: "other" }, requestId });
  await assert.rejects(other, RequestIdReusedError);
});

test("what the caller wrote is left as it was", async () => {
  const request = { skill: { name: "mine" } };
  await admin.routing.createSkill(request);
  assert.deepEqual(request, { skill: { name: "mine" } });
});

test("a request that cannot be written is the caller's mistake", async () => {
  const isMine = (error: unknown) => error instanceof InvalidArgument && error.local;
  await assert.rejects(admin.routing.listQueues({ pageSize: 2 ** 40 }).page(), isMine);
});

test("an etag that is no longer true is told", async () => {
  const { skill } = await admin.routing.createSkill({ skill: { name: "first" } });
  assert.ok(skill);
  await admin.routing.updateSkill({ skill: { id: skill.id, name: "second" } });
  const late = admin.routing.updateSkill({ skill: { ...skill, name: "third" } });
  await assert.rejects(late, EtagMismatchError);
});

test("listings are read item by item, page by page, and again", async () => {
  const names = Array.from({ length: 7 }, (_, n) => `listed ${n}`);
  for (const name of names) await admin.agents.createTeam({ team: { name } });
  const listing = admin.agents.listTeams({ pageSize: 3 });
  const seen: string[] = [];
  for await (const team of listing) seen.push(team.name);
  assert.deepEqual(seen.sort(), ["Nobody", ...names].sort());
  const sizes: number[] = [];
  for await (const page of listing.pages()) sizes.push(page.teams.length);
  assert.deepEqual(sizes, [3, 3, 2]);
  const first = await listing.page();
  const second = await listing.page(first.nextPageToken);
  assert.equal(second.teams.length, 3);
});

test("who calls too often waits as long as the server asks", async () => {
  const settings = { "limits.calls_per_second_per_key": 5, "limits.calls_burst_per_key": 5 };
  const strict = await office({ settings });
  const began = performance.now();
  for (let calls = 0; calls < 8; calls += 1) await strict.admin.admin.getServerInfo();
  assert.ok(performance.now() - began > 500);
});

test("the generated clients and the wire are within reach", async () => {
  const seen: string[] = [];
  const client = server.client({
    interceptors: [
      (next) => async (request) => {
        seen.push(`${request.method.name} ${request.header.get("x-mine")}`);
        return next(request);
      },
    ],
  });
  const raw = await client.raw.admin.getServerInfo({});
  assert.equal(raw.apiVersion, "v1");
  await client.admin.getServerInfo({}, { headers: { "x-mine": "yes" } });
  assert.deepEqual(seen, ["GetServerInfo null", "GetServerInfo yes"]);
});

test("a closed client calls no more", async () => {
  const client = new Client({ endpoint: server.endpoint, apiKey: server.apiKey });
  await client.admin.getServerInfo();
  client.close();
  const feed = client.feed();
  await assert.rejects(client.admin.getServerInfo(), /closed/);
  await assert.rejects(feed.next(), /closed/);
});

test("the clock can be moved", async () => {
  const id = await write(place, "anybody there?");
  const before = await admin.admin.getServerInfo();
  await server.advance({ hours: 3, minutes: 1 });
  for (const again of ["at once", "after a restart"]) {
    const after = await admin.admin.getServerInfo();
    const passed = Number(after.time?.seconds) - Number(before.time?.seconds);
    assert.ok(passed >= 3 * 3600 + 60, again);
    if (again === "at once") await server.restart();
  }
  const { interaction } = await admin.interactions.getInteraction({ interactionId: id });
  assert.equal(interaction?.status, v1.InteractionStatus.QUEUED);
});

test("a server does not outlive the tests that started it, however they end", async () => {
  const program = `
    import { startServer } from "@omnichannel/sdk/testing";
    const { endpoint } = await startServer();
    console.log(endpoint);
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const ready = () => fetch(`${said.toString().trim()}/readyz`).then(({ ok }) => ok);
  assert.equal(await ready(), true);
  child.kill("SIGKILL");
  await once(child, "exit");
  const due = performance.now() + 10_000;
  while (await ready().catch(() => false)) assert.ok(performance.now() < due, "it lives on");
});
