// The main job, played by an agent and a supervisor in two browsers against the real server: work
// comes in, is taken, answered, moved and closed; the server is restarted in the middle; what
// customers write tries to be a program. Both pages are then looked at by axe, in light and dark,
// on a laptop and on a phone, and pictures of them are kept.

import assert from "node:assert/strict";
import { v1 } from "@omnichannel/sdk";
import {
  advice,
  calledBack,
  laterAndBack,
  offShift,
  presenceForLater,
  readAlong,
  takesNext,
  unanswered,
  whyAda,
} from "./day.mjs";
import {
  HOSTILE,
  LIVE,
  noFlaws,
  openBrowser,
  openOffice,
  openWindow,
  PICTURES,
  signIn,
  step,
  write,
} from "./office.mjs";

const office = await openOffice();
const browsers = [await openBrowser(), await openBrowser()];
try {
  await play(office);
  step("in order");
} catch (error) {
  let window = 0;
  for (const page of browsers.flatMap((one) => one.contexts()).flatMap((one) => one.pages())) {
    window += 1;
    await page.screenshot({ path: `${PICTURES}failed-${window}.png` }).catch(() => {});
  }
  throw error;
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await office.close();
}

/** @param {Awaited<ReturnType<typeof openOffice>>} office */
async function play(office) {
  const { server, billing, support, ada, bo, supervisorKey, admin } = office;
  const [first, second] = browsers;
  assert(first !== undefined && second !== undefined);
  const desk = await openWindow(first, server.endpoint);
  const board = await openWindow(second, server.endpoint);
  const agent = desk.page;
  const boss = board.page;
  await headers(server.endpoint);

  step("a wrong key is refused and none is left in the address");
  await signIn(agent, "/desk", "oc_wrong");
  await agent.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  await agent.screenshot({ path: `${PICTURES}sign-in.png` });
  await noFlaws(agent, "sign-in");
  await signIn(agent, "/desk", ada.key);
  await agent.locator('[data-stream="connected"]').waitFor();
  assert(!agent.url().includes(ada.key));

  step("an agent becomes available and takes an offer by keyboard");
  const grace = { name: "Grace Hopper", address: "grace@example.org" };
  const earlier = await write(office, {
    ...grace,
    subject: "An old question",
    body: "This was answered long ago.",
    channel: v1.ChannelKind.EMAIL,
    queueId: support,
  });
  await admin.interactions.closeInteraction({ interactionId: earlier.id, resolution: "Told." });
  await agent.getByLabel("Presence", { exact: true }).selectOption({ label: "Available" });
  await agent.locator('[data-effective="2"]').waitFor();
  const work = await write(office, {
    ...grace,
    subject: "Invoice 4711 is wrong",
    body: `Hello, you charged me twice for March.\n${HOSTILE}`,
    queueId: billing,
  });
  const offer = agent.locator("[data-offer]");
  await offer.getByRole("timer").waitFor();
  assert.match((await offer.getByRole("timer").textContent()) ?? "", /^(4[0-5]|3\d) s$/);
  await agent.screenshot({ path: `${PICTURES}desk-offer.png` });
  await agent.keyboard.press("Alt+a");
  await agent.locator(`[data-work="${work.id}"]`).waitFor();
  await agent.getByRole("heading", { name: "Invoice 4711 is wrong" }).waitFor();

  step("what the customer wrote is text, and the history knows the earlier contact");
  const said = agent.locator(".said.in .body").filter({ hasText: "charged me twice" });
  await said.waitFor();
  assert.equal(await said.textContent(), `Hello, you charged me twice for March.\n${HOSTILE}`);
  assert.equal(await agent.locator(".said .body *, .said a").count(), 0);
  await agent.getByText("This was answered long ago.").waitFor();

  step("a reply and a note");
  await agent.keyboard.press("Alt+r");
  await agent.keyboard.type("Sorry about that. I am looking at it.");
  await agent.keyboard.press("Control+Enter");
  await agent.locator(".said.out").filter({ hasText: "looking at it" }).waitFor();
  await agent.keyboard.press("Alt+n");
  await agent.keyboard.type("Charged on 3 and 4 March.");
  await agent.keyboard.press("Control+Enter");
  await agent.locator(".said.note").filter({ hasText: "3 and 4 March" }).waitFor();

  await filesAndEscalation(agent, admin, work.id);

  step("a supervisor looks, and moves work");
  const stranded = [];
  const { CHAT, EMAIL, WHATSAPP } = v1.ChannelKind;
  for (const [name, subject, channel] of /** @type {const} */ ([
    ["Ida Rhodes", "Router does not start", CHAT],
    ["Mary Keller", "No dial tone", EMAIL],
    ["Jean Bartik", "Login fails", WHATSAPP],
  ])) {
    stranded.push(await write(office, { name, subject, channel, body: "Help?", queueId: support }));
  }
  await signIn(boss, "/desk", supervisorKey);
  await boss.getByText("This key is not an agent's").waitFor();
  await noFlaws(boss, "no desk");
  await boss.getByRole("link", { name: "Dashboard" }).click();
  await boss.locator('[data-tile="Waiting"] dd').filter({ hasText: /^3$/ }).waitFor();
  await boss.locator('[data-tile="Active"] dd').filter({ hasText: /^1$/ }).waitFor();
  const row = boss.locator(`[data-row="${stranded[0]?.id}"]`);
  await boss.getByRole("button", { name: "Billing", exact: true }).click();
  await row.waitFor({ state: "detached" });
  await boss.getByRole("button", { name: "Technical support", exact: true }).click();
  await row.waitFor();
  await boss.locator("#open-work").getByLabel("Queue").selectOption({ label: "Every queue" });
  await row.getByRole("button", { name: /Why/ }).click();
  const why = boss.getByRole("dialog");
  await why.locator(`[data-explained="${ada.id}"]`).getByText(/team/).waitFor();
  await why.getByText(/of 3$/).waitFor();
  await noFlaws(boss, "why");
  await boss.screenshot({ path: `${PICTURES}why.png` });
  await why.getByRole("button", { name: "Done" }).click();
  await whyAda(boss, ada.id);
  await readAlong(boss, work.id, `Hello, you charged me twice for March.\n${HOSTILE}`);
  await trends(boss);
  await row.getByRole("button", { name: /Move/ }).click();
  await boss.getByLabel("Find a queue or an agent").fill("bill");
  await boss
    .getByRole("dialog")
    .getByRole("radio", { name: /^Billing/ })
    .check();
  await boss.getByRole("dialog").getByRole("button", { name: "Move" }).click();
  await agent.locator("[data-offer]").filter({ hasText: "Router" }).waitFor();
  await boss.locator('[data-tile="Waiting"] dd').filter({ hasText: /^2$/ }).waitFor();

  step("the server is restarted in order, then dies while a reply is being written");
  await agent.locator("[data-offer]").getByRole("button", { name: "Accept" }).click();
  await agent.getByRole("heading", { name: "Router does not start" }).waitFor();
  await agent.getByRole("button", { name: /Grace Hopper/ }).click();
  await server.restart();
  await agent.locator(LIVE).waitFor({ timeout: 30_000 });
  await boss.locator(LIVE).waitFor({ timeout: 30_000 });
  const late = await board.context.newPage();
  await late.goto("/desk");
  await server.kill();
  await agent.locator('[data-stream="resuming"]').waitFor();
  await agent.locator("#as-reply").check();
  await agent.locator("#answer").fill("You will be refunded within 3 days.");
  await agent.getByRole("button", { name: "Send" }).click();
  await agent.locator(".said.pending").filter({ hasText: "refunded" }).waitFor();
  await agent.screenshot({ path: `${PICTURES}desk-away.png` });
  await late.getByLabel("API key or token").fill(bo.key);
  await late.getByRole("button", { name: "Sign in" }).click();
  await late.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
  await late.close();
  await server.start();
  await agent.locator(LIVE).waitFor({ timeout: 30_000 });
  await boss.locator(LIVE).waitFor({ timeout: 30_000 });
  const sent = agent.locator(".said.out:not(.pending)");
  await sent.filter({ hasText: "refunded" }).waitFor();

  step("a reply whose answer is lost, and a reload before the next attempt");
  await agent.route("**/SendMessage", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await agent.locator("#answer").fill("Anything else?");
  const answered = agent.waitForEvent("requestfailed", (one) => one.url().endsWith("SendMessage"));
  await agent.getByRole("button", { name: "Send" }).click();
  await answered;
  await agent.locator("#answer").fill("A draft that is not yet sent");
  await agent.unrouteAll({ behavior: "ignoreErrors" });
  await agent.reload();
  await agent.locator(LIVE).waitFor();
  await sent.filter({ hasText: "Anything else?" }).waitFor();
  await agent.waitForFunction(() => sessionStorage.getItem("omnichannel.outbox") === null);
  assert.equal(await agent.locator("#answer").inputValue(), "A draft that is not yet sent");
  assert.equal(await agent.locator("[data-work]").count(), 2);
  assert.deepEqual(await messages(admin, work.id), [
    `Hello, you charged me twice for March.\n${HOSTILE}`,
    "Sorry about that. I am looking at it.",
    "Charged on 3 and 4 March.",
    "The readings are in the files.",
    "Somebody has to look at the bank.",
    "You will be refunded within 3 days.",
    "Anything else?",
  ]);
  assert.equal(await agent.locator(".said.out").count(), 3);
  await agent.locator(".delivery").filter({ hasText: "sent" }).nth(2).waitFor();
  const given = ["looking at it", "refunded", "Anything else?"];
  assert.equal(office.receiver.taken.length, given.length);
  given.forEach((text, at) => void assert.match(office.receiver.taken[at] ?? "", new RegExp(text)));
  await agent.locator("#answer").fill("");

  await presenceForLater(agent);
  await takesNext(office, agent);
  await laterAndBack(office, agent, boss, work.id);
  await calledBack(office, agent, boss);
  await unanswered(office, agent);

  step("a desk that another window took says so, and can be taken back");
  const opened = desk.context.waitForEvent("page");
  await agent.evaluate(() => void window.open(location.href));
  const twin = await opened;
  await twin.locator(LIVE).waitFor();
  await agent.getByRole("alert").filter({ hasText: "another window" }).waitFor();
  await twin.close();
  await agent.getByRole("button", { name: "Use it here" }).click();
  await agent.locator(LIVE).waitFor();
  assert.equal(await agent.locator("[data-work]").count(), 2);
  await looks(agent, "desk");

  await agent.getByRole("button", { name: /Router/ }).click();

  step("work is handed on to another agent and closed by both");
  const other = await openWindow(first, server.endpoint);
  await signIn(other.page, "/desk", bo.key);
  await other.page.getByLabel("Presence", { exact: true }).selectOption({ label: "Available" });
  await other.page.locator('[data-effective="2"]').waitFor();
  await offShift(office, other.page, boss);
  await advice(agent, other.page);
  await agent.keyboard.press("Alt+t");
  await agent
    .getByRole("dialog")
    .getByRole("radio", { name: /^Bo Lindqvist/ })
    .check();
  await agent.getByLabel("Note for whoever takes it").fill("Knows routers better than I do.");
  await agent.getByRole("dialog").getByRole("button", { name: "Transfer" }).click();
  await other.page.locator("[data-offer]").waitFor();
  await other.page.keyboard.press("Alt+a");
  await other.page.getByText("Knows routers better than I do.").waitFor();
  await agent.locator(`[data-work="${stranded[0]?.id}"]`).waitFor({ state: "detached" });
  // A key in the next task already is about what the click has chosen.
  await agent.getByRole("button", { name: /Grace Hopper/ }).evaluate(async (button) => {
    button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve));
    const key = { code: "KeyC", key: "c", altKey: true, bubbles: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", key));
  });
  await agent.waitForTimeout(300);
  await agent.getByLabel("Wrap-up code").fill("refunded");
  await agent.getByLabel("Resolution").fill("Charged twice; refunded.");
  await agent.screenshot({ path: `${PICTURES}desk-close.png` });
  await noFlaws(agent, "close");
  await agent.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await agent.locator(`[data-work="${work.id}"]`).waitFor({ state: "detached" });
  const { interaction } = await admin.interactions.getInteraction({ interactionId: work.id });
  assert.equal(interaction?.wrapUpCode, "refunded");
  assert.equal(interaction?.resolution, "Charged twice; refunded.");
  await boss
    .locator('[data-tile="Breached"] dd')
    .filter({ hasText: /^[1-9]/ })
    .waitFor();
  await boss.locator('[data-tile="Resolved today"] dd').filter({ hasText: /^3$/ }).waitFor();
  await looks(boss, "dashboard");

  step("signing out leaves nothing behind");
  await agent.getByRole("button", { name: "Sign out" }).click();
  await agent.getByLabel("API key or token").waitFor();
  await boss.locator('[data-agent="Ada Byron"]').getByText("Offline").waitFor();
  assert.equal(await agent.evaluate(() => sessionStorage.length + localStorage.length), 0);
  for (const { wrongs, page } of [desk, board, other]) {
    assert.deepEqual(wrongs, []);
    assert.doesNotMatch(await page.title(), /run/);
  }
}

/**
 * Files go up and come back as they were, whatever they say they are; work is escalated.
 * @param {import("playwright-core").Page} agent
 * @param {import("@omnichannel/sdk").Client} admin
 * @param {string} interactionId
 */
async function filesAndEscalation(agent, admin, interactionId) {
  step("files go with a note and are only ever saved");
  const page = Buffer.from("<script>document.title='run'</script>".repeat(40_000));
  const name = "reading <img src=x>.html";
  await agent.locator("#as-reply").check();
  assert(await agent.locator("#attach").isDisabled(), "a reply over a webhook carries none");
  await agent.locator("#as-note").check();
  await agent.getByLabel("Files to attach").setInputFiles([
    { name, mimeType: "text/html", buffer: page },
    { name: "left out.txt", mimeType: "text/plain", buffer: Buffer.from("no") },
  ]);
  await agent.locator('[data-upload="up"]').nth(1).waitFor();
  await agent.getByRole("button", { name: "Leave out left out.txt" }).click();
  await agent.reload();
  await agent.locator(LIVE).waitFor();
  await agent.locator("#as-note").check();
  await agent.locator('[data-upload="up"]').waitFor();
  await agent.locator("#answer").fill("The readings are in the files.");
  await agent.getByRole("button", { name: "Add note" }).click();
  const kept = agent.locator(".said.note:not(.pending)").filter({ hasText: "in the files" });
  const downloading = agent.waitForEvent("download");
  await kept.getByRole("button", { name: /reading/ }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^reading .*\.html$/);
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  assert(Buffer.concat(pieces).equals(page), "what came back is what went up");

  step("work is escalated with a reason and a priority");
  await agent.keyboard.press("Alt+e");
  await agent.getByLabel("Why").fill("Somebody has to look at the bank.");
  await agent.getByLabel("Priority").selectOption({ label: "Urgent" });
  await noFlaws(agent, "escalate");
  await agent.getByRole("dialog").getByRole("button", { name: "Escalate" }).click();
  await agent.getByText("Escalated", { exact: true }).waitFor();
  const { interaction } = await admin.interactions.getInteraction({ interactionId });
  assert.equal(interaction?.escalationLevel, 1);
  assert.equal(interaction?.priority, v1.Priority.URGENT);
}

/**
 * What the past hours were like, in charts and in figures.
 * @param {import("playwright-core").Page} boss
 */
async function trends(boss) {
  step("trends are drawn, and told in figures");
  const came = boss.getByRole("figure", { name: "Contacts that came" });
  await came.locator("canvas").waitFor();
  // Everything that was written so far, by channel.
  assert.match((await came.getByRole("list").textContent()) ?? "", /Webhook 1/);
  await came.getByText("Figures").click();
  await came.locator("tbody tr").nth(23).waitFor();
  assert.equal(await came.locator("tbody tr").count(), 24);
  await boss.getByText("30 days").click();
  await came.getByText("Figures").click();
  await came.locator("tbody tr").nth(29).waitFor();
  await boss.getByText("Now", { exact: true }).click();
  await boss.getByRole("figure", { name: "Since this page was opened" }).waitFor();
  await boss.getByText("24 hours").click();
}

/**
 * What was said in an interaction, oldest first.
 * @param {import("@omnichannel/sdk").Client} admin
 * @param {string} interactionId
 */
async function messages(admin, interactionId) {
  const scope = { case: "interactionId", value: interactionId };
  const all = admin.interactions.listMessages(/** @type {any} */ ({ scope }));
  return (await all.take(100)).map(({ body }) => body);
}

/**
 * Looks at a page in light and dark, wide and narrow.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function looks(page, name) {
  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 1440, height: 900 });
    await noFlaws(page, `${name} ${scheme}`);
    await page.screenshot({ path: `${PICTURES}${name}-${scheme}.png` });
    await page.setViewportSize({ width: 390, height: 844 });
    await noFlaws(page, `${name} ${scheme}, phone`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${name} is ${wide} wide on a phone`);
    await page.screenshot({ path: `${PICTURES}${name}-${scheme}-phone.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** @param {string} origin */
async function headers(origin) {
  step("the pages come with a strict policy, hashed files are kept, nothing else is served");
  for (const path of ["/", "/desk", "/dashboard"]) {
    const page = await fetch(`${origin}${path}`);
    assert.equal(page.status, 200, path);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.doesNotMatch(page.headers.get("content-security-policy") ?? "", /unsafe|\*/);
    assert.equal(page.headers.get("cache-control"), "no-cache");
    const html = await page.text();
    assert.doesNotMatch(html, /<script(?![^>]*src)|<style| style=| on[a-z]+=/);
    const tag = page.headers.get("etag") ?? "";
    const again = await fetch(`${origin}${path}`, { headers: { "if-none-match": tag } });
    assert.equal(again.status, 304);
    for (const [, file] of html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const asset = await fetch(`${origin}${file}`);
      assert.equal(asset.status, 200, file);
      assert.match(asset.headers.get("cache-control") ?? "", /immutable/);
      assert.equal(asset.headers.get("x-content-type-options"), "nosniff");
    }
  }
  for (const path of ["/assets/none.js", "/assets/..%2Findex.html", "/.gitignore", "/nowhere"]) {
    assert.equal((await fetch(`${origin}${path}`)).status, 404, path);
  }
}
