// What a supervisor sees: the live board, how its figures went while the page was open, and the
// work that is open, which is read again soon after the board has moved.

import {
  type Client,
  type Dashboard,
  OmnichannelError,
  PermissionDenied,
  v1,
} from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import { inWords, signOut } from "../account.js";
import { Names } from "../names.js";
import { stream } from "../parts.js";
import { heardAt, msOf } from "../time.js";
import { Course } from "./course.js";

/** One point of the trend each so often, and how many are kept: half an hour. */
const POINT_MS = 2000;
const POINTS_MAX = 900;

/** How soon the work is read again after the board has moved, at the earliest. */
const WORK_AGAIN_MS = 1500;

/** It is read so many times less often than a reading takes. */
const WORK_SHARE = 5;

/** Most pieces of open work that are read, newest first, and how many in one call. */
export const ROWS_MAX = 1000;
const PAGE_SIZE = 500;

/** Most pieces of work that are shown of those set aside or to be called back later. */
const RESTING_MAX = 200;

/** Most subjects that are kept of work that may be open no more. */
const SUBJECTS_MAX = 3000;

/** Newest broken promises that are shown. */
const BREACHES_MAX = 8;

const RESTING = [v1.InteractionStatus.PARKED, v1.InteractionStatus.SCHEDULED];

const OPEN = [
  v1.InteractionStatus.QUEUED,
  v1.InteractionStatus.OFFERED,
  v1.InteractionStatus.ACTIVE,
  v1.InteractionStatus.WRAPPING,
];

/** Figures over time: seconds since 1970, then a series each. */
export interface Trend {
  readonly at: readonly number[];
  readonly waiting: readonly number[];
  readonly offered: readonly number[];
  readonly active: readonly number[];
}

const NO_TREND: Trend = { at: [], waiting: [], offered: [], active: [] };

/** What the open work is narrowed to. */
export class Narrowed {
  readonly sought = signal("");
  readonly queueId = signal("");
  readonly channel = signal(0);
  readonly status = signal(0);
  readonly onlyRisk = signal(false);

  /** Only the work of one queue, whatever was looked for before. */
  toQueue(queueId: string): void {
    this.sought.value = "";
    this.queueId.value = queueId;
    this.channel.value = 0;
    this.status.value = 0;
    this.onlyRisk.value = false;
  }
}

export class DashboardModel {
  readonly client: Client;
  readonly names: Names;
  readonly ending = signal("");
  readonly board = signal<v1.Board | undefined>(undefined);
  readonly trend = signal<Trend>(NO_TREND);
  readonly work = signal<readonly v1.Interaction[]>([]);
  /** What work was about that was open at some time since the page was opened. */
  readonly subjects = new Map<string, string>();
  readonly hasMoreWork = signal(false);
  readonly workFailure = signal("");
  /** Whether the work has been read once. */
  readonly hasWork = signal(false);
  /** Newest broken promises, newest first. */
  readonly breaches = signal<readonly v1.SlaBreach[]>([]);
  readonly narrowed = new Narrowed();
  /** How work went before. */
  readonly course: Course;
  readonly #dashboard: Dashboard;
  readonly #ticking: ReturnType<typeof setInterval>;
  #workTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #isReading = false;
  #readAgain = false;
  #pause = WORK_AGAIN_MS;

  constructor(client: Client) {
    this.client = client;
    this.names = new Names(client);
    this.course = new Course(client);
    this.#dashboard = client.dashboard();
    this.#dashboard.opened.catch(() => {});
    this.#dashboard.onState((state) => {
      stream.value = state;
    });
    this.#ticking = setInterval(() => this.#point(), POINT_MS);
    void this.names.load();
    void this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    stream.value = undefined;
    clearInterval(this.#ticking);
    clearTimeout(this.#workTimer);
    this.course.close();
    this.#dashboard.close();
  }

  /** Reads the open work soon; many wishes are one reading. */
  readSoon(): void {
    if (this.#isReading) this.#readAgain = true;
    if (this.#isReading || this.#isClosed || this.#workTimer !== undefined) return;
    this.#workTimer = setTimeout(() => {
      this.#workTimer = undefined;
      void this.#read();
    }, this.#pause);
  }

  async #follow(): Promise<void> {
    void this.#read();
    let seq = -1n;
    try {
      for await (const live of this.#dashboard) {
        const isFirst = this.board.value === undefined;
        this.board.value = live.board;
        heardAt(live.board.stats?.asOf);
        if (isFirst) this.#point();
        if (live.seq !== seq) this.readSoon();
        if (live.seq !== seq && !isFirst) this.course.readSoon();
        seq = live.seq;
        if (live.board.queues.some(({ queueId }) => !this.names.queues.value.has(queueId))) {
          if (!isFirst) void this.names.load();
        }
      }
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof OmnichannelError && error.name === "Unauthenticated") {
        signOut("The key is not valid, or not any more.");
        return;
      }
      this.ending.value =
        error instanceof PermissionDenied
          ? "The dashboard takes the key of a supervisor, an analyst or an admin."
          : inWords(error);
    }
  }

  #remember(work: readonly v1.Interaction[]): void {
    for (const { id, subject } of work) this.subjects.set(id, subject);
    for (const id of this.subjects.keys()) {
      if (this.subjects.size <= SUBJECTS_MAX) break;
      this.subjects.delete(id);
    }
  }

  #point(): void {
    const stats = this.board.value?.stats;
    if (stats === undefined) return;
    const add = (series: readonly number[], value: number) => [...series, value].slice(-POINTS_MAX);
    const { at, waiting, offered, active } = this.trend.value;
    this.trend.value = {
      at: add(at, Date.now() / 1000),
      waiting: add(waiting, stats.queuedInteractions),
      offered: add(offered, stats.offeredInteractions),
      active: add(active, stats.activeInteractions),
    };
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    const began = performance.now();
    try {
      const rows = await this.client.interactions
        .listInteractions({ statuses: OPEN, pageSize: PAGE_SIZE })
        .take(ROWS_MAX + 1);
      const resting = await this.client.interactions
        .listInteractions({ statuses: RESTING, pageSize: RESTING_MAX })
        .take(RESTING_MAX);
      this.hasMoreWork.value = rows.length > ROWS_MAX;
      const work = [...rows.slice(0, ROWS_MAX).sort(byUrgency), ...resting.sort(byWaking)];
      this.#remember(work);
      this.work.value = work;
      this.hasWork.value = true;
      this.workFailure.value = "";
      const breaches = this.client.analytics.listSlaBreaches({ pageSize: BREACHES_MAX });
      this.breaches.value = (await breaches.page()).breaches;
    } catch (error) {
      this.workFailure.value = inWords(error);
    }
    this.#pause = Math.max(WORK_AGAIN_MS, (performance.now() - began) * WORK_SHARE);
    this.#isReading = false;
    if (this.#readAgain) {
      this.#readAgain = false;
      this.readSoon();
    }
  }
}

/** How near a promise is to being broken: 2 if it is, 1 if somebody was warned. */
export function risk({ sla }: v1.Interaction): number {
  if (sla?.status === v1.SlaStatus.BREACHED) return 2;
  return sla?.status === v1.SlaStatus.WARNED ? 1 : 0;
}

/** Whether work waits for a time or its customer rather than for an agent. */
export function rests({ status }: v1.Interaction): boolean {
  return RESTING.includes(status);
}

/** What wakes first comes first, and last what only its customer wakes. */
function byWaking(a: v1.Interaction, b: v1.Interaction): number {
  const wakes = (one: v1.Interaction) => msOf(one.wakeTime) || Number.MAX_SAFE_INTEGER;
  return wakes(a) - wakes(b);
}

/** What broke a promise or is about to comes first, then what has waited longest. */
function byUrgency(a: v1.Interaction, b: v1.Interaction): number {
  return risk(b) - risk(a) || msOf(a.createTime) - msOf(b.createTime);
}
