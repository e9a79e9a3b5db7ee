// The keys of the desk. All of them take Alt, so that none is hit by typing and they work while an
// answer is being written.

import type { Signal } from "@preact/signals";
import { mayConsult } from "./advice.js";
import type { DeskModel } from "./model.js";
import type { Open } from "./page.js";

/** What each key does, for the list of keys. */
export const SHORTCUTS = [
  ["Alt + A", "Accept the oldest offer"],
  ["Alt + X", "Decline the oldest offer"],
  ["Alt + G", "Get the next that waits to be taken"],
  ["Alt + ↓ / ↑", "Next or previous conversation"],
  ["Alt + 1 … 9", "The conversation of that place"],
  ["Alt + R", "Write a reply"],
  ["Alt + N", "Write an internal note"],
  ["Alt + U", "Attach files"],
  ["Ctrl + Enter", "Send"],
  ["Alt + E", "Escalate"],
  ["Alt + P", "Later: set aside, or call back"],
  ["Alt + T", "Transfer"],
  ["Alt + H", "Ask an agent for advice"],
  ["Alt + C", "Close or finish"],
  ["Alt + K", "These keys"],
  ["Escape", "Leave a dialogue"],
] as const;

/** Listens to keys; answers how to stop. */
export function listenToKeys(model: DeskModel, open: Signal<Open>): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || open.value !== "") return;
    if (act(model, open, event.code)) event.preventDefault();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function act(model: DeskModel, open: Signal<Open>, code: string): boolean {
  const [offer] = model.offers.value;
  switch (code) {
    case "KeyA":
      if (offer !== undefined) void model.accept(offer);
      return true;
    case "KeyX":
      if (offer !== undefined) void model.decline(offer);
      return true;
    case "KeyG":
      if (model.mayTake.value && !model.isTaking.value) void model.takeNext();
      return true;
    case "ArrowDown":
      move(model, 1);
      return true;
    case "ArrowUp":
      move(model, -1);
      return true;
    case "KeyR":
    case "KeyN":
      write(code === "KeyN");
      return true;
    case "KeyU":
      document.querySelector<HTMLElement>("#attach")?.click();
      return true;
    case "KeyE":
    case "KeyP":
    case "KeyT":
    case "KeyC":
      if (model.selected.value !== undefined) open.value = DIALOGUES[code];
      return true;
    case "KeyH":
      if (mayConsult(model.selected.value)) open.value = "consult";
      return true;
    case "KeyK":
      open.value = "keys";
      return true;
    default:
      return place(model, code);
  }
}

const DIALOGUES = { KeyE: "escalate", KeyP: "later", KeyT: "transfer", KeyC: "close" } as const;

/** The digit keys: the conversation of that place. */
function place(model: DeskModel, code: string): boolean {
  const digit = /^Digit([1-9])$/.exec(code)?.[1];
  if (digit === undefined) return false;
  const one = model.work.value[Number(digit) - 1];
  if (one !== undefined) model.select(one.id);
  return true;
}

function move(model: DeskModel, by: number): void {
  const all = model.work.value;
  if (all.length === 0) return;
  const at = all.findIndex(({ id }) => id === model.selectedId.value);
  const next = at < 0 ? 0 : (at + by + all.length) % all.length;
  model.select(all[next]?.id ?? "");
}

function write(isNote: boolean): void {
  document.querySelector<HTMLElement>(isNote ? "#as-note" : "#as-reply")?.click();
  document.querySelector<HTMLElement>("#answer")?.focus();
}
