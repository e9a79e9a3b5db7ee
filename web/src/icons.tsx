// Small pictures, drawn with the colour of the text beside them. They say nothing that the text
// does not say too, so readers of screens pass them by.

import { v1 } from "@omnichannel/sdk/web";

const PATHS = {
  mail: "M3 6h18v12H3z M3 7l9 6 9-6",
  chat: "M4 5h16v11H9l-5 4z",
  phone: "M6 3h4l2 5-3 2a11 11 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1 M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  clip: "M20 11l-8 8a5 5 0 0 1-7-7l9-9a3.5 3.5 0 0 1 5 5l-9 9a2 2 0 0 1-3-3l8-8",
  down: "M12 4v11 M7 11l5 5 5-5 M5 20h14",
  up: "M12 20V5 M6 11l6-6 6 6",
  swap: "M4 8h14 M14 4l4 4-4 4 M20 16H6 M10 12l-4 4 4 4",
  check: "M5 13l4 4L19 7",
  close: "M6 6l12 12 M18 6L6 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14z M16 16l4 4",
  file: "M6 3h8l4 4v14H6z M14 3v4h4",
  keys: "M3 6h18v12H3z M7 10h.01 M11 10h.01 M15 10h.01 M8 14h8",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M4 21c0-5 4-7 8-7s8 2 8 7",
  inbox: "M4 13l3-8h10l3 8v6H4z M4 13h5l1 3h4l1-3h5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z M12 8v4l3 2",
  queue: "M4 6h16 M4 12h16 M4 18h10",
} as const;

/** Which picture. */
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

const { EMAIL, VOICE, VIDEO, WEBHOOK } = v1.ChannelKind;

/** The picture of a kind of channel. */
export function channelIcon(kind: v1.ChannelKind): IconName {
  if (kind === EMAIL) return "mail";
  if (kind === VOICE || kind === VIDEO) return "phone";
  return kind === WEBHOOK ? "link" : "chat";
}
