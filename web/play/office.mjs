// A real server with a small contact centre in it, and browsers that look at it. What the play
// looks at is what the binary serves, with the policy that it serves it with.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { v1 } from "@omnichannel/sdk";
import { startServer } from "@omnichannel/sdk/testing";
import { chromium } from "playwright-core";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Where pictures go. */
export const PICTURES = fileURLToPath(new URL("../build/pictures/", import.meta.url));

const BROWSERS = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/google-chrome"];

/** Text that would run if any of it were taken for markup. */
export const HOSTILE = [
  `<script>document.title="run"</script>`,
  `<img src=x onerror="document.title='run'">`,
  `<a href="javascript:document.title='run'">link</a>`,
  `"><svg onload=document.title='run'>`,
  "\u202Etxet desrever",
].join("\n");

/** The stream is open, whether it went on or began anew. */
export const LIVE = '[data-stream="connected"], [data-stream="resynced"]';

/**
 * Says what comes next in the play.
 * @param {string} text
 */
export function step(text) {
  console.log(`play: ${(performance.now() / 1000).toFixed(1)} s ${text}`);
}

/** What the other side of the webhook channel has been given: the bodies, in order. */
export async function openReceiver() {
  /** @type {string[]} */
  const taken = [];
  const receiver = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    taken.push(String(Buffer.concat(pieces)));
    response.end();
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = receiver.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { taken, url: `http://127.0.0.1:${port}/`, close: () => receiver.close() };
}

/** Starts a server that serves the pages of `dist`. */
export async function openOffice() {
  mkdirSync(PICTURES, { recursive: true });
  const folder = fileURLToPath(new URL("../dist", import.meta.url));
  const server = await startServer({ settings: { "pages.folder": folder } });
  const receiver = await openReceiver();
  const close = async () => {
    receiver.close();
    await server.stop();
  };
  try {
    return { server, receiver, close, ...(await furnish(server, receiver.url)) };
  } catch (error) {
    receiver.close();
    await server.stop();
    throw error;
  }
}

/**
 * @param {import("@omnichannel/sdk/testing").TestServer} server
 * @param {string} url
 */
async function furnish(server, url) {
  const admin = server.tenant.client;
  const { team } = await admin.agents.createTeam({ team: { name: "Front" } });
  const teamIds = [team?.id ?? ""];
  const shape = { offerTimeout: durationFromMs(45_000) };
  const billing = await admin.routing.createQueue({
    queue: { name: "Billing", teamIds, ...shape },
  });
  const { team: none } = await admin.agents.createTeam({ team: { name: "Nobody" } });
  const support = await admin.routing.createQueue({
    queue: { name: "Technical support", teamIds: [none?.id ?? ""] },
  });
  const ideas = await admin.routing.createQueue({
    queue: { name: "Ideas", teamIds, assignmentMode: v1.AssignmentMode.PULL },
  });
  const hire = async (/** @type {string} */ name) => {
    const { agent } = await admin.agents.createAgent({ agent: { name, teamIds } });
    return { id: agent?.id ?? "", key: await server.createKey(v1.Role.AGENT, agent?.id ?? "") };
  };
  const target = { metric: v1.SlaMetric.FIRST_RESPONSE, target: durationFromMs(10_000) };
  const policy = { name: "Everything", enabled: true, targets: [target], warnAtPercent: [50] };
  await admin.analytics.configureSla({ policy });
  const { channelAccount } = await admin.channels.createChannelAccount({
    channelAccount: {
      kind: v1.ChannelKind.WEBHOOK,
      name: "Shop",
      config: { case: "webhook", value: { url } },
    },
  });
  return {
    admin,
    accountId: channelAccount?.id ?? "",
    billing: billing.queue?.id ?? "",
    support: support.queue?.id ?? "",
    ideas: ideas.queue?.id ?? "",
    ada: await hire("Ada Byron"),
    bo: await hire("Bo Lindqvist"),
    supervisorKey: await server.createKey(v1.Role.SUPERVISOR),
  };
}

/**
 * Somebody writes.
 * @param {Awaited<ReturnType<typeof openOffice>>} office
 * @param {{ name: string, subject: string, body: string, queueId: string,
 *   channel?: v1.ChannelKind, address?: string }} letter
 */
export async function write({ admin, accountId }, letter) {
  const { WEBHOOK } = v1.ChannelKind;
  const channel = letter.channel ?? WEBHOOK;
  const address = letter.address ?? `${crypto.randomUUID().slice(0, 8)}@example.org`;
  const { EMAIL } = v1.ChannelKind;
  const contactPoints = [...new Set([channel, WEBHOOK, EMAIL])].map((kind) => ({ kind, address }));
  await admin.customers
    .createCustomer({ customer: { displayName: letter.name, contactPoints } })
    .catch(() => {});
  const { interaction } = await admin.interactions.createInteraction({
    customer: { case: "contact", value: { kind: channel, address } },
    channel,
    channelAccountId: channel === WEBHOOK ? accountId : "",
    queueId: letter.queueId,
    subject: letter.subject,
    body: letter.body,
  });
  return { id: interaction?.id ?? "" };
}

/** Opens a browser; none is ever fetched. */
export async function openBrowser() {
  const executablePath = BROWSERS.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium: set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/**
 * A window of its own, as of a person at a machine of their own. What goes wrong in it is kept.
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function openWindow(browser, origin, options = {}) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  /** @type {string[]} */
  const wrongs = [];
  page.on("pageerror", (error) => wrongs.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    // A server that is away is told by the page itself.
    const isAway = /Failed to load resource|net::ERR_/.test(text);
    if (message.type() === "error" && !isAway) wrongs.push(text);
  });
  return { page, context, wrongs };
}

/**
 * Signs in with a key.
 * @param {import("playwright-core").Page} page
 * @param {string} path
 * @param {string} key
 */
export async function signIn(page, path, key) {
  await page.goto(path);
  await page.getByLabel("API key or token").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * What axe finds that is serious.
 * @param {import("playwright-core").Page} page
 */
export async function flaws(page) {
  // Evaluated by the debugger, which the policy of the page does not bind.
  const { readFileSync } = await import("node:fs");
  await page.evaluate(readFileSync(axeFile, "utf8"));
  const { violations } = await page.evaluate(
    // @ts-expect-error axe was put there above
    () => window.axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations
    .filter((/** @type {{ impact: string }} */ { impact }) => /serious|critical/.test(impact))
    .map(
      (/** @type {{ id: string, nodes: { html: string, failureSummary: string }[] }} */ found) => {
        const [node] = found.nodes;
        return `${found.id} (${found.nodes.length}): ${node?.html} ${node?.failureSummary}`;
      },
    );
}

/**
 * Fails if axe finds anything serious.
 * @param {import("playwright-core").Page} page
 * @param {string} where
 */
export async function noFlaws(page, where) {
  assert.deepEqual(await flaws(page), [], `axe, ${where}`);
}
