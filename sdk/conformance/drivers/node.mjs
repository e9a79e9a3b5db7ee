// Driver of the TypeScript client, on Node over gRPC or as in a browser over gRPC-Web: does what
// the runner says in lines of JSON and tells what it saw. Commands run side by side; it judges
// nothing, and uses the public surface of the package alone. Its argument is the entry: node or
// web.

import { createInterface } from "node:readline";
import { fromJson, toJson } from "@bufbuild/protobuf";
import * as node from "@omnichannel/sdk";
import * as web from "@omnichannel/sdk/web";

const entry = process.argv[2];
const sdk = entry === "web" ? web : node;
const { v1, Code, OmnichannelError, LiveOffer } = sdk;

const SERVICES = {
  AdminService: "admin",
  AgentService: "agents",
  AnalyticsService: "analytics",
  ChannelService: "channels",
  CustomerService: "customers",
  InteractionService: "interactions",
  RoutingService: "routing",
};

const clients = new Map();
const asked = new Map();
const streams = new Map();
const offers = new Map();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const upper = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
const first = (name) => name[0].toLowerCase() + name.slice(1);
const codeOf = (code) => (Code[code] === "Canceled" ? "CANCELLED" : upper(Code[code]));

function known(error) {
  const { goodbyeReason } = error;
  return {
    class: error.name,
    code: codeOf(error.code),
    reason: error.reason,
    metadata: error.metadata,
    violations: error.violations.map(({ field }) => field),
    retry_after_ms: error.retryAfterMs ?? null,
    local: error.local,
    retryable: error.retryable,
    goodbye: goodbyeReason === undefined ? "" : v1.GoodbyeReason[goodbyeReason],
    text: error.message,
  };
}

function called({ client, rpc, request, timeout_ms }) {
  const [service, name] = rpc.split(".");
  const message = fromJson(v1[`${name}RequestSchema`], request);
  const options = timeout_ms === undefined ? {} : { deadlineMs: timeout_ms };
  return clients.get(client)[SERVICES[service]][first(name)](message, options);
}

const place = ({ seq, eventId, snapshot }) => ({
  seq: Number(seq),
  event_id: eventId,
  snapshot: snapshot ?? eventId === "",
});

const kinds = {
  event({ seq, event, resumeToken }) {
    const { data } = event;
    const subject = data.case === "configChanged" ? data.value.resourceId : event.interactionId;
    const { id, kind } = event;
    return { type: "event", seq: Number(seq), id, kind, subject, token: resumeToken };
  },
  restarted: ({ seq }) => ({ type: "restarted", seq: Number(seq) }),
  snapshotBegun: (item) => ({ ...place(item), type: "snapshot_begun" }),
  snapshotEnd: (item) => ({ ...place(item), type: "snapshot_end" }),
  offered: (item) => ({
    ...place(item),
    type: "offered",
    offer: item.offer.id,
    interaction: item.offer.work.interaction.id,
    remaining_ms: item.offer.remainingMs ?? null,
  }),
  offerEnded: (item) => ({
    ...place(item),
    type: "offer_ended",
    offer: item.offer.id,
    interaction: item.offer.interactionId,
  }),
  assigned: (item) => ({ ...place(item), type: "assigned", interaction: item.interaction.id }),
  unassigned: (item) => ({
    ...place(item),
    type: "unassigned",
    interaction: item.work.interactionId,
  }),
  message: (item) => ({
    ...place(item),
    type: "message",
    interaction: item.message.interactionId,
    body: item.message.body,
  }),
  interaction: (item) => ({
    ...place(item),
    type: "interaction",
    interaction: item.interaction.id,
    status: v1.InteractionStatus[item.interaction.status],
  }),
  interactionChanged: (item) => kinds.interaction(item),
  offer: (item) => ({ ...place(item), type: "offer", offer: item.offer.id }),
  presence: (item) => ({
    ...place(item),
    type: "presence",
    status: v1.PresenceStatus[item.presence.intended],
  }),
  unknown: (item) => ({ ...place(item), type: "unknown" }),
};

function yielded(item) {
  if (item.board !== undefined) {
    const queues = item.board.queues.map(({ name, depth }) => [name, depth]);
    return { type: "board", seq: Number(item.seq), queues: Object.fromEntries(queues) };
  }
  if (item.offer instanceof LiveOffer) offers.set(item.offer.id, item.offer);
  return kinds[item.type](item);
}

const OPENINGS = {
  feed: (client, { from_seq, resume_token }) =>
    client.feed({
      ...(from_seq === undefined ? {} : { fromSeq: BigInt(from_seq) }),
      ...(resume_token === undefined ? {} : { resumeToken: resume_token }),
    }),
  agent_session: (client, { session_id }) =>
    client.agentSession(session_id === undefined ? {} : { sessionId: session_id }),
  dashboard: (client) => client.dashboard(),
  watch_interaction: (client, { interaction_id }) => client.watchInteraction(interaction_id),
};

/** What comes next, or nothing in time; what comes later is kept for the next who asks. */
async function nextOf(live, due) {
  live.pending ??= live.stream.next().then(
    (next) => ({ next }),
    (error) => ({ error }),
  );
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(due - performance.now(), 1));
  });
  const came = await Promise.race([live.pending, late]);
  clearTimeout(timer);
  if (came !== undefined) live.pending = undefined;
  return came;
}

const commands = {
  client({ name, endpoint, key, tokens, max_attempts }) {
    const provider = { token: () => token(name, tokens) };
    const credential = tokens === undefined ? { apiKey: key } : provider;
    const attempts = max_attempts === undefined ? {} : { maxAttempts: max_attempts };
    asked.set(name, 0);
    clients.set(name, new sdk.Client({ endpoint, ...credential, ...attempts }));
    return {};
  },
  asked_for: ({ client }) => ({ times: asked.get(client) }),
  async call(given) {
    const answer = await called(given);
    return toJson(v1[`${given.rpc.split(".")[1]}ResponseSchema`], answer);
  },
  async list(given) {
    const { most = 10_000 } = given;
    const items = [];
    for await (const item of called(given)) {
      const schema = v1[`${item.$typeName.split(".").at(-1)}Schema`];
      items.push(toJson(schema, item));
      if (items.length === most) break;
    }
    return { items };
  },
  async open(given) {
    const stream = OPENINGS[given.kind](clients.get(given.client), given);
    const live = { stream, states: [], pending: undefined };
    stream.onState((state) => live.states.push(state));
    streams.set(given.stream, live);
    const { resumption } = await stream.opened;
    return { resumption: v1.Resumption[resumption] };
  },
  async read({ stream, count, timeout_ms }) {
    const live = streams.get(stream);
    const told = { items: [], over: false, error: null };
    const due = performance.now() + timeout_ms;
    while (told.items.length < count) {
      const came = await nextOf(live, due);
      if (came === undefined) break;
      if ("error" in came) {
        if (!(came.error instanceof OmnichannelError)) throw came.error;
        return { ...told, over: true, error: known(came.error) };
      }
      if (came.next.done) return { ...told, over: true };
      told.items.push(yielded(came.next.value));
    }
    return told;
  },
  state({ stream }) {
    const live = streams.get(stream);
    const error = live.stream.lastError;
    return { states: [...live.states], error: error === undefined ? null : known(error) };
  },
  offer({ offer }) {
    const live = offers.get(offer);
    return { open: !live.ended.aborted, remaining_ms: live.remainingMs ?? null };
  },
  async accept({ stream, offer }) {
    const live = offers.get(offer);
    await (live === undefined ? streams.get(stream).stream.accept(offer) : live.accept());
    return {};
  },
  async decline({ stream, offer }) {
    await streams.get(stream).stream.decline(offer);
    return {};
  },
  async complete({ stream, interaction }) {
    await streams.get(stream).stream.complete(interaction);
    return {};
  },
  async presence({ stream, status }) {
    await streams.get(stream).stream.setPresence(v1.PresenceStatus[status]);
    return {};
  },
  async message({ stream, interaction, body }) {
    await streams.get(stream).stream.sendMessage(interaction, body);
    return {};
  },
  close({ stream }) {
    streams.get(stream).stream.close();
    streams.delete(stream);
    return {};
  },
  end({ client }) {
    clients.get(client).close();
    clients.delete(client);
    return {};
  },
};

// A crew of agents for the long trial: each takes what is offered, completes what is assigned, and
// keeps what it saw.
const crew = [];
const AGAIN = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Canceled]);
const OPENED_AT_ONCE = 16;
const PATIENCE_MS = 120_000;
let opening = 0;
const queued = [];

async function room(open) {
  if (opening >= OPENED_AT_ONCE) await new Promise((resolve) => queued.push(resolve));
  opening += 1;
  try {
    return await open();
  } finally {
    opening -= 1;
    queued.shift()?.();
  }
}

async function insist(member, command) {
  for (;;) {
    try {
      await command();
      return;
    } catch (error) {
      if (!(error instanceof OmnichannelError)) throw error;
      if (!AGAIN.has(error.code)) member.refused.push(error.reason);
      if (!AGAIN.has(error.code) || member.stream.state === "stopped") return;
    }
  }
}

async function work(member, client) {
  const { stream, feeds, updates } = member;
  try {
    await stream.opened;
    if (!feeds) await insist(member, () => stream.setPresence(v1.PresenceStatus.AVAILABLE));
    for await (const item of stream) {
      const told = kinds[item.type](item);
      updates.push([told.seq, told.event_id ?? told.id, told.type, told.interaction ?? ""]);
      if (told.type === "offered") await insist(member, () => item.offer.accept());
      if (told.type === "assigned") {
        await insist(member, () => stream.complete(item.interaction.id));
      }
    }
  } catch (error) {
    member.ended = `${error}`;
  }
  client.close();
}

async function hire(endpoint, apiKey, feeds) {
  const client = new sdk.Client({ endpoint, apiKey });
  const openTimeoutMs = PATIENCE_MS;
  await room(async () => {
    const stream = feeds
      ? client.feed({ fromSeq: 1n, openTimeoutMs })
      : client.agentSession({ openTimeoutMs });
    const member = { stream, feeds, updates: [], states: [], refused: [], ended: "" };
    stream.onState((state) => member.states.push([Date.now(), state]));
    crew.push(member);
    void work(member, client);
    await stream.opened.catch(() => {});
  });
}

Object.assign(commands, {
  crew({ endpoint, keys, feed_keys }) {
    for (const key of keys) void hire(endpoint, key, false);
    for (const key of feed_keys) void hire(endpoint, key, true);
    return {};
  },
  crew_open() {
    const feeds = crew.filter(({ feeds }) => feeds).map(({ updates }) => updates.at(-1)?.[0] ?? 0);
    const open = crew.filter(({ stream: { state } }) => ["connected", "resynced"].includes(state));
    return { open: open.length, reached: feeds.length === 0 ? 0 : Math.min(...feeds) };
  },
  crew_told: () => ({ members: crew.map(({ stream, ...seen }) => seen) }),
});

function token(name, tokens) {
  asked.set(name, asked.get(name) + 1);
  return tokens[Math.min(asked.get(name), tokens.length) - 1];
}

async function carryOut({ id, do: what, ...given }) {
  try {
    say({ id, ok: await commands[what](given) });
  } catch (error) {
    if (error instanceof OmnichannelError) say({ id, error: known(error) });
    else say({ id, broken: `${error?.stack ?? error}` });
  }
}

const transport = entry === "web" ? "gRPC-Web over HTTP/1.1 (fetch)" : "gRPC over HTTP/2 (Connect)";
const version = sdk.VERSION;
const wire = entry === "web" ? "grpc-web" : "grpc";
say({ driver: entry, transport, version, lacks: [], wire });
for await (const line of createInterface({ input: process.stdin })) void carryOut(JSON.parse(line));
process.exit(0);
