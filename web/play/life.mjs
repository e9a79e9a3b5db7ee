// A contact centre that has been at work for some days, for pictures and for looking around: what
// came in by the hour, what became of it, and what is open now. The server's clock is moved, so
// that the days pass in a minute.

import { durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { v1 } from "@omnichannel/sdk";
import { startServer } from "@omnichannel/sdk/testing";
import { openReceiver } from "./office.mjs";

const { EMAIL, CHAT, WHATSAPP, SMS, VOICE, WEBHOOK } = v1.ChannelKind;
const { AVAILABLE, AWAY, BREAK } = v1.PresenceStatus;

const PEOPLE = [
  "Grace Hopper",
  "Ida Rhodes",
  "Mary Kenneth Keller",
  "Jean Bartik",
  "Karen Spärck Jones",
  "فاطمة الفهري",
  "Maximiliana Wolfeschlegelsteinhausenbergerdorff-Papadopoulos",
  "Alan Kay",
  "Радия Перлман",
  "山田 花子",
  "Edsger Dijkstra",
  "Barbara Liskov",
  "Kathleen Booth",
  "Seymour Papert",
];

const SUBJECTS = [
  "Invoice 4711 is wrong",
  "Router does not start",
  "Change my delivery address",
  "لم تصل الفاتورة بعد",
  "Card was declined twice",
  "When does my contract end?",
  "Cannot sign in since the update of last week, neither on the phone nor on the laptop",
  "Refund for order 90210",
  "Please call me back",
  "Wrong item in the parcel",
];

const CHANNELS = [CHAT, CHAT, EMAIL, CHAT, WHATSAPP, EMAIL, SMS, CHAT, VOICE, WEBHOOK, EMAIL];

/** How busy the hours of a day are, midnight first. */
const HOURS = [1, 0, 0, 0, 0, 1, 2, 4, 7, 9, 8, 7, 6, 7, 8, 7, 5, 4, 3, 2, 2, 1, 1, 1];

/** Numbers that look like chance and are the same every time. */
function dice(seed = 7) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** @template T @param {readonly T[]} all @param {number} at */
const pick = (all, at) => /** @type {T} */ (all[at % all.length]);

/** Opens the centre and lets it live. */
export async function openLife({ folder = "", days = 2 } = {}) {
  const server = await startServer({ settings: folder === "" ? {} : { "pages.folder": folder } });
  const receiver = await openReceiver();
  const close = async () => {
    receiver.close();
    await server.stop();
  };
  try {
    const centre = { ...(await furnish(server, receiver.url)), close };
    await live(centre, days);
    await rightNow(centre);
    return centre;
  } catch (error) {
    await close();
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
  const { team: second } = await admin.agents.createTeam({ team: { name: "Second line" } });
  const queue = async (/** @type {string} */ name, /** @type {string[]} */ teams) => {
    const offerTimeout = durationFromMs(120_000);
    const made = await admin.routing.createQueue({ queue: { name, teamIds: teams, offerTimeout } });
    return made.queue?.id ?? "";
  };
  const queues = [
    await queue("Billing", teamIds),
    await queue("Technical support", teamIds),
    await queue("Orders and delivery", teamIds),
    await queue("Second line", [second?.id ?? ""]),
  ];
  const first = { metric: v1.SlaMetric.FIRST_RESPONSE, target: durationFromMs(15 * 60_000) };
  const last = { metric: v1.SlaMetric.RESOLUTION, target: durationFromMs(4 * 3_600_000) };
  await admin.analytics.configureSla({
    policy: { name: "Everything", enabled: true, targets: [first, last], warnAtPercent: [50, 80] },
  });
  const agents = [];
  for (const name of [
    "Ada Byron",
    "Bo Lindqvist",
    "Chidi Anagonye",
    "Dolores Huerta",
    "Émile Zola",
  ]) {
    const capacity = {
      units: name === "Ada Byron" ? 6 : 4,
      perChannel: [
        { channel: EMAIL, max: 3 },
        { channel: CHAT, max: 4 },
      ],
    };
    const { agent } = await admin.agents.createAgent({ agent: { name, teamIds, capacity } });
    const id = agent?.id ?? "";
    agents.push({ id, name, key: await server.createKey(v1.Role.AGENT, id) });
  }
  const customers = [];
  for (const [at, displayName] of PEOPLE.entries()) {
    const address = `customer-${at}@example.org`;
    const contactPoints = [
      { kind: WEBHOOK, address: `shop-${at}` },
      { kind: EMAIL, address },
      { kind: WHATSAPP, address: `+4930123${String(at).padStart(4, "0")}` },
    ];
    const tier = at % 4 === 0 ? "gold" : "";
    const attributes = at % 3 === 0 ? { customer_since: "2019", city: "Lisbon" } : {};
    const { customer } = await admin.customers.createCustomer({
      customer: { displayName, contactPoints, tier, language: at === 5 ? "ar" : "en", attributes },
    });
    customers.push(customer?.id ?? "");
  }
  const { channelAccount } = await admin.channels.createChannelAccount({
    channelAccount: { kind: WEBHOOK, name: "Shop", config: { case: "webhook", value: { url } } },
  });
  const accountId = channelAccount?.id ?? "";
  const supervisorKey = await server.createKey(v1.Role.SUPERVISOR);
  return { server, admin, accountId, queues, agents, customers, supervisorKey, roll: dice() };
}

/** @typedef {Awaited<ReturnType<typeof furnish>>} Centre */

/**
 * Somebody writes.
 * @param {Centre} centre
 * @param {{ customer?: number, subject?: string, queue?: number, body?: string,
 *   channel?: v1.ChannelKind, callInMs?: number }} [letter]
 */
export async function arrive(centre, letter = {}) {
  const { admin, queues, customers, roll } = centre;
  const channel = letter.channel ?? pick(CHANNELS, roll(CHANNELS.length));
  const subject = letter.subject ?? pick(SUBJECTS, roll(SUBJECTS.length));
  const { interaction } = await admin.interactions.createInteraction({
    customer: {
      case: "customerId",
      value: pick(customers, letter.customer ?? roll(customers.length)),
    },
    channel,
    channelAccountId: channel === WEBHOOK ? centre.accountId : "",
    queueId: pick(queues, letter.queue ?? roll(queues.length - 1)),
    subject,
    body:
      letter.body ?? `Hello, ${subject.charAt(0).toLowerCase()}${subject.slice(1)}. Can you help?`,
    priority: 1 + roll(4),
    ...(letter.callInMs !== undefined && { callbackTime: await ahead(centre, letter.callInMs) }),
  });
  return interaction?.id ?? "";
}

/**
 * A moment so far ahead by the server's clock.
 * @param {Centre} centre
 * @param {number} ms
 */
async function ahead({ admin }, ms) {
  const { stats } = await admin.analytics.getRealTimeStats({});
  return timestampFromMs(timestampMs(stats?.asOf ?? timestampFromMs(0)) + ms);
}

/**
 * Days of work, two hours at a time: what came waits a little, is taken, answered and closed.
 * @param {Centre} centre
 * @param {number} days
 */
async function live(centre, days) {
  const { server, admin, agents, roll } = centre;
  const [, ...working] = agents;
  const keys = new Map(working.map(({ id, key }) => [id, server.client({ apiKey: key })]));
  for (let hour = 0; hour < days * 24; hour += 2) {
    const rest = 2 * 3600;
    const count = pick(HOURS, hour) + roll(3);
    const made = [];
    for (let at = 0; at < count; at += 1) made.push(await arrive(centre));
    await server.advance({ seconds: 20 + roll(200) });
    for (const id of made) {
      if (roll(9) === 0) {
        await admin.interactions.abandonInteraction({ interactionId: id });
        continue;
      }
      await admin.interactions.closeInteraction({ interactionId: id, resolution: "Told." });
      const rating = 3 + roll(3);
      if (roll(3) > 0) await admin.interactions.rateInteraction({ interactionId: id, rating });
    }
    await taken(centre, keys, 1 + roll(Math.min(count, 4) + 1));
    await server.advance({ seconds: rest });
  }
}

/**
 * Some contacts by the hands of agents, with the time that takes.
 * @param {Centre} centre
 * @param {Map<string, import("@omnichannel/sdk").Client>} keys
 * @param {number} count
 */
async function taken(centre, keys, count) {
  const { server, roll } = centre;
  const [client] = [...keys.values()].slice(roll(keys.size));
  if (client === undefined) return;
  const session = client.agentSession();
  await session.opened;
  for (let at = 0; at < count; at += 1) await arrive(centre);
  await server.advance({ seconds: 15 + roll(150) });
  await session.setPresence(AVAILABLE);
  const answered = new Set();
  for await (const update of session) {
    if (update.type === "offered") await update.offer.accept().catch(() => {});
    if (update.type !== "assigned") continue;
    const { id } = update.interaction;
    if (answered.has(id)) continue;
    answered.add(id);
    await server.advance({ seconds: 10 + roll(90) });
    const note = { interactionId: id, body: "Looked at it.", kind: v1.SendKind.INTERNAL_NOTE };
    await client.interactions.sendMessage(note);
    await session.complete(id, { wrapUpCode: "answered", resolution: "Answered." });
    if (answered.size >= count) break;
  }
  await client.agents.setPresence({ status: v1.PresenceStatus.OFFLINE });
  session.close();
}

/**
 * What is going on at this moment.
 * @param {Centre} centre
 */
async function rightNow(centre) {
  const { server, agents } = centre;
  const states = [AVAILABLE, AVAILABLE, BREAK, AWAY];
  const sessions = agents.slice(1).map(({ key }) => server.client({ apiKey: key }).agentSession());
  for (const [at, session] of sessions.entries()) {
    void follow(session, at === 1 ? 3 : 2).catch(() => {});
    await session.opened;
    await session.setPresence(pick(states, at));
  }
  for (let at = 0; at < 6; at += 1) await arrive(centre);
  await new Promise((resolve) => setTimeout(resolve, 800));
  for (const minutes of [5, 1, 2, 1, 3, 1, 1, 2, 1, 1, 1]) {
    await server.advance({ minutes });
    for (let at = 0; at < 2; at += 1) await arrive(centre, { queue: 3 });
  }
  const called = { channel: VOICE, queue: 1, subject: "Please call me back" };
  await arrive(centre, { ...called, customer: 3, callInMs: 40 * 60_000 });
  await arrive(centre, { ...called, customer: 11, callInMs: 26 * 3_600_000 });
}

/**
 * Takes so many offers and leaves the others.
 * @param {import("@omnichannel/sdk").AgentSession} session
 * @param {number} most
 */
async function follow(session, most) {
  let count = 0;
  for await (const update of session) {
    if (update.type !== "offered" || count >= most) continue;
    count += 1;
    await update.offer.accept().catch(() => {});
  }
}
