// The client: one set of connections, one credential, one budget for repeats. Unary calls are
// methods of the services below it, live streams are methods of its own, and the generated clients
// stay reachable under `raw`. What it runs on, Node or a browser, is handed in.

import {
  Code,
  createClient,
  type Interceptor,
  type Client as ServiceClient,
  type Transport,
} from "@connectrpc/connect";
import { Caller } from "./caller.js";
import { type ClientOptions, DEADLINE_MS, MAX_ATTEMPTS, RETRY_BUDGET } from "./config.js";
import { Credentials } from "./credentials.js";
import { Dashboard, type DashboardOptions } from "./dashboard.js";
import { localError } from "./errors.js";
import { Feed, type FeedOptions } from "./feed.js";
import {
  AdminCalls,
  AgentCalls,
  AnalyticsCalls,
  ChannelCalls,
  CustomerCalls,
  InteractionCalls,
  RoutingCalls,
} from "./generated/calls.js";
import { AdminService } from "./generated/omnichannel/v1/admin_service_pb.js";
import { AgentService } from "./generated/omnichannel/v1/agent_service_pb.js";
import { AnalyticsService } from "./generated/omnichannel/v1/analytics_service_pb.js";
import { ChannelService } from "./generated/omnichannel/v1/channel_service_pb.js";
import { CustomerService } from "./generated/omnichannel/v1/customer_service_pb.js";
import { InteractionService } from "./generated/omnichannel/v1/interaction_service_pb.js";
import { RoutingService } from "./generated/omnichannel/v1/routing_service_pb.js";
import { InteractionWatch } from "./interaction.js";
import { AgentSession, type SessionHost, type SessionOptions } from "./session.js";
import type { StreamOptions } from "./stream/live.js";
import { VERSION } from "./version.js";

/** What a client runs on. */
export interface Platform {
  /** Transport of the next unary call. */
  unary(): Transport;
  /** Transport of the next stream. */
  stream(): Transport;
  /** Whether streams go both ways. */
  bothWays: boolean;
  /** Header in which the name of this package is told. */
  agentHeader: string;
  /** Tells when the network is back; answers how to stop listening. */
  onOnline?: (back: () => void) => () => void;
  /** Ends all connections. */
  close(): void;
}

/** The generated clients: no deadline, no repeats, no resuming; errors are the transport's. */
export interface RawClients {
  readonly interactions: ServiceClient<typeof InteractionService>;
  readonly routing: ServiceClient<typeof RoutingService>;
  readonly agents: ServiceClient<typeof AgentService>;
  readonly analytics: ServiceClient<typeof AnalyticsService>;
  readonly customers: ServiceClient<typeof CustomerService>;
  readonly channels: ServiceClient<typeof ChannelService>;
  readonly admin: ServiceClient<typeof AdminService>;
}

/** A client of the service, whatever it runs on. */
export class BaseClient {
  /** Calls of InteractionService. */
  readonly interactions: InteractionCalls;
  /** Calls of RoutingService. */
  readonly routing: RoutingCalls;
  /** Calls of AgentService. */
  readonly agents: AgentCalls;
  /** Calls of AnalyticsService. */
  readonly analytics: AnalyticsCalls;
  /** Calls of CustomerService. */
  readonly customers: CustomerCalls;
  /** Calls of ChannelService. */
  readonly channels: ChannelCalls;
  /** Calls of AdminService. */
  readonly admin: AdminCalls;
  readonly #platform: Platform;
  readonly #credentials: Credentials;
  #raw: RawClients | undefined;
  #closed = false;

  /** @internal */
  protected constructor(
    options: ClientOptions,
    platform: (interceptors: Interceptor[]) => Platform,
  ) {
    const credentials = new Credentials(options.apiKey, options.token);
    const interceptors: Interceptor[] = [...(options.interceptors ?? [])];
    let agentHeader = "";
    interceptors.push((next) => async (request) => {
      const token = await credentials.token();
      if (token !== undefined && !request.header.has("authorization")) {
        request.header.set("authorization", `Bearer ${token}`);
      }
      request.header.set(agentHeader, `omnichannel-typescript/${VERSION}`);
      return next(request);
    });
    this.#credentials = credentials;
    this.#platform = platform(interceptors);
    agentHeader = this.#platform.agentHeader;
    const caller = new Caller({
      transport: () => this.#open().unary(),
      credentials,
      deadlineMs: options.deadlineMs === undefined ? DEADLINE_MS : options.deadlineMs,
      maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
      retryBudget: options.retryBudget ?? RETRY_BUDGET,
    });
    this.interactions = new InteractionCalls(caller);
    this.routing = new RoutingCalls(caller);
    this.agents = new AgentCalls(caller);
    this.analytics = new AnalyticsCalls(caller);
    this.customers = new CustomerCalls(caller);
    this.channels = new ChannelCalls(caller);
    this.admin = new AdminCalls(caller);
  }

  /** The generated clients, with the credential and nothing else. */
  get raw(): RawClients {
    this.#raw ??= this.#rawClients();
    return this.#raw;
  }

  /** Follows the tenant's feed: every event once and in order. */
  feed(options: FeedOptions = {}): Feed {
    return new Feed(this.#host, options);
  }

  /** Follows one interaction: its messages, offers and changes. */
  watchInteraction(interactionId: string, options: StreamOptions = {}): InteractionWatch {
    return new InteractionWatch(this.#host, interactionId, options);
  }

  /** Sits an agent down at their desk: offers and work come, answers go. */
  agentSession(options: SessionOptions = {}): AgentSession {
    return new AgentSession(this.#host, options);
  }

  /** Shows the live dashboard. */
  dashboard(options: DashboardOptions = {}): Dashboard {
    return new Dashboard(this.#host, options);
  }

  /** Ends all connections. Calls and streams under way fail, and so do those to come. */
  close(): void {
    this.#closed = true;
    this.#platform.close();
  }

  #open(): Platform {
    if (this.#closed) throw localError(Code.FailedPrecondition, "the client is closed");
    return this.#platform;
  }

  get #host(): SessionHost {
    const { bothWays, onOnline } = this.#platform;
    const { agents, interactions } = this;
    const streamTransport = () => this.#open().stream();
    return {
      streamTransport,
      credentials: this.#credentials,
      onOnline,
      bothWays,
      agents,
      interactions,
    };
  }

  #rawClients(): RawClients {
    const unary = this.#platform.unary();
    const stream = this.#platform.stream();
    const transport: Transport = {
      unary: unary.unary.bind(unary),
      stream: stream.stream.bind(stream),
    };
    return {
      interactions: createClient(InteractionService, transport),
      routing: createClient(RoutingService, transport),
      agents: createClient(AgentService, transport),
      analytics: createClient(AnalyticsService, transport),
      customers: createClient(CustomerService, transport),
      channels: createClient(ChannelService, transport),
      admin: createClient(AdminService, transport),
    };
  }
}
