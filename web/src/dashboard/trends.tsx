// How work goes and went: since the page was opened, or over past hours and days.

import type { v1 } from "@omnichannel/sdk/web";
import { type Signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Waiting } from "../parts.js";
import { brief, msOf, span } from "../time.js";
import { CHANNELS, word } from "../words.js";
import { Chart, type Series } from "./chart.js";
import { RANGES, type Range } from "./course.js";
import type { DashboardModel } from "./model.js";

/** Kinds of channel that have a colour of their own; the rest are told together. */
const KINDS_MAX = 5;

/** The shortest time that the live lines show, in seconds. */
const LIVE_LEAST_S = 30;

export function Trends({ model }: { model: DashboardModel }) {
  const { course } = model;
  const range = course.range.value;
  return (
    <section class="card" aria-labelledby="trend-title">
      <div class="row wraps">
        <h2 id="trend-title">Trends</h2>
        <div class="row wraps">
          {range !== "now" && <QueueChoice model={model} />}
          <div class="tabs" role="radiogroup" aria-label="Time that is shown">
            {(Object.keys(RANGES) as Range[]).map((key) => (
              <label key={key}>
                <input
                  type="radio"
                  name="range"
                  checked={key === range}
                  onChange={() => course.look(key, course.queueId.value)}
                />
                {RANGES[key].name}
              </label>
            ))}
          </div>
        </div>
      </div>
      {course.failure.value !== "" && range !== "now" && (
        <p class="failure" role="alert">
          {course.failure.value}{" "}
          <button type="button" class="plain" onClick={() => course.read()}>
            Try again
          </button>
        </p>
      )}
      {range === "now" ? (
        <Live model={model} />
      ) : course.points.value === undefined ? (
        course.failure.value === "" && <Waiting lines={5} name="The figures are on their way" />
      ) : (
        <Past points={course.points.value} range={range} />
      )}
    </section>
  );
}

function QueueChoice({ model }: { model: DashboardModel }) {
  const { course, names } = model;
  return (
    <select
      aria-label="Queue that is shown"
      class="small"
      value={course.queueId.value}
      onChange={(event) => course.look(course.range.value, event.currentTarget.value)}
    >
      <option value="">All queues</option>
      {[...names.queues.value.values()].map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function Live({ model }: { model: DashboardModel }) {
  const { at, waiting, offered, active } = model.trend.value;
  const series = useMemo(
    () => [
      { name: "Waiting", colour: "accent", values: waiting },
      { name: "Offered", colour: "warn", values: offered },
      { name: "Active", colour: "good", values: active },
    ],
    [at],
  );
  return (
    <Chart
      name="Since this page was opened"
      kind="lines"
      at={at}
      series={series}
      told={String}
      moment={(moment) => seconds.format(moment * 1000)}
      whole={({ values }) => String(values.at(-1) ?? "–")}
      least={LIVE_LEAST_S}
      none="The first figures are on their way"
    />
  );
}

const hour = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const day = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
});

function Past({ points, range }: { points: readonly v1.TrendPoint[]; range: Range }) {
  const measure = useSignal<Measure>("channels");
  const at = useMemo(() => points.map((point) => msOf(point.startTime) / 1000), [points]);
  const volume = useMemo(
    () => (measure.value === "channels" ? byChannel(points) : byFate(points)),
    [points, measure.value],
  );
  const times = useMemo(() => byTime(points), [points]);
  const broken = useMemo(
    () => [{ name: "Broken", colour: "bad", values: points.map((p) => Number(p.breached)) }],
    [points],
  );
  const moment = (second: number) => (range === "month" ? day : hour).format(second * 1000);
  return (
    <div class="charts">
      <Chart
        name="Contacts that came"
        kind="bars"
        at={at}
        series={volume}
        told={String}
        moment={moment}
        whole={sum}
        none="Nobody came in this time"
        beside={<MadeOf measure={measure} />}
      />
      <Chart
        name="Time to an agent, and to the first reply"
        kind="lines"
        at={at}
        series={times}
        told={brief}
        moment={moment}
        whole={({ name }) => mean(points, name === WAIT)}
        steps={TIME_STEPS}
        none="Nothing was taken in this time"
      />
      <Chart
        name="Promises that were broken"
        kind="bars"
        at={at}
        series={broken}
        told={String}
        moment={moment}
        whole={sum}
        none="None was broken in this time"
      />
    </div>
  );
}

/** Steps of a scale of time, in milliseconds: as clocks have them. */
const TIME_STEPS = [
  1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800,
].map((length) => length * 1000);

type Measure = "channels" | "became";
const MEASURES = { channels: "by channel", became: "by what became of them" } as const;

function MadeOf({ measure }: { measure: Signal<Measure> }) {
  return (
    <div class="tabs quiet-tabs" role="radiogroup" aria-label="What bars are made of">
      {(Object.keys(MEASURES) as Measure[]).map((key) => (
        <label key={key}>
          <input
            type="radio"
            name="measure"
            checked={measure.value === key}
            onChange={() => (measure.value = key)}
          />
          {MEASURES[key]}
        </label>
      ))}
    </div>
  );
}

function sum({ values }: Series): string {
  return String(values.reduce((all: number, value) => all + (value ?? 0), 0));
}

/** The commonest kinds of channel each, then the rest. */
function byChannel(points: readonly v1.TrendPoint[]): Series[] {
  const all = new Map<v1.ChannelKind, number>();
  for (const { channels } of points) {
    for (const { channel, count } of channels) all.set(channel, (all.get(channel) ?? 0) + count);
  }
  const kinds = [...all].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([kind]) => kind);
  const own = kinds.slice(0, KINDS_MAX);
  const series = own.map((kind, place) => ({
    name: word(CHANNELS, kind),
    colour: `c${place}`,
    values: points.map((point) => countOf(point, (channel) => channel === kind)),
  }));
  if (kinds.length > own.length) {
    const values = points.map((point) => countOf(point, (channel) => !own.includes(channel)));
    series.push({ name: "Others", colour: `c${KINDS_MAX}`, values });
  }
  const none = { name: "All channels", colour: "c0", values: points.map(() => 0) };
  return series.length > 0 ? series : [none];
}

function countOf({ channels }: v1.TrendPoint, is: (kind: v1.ChannelKind) => boolean): number {
  return channels.reduce((all, { channel, count }) => all + (is(channel) ? count : 0), 0);
}

function byFate(points: readonly v1.TrendPoint[]): Series[] {
  const lost = (p: v1.TrendPoint) => Number(p.abandoned + p.expired);
  return [
    { name: "Resolved", colour: "good", values: points.map((p) => Number(p.resolved)) },
    { name: "Left or waited too long", colour: "bad", values: points.map(lost) },
    {
      name: "Others, and still open",
      colour: "accent",
      values: points.map((p) => Number(p.created - p.resolved) - lost(p)),
    },
  ];
}

const WAIT = "To an agent";

function byTime(points: readonly v1.TrendPoint[]): Series[] {
  const of = (span: v1.TrendPoint["avgWait"]) => (span === undefined ? null : msOf(span));
  return [
    { name: WAIT, colour: "accent", values: points.map((p) => of(p.avgWait)) },
    { name: "First reply", colour: "violet", values: points.map((p) => of(p.avgResponseTime)) },
  ];
}

/** The mean over all steps, by how much there was in each. */
function mean(points: readonly v1.TrendPoint[], isWait: boolean): string {
  let all = 0;
  let count = 0;
  for (const { taken, answered, avgWait, avgResponseTime } of points) {
    const length = isWait ? avgWait : avgResponseTime;
    if (length === undefined) continue;
    const weight = Number(isWait ? taken : answered);
    all += msOf(length) * weight;
    count += weight;
  }
  return count === 0 ? "–" : span(all / count);
}
