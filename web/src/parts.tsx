// Small parts that both pages have.

import type { StreamState } from "@omnichannel/sdk/web";
import { v1 } from "@omnichannel/sdk/web";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { channelIcon, Icon, type IconName } from "./icons.js";
import { CHANNELS, SLA, word } from "./words.js";

const STATES: Readonly<Record<StreamState, string>> = {
  connecting: "Connecting…",
  connected: "Live",
  resuming: "Reconnecting…",
  resynced: "Live",
  draining: "Server restarts…",
  stopped: "Stopped",
};

/** How the stream behind the page that is shown is doing; nothing while there is none. */
export const stream = signal<StreamState | undefined>(undefined);

/** The same for whoever looks. */
export function StreamBadge({ state }: { state: StreamState }) {
  const live = state === "connected" || state === "resynced";
  const kind = live ? "good" : state === "stopped" ? "bad" : "warn";
  return (
    <span class={`badge ${kind}`} role="status" data-stream={state}>
      <span class="dot" aria-hidden="true" />
      {STATES[state]}
    </span>
  );
}

/** Which channel something came over. */
export function ChannelTag({ kind }: { kind: v1.ChannelKind }) {
  return (
    <span class="tag">
      <Icon name={channelIcon(kind)} />
      {word(CHANNELS, kind)}
    </span>
  );
}

/** That a customer waits for a call, and how often they were called in vain. */
export function CallbackTag({ of }: { of: v1.Interaction | undefined }) {
  if (of?.callback === undefined) return null;
  const { attempts } = of.callback;
  return (
    <span class="badge call" title={attempts > 0 ? `Called ${attempts} × in vain` : undefined}>
      <Icon name="phone" />
      Call back{attempts > 0 ? ` ×${attempts + 1}` : ""}
    </span>
  );
}

/** How many colours stand for people. */
const COLOURS = 6;

/** Somebody's initials on a ground that is the same wherever they appear. */
export function Avatar({ name, id }: { name: string; id: string }) {
  const words = name.split(/[\s@._-]+/u).filter((part) => /^[\p{L}\p{N}]/u.test(part));
  const first = (part: string | undefined) => [...(part ?? "")][0] ?? "";
  const initials = first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "");
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return (
    <span class={`avatar k${sum % COLOURS}`} aria-hidden="true">
      {initials.toLocaleUpperCase() || "?"}
    </span>
  );
}

/** Where there is nothing yet, and what would be there. */
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="nothing">
      <Icon name={props.icon} />
      <p>{props.title}</p>
      {props.children !== undefined && <p class="quiet">{props.children}</p>}
    </div>
  );
}

/** Lines that stand for what is being fetched. */
export function Waiting({ lines, name }: { lines: number; name: string }) {
  return (
    <div class="waiting-lines" role="status" aria-label={name}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

/** Whether the promises of time for something are kept; nothing while all is well. */
export function SlaTag({ sla }: { sla: v1.SlaState | undefined }) {
  if (sla?.status !== v1.SlaStatus.WARNED && sla?.status !== v1.SlaStatus.BREACHED) return null;
  const kind = sla.status === v1.SlaStatus.BREACHED ? "bad" : "warn";
  return <span class={`badge ${kind}`}>{word(SLA, sla.status)}</span>;
}

/** A share of the most there may be. Drawn with attributes: the policy allows no styles here. */
export function Bar(props: { value: number; most: number; name: string; kind?: string }) {
  const { value, most, name, kind = "" } = props;
  const part = Math.min(Math.max((value / Math.max(most, 1)) * 100, 0), 100);
  return (
    <svg
      class={`bar ${kind}`}
      role="img"
      aria-label={name}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
    >
      <rect class="bar-all" width="100" height="8" />
      <rect class="bar-part" width={part} height="8" />
    </svg>
  );
}

/** A dialogue above the page; Escape closes it, and the focus goes back to where it was. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const own = useRef<HTMLDialogElement>(null);
  const isShut = useRef(false);
  const title = useId();
  // Before anything is painted, so that what is typed next goes into it.
  useLayoutEffect(() => {
    const dialog = own.current;
    dialog?.showModal();
    return () => {
      isShut.current = true;
      dialog?.close();
    };
  }, []);
  // Told once and at once: the event of its closing comes later, when another may be open.
  const shut = () => {
    if (isShut.current) return;
    isShut.current = true;
    props.onClose();
  };
  return (
    <dialog
      ref={own}
      class={props.wide ? "wide" : ""}
      aria-labelledby={title}
      onCancel={shut}
      onClose={shut}
    >
      <h2 id={title}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

const NOTICE_MS = 6000;
const NOTICES_MAX = 4;

interface Notice {
  id: number;
  text: string;
  kind: "" | "bad" | "unseen";
}

const notices = signal<readonly Notice[]>([]);
let noticed = 0;

/** Tells something in passing; what is to be seen elsewhere is only for those who hear the page. */
export function tell(text: string, kind: Notice["kind"] = ""): void {
  noticed += 1;
  const id = noticed;
  notices.value = [...notices.value, { id, text, kind }].slice(-NOTICES_MAX);
  setTimeout(() => {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }, NOTICE_MS);
}

/** Where it is told. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, kind }) => (
        <p key={id} class={kind === "unseen" ? kind : `notice ${kind}`}>
          {text}
        </p>
      ))}
    </div>
  );
}
