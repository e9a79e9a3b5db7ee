// The contract's enumerations in the words of the pages.

import { v1 } from "@omnichannel/sdk/web";

const { ChannelKind, InteractionStatus, PresenceStatus, EffectiveStatus } = v1;
const { SlaStatus, SlaMetric, MilestoneKind, DeliveryStatus, Priority, Duty } = v1;
const { DeliveryState } = v1;

type Words = Readonly<Record<number, string>>;

export const CHANNELS: Words = {
  [ChannelKind.EMAIL]: "Email",
  [ChannelKind.SMS]: "SMS",
  [ChannelKind.VOICE]: "Voice",
  [ChannelKind.CHAT]: "Chat",
  [ChannelKind.WHATSAPP]: "WhatsApp",
  [ChannelKind.TELEGRAM]: "Telegram",
  [ChannelKind.SLACK]: "Slack",
  [ChannelKind.TEAMS]: "Teams",
  [ChannelKind.TWITTER]: "Twitter",
  [ChannelKind.FACEBOOK]: "Facebook",
  [ChannelKind.INSTAGRAM]: "Instagram",
  [ChannelKind.LINKEDIN]: "LinkedIn",
  [ChannelKind.WEBHOOK]: "Webhook",
  [ChannelKind.API]: "API",
  [ChannelKind.VIDEO]: "Video",
  [ChannelKind.IN_PERSON]: "In person",
  [ChannelKind.WEB_PORTAL]: "Web portal",
  [ChannelKind.MOBILE_APP]: "Mobile app",
};

export const STATUSES: Words = {
  [InteractionStatus.QUEUED]: "Waiting",
  [InteractionStatus.OFFERED]: "Offered",
  [InteractionStatus.ACTIVE]: "Active",
  [InteractionStatus.SCHEDULED]: "Scheduled",
  [InteractionStatus.PARKED]: "Set aside",
  [InteractionStatus.WRAPPING]: "Wrap-up",
  [InteractionStatus.RESOLVED]: "Resolved",
  [InteractionStatus.CLOSED]: "Closed",
  [InteractionStatus.CANCELLED]: "Cancelled",
  [InteractionStatus.ABANDONED]: "Abandoned",
  [InteractionStatus.EXPIRED]: "Expired",
};

/** Where a page of an escalation stands. */
export const PAGES: Words = {
  [DeliveryState.READY]: "waits to be tried",
  [DeliveryState.SENDING]: "on its way",
  [DeliveryState.DONE]: "got through",
  [DeliveryState.UNKNOWN]: "may have got through",
  [DeliveryState.DEAD]: "given up",
};

export const PRESENCES: Words = {
  [PresenceStatus.AVAILABLE]: "Available",
  [PresenceStatus.BUSY]: "Busy",
  [PresenceStatus.AWAY]: "Away",
  [PresenceStatus.BREAK]: "Break",
  [PresenceStatus.TRAINING]: "Training",
  [PresenceStatus.DO_NOT_DISTURB]: "Do not disturb",
  [PresenceStatus.OFFLINE]: "Offline",
};

export const EFFECTIVE: Words = {
  [EffectiveStatus.OFFLINE]: "Offline",
  [EffectiveStatus.AVAILABLE]: "Available",
  [EffectiveStatus.UNAVAILABLE]: "Not available",
  [EffectiveStatus.NOT_RESPONDING]: "Not responding",
  [EffectiveStatus.MISSED]: "Missed an offer",
};

/** Only what keeps new work away, or is to be known. */
export const DUTIES: Words = {
  [Duty.ON_BREAK]: "Break by schedule",
  [Duty.ON_CALL]: "On call",
  [Duty.OFF_SHIFT]: "Off shift",
  [Duty.TIME_OFF]: "Time off",
};

export const SLA: Words = {
  [SlaStatus.ON_TRACK]: "On track",
  [SlaStatus.WARNED]: "At risk",
  [SlaStatus.BREACHED]: "Breached",
  [SlaStatus.MET]: "Met",
  [SlaStatus.PAUSED]: "Paused",
};

export const METRICS: Words = {
  [SlaMetric.FIRST_RESPONSE]: "First response",
  [SlaMetric.NEXT_RESPONSE]: "Next response",
  [SlaMetric.RESOLUTION]: "Resolution",
  [SlaMetric.TOTAL_RESOLUTION]: "Total resolution",
  [SlaMetric.TIME_TO_ANSWER]: "Time to answer",
};

export const MILESTONES: Words = {
  [MilestoneKind.CREATED]: "Contact began",
  [MilestoneKind.FIRST_OFFERED]: "First offered",
  [MilestoneKind.ACCEPTED]: "Accepted",
  [MilestoneKind.FIRST_RESPONDED]: "First reply",
  [MilestoneKind.RESOLVED]: "Resolved",
  [MilestoneKind.CLOSED]: "Closed",
  [MilestoneKind.CANCELLED]: "Cancelled",
  [MilestoneKind.RATED]: "Rated",
  [MilestoneKind.ABANDONED]: "Customer left",
  [MilestoneKind.EXPIRED]: "Waited too long",
};

export const DELIVERIES: Words = {
  [DeliveryStatus.QUEUED]: "queued",
  [DeliveryStatus.SENDING]: "sending",
  [DeliveryStatus.SENT]: "sent",
  [DeliveryStatus.DELIVERED]: "delivered",
  [DeliveryStatus.READ]: "read",
  [DeliveryStatus.FAILED]: "failed",
  [DeliveryStatus.UNDELIVERED]: "not delivered",
  [DeliveryStatus.EXPIRED]: "expired",
  [DeliveryStatus.CANCELED]: "withdrawn",
  [DeliveryStatus.UNKNOWN]: "delivery unknown",
};

export const PRIORITIES: Words = {
  [Priority.LOW]: "Low",
  [Priority.NORMAL]: "Normal",
  [Priority.HIGH]: "High",
  [Priority.URGENT]: "Urgent",
  [Priority.CRITICAL]: "Critical",
};

/** Words for a value; those a newer server may know and this page does not are called so. */
export function word(words: Words, value: number | undefined): string {
  return words[value ?? 0] ?? "Unknown";
}
