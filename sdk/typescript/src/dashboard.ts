// The live dashboard: keeps the newest board whatever the pace of its reader. A reader who is slow
// skips boards and always sees the newest. What it shows can be changed while it runs.

import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { changedBoard, emptyBoard } from "./board.js";
import type { Board, BoardDelta } from "./generated/omnichannel/v1/analytics_pb.js";
import {
  AnalyticsService,
  type DashboardFrame,
  DashboardTopic,
} from "./generated/omnichannel/v1/analytics_service_pb.js";
import { Driver } from "./stream/driver.js";
import { type Body, type Delivered, type Frame, frameOf } from "./stream/frame.js";
import type { StreamHost, StreamOptions } from "./stream/live.js";
import { FIRST_OPEN_TIMEOUT_MS, LiveStream, serverStream } from "./stream/live.js";

/** What a dashboard shows and how often. */
export interface DashboardOptions extends StreamOptions {
  /** What to show; at least one. Default: everything. */
  topics?: readonly DashboardTopic[];
  /** Queues to show, at most 100. Default: every queue. */
  queueIds?: readonly string[];
  /**
   * Shortest time between two changes, 100 milliseconds to 1 minute. Default: the server's, which
   * is 1 second.
   */
  minIntervalMs?: number;
}

/** The board at a moment. */
export interface LiveBoard {
  /** What it shows. */
  readonly board: Board;
  /** Sequence of the tenant's log that it reflects. */
  readonly seq: bigint;
}

type Piece = { whole: Board } | { delta: BoardDelta };

const { STATS, QUEUES, AGENTS, CHANNELS, ACTIVITY } = DashboardTopic;
const ALL_TOPICS: readonly DashboardTopic[] = [STATS, QUEUES, AGENTS, CHANNELS, ACTIVITY];

interface Shown {
  topics: DashboardTopic[];
  queueIds: string[];
}

/** A dashboard that keeps itself up to date. */
export class Dashboard extends LiveStream<LiveBoard, Piece> {
  readonly #shown: Shown;
  #live: LiveBoard = { board: emptyBoard(), seq: 0n };
  /** Boards published so far, and the last one that was read. */
  #version = 0;
  #read = 0;
  #wake: (() => void) | undefined;
  #ended: { error?: unknown } | undefined;

  /** @internal */
  constructor(host: StreamHost, options: DashboardOptions) {
    const topics = [...(options.topics ?? ALL_TOPICS)];
    const shown: Shown = { topics, queueIds: [...(options.queueIds ?? [])] };
    const { minIntervalMs } = options;
    const interval =
      minIntervalMs === undefined ? {} : { minInterval: durationFromMs(minIntervalMs) };
    const { watchDashboard } = AnalyticsService.method;
    const request = () => ({ ...shown, ...interval });
    const open = serverStream(host, watchDashboard, request, (response) => frame(response.frame));
    const { openTimeoutMs = FIRST_OPEN_TIMEOUT_MS, signal } = options;
    const { onOnline } = host;
    const start = { type: "new" } as const;
    super(new Driver({ kind: "state", start, open, openTimeoutMs, signal, onOnline }));
    this.#shown = shown;
    void this.#fold();
  }

  /** The newest board; empty until the first one has come. */
  get current(): LiveBoard {
    return this.#live;
  }

  /** Shows something else from now on, over lost connections too. A new board follows. */
  update(topics: readonly DashboardTopic[], queueIds: readonly string[] = []): void {
    this.#shown.topics = [...topics];
    this.#shown.queueIds = [...queueIds];
    this.driver.reopen();
  }

  /** The newest board, as soon as it is one not read before. */
  override async next(): Promise<IteratorResult<LiveBoard, undefined>> {
    while (this.#read === this.#version && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#read !== this.#version) {
      this.#read = this.#version;
      return { done: false, value: this.#live };
    }
    const { error } = this.#ended ?? {};
    this.#ended = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  protected take(): undefined {
    return undefined;
  }

  /** Keeps the board up to date until the stream ends. */
  async #fold(): Promise<void> {
    try {
      for (;;) {
        const next = await this.driver.next();
        if (next.done) break;
        if (this.#fresh(next.value)) this.#publish();
      }
      this.#ended = {};
    } catch (error) {
      this.#ended = { error };
    }
    this.#wake?.();
  }

  /** Takes one frame; answers whether there is a new board to show. */
  #fresh({ seq, what }: Delivered<Piece>): boolean {
    if (what.type === "begun") return false;
    const { board } = this.#live;
    if (what.type === "snapshotEnd") {
      this.#live = { board, seq };
      return true;
    }
    const whole = "whole" in what.item;
    const next = "whole" in what.item ? what.item.whole : changedBoard(board, what.item.delta);
    this.#live = { board: next, seq };
    return !whole;
  }

  #publish(): void {
    this.#version += 1;
    this.#wake?.();
  }
}

function frame(wire: DashboardFrame | undefined): Frame<Piece> {
  return frameOf<Piece, DashboardFrame>(wire, (own): Body<Piece> | undefined => {
    if (own.case === "snapshot") return { type: "snapshot", item: { whole: own.value } };
    if (own.case === "delta") return { type: "event", id: "", item: { delta: own.value } };
    return undefined;
  });
}
