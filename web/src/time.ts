// Times and lengths of time as people read them, and the clock that what is shown goes by.

import { computed, signal } from "@preact/signals";

interface Timestamp {
  seconds: bigint;
  nanos: number;
}

const TICK_MS = 250;

/** Clocks that are nearer to each other than this are taken to agree. */
const APART_MS = 1500;

/** How far the server's clock is ahead of this device's; unknown until it was heard. */
let ahead: number | undefined;

/** The server's time as well as it is known, four times a second while the page is seen. */
export const now = signal(Date.now());
setInterval(() => {
  if (document.visibilityState === "visible") now.value = serverNow();
}, TICK_MS);

/** The same by whole seconds, for what many lines go by. */
export const second = computed(() => Math.floor(now.value / 1000) * 1000);

function serverNow(): number {
  const known = ahead ?? 0;
  return Date.now() + (Math.abs(known) < APART_MS ? 0 : known);
}

/**
 * Takes a moment that the server has told just now, or earlier. It cannot be ahead of the server's
 * clock, so the one that is furthest ahead of this device's is the nearest to the truth.
 */
export function heardAt(time: Timestamp | number | undefined): void {
  if (time === undefined) return;
  const ms = typeof time === "number" ? time : msOf(time);
  ahead = Math.max(ahead ?? Number.NEGATIVE_INFINITY, ms - Date.now());
}

/** Milliseconds since 1970 of a moment or a length; 0 for none. */
export function msOf(time: Timestamp | undefined): number {
  return time === undefined ? 0 : Number(time.seconds) * 1000 + time.nanos / 1_000_000;
}

/** A length: 8 s, 3:05 min, 2 h 10 min, 3 d. */
export function span(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, "0")} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** A length in few letters, for charts: 8s, 1m, 90m, 2h. */
export function brief(ms: number): string {
  const seconds = Math.max(ms / 1000, 0);
  if (seconds < 60) return `${Math.round(seconds)}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return `${Math.round(seconds / 3600)}h`;
}

/** Whether the device counts hours to twelve; such hours have no zero before them. */
export const isHalved =
  new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12 === true;

const clock = new Intl.DateTimeFormat(undefined, {
  hour: isHalved ? "numeric" : "2-digit",
  minute: "2-digit",
});
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** A moment: the time alone for today, with the day before it otherwise. */
export function moment(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  const date = new Date(msOf(time));
  const isToday = date.toDateString() === new Date(now.peek()).toDateString();
  return isToday ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** A moment as a field of date and time has it, by the clock of this device. */
export function fieldTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}

/** The time of day alone. */
export function timeOfDay(time: Timestamp | undefined): string {
  return time === undefined ? "" : clock.format(new Date(msOf(time)));
}

const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});

/** A day as it heads what happened on it. */
export function dayOf(time: Timestamp | undefined): string {
  const date = new Date(msOf(time));
  const today = new Date(now.peek());
  if (date.toDateString() === today.toDateString()) return "Today";
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  return date.toDateString() === yesterday.toDateString() ? "Yesterday" : longDay.format(date);
}
