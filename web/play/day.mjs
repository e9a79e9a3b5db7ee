// What else a working day has, each a part of the play: presence for later, work that is set aside,
// calls that are due at a time, shifts, and the supervisor's question why.

import assert from "node:assert/strict";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { v1 } from "@omnichannel/sdk";
import { LIVE, noFlaws, PICTURES, step, write } from "./office.mjs";

/** @typedef {Awaited<ReturnType<typeof import("./office.mjs").openOffice>>} Office */

/**
 * What is chosen for later waits for the work, and can be taken back; channels are kept with it.
 * @param {import("playwright-core").Page} agent
 */
export async function presenceForLater(agent) {
  step("presence for later, and the channels to be ready for");
  await agent.getByText("Channels:").click();
  await agent.getByRole("checkbox", { name: "SMS" }).uncheck();
  await agent.getByRole("button", { name: "Take these" }).click();
  await agent
    .getByText(/^Channels:/)
    .filter({ hasNotText: "all" })
    .waitFor();
  await agent.getByLabel("after current work").check();
  await agent.getByLabel("Presence", { exact: true }).selectOption({ label: "Break" });
  await agent.getByText("Then: Break").waitFor();
  await agent.getByRole("button", { name: "Stay" }).click();
  await agent.locator('[data-effective="2"]').waitFor();
  const chosen = agent.getByText(/^Channels:/);
  assert.doesNotMatch((await chosen.textContent()) ?? "", /SMS|all/);
}

/**
 * What waits to be taken is offered to nobody, and is theirs who take it.
 * @param {Office} office
 * @param {import("playwright-core").Page} agent
 */
export async function takesNext(office, agent) {
  step("work that waits to be taken is taken, and none is left then");
  const idea = { name: "Hedy Lamarr", subject: "Hop between channels", body: "How about it?" };
  const { id } = await write(office, { ...idea, queueId: office.ideas });
  const button = agent.getByRole("button", { name: "Take next" });
  await button.click();
  await agent.locator(`[data-work="${id}"]`).waitFor();
  await agent.getByRole("heading", { name: idea.subject }).waitFor();
  await noFlaws(agent, "taken");
  await agent.screenshot({ path: `${PICTURES}desk-taken.png` });
  const resolution = "Kept for later.";
  await office.admin.interactions.closeInteraction({ interactionId: id, resolution });
  await agent.locator(`[data-work="${id}"]`).waitFor({ state: "detached" });
  await agent.keyboard.press("Alt+g");
  await agent.getByText("Nothing waits that the agent may take.").waitFor();
  await agent.getByRole("button", { name: /Grace Hopper/ }).click();
}

/**
 * What happened before the page was opened is there, and an offer of it is explained.
 * @param {import("playwright-core").Page} boss
 * @param {string} agentId
 */
export async function whyAda(boss, agentId) {
  step("an offer that was made before the page was opened is explained on a click");
  const activity = boss.getByRole("region", { name: "Activity", exact: true });
  await activity.getByText("Accepted").first().waitFor();
  await activity
    .getByRole("button", { name: /Why Ada Byron/ })
    .last()
    .click();
  const why = boss.getByRole("dialog");
  await why.getByText("Ada Byron was asked.").waitFor();
  await why.locator(`[data-explained="${agentId}"]`).getByText("may take it").waitFor();
  await why.getByRole("button", { name: "Done" }).click();
}

/**
 * A supervisor reads along; what customers wrote is text there too.
 * @param {import("playwright-core").Page} boss
 * @param {string} interactionId
 * @param {string} written
 */
export async function readAlong(boss, interactionId, written) {
  step("a supervisor reads what was said");
  await boss
    .locator(`[data-row="${interactionId}"]`)
    .getByRole("button", { name: "Invoice 4711 is wrong", exact: true })
    .click();
  const read = boss.getByRole("dialog");
  const said = read.locator(".said.in .body").filter({ hasText: "charged me twice" });
  await said.waitFor();
  assert.equal(await said.textContent(), written);
  assert.equal(await read.locator(".said .body *, .said a").count(), 0);
  await read.locator(".said.note").first().waitFor();
  await noFlaws(boss, "reading along");
  await read.getByRole("button", { name: "Done" }).click();
}

/**
 * Work rests until a time, and comes back to whoever set it aside.
 * @param {Office} office
 * @param {import("playwright-core").Page} agent
 * @param {import("playwright-core").Page} boss
 * @param {string} interactionId
 */
export async function laterAndBack({ server, admin }, agent, boss, interactionId) {
  step("work is set aside until a time, taken up again, set aside once more and comes back");
  const mine = agent.locator(`[data-work="${interactionId}"]`);
  const rests = agent.locator(`[data-resting="${interactionId}"]`);
  const row = boss.locator(`[data-row="${interactionId}"]`);
  const setAside = async (/** @type {string} */ until) => {
    await mine.getByRole("button").click();
    await agent.keyboard.press("Alt+p");
    await agent.getByLabel("Until").selectOption({ label: until });
    await agent.getByLabel("Why, kept as a note").fill("The bank answers tomorrow.");
    await noFlaws(agent, "later");
    await agent.getByRole("dialog").getByRole("button", { name: "Set aside" }).click();
    await rests.waitFor();
    await mine.waitFor({ state: "detached" });
  };
  await setAside("The customer writes");
  await rests.getByText("until the customer writes").waitFor();
  await row.getByText("Set aside").waitFor();
  await rests.getByRole("button", { name: /Take up/ }).click();
  await mine.waitFor();
  await rests.waitFor({ state: "detached" });
  await setAside("Another time…");
  await rests.getByText(/until .*\d:\d\d/).waitFor();
  await row.getByText(/until .*\d:\d\d/).waitFor();
  await agent.reload();
  await agent.locator(LIVE).waitFor();
  await rests.waitFor();
  await server.advance({ minutes: 121 });
  await mine.waitFor();
  await rests.waitFor({ state: "detached" });
  await row.getByText("Active").waitFor();
  const { interaction } = await admin.interactions.getInteraction({ interactionId });
  assert.equal(interaction?.status, v1.InteractionStatus.ACTIVE);
}

/**
 * A customer who is to be called is out of the line until then, and again after a call in vain.
 * @param {Office} office
 * @param {import("playwright-core").Page} agent
 * @param {import("playwright-core").Page} boss
 */
export async function calledBack({ admin, billing }, agent, boss) {
  step("a customer is to be called back, is not reached, and is to be called again");
  const { VOICE } = v1.ChannelKind;
  const { stats } = await admin.analytics.getRealTimeStats({});
  const seconds = Number(stats?.asOf?.seconds ?? 0) + 1800;
  const { interaction } = await admin.interactions.createInteraction({
    customer: { case: "contact", value: { kind: VOICE, address: "+4930123456" } },
    channel: VOICE,
    queueId: billing,
    subject: "Please call me",
    callbackTime: timestampFromMs(seconds * 1000),
  });
  const row = boss.locator(`[data-row="${interaction?.id}"]`);
  await row.getByText("Scheduled").waitFor();
  await row.getByText("Call back").waitFor();
  await row.getByRole("button", { name: /Take up/ }).click();
  const offer = agent.locator("[data-offer]").filter({ hasText: "Please call me" });
  await offer.getByText("Call back").waitFor();
  await offer.getByRole("button", { name: "Accept" }).click();
  await agent.getByRole("heading", { name: "Please call me" }).waitFor();
  await agent.getByText("No message can be sent").waitFor();
  assert(await agent.locator("#as-reply").isDisabled(), "nobody answers over the telephone here");
  await agent.keyboard.press("Alt+p");
  assert(await agent.getByLabel("Call the customer back").isChecked());
  await agent.getByLabel("When").selectOption({ index: 0 });
  await agent.getByRole("dialog").getByRole("button", { name: "Call back then" }).click();
  await agent.locator(`[data-work="${interaction?.id}"]`).waitFor({ state: "detached" });
  await row.getByText("Call back ×2").waitFor();
}

/**
 * An agent who lets an offer run out is not asked until they say that they are back.
 * @param {Office} office
 * @param {import("playwright-core").Page} agent
 */
export async function unanswered({ server, admin, billing }, agent) {
  step("an offer runs out, and its agent comes back");
  const { interaction } = await admin.interactions.createInteraction({
    customer: { case: "contact", value: { kind: v1.ChannelKind.CHAT, address: "hurried" } },
    channel: v1.ChannelKind.CHAT,
    queueId: billing,
    subject: "Is anybody there?",
  });
  const offer = agent.locator("[data-offer]").filter({ hasText: "Is anybody there?" });
  await offer.waitFor();
  await server.advance({ seconds: 60 });
  await agent.locator('[data-effective="4"]').waitFor();
  await offer.waitFor({ state: "detached" });
  await noFlaws(agent, "not responding");
  await agent.getByRole("button", { name: "I am back" }).first().click();
  await agent.locator('[data-effective="2"]').waitFor();
  await offer.waitFor();
  await admin.interactions.abandonInteraction({ interactionId: interaction?.id ?? "" });
  await offer.waitFor({ state: "detached" });
}

/**
 * An agent outside their shift is told so, and so is who looks after them.
 * @param {Office} office
 * @param {import("playwright-core").Page} agent
 * @param {import("playwright-core").Page} boss
 */
export async function offShift({ admin, bo }, agent, boss) {
  step("an agent outside their shift is told so");
  const { schedule } = await admin.agents.configureSchedule({
    schedule: { name: "Nobody works", timeZone: "Etc/UTC" },
  });
  const goesBy = (/** @type {string} */ scheduleId) =>
    admin.agents.updateAgent({
      agent: { id: bo.id, scheduleId },
      updateMask: { paths: ["schedule_id"] },
    });
  await goesBy(schedule?.id ?? "");
  await agent.locator('[data-duty="5"]').getByText("Off shift").waitFor();
  await agent.getByText("Outside your shift").first().waitFor();
  await boss.locator('[data-agent="Bo Lindqvist"]').getByText("Off shift").waitFor();
  await noFlaws(agent, "off shift");
  await goesBy("");
  await agent.locator('[data-effective="2"]').waitFor();
}

/**
 * Whoever owns a conversation asks somebody else, who reads along, writes a note and is done.
 * @param {import("playwright-core").Page} agent
 * @param {import("playwright-core").Page} other
 */
export async function advice(agent, other) {
  step("an agent asks another one for advice, who reads, notes and is done");
  await agent.keyboard.press("Alt+h");
  const asking = agent.getByRole("dialog");
  await asking.getByRole("radio", { name: /^Bo Lindqvist/ }).check();
  await agent.getByLabel("What you want to know").fill("Is this router known to fail?");
  await noFlaws(agent, "asking for advice");
  await asking.getByRole("button", { name: "Ask" }).click();
  await agent.getByText("is asked for advice.").waitFor();
  const offer = other.locator("[data-offer]").filter({ hasText: "known to fail?" });
  await offer.getByText("Advice", { exact: true }).waitFor();
  await offer.getByRole("button", { name: "Accept" }).click();
  await agent.getByText("advises you.").waitFor();
  const given = other.locator("[data-advice]");
  await given.getByRole("button", { name: "Read" }).click();
  const read = other.getByRole("dialog");
  await read.locator(".said.in").first().waitFor();
  await noFlaws(other, "advice");
  await read.getByRole("button", { name: "Done" }).click();
  await given.getByLabel("Your advice, as a note").fill("Hold reset for ten seconds.");
  await given.getByRole("button", { name: "Note it" }).click();
  await agent.locator(".said.note").filter({ hasText: "Hold reset" }).waitFor();
  await given.getByRole("button", { name: "Done" }).click();
  await given.waitFor({ state: "detached" });
  await agent.getByText("advises you.").waitFor({ state: "detached" });
}
