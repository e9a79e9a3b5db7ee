// Where a stream is: checks that frames come in the order of the contract, keeps the position to
// resume from, drops what was delivered before, and notices gaps in the feed. Pure; one tracker
// lives through all connections of a stream.

import type { CommandResult } from "../generated/omnichannel/v1/agent_session_pb.js";
import { type Goodbye, type Hello, Resumption } from "../generated/omnichannel/v1/stream_pb.js";
import type { Delivered, Frame, Kind, Start, What } from "./frame.js";

/** A frame that breaks the contract. */
export class Fault extends Error {
  override name = "Fault";
}

/** What a frame amounts to. */
export type Outcome<T> =
  /** `delivered` is absent when the stream goes on where it was. */
  | { type: "opened"; hello: Hello; delivered?: Delivered<T> }
  | { type: "deliver"; delivered: Delivered<T> }
  | { type: "result"; result: CommandResult }
  | { type: "goodbye"; goodbye: Goodbye }
  | { type: "nothing" };

const NOTHING = { type: "nothing" } as const;

type Phase = "hello" | "snapshot" | "live" | "over";

export class Tracker<T> {
  readonly kind: Kind;
  #phase: Phase = "hello";
  #token = "";
  /** Nothing at or below this is delivered any more. */
  #floor: bigint | undefined;
  /** Sequence of the newest event, and which of its frames were delivered. */
  #newest: { seq: bigint; ids: Set<string> } | undefined;
  #opened = false;
  #skipped = false;

  constructor(kind: Kind, start: Start) {
    this.kind = kind;
    if (start.type === "token") this.#token = start.token;
    if (start.type === "seq") this.#floor = start.seq - 1n;
  }

  /** Whether the stream ever opened. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Where to open the stream next. */
  get start(): Start {
    if (this.#token !== "") return { type: "token", token: this.#token };
    const reached = this.#reached;
    if (this.kind === "feed" && reached !== undefined) return { type: "seq", seq: reached + 1n };
    return { type: "new" };
  }

  /** A new connection: its first frame must be Hello. */
  connect(): void {
    this.#phase = "hello";
  }

  /** Drops the token; the feed still knows its sequence. */
  forgetToken(): void {
    this.#token = "";
  }

  /** Drops the position. */
  forget(): void {
    this.#token = "";
    this.#floor = undefined;
    this.#newest = undefined;
  }

  /** Goes on at a sequence of the feed, whatever lies between. */
  skipTo(seq: bigint): void {
    this.forget();
    this.#floor = seq - 1n;
    this.#skipped = true;
  }

  /** Takes one frame. */
  apply(frame: Frame<T>): Outcome<T> {
    const { seq, token, body } = frame;
    if (this.#phase === "over") throw new Fault("a frame after Goodbye");
    if (this.#phase === "hello" && body.type !== "hello") {
      throw new Fault("the first frame is not Hello");
    }
    if (this.#phase !== "hello" && body.type === "hello") throw new Fault("a second Hello");
    switch (body.type) {
      case "hello":
        return this.#open(body.hello, seq, token);
      case "snapshot":
        return this.#snapshot(body.item, seq, token);
      case "snapshotEnd":
        return this.#snapshotEnd(seq, token);
      case "event":
        return this.#event(body.item, body.id, seq, token);
      case "result":
        return { type: "result", result: body.result };
      case "heartbeat":
        return this.#heartbeat(seq, token);
      case "goodbye":
        this.#keep(token);
        this.#phase = "over";
        return { type: "goodbye", goodbye: body.goodbye };
      case "unknown":
        return NOTHING;
    }
  }

  get #reached(): bigint | undefined {
    return this.#newest?.seq ?? this.#floor;
  }

  #open(hello: Hello, seq: bigint, token: string): Outcome<T> {
    const again = this.#opened || this.start.type !== "new";
    const resumed = hello.resumption === Resumption.RESUMED;
    if (resumed || (hello.resumption === Resumption.LIVE && this.kind === "feed")) {
      this.#phase = "live";
    } else if (hello.resumption === Resumption.SNAPSHOT && this.kind !== "feed") {
      this.#phase = "snapshot";
    } else {
      throw new Fault("a Hello that does not say how the stream began");
    }
    if (!resumed) this.forget();
    this.#keep(token);
    this.#opened = true;
    const begun = this.#skipped || !resumed;
    this.#skipped = false;
    if (!begun) return { type: "opened", hello };
    const delivered = this.#delivered(seq, { type: "begun", again });
    return { type: "opened", hello, delivered };
  }

  #snapshot(item: T, seq: bigint, token: string): Outcome<T> {
    if (this.#phase !== "snapshot" && this.kind !== "state") {
      throw new Fault("a snapshot where none was begun");
    }
    this.#phase = "snapshot";
    this.#keep(token);
    return { type: "deliver", delivered: this.#delivered(seq, { type: "snapshot", item }) };
  }

  #snapshotEnd(seq: bigint, token: string): Outcome<T> {
    if (this.#phase !== "snapshot") throw new Fault("the end of a snapshot where none was begun");
    this.#phase = "live";
    this.#keep(token);
    this.#settle(seq);
    return { type: "deliver", delivered: this.#delivered(seq, { type: "snapshotEnd" }) };
  }

  #event(item: T, id: string, seq: bigint, token: string): Outcome<T> {
    if (this.#phase === "snapshot") throw new Fault("an event inside the snapshot");
    // A state is newest whatever its sequence: two changes of it may have the same one.
    if (this.kind !== "state" && !this.#isNew(id, seq)) {
      // The last frame of an event moves the token, also when the reader has it already.
      if (seq === this.#reached) this.#keep(token);
      return NOTHING;
    }
    this.#checkGap(seq, 1n);
    this.#keep(token);
    if (this.kind !== "state") this.#note(id, seq);
    return { type: "deliver", delivered: this.#delivered(seq, { type: "event", item }) };
  }

  /** Several frames of one event share its sequence and have identifiers of their own. */
  #isNew(id: string, seq: bigint): boolean {
    if (this.#floor !== undefined && seq <= this.#floor) return false;
    if (this.#newest === undefined || seq > this.#newest.seq) return true;
    return seq === this.#newest.seq && this.kind !== "feed" && !this.#newest.ids.has(id);
  }

  #note(id: string, seq: bigint): void {
    if (this.#newest?.seq === seq) this.#newest.ids.add(id);
    else this.#newest = { seq, ids: new Set([id]) };
  }

  #heartbeat(seq: bigint, token: string): Outcome<T> {
    this.#checkGap(seq, 0n);
    this.#keep(token);
    // In the snapshot nothing is reached yet.
    if (this.#phase === "live") this.#settle(seq);
    return NOTHING;
  }

  /** Everything up to here was delivered. */
  #settle(seq: bigint): void {
    if (this.#floor === undefined || seq > this.#floor) this.#floor = seq;
    if (this.#newest !== undefined && this.#newest.seq <= this.#floor) this.#newest = undefined;
  }

  /**
   * The feed has every sequence: the next event is the very next one, and a heartbeat, below which
   * nothing will follow, is not ahead of the last event.
   */
  #checkGap(got: bigint, step: bigint): void {
    const last = this.#reached;
    if (this.kind === "feed" && last !== undefined && got > last + step) {
      throw new Fault(`sequence ${got} after ${last}: events are missing`);
    }
  }

  #keep(token: string): void {
    if (token !== "") this.#token = token;
  }

  #delivered(seq: bigint, what: What<T>): Delivered<T> {
    return { seq, token: this.#token, what };
  }
}
