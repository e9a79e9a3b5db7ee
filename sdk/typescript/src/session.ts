// An agent's session: work comes down as updates, answers go up as commands, each of which waits
// for its result. The session outlives its connections under one `sessionId`. Where the
// transport goes both ways, commands travel on the stream and one that was under way when it was
// lost is sent again with the same `requestId`; elsewhere, as in browsers, they are calls of
// their own.

import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { Desk } from "./desk.js";
import type { AgentCalls, InteractionCalls } from "./generated/calls.js";
import type { PresenceStatus } from "./generated/omnichannel/v1/agent_pb.js";
import { AgentService } from "./generated/omnichannel/v1/agent_service_pb.js";
import type { OfferedWork } from "./generated/omnichannel/v1/agent_session_pb.js";
import {
  type AgentFrame,
  type CommandOk,
  type SessionRequest,
  SessionRequestSchema,
} from "./generated/omnichannel/v1/agent_session_pb.js";
import type { ChannelKind } from "./generated/omnichannel/v1/channel_pb.js";
import { newRequestId } from "./ids.js";
import { Driver } from "./stream/driver.js";
import { type Body, type Delivered, type Frame, frameOf, type Start } from "./stream/frame.js";
import type { StreamHost, StreamOptions } from "./stream/live.js";
import { bothWays, FIRST_OPEN_TIMEOUT_MS, LiveStream, serverStream } from "./stream/live.js";
import { type AgentChange, type AgentPiece, changeOf, snapshotOf } from "./updates.js";

/** How to hold a session. */
export interface SessionOptions extends StreamOptions {
  /** Who the session is for. Default: the agent that the API key names. */
  agentId?: string;
  /** Identifier of the console, a UUID. Default: a fresh one. */
  sessionId?: string;
  /** Most offers to have open at a time, 0 to 100. Default: 0, the agent's capacity alone. */
  maxOpenOffers?: number;
  /** How long a command waits for its result, reconnecting included. Default: 10 seconds. */
  commandTimeoutMs?: number;
}

/** How to end the contact of an interaction. */
export interface Completion {
  /** How it was resolved, at most 2000 characters. */
  resolution?: string;
  /** Code of the outcome: lower-case letters, digits and underscores, at most 64. */
  wrapUpCode?: string;
}

/** What may be said beside a presence. */
export interface PresenceChoice {
  /** Why, at most 120 characters. */
  reason?: string;
  /** Whether it is to hold once the agent's open offers and interactions have ended. */
  afterCurrentWork?: boolean;
  /** Kinds of channel the agent is ready for. Default: all. */
  channels?: readonly ChannelKind[];
}

/** One change that concerns the agent, in its place. */
export type AgentUpdate = {
  /** Sequence that the session has reached. */
  seq: bigint;
  /** Identifier of the event; empty inside the snapshot. */
  eventId: string;
  /** When it was committed; absent inside the snapshot. */
  time?: Timestamp | undefined;
} & (
  | AgentChange<LiveOffer>
  /** A snapshot begins: forget what was known before. */
  | { type: "snapshotBegun" }
  /** The snapshot is complete; what follows are changes. */
  | { type: "snapshotEnd" }
);

type Commands = NonNullable<SessionRequest["command"]>;

/** A command as a call of its own. */
type Call = (rest: { id: { requestId: string }; deadlineMs: number }) => Promise<unknown>;

/** What a session takes from its client. */
export interface SessionHost extends StreamHost {
  /** Whether the transport carries streams that go both ways. */
  readonly bothWays: boolean;
  readonly agents: AgentCalls;
  readonly interactions: InteractionCalls;
}

const COMMAND_TIMEOUT_MS = 10_000;
/** How much longer than an offer lives its answer is waited for. */
const ANSWER_SLACK_MS = 2000;

/** Settings of one command. */
export interface CommandOptions {
  /** How long to wait for the result, reconnecting included. Default: that of the session. */
  timeoutMs?: number;
}

/**
 * A session of an agent: read its updates with `for await` and send its commands. Closing it closes
 * the stream; presence and offers outlive it for the grace told in Hello. To leave, set presence
 * OFFLINE first.
 */
export class AgentSession extends LiveStream<AgentUpdate, AgentPiece, SessionRequest> {
  /** Identifier of the console. */
  readonly sessionId: string;
  readonly #host: SessionHost;
  readonly #agentId: string;
  /** How long a command waits for its result. */
  readonly commandTimeoutMs: number;
  readonly #desk = new Desk();
  readonly #offers = new Map<string, LiveOffer>();

  /** @internal */
  constructor(host: SessionHost, options: SessionOptions) {
    const sessionId = options.sessionId ?? newRequestId();
    const { openTimeoutMs = FIRST_OPEN_TIMEOUT_MS, signal } = options;
    const open = opener(host, { ...options, sessionId });
    const start: Start = { type: "new" };
    const { onOnline } = host;
    super(new Driver({ kind: "events", start, open, openTimeoutMs, signal, onOnline }));
    this.sessionId = sessionId;
    this.#host = host;
    this.#agentId = options.agentId ?? "";
    this.commandTimeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    this.onState((state) => {
      if (state === "stopped") this.#leave();
    });
  }

  /** What the agent has before them, as of the last update that was read. */
  get desk(): Desk {
    return this.#desk;
  }

  /** Takes an offer. */
  async accept(offerId: string, options: CommandOptions = {}): Promise<void> {
    const command: Commands = body("accept", { offerId });
    const call: Call = (rest) => this.#host.agents.acceptOffer({ offerId, ...rest.id }, rest);
    await this.#send(command, call, options);
  }

  /** Declines an offer, with a reason that may be empty. */
  async decline(offerId: string, reason = "", options: CommandOptions = {}): Promise<void> {
    const command = body("decline", { offerId, reason });
    const call: Call = (rest) =>
      this.#host.agents.declineOffer({ offerId, reason, ...rest.id }, rest);
    await this.#send(command, call, options);
  }

  /**
   * Takes the agent's next work out of queues of mode PULL: these alone, or all they serve if there
   * are none. Gives the identifier of the interaction, which comes as "assigned" besides; the
   * "offered" before it needs no answer.
   */
  async takeNext(queueIds: readonly string[] = [], options: CommandOptions = {}): Promise<string> {
    const command = body("takeNext", { queueIds: [...queueIds] });
    let called = "";
    const call: Call = async (rest) => {
      const request = { agentId: this.#agentId, queueIds: [...queueIds], ...rest.id };
      const { interaction } = await this.#host.agents.takeNext(request, rest);
      called = interaction?.id ?? "";
    };
    const done = await this.#send(command, call, options);
    return done?.interactionId ?? called;
  }

  /** Ends the contact of an interaction; where the queue has wrap-up, a second call resolves it. */
  async complete(interactionId: string, completion: Completion = {}): Promise<void> {
    const { resolution = "", wrapUpCode = "" } = completion;
    const command = body("complete", { interactionId, resolution, wrapUpCode });
    await this.#send(command, (rest) => {
      const request = { interactionId, resolution, wrapUpCode, ...rest.id };
      return this.#host.agents.completeInteraction(request, rest);
    });
  }

  /** Sets presence. */
  async setPresence(status: PresenceStatus, choice: PresenceChoice = {}): Promise<void> {
    const { reason = "", afterCurrentWork = false } = choice;
    const chosen = { status, reason, afterCurrentWork, channels: [...(choice.channels ?? [])] };
    const command = body("setPresence", chosen);
    await this.#send(command, (rest) => {
      const request = { agentId: this.#agentId, ...chosen, ...rest.id };
      return this.#host.agents.setPresence(request, rest);
    });
  }

  /** Writes to the customer. */
  async sendMessage(interactionId: string, text: string): Promise<void> {
    const command = body("sendMessage", { interactionId, body: text });
    await this.#send(command, (rest) =>
      this.#host.interactions.sendMessage({ interactionId, body: text, ...rest.id }, rest),
    );
  }

  /**
   * Tells the server what was processed. It has no result, and where the transport does not go both
   * ways nothing is told: the position is kept by the client alone.
   */
  ack(seq: bigint): void {
    this.driver.tell(create(SessionRequestSchema, { command: body("ack", { seq }) }));
  }

  async #send(
    command: Commands,
    call: Call,
    { timeoutMs = this.commandTimeoutMs }: CommandOptions = {},
  ): Promise<CommandOk | undefined> {
    const requestId = newRequestId();
    if (!this.#host.bothWays) {
      await call({ id: { requestId }, deadlineMs: timeoutMs });
      return undefined;
    }
    const frame = create(SessionRequestSchema, { command, requestId });
    return this.driver.send(frame, requestId, timeoutMs);
  }

  protected take({ seq, what }: Delivered<AgentPiece>): AgentUpdate {
    switch (what.type) {
      case "begun":
        this.#desk.begin();
        return { seq, eventId: "", type: "snapshotBegun" };
      case "snapshotEnd":
        this.#desk.complete();
        this.#prune();
        return { seq, eventId: "", type: "snapshotEnd" };
      default: {
        const { eventId, time, change } = what.item;
        this.#desk.apply(change);
        if (!this.#desk.isFilling) this.#prune();
        return { seq, eventId, time, ...this.#alive(change) };
      }
    }
  }

  #alive(change: AgentChange<OfferedWork>): AgentChange<LiveOffer> {
    if (change.type !== "offered") return change;
    const id = change.offer.offer?.id ?? "";
    const known = this.#offers.get(id);
    if (known !== undefined) return { ...change, offer: known };
    const offer = new LiveOffer(this, change.offer, () => this.driver.serverNow);
    this.#offers.set(id, offer);
    return { ...change, offer };
  }

  #leave(): void {
    for (const offer of this.#offers.values()) offer.end();
    this.#offers.clear();
  }

  /** Ends the offers that are no longer before the agent. */
  #prune(): void {
    for (const [id, offer] of this.#offers) {
      if (this.#desk.offers.has(id)) continue;
      this.#offers.delete(id);
      offer.end();
    }
  }
}

/** An offer while it is open. */
export class LiveOffer {
  /** What is offered. */
  readonly work: OfferedWork;
  /** Identifier of the offer. */
  readonly id: string;
  readonly #session: AgentSession;
  readonly #serverNow: () => number;
  readonly #over = new AbortController();

  /** @internal */
  constructor(session: AgentSession, work: OfferedWork, serverNow: () => number) {
    this.#session = session;
    this.work = work;
    this.id = work.offer?.id ?? "";
    this.#serverNow = serverNow;
  }

  /** Aborted when the offer has ended, in whatever way: stop asking the agent then. */
  get ended(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Milliseconds left to answer, by the server's clock and never below 0; nothing for an offer
   * without an end. For showing: only `ended` says that it is too late.
   */
  get remainingMs(): number | undefined {
    const expires = this.work.offer?.expireTime;
    if (expires === undefined) return undefined;
    return Math.max(timestampMs(expires) - this.#serverNow(), 0);
  }

  /** Takes the offer. The result is not waited for much longer than the offer lives. */
  accept(): Promise<void> {
    return this.#session.accept(this.id, this.#patience);
  }

  /** Declines the offer, with a reason that may be empty. */
  decline(reason?: string): Promise<void> {
    return this.#session.decline(this.id, reason, this.#patience);
  }

  get #patience(): CommandOptions {
    const left = this.remainingMs;
    const usual = this.#session.commandTimeoutMs;
    return { timeoutMs: Math.min(usual, (left ?? usual) + ANSWER_SLACK_MS) };
  }

  /** @internal */
  end(): void {
    this.#over.abort();
  }
}

/** A command as its frame carries it. */
function body<C extends string, V>(name: C, value: V): Commands {
  return { case: name, value } as unknown as Commands;
}

type Opening = SessionOptions & { sessionId: string };

function opener(host: SessionHost, options: Opening) {
  const opening = (start: Start) => ({
    agentId: options.agentId ?? "",
    sessionId: options.sessionId,
    resumeToken: start.type === "token" ? start.token : "",
    maxOpenOffers: options.maxOpenOffers ?? 0,
  });
  const { session, watchAssignments } = AgentService.method;
  if (!host.bothWays)
    return serverStream(host, watchAssignments, opening, (answer) => frame(answer.frame));
  const first = (start: Start) =>
    create(SessionRequestSchema, { command: { case: "open", value: opening(start) } });
  return bothWays(host, session, first, (answer) => frame(answer.frame));
}

function frame(wire: AgentFrame | undefined): Frame<AgentPiece> {
  return frameOf<AgentPiece, AgentFrame>(wire, (own): Body<AgentPiece> | undefined => {
    switch (own.case) {
      case "snapshot":
        return { type: "snapshot", item: snapshotOf(own.value) };
      case "event":
        return { type: "event", id: own.value.id, item: changeOf(own.value) };
      case "commandResult":
        return { type: "result", result: own.value };
      default:
        return undefined;
    }
  });
}
