// What both entries of the package have in common.

export type { Interceptor } from "@connectrpc/connect";
export { Code } from "@connectrpc/connect";
export type { CallOptions, Request } from "./caller.js";
export { BaseClient, type RawClients } from "./client.js";
export type { ClientOptions } from "./config.js";
export type { TokenProvider } from "./credentials.js";
export { Dashboard, type DashboardOptions, type LiveBoard } from "./dashboard.js";
export type { Desk } from "./desk.js";
export * from "./errors.js";
export { Feed, type FeedItem, type FeedOptions } from "./feed.js";
export * from "./generated/calls.js";
export * from "./generated/errors.js";
export * as v1 from "./generated/v1.js";
export { newRequestId } from "./ids.js";
export { type InteractionPiece, type InteractionUpdate, InteractionWatch } from "./interaction.js";
export type { Listing } from "./pages.js";
export type {
  AgentUpdate,
  CommandOptions,
  Completion,
  PresenceChoice,
  SessionOptions,
} from "./session.js";
export { AgentSession, LiveOffer } from "./session.js";
export { LiveStream, type StreamOptions } from "./stream/live.js";
export type { StateListener, StreamState } from "./stream/state.js";
export type { AgentChange } from "./updates.js";
export { VERSION } from "./version.js";
