// The desk of one agent as the page shows it: the session's state beside what the agent has before
// them. The session survives lost connections and restarts by itself; this only mirrors it. The
// identifier of the console is kept over a reload, so that the server sees the same desk return.

import {
  type AgentSession,
  type AgentUpdate,
  type Client,
  type LiveOffer,
  newRequestId,
  OmnichannelError,
  v1,
} from "@omnichannel/sdk/web";
import { computed, signal } from "@preact/signals";
import { inWords, leaving, signOut } from "../account.js";
import { keep, kept } from "../kept.js";
import { Names } from "../names.js";
import { stream, tell } from "../parts.js";
import { heardAt, msOf, now } from "../time.js";
import { Files } from "./files.js";
import { type Letter, Outbox } from "./outbox.js";
import { Thread } from "./thread.js";

const SESSION = "desk.session";
const SELECTED = "desk.selected";

/** Most threads that are kept; the ones opened longest ago go first. */
const THREADS_MAX = 50;

const AGENT_AGAIN_MS = 500;

/** How soon work is read again after something was said in it, or was set aside. */
const WORK_AGAIN_MS = 400;

/** Most pieces of work that are shown as set aside. */
const RESTING_MAX = 50;

/** What is further away than this is read again before by something else, if it matters. */
const LONG_MS = 24 * 3_600_000;

/** Updates after which what is set aside may be another. */
const MOVES = new Set(["snapshotEnd", "assigned", "unassigned", "offered"]);

/** Why a desk has ended, and whether it was because another window took it. */
export interface Ending {
  readonly text: string;
  readonly wasReplaced: boolean;
}

export class DeskModel {
  readonly client: Client;
  readonly names: Names;
  readonly outbox: Outbox;
  readonly ending = signal<Ending | undefined>(undefined);
  /** Whether the first snapshot is complete. */
  readonly isReady = signal(false);
  readonly presence = signal<v1.Presence | undefined>(undefined);
  readonly offers = signal<readonly LiveOffer[]>([]);
  readonly work = signal<readonly v1.Interaction[]>([]);
  /** What the agent advises on. */
  readonly advice = signal<readonly v1.OfferedWork[]>([]);
  readonly selectedId = signal(kept<string>(SELECTED) ?? "");
  readonly selected = computed(() =>
    this.work.value.find(({ id }) => id === this.selectedId.value),
  );
  /** What the agent set aside, what wakes first before the rest. */
  readonly resting = signal<readonly v1.Interaction[]>([]);
  /** Messages of customers that came while something else was shown, by interaction. */
  readonly unread = signal<ReadonlyMap<string, number>>(new Map());
  /** Whose desk it is, once that is known. */
  readonly agent = signal<v1.Agent | undefined>(undefined);
  /** Whether some queue leaves work to be taken by this agent. */
  readonly mayTake = computed(() => {
    const teamIds = this.agent.value?.teamIds ?? [];
    const isTheirs = (queue: v1.Queue) =>
      queue.teamIds.length === 0 ||
      queue.routingPlanId !== "" ||
      queue.teamIds.some((id) => teamIds.includes(id));
    const queues = [...this.names.queues.value.values()];
    return queues.some((one) => one.assignmentMode === v1.AssignmentMode.PULL && isTheirs(one));
  });
  /** Whether the agent takes something at this moment. */
  readonly isTaking = signal(false);
  readonly #session: AgentSession;
  readonly #offers = new Map<string, LiveOffer>();
  readonly #threads = new Map<string, Thread>();
  readonly #files = new Map<string, Files>();
  /** Work as it was read after a message moved its promises, which no update tells. */
  readonly #read = new Map<string, v1.Interaction>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #isClosed = false;
  #isFilling = false;
  #agentId = "";

  constructor(client: Client) {
    this.client = client;
    this.names = new Names(client);
    this.outbox = new Outbox(client, (letter, message) => this.#arrived(letter, message));
    const sessionId = kept<string>(SESSION) ?? newRequestId();
    keep(SESSION, sessionId);
    this.#session = client.agentSession({ sessionId });
    this.#session.opened.then(
      ({ agentId }) => {
        this.#agentId = agentId;
        this.#lookAtAgent();
        this.lookAtResting();
      },
      () => {},
    );
    this.#session.onState((state) => {
      stream.value = state;
    });
    // Whoever signs out is not to be asked any more.
    leaving.act = () => this.#session.setPresence(v1.PresenceStatus.OFFLINE);
    void this.names.load();
    void this.#follow();
  }

  /** Leaves the desk; what the agent has stays theirs for the grace of the session. */
  close(): void {
    this.#isClosed = true;
    stream.value = undefined;
    leaving.act = undefined;
    this.outbox.close();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#session.close();
  }

  /** Shows an interaction. */
  select(id: string): void {
    this.selectedId.value = id;
    keep(SELECTED, id || undefined);
    if (this.unread.value.has(id)) {
      const rest = new Map(this.unread.value);
      rest.delete(id);
      this.unread.value = rest;
    }
  }

  /** The thread of a customer, which is read when it is first asked for. */
  thread(customerId: string): Thread {
    let thread = this.#threads.get(customerId);
    if (thread === undefined) {
      thread = new Thread(this.client, customerId);
      this.#threads.set(customerId, thread);
      const [oldest] = this.#threads.keys();
      if (this.#threads.size > THREADS_MAX && oldest !== undefined) this.#threads.delete(oldest);
      void thread.load();
    }
    return thread;
  }

  /** The files that the next message of an interaction is to carry. */
  files(interactionId: string): Files {
    let files = this.#files.get(interactionId);
    if (files === undefined) {
      files = new Files(this.client, interactionId);
      this.#files.set(interactionId, files);
      const [oldest] = this.#files.keys();
      if (this.#files.size > THREADS_MAX && oldest !== undefined) this.#files.delete(oldest);
    }
    return files;
  }

  /** Takes an offer. */
  async accept(offer: LiveOffer): Promise<void> {
    const id = offer.work.interaction?.id ?? "";
    await this.#tried(offer.accept());
    if (offer.work.offer?.role === v1.OfferRole.CONSULT) return;
    if (this.work.value.some((one) => one.id === id)) this.select(id);
    else this.#selectNext = id;
  }

  /** Takes the next that waits to be taken. */
  async takeNext(): Promise<void> {
    this.isTaking.value = true;
    const taking = this.#session.takeNext().then((id) => {
      if (this.work.value.some((one) => one.id === id)) this.select(id);
      else this.#selectNext = id;
    });
    await this.#tried(taking);
    this.isTaking.value = false;
  }

  /** Declines an offer. */
  async decline(offer: LiveOffer): Promise<void> {
    await this.#tried(offer.decline());
  }

  /** Ends a consult, asked for or given. */
  async endConsult(offerId: string): Promise<void> {
    await this.#tried(this.client.interactions.endConsult({ offerId }));
  }

  /** Hands an interaction over to whoever advises on it. */
  async handOver({ id: interactionId, consult }: v1.Interaction): Promise<void> {
    const target = { case: "agentId", value: consult?.agentId ?? "" } as const;
    await this.#tried(this.client.interactions.transferInteraction({ interactionId, target }));
  }

  /** Chooses a presence; the channels stay as they were chosen. */
  async choose(status: v1.PresenceStatus, afterCurrentWork: boolean): Promise<void> {
    const channels = this.presence.value?.channels ?? [];
    await this.#tried(this.#session.setPresence(status, { afterCurrentWork, channels }));
  }

  /**
   * Chooses the same once more: takes back what was chosen for after the current work, and ends
   * that an offer went unanswered.
   */
  async stay(): Promise<void> {
    const status = this.presence.value?.intended ?? v1.PresenceStatus.UNSPECIFIED;
    if (status !== v1.PresenceStatus.UNSPECIFIED) await this.choose(status, false);
  }

  /** Chooses the channels to be ready for; none means all. */
  async readyFor(channels: readonly v1.ChannelKind[]): Promise<void> {
    const { intended = v1.PresenceStatus.UNSPECIFIED, reason = "" } = this.presence.value ?? {};
    const status = intended || v1.PresenceStatus.AVAILABLE;
    await this.#tried(this.#session.setPresence(status, { channels, reason }));
  }

  #selectNext = "";

  async #tried(doing: Promise<unknown>): Promise<void> {
    try {
      await doing;
    } catch (error) {
      tell(inWords(error), "bad");
    }
  }

  async #follow(): Promise<void> {
    try {
      for await (const update of this.#session) this.#take(update);
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof OmnichannelError && error.name === "Unauthenticated") {
        signOut("The key is not valid, or not any more.");
        return;
      }
      const replaced =
        error instanceof OmnichannelError && error.goodbyeReason === v1.GoodbyeReason.REPLACED;
      const text = replaced ? "This desk was opened in another window." : inWords(error);
      this.ending.value = { text, wasReplaced: replaced };
    }
  }

  #take(update: AgentUpdate): void {
    heardAt(update.time);
    if (update.type === "snapshotBegun") this.#isFilling = true;
    if (update.type === "offered") this.#offers.set(update.offer.id, update.offer);
    if (update.type === "assigned" || update.type === "interactionChanged") {
      this.#read.delete(update.interaction.id);
    }
    if (MOVES.has(update.type)) this.lookAtResting();
    if (update.type === "message") this.#heard(update.message);
    if (update.type === "snapshotEnd") {
      this.#isFilling = false;
      // What happened meanwhile is in the histories.
      if (this.isReady.value) for (const thread of this.#threads.values()) void thread.load();
      this.isReady.value = true;
    }
    if (!this.#isFilling) this.#mirror();
    // What is taken is offered and accepted in one.
    if (update.type === "offered" && !update.snapshot && !this.isTaking.value) {
      const subject = update.offer.work.interaction?.subject || "new work";
      tell(`Offered: ${subject}`, "unseen");
    }
  }

  #mirror(): void {
    const { presence, offers, assigned, consulting } = this.#session.desk;
    this.presence.value = presence;
    const open: LiveOffer[] = [];
    for (const [id, offer] of this.#offers) {
      if (offers.has(id)) open.push(offer);
      else this.#offers.delete(id);
    }
    this.offers.value = open;
    this.advice.value = [...consulting.values()];
    for (const { work, remainingMs } of open) {
      if (remainingMs) heardAt(msOf(work.offer?.expireTime) - remainingMs);
    }
    this.work.value = [...assigned.values()].map((one) => this.#read.get(one.id) ?? one);
    for (const id of this.#read.keys()) if (!assigned.has(id)) this.#read.delete(id);
    if (this.#selectNext !== "" && assigned.has(this.#selectNext)) {
      this.select(this.#selectNext);
      this.#selectNext = "";
    }
    this.#lookAtAgent();
  }

  #heard(message: v1.Message): void {
    const { interactionId } = message;
    const interaction = this.#session.desk.assigned.get(interactionId);
    if (interaction === undefined) return;
    this.#threads.get(interaction.customerId)?.put(message);
    this.#later(interactionId, WORK_AGAIN_MS, () => this.#readAgain(interactionId));
    const isNew = message.direction === v1.Direction.INBOUND;
    if (isNew && interactionId !== this.selectedId.value) {
      const count = this.unread.value.get(interactionId) ?? 0;
      this.unread.value = new Map(this.unread.value).set(interactionId, count + 1);
    }
  }

  #arrived(letter: Letter, message: v1.Message): void {
    this.#threads.get(letter.customerId)?.put(message);
  }

  /** Does something some time after it was last asked for. */
  #later(name: string, ms: number, act: () => Promise<void>): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      // What cannot be read stays as it was; the next change asks again.
      act().catch(() => {});
    }, ms);
    this.#timers.set(name, timer);
  }

  /** Reads capacity and what of it is used, some time after the last change. */
  #lookAtAgent(): void {
    if (this.#agentId === "") return;
    this.#later("agent", AGENT_AGAIN_MS, async () => {
      const { agent } = await this.client.agents.getAgent({ agentId: this.#agentId });
      if (agent !== undefined) this.agent.value = agent;
    });
  }

  /** Reads what is set aside, soon, and again when the first of it wakes. */
  lookAtResting(): void {
    if (this.#agentId === "") return;
    this.#later("resting", WORK_AGAIN_MS, async () => {
      const statuses = [v1.InteractionStatus.PARKED];
      const asked = { statuses, agentId: this.#agentId };
      const found = await this.client.interactions.listInteractions(asked).take(RESTING_MAX);
      const wakes = (one: v1.Interaction) => msOf(one.wakeTime) || Number.POSITIVE_INFINITY;
      // What keeps its place at the desk is shown there.
      const rests = found.filter(({ id }) => !this.#session.desk.assigned.has(id));
      this.resting.value = rests.sort((a, b) => wakes(a) - wakes(b));
      const first = Math.min(...rests.map(wakes)) - now.peek();
      if (first < LONG_MS) this.#later("waking", Math.max(first, 0) + 1500, this.#woken);
    });
  }

  readonly #woken = async () => this.lookAtResting();

  async #readAgain(interactionId: string): Promise<void> {
    const before = this.#session.desk.assigned.get(interactionId);
    const { interaction } = await this.client.interactions.getInteraction({ interactionId });
    // What an update told meanwhile is newer.
    const isCurrent = this.#session.desk.assigned.get(interactionId) === before;
    if (interaction === undefined || before === undefined || !isCurrent) return;
    this.#read.set(interactionId, interaction);
    this.#mirror();
  }
}

/** A fresh console, for a desk that another window has taken. */
export function freshConsole(): void {
  keep(SESSION, undefined);
}
