// Pictures of every view, in light and dark, on a laptop and on a phone, with a centre that has
// lived for some days: to be looked at. What axe finds serious, and a view that is wider than its
// window, fails.
//
//   node play/gallery.mjs [name of a view]...

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { v1 } from "@omnichannel/sdk";
import { arrive, openLife } from "./life.mjs";
import { flaws, LIVE, openBrowser, openWindow, PICTURES, signIn } from "./office.mjs";

const SIZES = [
  ["", { width: 1440, height: 900 }],
  ["-phone", { width: 390, height: 844 }],
];
const wanted = process.argv.slice(2);
const began = performance.now();
const step = (/** @type {string} */ text) =>
  console.log(`gallery: ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

mkdirSync(PICTURES, { recursive: true });
step("some days pass");
const folder = fileURLToPath(new URL("../dist", import.meta.url));
const centre = await openLife({ folder, days: Number(process.env["DAYS"] ?? 6) });
const browser = await openBrowser();
/** @type {string[]} */
const found = [];
try {
  await show();
  assert.deepEqual(found, []);
  step("in order");
} catch (error) {
  for (const [at, page] of browser
    .contexts()
    .flatMap((one) => one.pages())
    .entries()) {
    await page.screenshot({ path: `${PICTURES}failed-${at + 1}.png` }).catch(() => {});
  }
  throw error;
} finally {
  await browser.close();
  await centre.close();
}

/**
 * Pictures of a view as it is now.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function look(page, name, full = false) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  for (const [size, viewport] of /** @type {[string, { width: number, height: number }][]} */ (
    SIZES
  )) {
    await page.setViewportSize(viewport);
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(250);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > viewport.width) found.push(`${name}${size} is ${wide} wide`);
      found.push(
        ...(await flaws(page)).map(
          (/** @type {string} */ flaw) => `${name}${size} ${colorScheme}: ${flaw}`,
        ),
      );
      const path = `${PICTURES}${name}${size}-${colorScheme}.png`;
      await page.screenshot({ path, fullPage: full });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: null });
  step(name);
}

async function show() {
  const { server, agents, supervisorKey, admin } = centre;
  const [ada] = agents;
  assert(ada !== undefined);
  const desk = (await openWindow(browser, server.endpoint)).page;
  await signIn(desk, "/desk", ada.key);
  await desk.locator(LIVE).waitFor();
  await look(desk, "g-desk-empty");
  await desk.getByLabel("Presence", { exact: true }).selectOption({ label: "Available" });
  await desk.locator('[data-effective="2"]').waitFor();
  const story = await talk(desk);
  await look(desk, "g-desk");
  await desk.locator("#as-note").check();
  await desk.locator('input[type="file"]').setInputFiles([
    { name: "meter reading.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(70_000, 1) },
    { name: "صورة العداد.png", mimeType: "image/png", buffer: Buffer.alloc(1_300_000, 1) },
  ]);
  await desk.locator('[data-upload="up"]').nth(1).waitFor();
  await desk.locator("#answer").fill("Both readings are in the files.");
  await look(desk, "g-desk-note");
  await desk.getByRole("button", { name: "Add note" }).click();
  for (const [key, name] of [
    ["Alt+t", "g-transfer"],
    ["Alt+e", "g-escalate"],
    ["Alt+p", "g-later"],
    ["Alt+c", "g-close"],
    ["Alt+k", "g-keys"],
  ]) {
    await desk.keyboard.press(key ?? "");
    await desk.getByRole("dialog").waitFor();
    await look(desk, name ?? "");
    await desk.keyboard.press("Escape");
  }
  assert.notEqual(story, "");
  const board = (await openWindow(browser, server.endpoint)).page;
  await signIn(board, "/dashboard", supervisorKey);
  await board.locator(LIVE).waitFor();
  await board.locator(".charts .u-over").first().waitFor();
  await board.locator("[data-row]").first().waitFor();
  await look(board, "g-board", true);
  await board.getByText("7 days").click();
  await board.locator(".charts .u-over").first().waitFor();
  await look(board, "g-week");
  await board
    .locator("[data-row]")
    .filter({ hasText: "Waiting" })
    .last()
    .getByRole("button", { name: /Why/ })
    .click();
  await board.getByRole("dialog").locator("[data-explained]").first().waitFor();
  await look(board, "g-why");
  await board.keyboard.press("Escape");
  const talked = board.locator("[data-row]").filter({ hasText: "Invoice 4711" }).first();
  await talked.locator(".subject button").click();
  await board.getByRole("dialog").locator(".said").first().waitFor();
  await look(board, "g-read");
  await board.keyboard.press("Escape");
  await board.locator("[data-row]").first().getByRole("button", { name: /Move/ }).click();
  await board.getByRole("dialog").getByRole("radio").first().waitFor();
  await look(board, "g-move");
  await board.keyboard.press("Escape");
  for (let at = 0; at < 200; at += 1) await arrive(centre, { queue: 3 });
  await board.getByRole("button", { name: /Show more/ }).click();
  await board.locator("[data-row]").nth(120).waitFor();
  await look(board, "g-many", true);
  assert((await admin.interactions.listInteractions({ pageSize: 1 }).take(1)).length === 1);
}

/**
 * One conversation has to wait until tomorrow.
 * @param {import("playwright-core").Page} desk
 */
async function setAside(desk) {
  await desk.locator("[data-work]").filter({ hasText: "Cannot sign in" }).last().click();
  await desk.keyboard.press("Alt+p");
  await desk.getByLabel("Until").selectOption({ index: 3 });
  await desk.getByRole("dialog").getByRole("button", { name: "Set aside" }).click();
  await desk.locator("[data-resting]").waitFor();
}

/**
 * Ada takes what she is offered and talks with one of them.
 * @param {import("playwright-core").Page} desk
 */
async function talk(desk) {
  await arrive(centre, {
    queue: 0,
    customer: 5,
    subject: "لم تصل الفاتورة بعد",
    body: "مرحبا، لم تصلني فاتورة شهر مارس حتى الآن. هل يمكنكم المساعدة؟",
  });
  for (const [customer, subject] of /** @type {const} */ ([
    [6, "Cannot sign in since the update of last week, neither on the phone nor on the laptop"],
    [0, "Invoice 4711 is wrong"],
  ])) {
    const body =
      "Hello, you charged me twice for March. Once on the 3rd and once on the 4th. " +
      "Can you look into it, please?";
    await arrive(centre, { queue: 0, customer, subject, body, channel: v1.ChannelKind.WEBHOOK });
  }
  for (let taken = 0; taken < 4; taken += 1) {
    await desk
      .locator("[data-offer]")
      .first()
      .waitFor({ timeout: 5000 })
      .catch(() => {});
    if ((await desk.locator("[data-offer]").count()) === 0) break;
    await desk.keyboard.press("Alt+a");
    await desk.waitForTimeout(400);
  }
  await arrive(centre, { queue: 0, customer: 1, subject: "Card was declined twice" });
  await desk
    .locator("[data-offer]")
    .first()
    .waitFor({ timeout: 5000 })
    .catch(() => {});
  const mine = desk.locator("[data-work]").filter({ hasText: "Invoice 4711" }).last();
  await mine.getByRole("button").click();
  const id = (await mine.getAttribute("data-work")) ?? "";
  for (const [kind, text] of [
    ["#as-reply", "Sorry about that, Grace. I am looking at it now."],
    ["#as-note", "Charged on 3 and 4 March; the second one was a retry of ours."],
    ["#as-reply", "It was our mistake: the second charge is on its way back to you."],
  ]) {
    await desk.locator(kind ?? "").check();
    await desk.locator("#answer").fill(text ?? "");
    await desk.keyboard.press("Control+Enter");
    await desk
      .locator(".said:not(.pending)")
      .filter({ hasText: text ?? "" })
      .waitFor();
  }
  await desk.locator(".delivery").filter({ hasText: "sent" }).nth(1).waitFor();
  await setAside(desk);
  await mine.getByRole("button").click();
  return id;
}
