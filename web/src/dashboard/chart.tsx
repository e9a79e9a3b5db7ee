// Lines or stacked bars over time. The chart is drawn anew when the colours of the device change.
// What is under the pointer is told in the legend, and all figures are in a table for those who do
// not see it.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import uPlot from "uplot";
import { isHalved } from "../time.js";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 190;
/** The most that an axis shows at least, so that a quiet day is no wall of bars. */
const SHOWN_LEAST = 4;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** One row of values, by a name and the class that gives its colour. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

interface Shown {
  readonly name: string;
  /** Moments in seconds since 1970, where each step begins. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly kind: "lines" | "bars";
  /** A value in words. */
  readonly told: (value: number) => string;
  /** A moment in words. */
  readonly moment: (seconds: number) => string;
  /** What the legend tells of a series while nothing is pointed at. */
  readonly whole: (series: Series) => string;
  /** The shortest time that is shown, in seconds. */
  readonly least?: number;
  /** What is said where there is no value at all. */
  readonly none: string;
  /** Steps that the scale of values may go by. */
  readonly steps?: readonly number[];
  /** What stands beside the name. */
  readonly beside?: ComponentChildren;
}

export function Chart(shown: Shown) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isDark = useSignal(dark.matches);
  const pointed = useSignal<number | undefined>(undefined);
  const title = useId();
  useEffect(() => {
    const changed = () => {
      isDark.value = dark.matches;
    };
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
  const form = `${shown.kind} ${shown.series.map(({ colour }) => colour)} ${isDark.value}`;
  useEffect(() => {
    const own = box.current;
    if (own === null) return undefined;
    const point = (index: number | undefined) => {
      pointed.value = index;
    };
    const chart = new uPlot(options(shown, own.clientWidth, point), columns(shown), own);
    plot.current = chart;
    const sized = new ResizeObserver(() => {
      chart.setSize({ width: own.clientWidth, height: HEIGHT });
    });
    sized.observe(own);
    return () => {
      sized.disconnect();
      chart.destroy();
    };
  }, [form]);
  useEffect(() => plot.current?.setData(columns(shown)), [shown.at, shown.series]);
  const at = pointed.value;
  const moment = at === undefined ? undefined : shown.at[at];
  return (
    <figure class="chart" aria-labelledby={title}>
      <figcaption>
        <span id={title} class="chart-name">
          {shown.name}
        </span>
        {moment !== undefined && <span class="quiet">{shown.moment(moment)}</span>}
        {shown.beside}
      </figcaption>
      <ul class="legend">
        {shown.series.map((one) => (
          <li key={one.name} class={one.colour}>
            {one.name}{" "}
            <strong>{at === undefined ? shown.whole(one) : told(one.values[at], shown)}</strong>
          </li>
        ))}
      </ul>
      <div class="plot-box">
        <div ref={box} class="plot" aria-hidden="true" />
        {isEmpty(shown) && (
          <p class="plot-none quiet">
            <span>{shown.none}</span>
          </p>
        )}
      </div>
      <Figures shown={shown} />
    </figure>
  );
}

/** Whether there is nothing to draw: no bar with a height, no line with a value. */
function isEmpty({ kind, series }: Shown): boolean {
  const isNone = (value: number | null) => value === null || (kind === "bars" && value === 0);
  return series.every(({ values }) => values.every(isNone));
}

function told(value: number | null | undefined, shown: Shown): string {
  return value === null || value === undefined ? "–" : shown.told(value);
}

/** Rows of the table at most; of a longer course the newest are there. */
const FIGURES_MAX = 168;

function Figures({ shown }: { shown: Shown }) {
  const isOpen = useSignal(false);
  const first = Math.max(shown.at.length - FIGURES_MAX, 0);
  return (
    <details class="figures" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        Figures<span class="unseen"> of {shown.name}</span>
      </summary>
      {isOpen.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must reach it to scroll
        <section class="scroll short" tabIndex={0} aria-label={`${shown.name}, figures`}>
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                {shown.series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.at.slice(first).map((seconds, row) => (
                <tr key={seconds}>
                  <th scope="row">{shown.moment(seconds)}</th>
                  {shown.series.map((one) => (
                    <td key={one.name}>{told(one.values[first + row], shown)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

/** What is drawn. Bars stand on one another, the whole stack first so that each covers the last. */
function columns({ at, series, kind }: Shown): uPlot.AlignedData {
  if (kind === "lines") return [[...at], ...series.map(({ values }) => [...values])];
  const sums: (number | null)[][] = [];
  let below: readonly (number | null)[] = at.map(() => 0);
  for (const { values } of series) {
    const under = below;
    below = values.map((value, step) => (value ?? 0) + (under[step] ?? 0));
    sums.unshift([...below]);
  }
  return [[...at], ...sums];
}

function colour(name: string): string {
  const probe = document.createElement("span");
  probe.className = `probe ${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Up to so many values are marked as points, since one alone is no line. */
const POINTS_MAX = 3;

const POINTS: uPlot.Series.Points = {
  show: (chart, series) => {
    const values = chart.data[series] ?? [];
    return values.filter((value) => value !== null && value !== undefined).length <= POINTS_MAX;
  },
  size: 7,
};

function options(
  shown: Shown,
  width: number,
  point: (index: number | undefined) => void,
): uPlot.Options {
  const isBars = shown.kind === "bars";
  const step = (shown.at[1] ?? 0) - (shown.at[0] ?? 0);
  const axis = {
    stroke: colour("quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("grid"), width: 1 },
    ticks: { show: false },
  };
  const series = shown.series.map((one): uPlot.Series => {
    const ink = colour(one.colour);
    if (!isBars) return { label: one.name, stroke: ink, width: 2, points: POINTS, spanGaps: true };
    const paths = uPlot.paths.bars?.({ size: [0.78, 36], align: 1 });
    return {
      label: one.name,
      fill: ink,
      width: 0,
      points: { show: false },
      ...(paths && { paths }),
    };
  });
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: !isBars }, drag: { setScale: false, x: false, y: false } },
    hooks: { setCursor: [(chart) => point(chart.cursor.idx ?? undefined)] },
    scales: {
      x: {
        range: (_, first, last) => [
          first,
          Math.max(last + (isBars ? step : 0), first + (shown.least ?? 1)),
        ],
      },
      y: { range: (_, __, most) => [0, Math.max(SHOWN_LEAST, (most ?? 0) * 1.12)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: TIMES, space: 70, size: 28 },
      {
        ...axis,
        values: (_, values) =>
          values.map((value) => (Number.isInteger(value) ? shown.told(value) : "")),
        space: 36,
        size: 44,
        ...(shown.steps !== undefined && { incrs: [...shown.steps] }),
      },
    ],
    series: [{}, ...(isBars ? series.reverse() : series)],
  };
}

/** How the device writes times and days, in the letters of the chart library. */
const [firstPart] = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
}).formatToParts();
const HOUR = isHalved ? "{h} {AA}" : "{HH}:{mm}";
const MINUTE = isHalved ? "{h}:{mm} {AA}" : "{HH}:{mm}";
const SECOND = isHalved ? "{h}:{mm}:{ss} {AA}" : "{HH}:{mm}:{ss}";
const DAY = firstPart?.type === "month" ? "{MMM} {D}" : "{D} {MMM}";

/** Days by their date, hours by the clock, with the date where a day begins. */
const TIMES: uPlot.Axis.Values = [
  [86_400, DAY, null, null, null, null, null, null, 1],
  [3600, HOUR, null, DAY, null, null, null, null, 0],
  [60, MINUTE, null, null, null, null, null, null, 1],
  [1, SECOND, null, null, null, null, null, null, 1],
];
