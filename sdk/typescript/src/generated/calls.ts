// This file is @generated from the contract.

import type { CallOptions, Caller, Request } from "../caller.js";
import type { Listing } from "../pages.js";
import type { AccessEntry, ApiKey, AuditEntry, Tenant } from "./omnichannel/v1/admin_pb.js";
import type { CancelDeliveryRequestSchema, CancelDeliveryResponse, CloseSessionRequestSchema, CloseSessionResponse, CloseStreamRequestSchema, CloseStreamResponse, CreateApiKeyRequestSchema, CreateApiKeyResponse, CreateTenantRequestSchema, CreateTenantResponse, DeleteDeadLetterRequestSchema, DeleteDeadLetterResponse, GetApiKeyRequestSchema, GetApiKeyResponse, GetServerInfoRequestSchema, GetServerInfoResponse, GetTenantRequestSchema, GetTenantResponse, ListAccessLogRequestSchema, ListAccessLogResponse, ListApiKeysRequestSchema, ListApiKeysResponse, ListAuditLogRequestSchema, ListAuditLogResponse, ListDeadLettersRequestSchema, ListDeadLettersResponse, ListDeliveriesRequestSchema, ListDeliveriesResponse, ListSessionsRequestSchema, ListSessionsResponse, ListStreamsRequestSchema, ListStreamsResponse, ListTenantsRequestSchema, ListTenantsResponse, ReplayDeadLetterRequestSchema, ReplayDeadLetterResponse, RetryDeliveryRequestSchema, RetryDeliveryResponse, RevokeApiKeyRequestSchema, RevokeApiKeyResponse, UpdateTenantRequestSchema, UpdateTenantResponse, VerifyAuditLogRequestSchema, VerifyAuditLogResponse, WhoAmIRequestSchema, WhoAmIResponse } from "./omnichannel/v1/admin_service_pb.js";
import type { Agent, Team } from "./omnichannel/v1/agent_pb.js";
import type { AcceptOfferRequestSchema, AcceptOfferResponse, CompleteInteractionRequestSchema, CompleteInteractionResponse, ConfigureScheduleRequestSchema, ConfigureScheduleResponse, CreateAgentRequestSchema, CreateAgentResponse, CreateTeamRequestSchema, CreateTeamResponse, CreateTimeOffRequestSchema, CreateTimeOffResponse, DeclineOfferRequestSchema, DeclineOfferResponse, DeleteAgentRequestSchema, DeleteAgentResponse, DeleteScheduleRequestSchema, DeleteScheduleResponse, DeleteTeamRequestSchema, DeleteTeamResponse, DeleteTimeOffRequestSchema, DeleteTimeOffResponse, GetAgentRequestSchema, GetAgentResponse, GetTeamRequestSchema, GetTeamResponse, ListAgentsRequestSchema, ListAgentsResponse, ListOffersRequestSchema, ListOffersResponse, ListSchedulesRequestSchema, ListSchedulesResponse, ListTeamsRequestSchema, ListTeamsResponse, ListTimeOffRequestSchema, ListTimeOffResponse, SetPresenceRequestSchema, SetPresenceResponse, TakeNextRequestSchema, TakeNextResponse, UpdateAgentRequestSchema, UpdateAgentResponse, UpdateTeamRequestSchema, UpdateTeamResponse } from "./omnichannel/v1/agent_service_pb.js";
import type { ConfigureEscalationRequestSchema, ConfigureEscalationResponse, ConfigureSlaRequestSchema, ConfigureSlaResponse, DeleteEscalationPolicyRequestSchema, DeleteEscalationPolicyResponse, DeleteSlaPolicyRequestSchema, DeleteSlaPolicyResponse, GetRealTimeStatsRequestSchema, GetRealTimeStatsResponse, GetTrendRequestSchema, GetTrendResponse, ListEscalationPoliciesRequestSchema, ListEscalationPoliciesResponse, ListSlaBreachesRequestSchema, ListSlaBreachesResponse, ListSlaPoliciesRequestSchema, ListSlaPoliciesResponse } from "./omnichannel/v1/analytics_service_pb.js";
import type { Calendar } from "./omnichannel/v1/calendar_pb.js";
import type { ChannelAccount } from "./omnichannel/v1/channel_pb.js";
import type { CreateChannelAccountRequestSchema, CreateChannelAccountResponse, DeleteChannelAccountRequestSchema, DeleteChannelAccountResponse, GetChannelAccountRequestSchema, GetChannelAccountResponse, GetMessageStatusRequestSchema, GetMessageStatusResponse, ListChannelAccountsRequestSchema, ListChannelAccountsResponse, ReceiveMessageRequestSchema, ReceiveMessageResponse, RotateChannelSecretRequestSchema, RotateChannelSecretResponse, UpdateChannelAccountRequestSchema, UpdateChannelAccountResponse } from "./omnichannel/v1/channel_service_pb.js";
import type { Customer, HistoryItem } from "./omnichannel/v1/customer_pb.js";
import type { AddContactPointRequestSchema, AddContactPointResponse, CreateCustomerRequestSchema, CreateCustomerResponse, DeleteCustomerRequestSchema, DeleteCustomerResponse, FindCustomerRequestSchema, FindCustomerResponse, GetCustomerRequestSchema, GetCustomerResponse, GetHistoryRequestSchema, GetHistoryResponse, LiftSuppressionRequestSchema, LiftSuppressionResponse, ListCustomersRequestSchema, ListCustomersResponse, RemoveContactPointRequestSchema, RemoveContactPointResponse, UpdateCustomerRequestSchema, UpdateCustomerResponse } from "./omnichannel/v1/customer_service_pb.js";
import type { EscalationPolicy } from "./omnichannel/v1/escalation_pb.js";
import type { Interaction, Message, Offer } from "./omnichannel/v1/interaction_pb.js";
import type { AbandonInteractionRequestSchema, AbandonInteractionResponse, CancelInteractionRequestSchema, CancelInteractionResponse, CloseInteractionRequestSchema, CloseInteractionResponse, ConsultAgentRequestSchema, ConsultAgentResponse, CreateInteractionRequestSchema, CreateInteractionResponse, EndConsultRequestSchema, EndConsultResponse, EscalateInteractionRequestSchema, EscalateInteractionResponse, GetInteractionRequestSchema, GetInteractionResponse, GetWaitEstimateRequestSchema, GetWaitEstimateResponse, ListInteractionsRequestSchema, ListInteractionsResponse, ListMessagesRequestSchema, ListMessagesResponse, ParkInteractionRequestSchema, ParkInteractionResponse, RateInteractionRequestSchema, RateInteractionResponse, ReopenInteractionRequestSchema, ReopenInteractionResponse, RequestCallbackRequestSchema, RequestCallbackResponse, SendMessageRequestSchema, SendMessageResponse, TransferInteractionRequestSchema, TransferInteractionResponse, UpdateInteractionRequestSchema, UpdateInteractionResponse, UploadAttachmentRequestSchema, UploadAttachmentResponse, WakeInteractionRequestSchema, WakeInteractionResponse } from "./omnichannel/v1/interaction_service_pb.js";
import type { ConsoleSession, DeadLetter, OpenStream, OutboundDelivery } from "./omnichannel/v1/operations_pb.js";
import type { ExplainedAgent } from "./omnichannel/v1/routing_explain_pb.js";
import type { Queue, RoutingRule, Skill } from "./omnichannel/v1/routing_pb.js";
import type { RoutingPlan } from "./omnichannel/v1/routing_plan_pb.js";
import type { CreateCalendarRequestSchema, CreateCalendarResponse, CreateQueueRequestSchema, CreateQueueResponse, CreateRoutingPlanRequestSchema, CreateRoutingPlanResponse, CreateRoutingRuleRequestSchema, CreateRoutingRuleResponse, CreateSkillRequestSchema, CreateSkillResponse, DeleteCalendarRequestSchema, DeleteCalendarResponse, DeleteQueueRequestSchema, DeleteQueueResponse, DeleteRoutingPlanRequestSchema, DeleteRoutingPlanResponse, DeleteRoutingRuleRequestSchema, DeleteRoutingRuleResponse, DeleteSkillRequestSchema, DeleteSkillResponse, ExplainRequestSchema, ExplainResponse, GetCalendarRequestSchema, GetCalendarResponse, GetCalendarStatusRequestSchema, GetCalendarStatusResponse, GetQueueRequestSchema, GetQueueResponse, GetQueueStatsRequestSchema, GetQueueStatsResponse, GetRoutingPlanRequestSchema, GetRoutingPlanResponse, GetRoutingRuleRequestSchema, GetRoutingRuleResponse, GetRoutingSettingsRequestSchema, GetRoutingSettingsResponse, GetSkillRequestSchema, GetSkillResponse, LintRoutingRequestSchema, LintRoutingResponse, ListCalendarsRequestSchema, ListCalendarsResponse, ListQueuesRequestSchema, ListQueuesResponse, ListRoutingPlansRequestSchema, ListRoutingPlansResponse, ListRoutingRulesRequestSchema, ListRoutingRulesResponse, ListSkillsRequestSchema, ListSkillsResponse, RouteInteractionRequestSchema, RouteInteractionResponse, TestRulesRequestSchema, TestRulesResponse, UpdateCalendarRequestSchema, UpdateCalendarResponse, UpdateQueueRequestSchema, UpdateQueueResponse, UpdateRoutingPlanRequestSchema, UpdateRoutingPlanResponse, UpdateRoutingRuleRequestSchema, UpdateRoutingRuleResponse, UpdateRoutingSettingsRequestSchema, UpdateRoutingSettingsResponse, UpdateSkillRequestSchema, UpdateSkillResponse } from "./omnichannel/v1/routing_service_pb.js";
import type { Schedule, TimeOff } from "./omnichannel/v1/schedule_pb.js";
import type { SlaBreach, SlaPolicy } from "./omnichannel/v1/sla_pb.js";
import { AdminService } from "./omnichannel/v1/admin_service_pb.js";
import { AgentService } from "./omnichannel/v1/agent_service_pb.js";
import { AnalyticsService } from "./omnichannel/v1/analytics_service_pb.js";
import { ChannelService } from "./omnichannel/v1/channel_service_pb.js";
import { CustomerService } from "./omnichannel/v1/customer_service_pb.js";
import { InteractionService } from "./omnichannel/v1/interaction_service_pb.js";
import { RoutingService } from "./omnichannel/v1/routing_service_pb.js";

/**
 * Manages tenants and API keys; shows auditors and integrations what was done, and operators what
 * is under way.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class AdminCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates a tenant with a first key of role TENANT_ADMIN, which the answer shows once.
   * Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createTenant(request: Request<typeof CreateTenantRequestSchema>, options?: CallOptions): Promise<CreateTenantResponse> {
    return this.#caller.unary(AdminService.method.createTenant, request, options);
  }

  /**
   * Reads one tenant.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getTenant(request: Request<typeof GetTenantRequestSchema>, options?: CallOptions): Promise<GetTenantResponse> {
    return this.#caller.unary(AdminService.method.getTenant, request, options);
  }

  /**
   * Lists tenants, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listTenants(request: Request<typeof ListTenantsRequestSchema> = {}, options?: CallOptions): Listing<Tenant, ListTenantsResponse> {
    return this.#caller.list(AdminService.method.listTenants, "tenants", request, options);
  }

  /**
   * Changes the fields named by the mask. Suspending a tenant ends its streams.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateTenant(request: Request<typeof UpdateTenantRequestSchema>, options?: CallOptions): Promise<UpdateTenantResponse> {
    return this.#caller.unary(AdminService.method.updateTenant, request, options);
  }

  /**
   * Creates an API key of the own tenant. The answer shows the key, once.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createApiKey(request: Request<typeof CreateApiKeyRequestSchema>, options?: CallOptions): Promise<CreateApiKeyResponse> {
    return this.#caller.unary(AdminService.method.createApiKey, request, options);
  }

  /**
   * Reads one API key, without the key itself.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getApiKey(request: Request<typeof GetApiKeyRequestSchema>, options?: CallOptions): Promise<GetApiKeyResponse> {
    return this.#caller.unary(AdminService.method.getApiKey, request, options);
  }

  /**
   * Lists the API keys of the tenant, newest first.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listApiKeys(request: Request<typeof ListApiKeysRequestSchema> = {}, options?: CallOptions): Listing<ApiKey, ListApiKeysResponse> {
    return this.#caller.list(AdminService.method.listApiKeys, "apiKeys", request, options);
  }

  /**
   * Makes an API key invalid for good; its streams end within 15 seconds, and carry out no command
   * before. A repeat succeeds. The last key with which the tenant can manage its keys stays: make
   * another one first.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, LEDGER_BUSY.
   */
  revokeApiKey(request: Request<typeof RevokeApiKeyRequestSchema>, options?: CallOptions): Promise<RevokeApiKeyResponse> {
    return this.#caller.unary(AdminService.method.revokeApiKey, request, options);
  }

  /**
   * Lists the audit log of the tenant by rising sequence.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listAuditLog(request: Request<typeof ListAuditLogRequestSchema> = {}, options?: CallOptions): Listing<AuditEntry, ListAuditLogResponse> {
    return this.#caller.list(AdminService.method.listAuditLog, "entries", request, options);
  }

  /**
   * Recomputes the hash chain over a stretch of the audit log.
   * Errors: only the common ones.
   */
  verifyAuditLog(request: Request<typeof VerifyAuditLogRequestSchema>, options?: CallOptions): Promise<VerifyAuditLogResponse> {
    return this.#caller.unary(AdminService.method.verifyAuditLog, request, options);
  }

  /**
   * Lists who read personal data, or touched keys, tenants, secrets or a log, newest first. A call
   * is listed within a few seconds, and kept as long as the operator says.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listAccessLog(request: Request<typeof ListAccessLogRequestSchema> = {}, options?: CallOptions): Listing<AccessEntry, ListAccessLogResponse> {
    return this.#caller.list(AdminService.method.listAccessLog, "entries", request, options);
  }

  /**
   * Tells which server answers.
   * Errors: only the common ones.
   */
  getServerInfo(request: Request<typeof GetServerInfoRequestSchema> = {}, options?: CallOptions): Promise<GetServerInfoResponse> {
    return this.#caller.unary(AdminService.method.getServerInfo, request, options);
  }

  /**
   * Tells who calls: tenant, role, permissions and the agent the credential speaks for. A console
   * asks this first.
   * Errors: only the common ones.
   */
  whoAmI(request: Request<typeof WhoAmIRequestSchema> = {}, options?: CallOptions): Promise<WhoAmIResponse> {
    return this.#caller.unary(AdminService.method.whoAmI, request, options);
  }

  /**
   * Lists the open streams of the node that answers, and of no other, newest first. Keys of a
   * tenant see the streams of their tenant, the operator of the platform those of all tenants. A
   * page token is good on the same node only.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listStreams(request: Request<typeof ListStreamsRequestSchema> = {}, options?: CallOptions): Listing<OpenStream, ListStreamsResponse> {
    return this.#caller.list(AdminService.method.listStreams, "streams", request, options);
  }

  /**
   * Tells an open stream of the node that answers to end, with goodbye CLOSED_BY_OPERATOR. A
   * session survives its stream for its grace.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  closeStream(request: Request<typeof CloseStreamRequestSchema>, options?: CallOptions): Promise<CloseStreamResponse> {
    return this.#caller.unary(AdminService.method.closeStream, request, options);
  }

  /**
   * Lists the agents' sessions of the tenant on all nodes, ordered by identifier.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listSessions(request: Request<typeof ListSessionsRequestSchema> = {}, options?: CallOptions): Listing<ConsoleSession, ListSessionsResponse> {
    return this.#caller.list(AdminService.method.listSessions, "sessions", request, options);
  }

  /**
   * Closes an agent's session on whichever node: its stream ends with goodbye CLOSED_BY_OPERATOR
   * and action STOP. Presence and offers keep their grace, as after any lost session.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  closeSession(request: Request<typeof CloseSessionRequestSchema>, options?: CallOptions): Promise<CloseSessionResponse> {
    return this.#caller.unary(AdminService.method.closeSession, request, options);
  }

  /**
   * Lists the deliveries of the tenant's outbound messages, newest first. A page may be short or
   * empty and yet not the last: go on while there is a token.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listDeliveries(request: Request<typeof ListDeliveriesRequestSchema> = {}, options?: CallOptions): Listing<OutboundDelivery, ListDeliveriesResponse> {
    return this.#caller.list(AdminService.method.listDeliveries, "deliveries", request, options);
  }

  /**
   * Makes a delivery due at once. One that is UNKNOWN is tried once more, under the same message
   * identifier, so that the other side can recognise it. One that is being sent is left alone.
   * Errors: RESOURCE_NOT_FOUND, DELIVERY_NOT_PENDING, LEDGER_BUSY.
   */
  retryDelivery(request: Request<typeof RetryDeliveryRequestSchema>, options?: CallOptions): Promise<RetryDeliveryResponse> {
    return this.#caller.unary(AdminService.method.retryDelivery, request, options);
  }

  /**
   * Withdraws a delivery that was not sent; its message becomes CANCELED, and its lane goes on. A
   * repeat succeeds.
   * Errors: RESOURCE_NOT_FOUND, DELIVERY_NOT_PENDING, LEDGER_BUSY.
   */
  cancelDelivery(request: Request<typeof CancelDeliveryRequestSchema>, options?: CallOptions): Promise<CancelDeliveryResponse> {
    return this.#caller.unary(AdminService.method.cancelDelivery, request, options);
  }

  /**
   * Lists what came in and could not be taken in, newest first.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listDeadLetters(request: Request<typeof ListDeadLettersRequestSchema> = {}, options?: CallOptions): Listing<DeadLetter, ListDeadLettersResponse> {
    return this.#caller.list(AdminService.method.listDeadLetters, "deadLetters", request, options);
  }

  /**
   * Gives a dead letter back to be taken in, the same way as the first time: what of it was taken
   * in then is not taken in twice. If it fails again it is a dead letter again.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  replayDeadLetter(request: Request<typeof ReplayDeadLetterRequestSchema>, options?: CallOptions): Promise<ReplayDeadLetterResponse> {
    return this.#caller.unary(AdminService.method.replayDeadLetter, request, options);
  }

  /**
   * Throws a dead letter away for good. The same delivery of its sender is still recognised.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteDeadLetter(request: Request<typeof DeleteDeadLetterRequestSchema>, options?: CallOptions): Promise<DeleteDeadLetterResponse> {
    return this.#caller.unary(AdminService.method.deleteDeadLetter, request, options);
  }
}

/**
 * Manages agents and teams, and carries the live session of an agent: presence, offers and
 * assignments.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class AgentCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates an agent.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createAgent(request: Request<typeof CreateAgentRequestSchema>, options?: CallOptions): Promise<CreateAgentResponse> {
    return this.#caller.unary(AgentService.method.createAgent, request, options);
  }

  /**
   * Reads one agent.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getAgent(request: Request<typeof GetAgentRequestSchema>, options?: CallOptions): Promise<GetAgentResponse> {
    return this.#caller.unary(AgentService.method.getAgent, request, options);
  }

  /**
   * Lists agents, ordered by time of creation.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listAgents(request: Request<typeof ListAgentsRequestSchema> = {}, options?: CallOptions): Listing<Agent, ListAgentsResponse> {
    return this.#caller.list(AgentService.method.listAgents, "agents", request, options);
  }

  /**
   * Changes the fields named by the mask.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateAgent(request: Request<typeof UpdateAgentRequestSchema>, options?: CallOptions): Promise<UpdateAgentResponse> {
    return this.#caller.unary(AgentService.method.updateAgent, request, options);
  }

  /**
   * Deletes an agent. Refused while the agent owns interactions, has open offers, or a plan names
   * the agent.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteAgent(request: Request<typeof DeleteAgentRequestSchema>, options?: CallOptions): Promise<DeleteAgentResponse> {
    return this.#caller.unary(AgentService.method.deleteAgent, request, options);
  }

  /**
   * Creates a team.
   * Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createTeam(request: Request<typeof CreateTeamRequestSchema>, options?: CallOptions): Promise<CreateTeamResponse> {
    return this.#caller.unary(AgentService.method.createTeam, request, options);
  }

  /**
   * Reads one team.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getTeam(request: Request<typeof GetTeamRequestSchema>, options?: CallOptions): Promise<GetTeamResponse> {
    return this.#caller.unary(AgentService.method.getTeam, request, options);
  }

  /**
   * Lists teams, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listTeams(request: Request<typeof ListTeamsRequestSchema> = {}, options?: CallOptions): Listing<Team, ListTeamsResponse> {
    return this.#caller.list(AgentService.method.listTeams, "teams", request, options);
  }

  /**
   * Changes the fields named by the mask.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateTeam(request: Request<typeof UpdateTeamRequestSchema>, options?: CallOptions): Promise<UpdateTeamResponse> {
    return this.#caller.unary(AgentService.method.updateTeam, request, options);
  }

  /**
   * Deletes a team. Refused while it has members, or a queue or a plan names it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteTeam(request: Request<typeof DeleteTeamRequestSchema>, options?: CallOptions): Promise<DeleteTeamResponse> {
    return this.#caller.unary(AgentService.method.deleteTeam, request, options);
  }

  /**
   * Sets what an agent chose. Setting it again to the same value changes nothing, except that it
   * ends NOT_RESPONDING and MISSED. It does not by itself make an agent available: that takes a
   * session. What was chosen without one takes effect when a session opens.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, LEDGER_BUSY.
   */
  setPresence(request: Request<typeof SetPresenceRequestSchema>, options?: CallOptions): Promise<SetPresenceResponse> {
    return this.#caller.unary(AgentService.method.setPresence, request, options);
  }

  /**
   * Takes an offer. Exactly one agent wins an interaction; a repeat by the winner succeeds. Of a
   * consult, the agent advises from then on and the owner stays who they are.
   * Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
   * OFFER_EXPIRED, OFFER_CANCELLED, OFFER_RESCINDED, OFFER_ANSWERED, OFFER_LOST, LEDGER_BUSY.
   */
  acceptOffer(request: Request<typeof AcceptOfferRequestSchema>, options?: CallOptions): Promise<AcceptOfferResponse> {
    return this.#caller.unary(AgentService.method.acceptOffer, request, options);
  }

  /**
   * Declines an offer. The interaction goes on with its waiting time kept; a repeat succeeds.
   * Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
   * OFFER_EXPIRED, OFFER_CANCELLED, OFFER_RESCINDED, OFFER_ANSWERED, OFFER_LOST, LEDGER_BUSY.
   */
  declineOffer(request: Request<typeof DeclineOfferRequestSchema>, options?: CallOptions): Promise<DeclineOfferResponse> {
    return this.#caller.unary(AgentService.method.declineOffer, request, options);
  }

  /**
   * Takes the agent's next work: of all that waits in queues of mode PULL and is for the agent by
   * team, skill and open step of a plan, what the work order puts first; what they declined or
   * missed comes after everything else. It is theirs at once. The agent is available and has room,
   * as for an offer; work of queues of mode PUSH comes by offers alone. A repeat with the same
   * `request_id` answers with the same interaction.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, AGENT_UNAVAILABLE, NOTHING_TO_TAKE,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  takeNext(request: Request<typeof TakeNextRequestSchema>, options?: CallOptions): Promise<TakeNextResponse> {
    return this.#caller.unary(AgentService.method.takeNext, request, options);
  }

  /**
   * Ends the contact of an interaction the agent owns. Where the queue has wrap-up, an active
   * interaction starts wrapping and a second call resolves it; elsewhere it is resolved at once.
   * Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
   * INTERACTION_NOT_OPEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  completeInteraction(request: Request<typeof CompleteInteractionRequestSchema>, options?: CallOptions): Promise<CompleteInteractionResponse> {
    return this.#caller.unary(AgentService.method.completeInteraction, request, options);
  }

  /**
   * Lists the offers of an agent, newest first.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, PAGE_TOKEN_INVALID.
   */
  listOffers(request: Request<typeof ListOffersRequestSchema> = {}, options?: CallOptions): Listing<Offer, ListOffersResponse> {
    return this.#caller.list(AgentService.method.listOffers, "offers", request, options);
  }

  /**
   * Creates the schedule of this name, or replaces all that it says; what it says now holds for its
   * agents at once.
   * Errors: ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  configureSchedule(request: Request<typeof ConfigureScheduleRequestSchema>, options?: CallOptions): Promise<ConfigureScheduleResponse> {
    return this.#caller.unary(AgentService.method.configureSchedule, request, options);
  }

  /**
   * Lists schedules in the order of their creation.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listSchedules(request: Request<typeof ListSchedulesRequestSchema> = {}, options?: CallOptions): Listing<Schedule, ListSchedulesResponse> {
    return this.#caller.list(AgentService.method.listSchedules, "schedules", request, options);
  }

  /**
   * Deletes a schedule. Refused while an agent goes by it.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteSchedule(request: Request<typeof DeleteScheduleRequestSchema>, options?: CallOptions): Promise<DeleteScheduleResponse> {
    return this.#caller.unary(AgentService.method.deleteSchedule, request, options);
  }

  /**
   * Books time off of an agent: from its start to its end nothing new comes, whatever their
   * schedule says and whatever they choose. It may overlap with other time off of theirs.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createTimeOff(request: Request<typeof CreateTimeOffRequestSchema>, options?: CallOptions): Promise<CreateTimeOffResponse> {
    return this.#caller.unary(AgentService.method.createTimeOff, request, options);
  }

  /**
   * Lists time off that is not over, in the order in which it was booked.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listTimeOff(request: Request<typeof ListTimeOffRequestSchema> = {}, options?: CallOptions): Listing<TimeOff, ListTimeOffResponse> {
    return this.#caller.list(AgentService.method.listTimeOff, "timeOff", request, options);
  }

  /**
   * Withdraws time off, also while it goes on: the agent's schedule and choice count again at once.
   * What is over is not found.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteTimeOff(request: Request<typeof DeleteTimeOffRequestSchema>, options?: CallOptions): Promise<DeleteTimeOffResponse> {
    return this.#caller.unary(AgentService.method.deleteTimeOff, request, options);
  }
}

/**
 * Tells what is going on, as figures at a moment and as a live dashboard; configures promises of
 * time and what happens when nobody takes care.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class AnalyticsCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Reads the figures of the tenant at this moment.
   * Errors: only the common ones.
   */
  getRealTimeStats(request: Request<typeof GetRealTimeStatsRequestSchema> = {}, options?: CallOptions): Promise<GetRealTimeStatsResponse> {
    return this.#caller.unary(AnalyticsService.method.getRealTimeStats, request, options);
  }

  /**
   * Reads how work went over past hours or days: what was created in each of them, and what has
   * become of that.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getTrend(request: Request<typeof GetTrendRequestSchema>, options?: CallOptions): Promise<GetTrendResponse> {
    return this.#caller.unary(AnalyticsService.method.getTrend, request, options);
  }

  /**
   * Creates the SLA policy of this name, or replaces all that it says. What was promised under it
   * stays promised.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  configureSla(request: Request<typeof ConfigureSlaRequestSchema>, options?: CallOptions): Promise<ConfigureSlaResponse> {
    return this.#caller.unary(AnalyticsService.method.configureSla, request, options);
  }

  /**
   * Lists SLA policies in the order in which they are tried.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listSlaPolicies(request: Request<typeof ListSlaPoliciesRequestSchema> = {}, options?: CallOptions): Listing<SlaPolicy, ListSlaPoliciesResponse> {
    return this.#caller.list(AnalyticsService.method.listSlaPolicies, "policies", request, options);
  }

  /**
   * Deletes an SLA policy. What was promised under it stays promised.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteSlaPolicy(request: Request<typeof DeleteSlaPolicyRequestSchema>, options?: CallOptions): Promise<DeleteSlaPolicyResponse> {
    return this.#caller.unary(AnalyticsService.method.deleteSlaPolicy, request, options);
  }

  /**
   * Creates the escalation policy of this name, or replaces all that it says. Ladders that were
   * put up by it stay as they are.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  configureEscalation(request: Request<typeof ConfigureEscalationRequestSchema>, options?: CallOptions): Promise<ConfigureEscalationResponse> {
    return this.#caller.unary(AnalyticsService.method.configureEscalation, request, options);
  }

  /**
   * Lists escalation policies in the order of their creation.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listEscalationPolicies(request: Request<typeof ListEscalationPoliciesRequestSchema> = {}, options?: CallOptions): Listing<EscalationPolicy, ListEscalationPoliciesResponse> {
    return this.#caller.list(AnalyticsService.method.listEscalationPolicies, "policies", request, options);
  }

  /**
   * Deletes an escalation policy. Refused while a queue names it; ladders that were put up by it
   * stay.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteEscalationPolicy(request: Request<typeof DeleteEscalationPolicyRequestSchema>, options?: CallOptions): Promise<DeleteEscalationPolicyResponse> {
    return this.#caller.unary(AnalyticsService.method.deleteEscalationPolicy, request, options);
  }

  /**
   * Lists promises that were not kept, newest first.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listSlaBreaches(request: Request<typeof ListSlaBreachesRequestSchema> = {}, options?: CallOptions): Listing<SlaBreach, ListSlaBreachesResponse> {
    return this.#caller.list(AnalyticsService.method.listSlaBreaches, "breaches", request, options);
  }
}

/**
 * Connects channels: accounts, secrets, inbound messages and delivery status.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class ChannelCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates a channel account. The answer shows its signing secret, once.
   * Errors: NAME_TAKEN, MAILBOX_TAKEN, RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createChannelAccount(request: Request<typeof CreateChannelAccountRequestSchema>, options?: CallOptions): Promise<CreateChannelAccountResponse> {
    return this.#caller.unary(ChannelService.method.createChannelAccount, request, options);
  }

  /**
   * Reads one channel account.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getChannelAccount(request: Request<typeof GetChannelAccountRequestSchema>, options?: CallOptions): Promise<GetChannelAccountResponse> {
    return this.#caller.unary(ChannelService.method.getChannelAccount, request, options);
  }

  /**
   * Lists channel accounts, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listChannelAccounts(request: Request<typeof ListChannelAccountsRequestSchema> = {}, options?: CallOptions): Listing<ChannelAccount, ListChannelAccountsResponse> {
    return this.#caller.list(ChannelService.method.listChannelAccounts, "channelAccounts", request, options);
  }

  /**
   * Changes the fields named by the mask.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, MAILBOX_TAKEN,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateChannelAccount(request: Request<typeof UpdateChannelAccountRequestSchema>, options?: CallOptions): Promise<UpdateChannelAccountResponse> {
    return this.#caller.unary(ChannelService.method.updateChannelAccount, request, options);
  }

  /**
   * Deletes a channel account. Refused while an open interaction runs over it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteChannelAccount(request: Request<typeof DeleteChannelAccountRequestSchema>, options?: CallOptions): Promise<DeleteChannelAccountResponse> {
    return this.#caller.unary(ChannelService.method.deleteChannelAccount, request, options);
  }

  /**
   * Replaces the signing secret of an account of kind WEBHOOK at once. The answer shows the new
   * one, once.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  rotateChannelSecret(request: Request<typeof RotateChannelSecretRequestSchema>, options?: CallOptions): Promise<RotateChannelSecretResponse> {
    return this.#caller.unary(ChannelService.method.rotateChannelSecret, request, options);
  }

  /**
   * Hands in a message of a customer, for integrations without a webhook. It is threaded into the
   * conversation of its address and, when no interaction is open there, a new one is created and
   * routed. With an `external_id` a message applies once, whatever the `request_id`.
   * Errors: RESOURCE_NOT_FOUND, CHANNEL_DISABLED, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  receiveMessage(request: Request<typeof ReceiveMessageRequestSchema>, options?: CallOptions): Promise<ReceiveMessageResponse> {
    return this.#caller.unary(ChannelService.method.receiveMessage, request, options);
  }

  /**
   * Tells how far the delivery of a message has come.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getMessageStatus(request: Request<typeof GetMessageStatusRequestSchema>, options?: CallOptions): Promise<GetMessageStatusResponse> {
    return this.#caller.unary(ChannelService.method.getMessageStatus, request, options);
  }
}

/**
 * Keeps customers, their addresses and their history over all channels.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class CustomerCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates a customer. Contact points given with it are added.
   * Errors: NAME_TAKEN, CONTACT_POINT_TAKEN, RESOURCE_NOT_FOUND for the account's owner,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createCustomer(request: Request<typeof CreateCustomerRequestSchema>, options?: CallOptions): Promise<CreateCustomerResponse> {
    return this.#caller.unary(CustomerService.method.createCustomer, request, options);
  }

  /**
   * Reads one customer.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getCustomer(request: Request<typeof GetCustomerRequestSchema>, options?: CallOptions): Promise<GetCustomerResponse> {
    return this.#caller.unary(CustomerService.method.getCustomer, request, options);
  }

  /**
   * Lists customers, ordered by time of creation, newest first.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listCustomers(request: Request<typeof ListCustomersRequestSchema> = {}, options?: CallOptions): Listing<Customer, ListCustomersResponse> {
    return this.#caller.list(CustomerService.method.listCustomers, "customers", request, options);
  }

  /**
   * Changes the fields named by the mask.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateCustomer(request: Request<typeof UpdateCustomerRequestSchema>, options?: CallOptions): Promise<UpdateCustomerResponse> {
    return this.#caller.unary(CustomerService.method.updateCustomer, request, options);
  }

  /**
   * Deletes a customer. Deletes the contact points and what was attached to messages too; what was
   * said can be read by nobody any more. Refused while an interaction of the
   * customer is open.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteCustomer(request: Request<typeof DeleteCustomerRequestSchema>, options?: CallOptions): Promise<DeleteCustomerResponse> {
    return this.#caller.unary(CustomerService.method.deleteCustomer, request, options);
  }

  /**
   * Adds an address to a customer.
   * Errors: RESOURCE_NOT_FOUND, CONTACT_POINT_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  addContactPoint(request: Request<typeof AddContactPointRequestSchema>, options?: CallOptions): Promise<AddContactPointResponse> {
    return this.#caller.unary(CustomerService.method.addContactPoint, request, options);
  }

  /**
   * Removes an address from a customer. Messages that came over it stay.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  removeContactPoint(request: Request<typeof RemoveContactPointRequestSchema>, options?: CallOptions): Promise<RemoveContactPointResponse> {
    return this.#caller.unary(CustomerService.method.removeContactPoint, request, options);
  }

  /**
   * Has messages go to an address again after mail to it came back or was called unwanted.
   * Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  liftSuppression(request: Request<typeof LiftSuppressionRequestSchema>, options?: CallOptions): Promise<LiftSuppressionResponse> {
    return this.#caller.unary(CustomerService.method.liftSuppression, request, options);
  }

  /**
   * Finds the one customer who has an address or an external identifier.
   * Errors: RESOURCE_NOT_FOUND.
   */
  findCustomer(request: Request<typeof FindCustomerRequestSchema>, options?: CallOptions): Promise<FindCustomerResponse> {
    return this.#caller.unary(CustomerService.method.findCustomer, request, options);
  }

  /**
   * Reads the history of a customer over all channels: messages and the moments of interactions,
   * newest first.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, PAGE_TOKEN_INVALID.
   */
  getHistory(request: Request<typeof GetHistoryRequestSchema> = {}, options?: CallOptions): Listing<HistoryItem, GetHistoryResponse> {
    return this.#caller.list(CustomerService.method.getHistory, "items", request, options);
  }
}

/**
 * Creates, follows and ends interactions: the units of work that customers bring and agents do.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class InteractionCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates an interaction with its first message, finds or makes the customer and the
   * conversation, and routes it. An open conversation of the customer on the channel account is
   * continued.
   * Errors: RESOURCE_NOT_FOUND, NO_QUEUE, QUEUE_FULL, CHANNEL_DISABLED, OUTSIDE_HOURS,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createInteraction(request: Request<typeof CreateInteractionRequestSchema>, options?: CallOptions): Promise<CreateInteractionResponse> {
    return this.#caller.unary(InteractionService.method.createInteraction, request, options);
  }

  /**
   * Reads one interaction.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM.
   */
  getInteraction(request: Request<typeof GetInteractionRequestSchema>, options?: CallOptions): Promise<GetInteractionResponse> {
    return this.#caller.unary(InteractionService.method.getInteraction, request, options);
  }

  /**
   * Lists interactions that match every given filter, newest first.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listInteractions(request: Request<typeof ListInteractionsRequestSchema> = {}, options?: CallOptions): Listing<Interaction, ListInteractionsResponse> {
    return this.#caller.list(InteractionService.method.listInteractions, "interactions", request, options);
  }

  /**
   * Changes the fields named by the mask: priority, subject, language, tags and required skills.
   * A change that matters to routing is used at once while the interaction waits.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, INTERACTION_NOT_OPEN,
   * NOT_INTERACTION_OWNER, OUTSIDE_TEAM, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateInteraction(request: Request<typeof UpdateInteractionRequestSchema>, options?: CallOptions): Promise<UpdateInteractionResponse> {
    return this.#caller.unary(InteractionService.method.updateInteraction, request, options);
  }

  /**
   * Writes a message to the customer, or an internal note. A reply is queued for delivery when
   * the call returns; its status tells how far it has come. An agent who is consulted on the
   * interaction may write internal notes, and no replies.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * CHANNEL_CANNOT_SEND, CHANNEL_DISABLED, CONTACT_SUPPRESSED, ATTACHMENT_INCOMPLETE,
   * ATTACHMENT_LIMIT, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  sendMessage(request: Request<typeof SendMessageRequestSchema>, options?: CallOptions): Promise<SendMessageResponse> {
    return this.#caller.unary(InteractionService.method.sendMessage, request, options);
  }

  /**
   * Takes in one piece of a file that an answer or note is to carry. Pieces follow one another; one
   * that is here already changes nothing. When all are here, SendMessage takes the file by its id;
   * a file that no message takes is forgotten after a week.
   * Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, ATTACHMENT_INCOMPLETE, ATTACHMENT_LIMIT.
   */
  uploadAttachment(request: Request<typeof UploadAttachmentRequestSchema>, options?: CallOptions): Promise<UploadAttachmentResponse> {
    return this.#caller.unary(InteractionService.method.uploadAttachment, request, options);
  }

  /**
   * Lists the messages of an interaction or of a whole conversation, oldest first.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, PAGE_TOKEN_INVALID.
   */
  listMessages(request: Request<typeof ListMessagesRequestSchema> = {}, options?: CallOptions): Listing<Message, ListMessagesResponse> {
    return this.#caller.list(InteractionService.method.listMessages, "messages", request, options);
  }

  /**
   * Hands an interaction to another agent, by an offer, or to another queue. It keeps its waiting
   * time, and the present owner keeps it until somebody accepts. An agent who does not take it or
   * stops being available leaves it to the queue. The agent who is consulted on it gets it at once,
   * without an offer; any other transfer ends the consult. The agent is available and has room, or
   * `override_limits` says that it does not matter, which takes LIMITS_OVERRIDE too.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * AGENT_UNAVAILABLE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  transferInteraction(request: Request<typeof TransferInteractionRequestSchema>, options?: CallOptions): Promise<TransferInteractionResponse> {
    return this.#caller.unary(InteractionService.method.transferInteraction, request, options);
  }

  /**
   * Asks another agent to advise the owner of an ACTIVE interaction. They get an offer with role
   * CONSULT, which they accept or decline like any other and which counts against their capacity;
   * the owner keeps the interaction. One agent at a time is consulted. It ends with EndConsult,
   * when either agent goes offline, and when the interaction ends, rests or goes elsewhere.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * AGENT_UNAVAILABLE, CONSULT_LIMIT, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  consultAgent(request: Request<typeof ConsultAgentRequestSchema>, options?: CallOptions): Promise<ConsultAgentResponse> {
    return this.#caller.unary(InteractionService.method.consultAgent, request, options);
  }

  /**
   * Ends a consult, by its owner or by the agent who is consulted: an offer is withdrawn or
   * declined, advice is done without wrap-up. A repeat succeeds, whatever ended it.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, NOT_A_CONSULT, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  endConsult(request: Request<typeof EndConsultRequestSchema>, options?: CallOptions): Promise<EndConsultResponse> {
    return this.#caller.unary(InteractionService.method.endConsult, request, options);
  }

  /**
   * Raises the escalation level by one and, if asked, the priority and the queue.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  escalateInteraction(request: Request<typeof EscalateInteractionRequestSchema>, options?: CallOptions): Promise<EscalateInteractionResponse> {
    return this.#caller.unary(InteractionService.method.escalateInteraction, request, options);
  }

  /**
   * Ends the work on an open interaction and frees its agent: it becomes RESOLVED, also when
   * nobody has taken it, and CLOSED when the reopen window has passed. A repeat succeeds.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  closeInteraction(request: Request<typeof CloseInteractionRequestSchema>, options?: CallOptions): Promise<CloseInteractionResponse> {
    return this.#caller.unary(InteractionService.method.closeInteraction, request, options);
  }

  /**
   * Ends an interaction that nobody has taken yet, and any offer of it. One that was taken and then
   * handed back to a queue is closed instead.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  cancelInteraction(request: Request<typeof CancelInteractionRequestSchema>, options?: CallOptions): Promise<CancelInteractionResponse> {
    return this.#caller.unary(InteractionService.method.cancelInteraction, request, options);
  }

  /**
   * Tells that the customer left. What waits becomes ABANDONED, and any offer of it ends; what an
   * agent has is over as by CompleteInteraction, with wrap-up where the queue has it. A repeat
   * succeeds.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  abandonInteraction(request: Request<typeof AbandonInteractionRequestSchema>, options?: CallOptions): Promise<AbandonInteractionResponse> {
    return this.#caller.unary(InteractionService.method.abandonInteraction, request, options);
  }

  /**
   * Sets work aside that an agent owns: PARKED, until its customer writes, the time comes, or
   * WakeInteraction is called. It frees the agent's place, unless `parked_counts` of the queue says
   * otherwise. Again with another time sets that one.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  parkInteraction(request: Request<typeof ParkInteractionRequestSchema>, options?: CallOptions): Promise<ParkInteractionResponse> {
    return this.#caller.unary(InteractionService.method.parkInteraction, request, options);
  }

  /**
   * Has the customer called back who waits, or whom an agent owns. Who waits keeps their place
   * without holding the line: AbandonInteraction and `max_wait` leave it alone from then on. With a
   * time it is SCHEDULED and out of the line until then, and enters its queue as old as it was; it
   * wakes before if the customer writes or WakeInteraction is called. Again with another time sets
   * that one. An agent who called in vain sets another time, as often as the queue allows.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * OUTSIDE_HOURS, CALLBACK_ATTEMPTS_USED, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  requestCallback(request: Request<typeof RequestCallbackRequestSchema>, options?: CallOptions): Promise<RequestCallbackResponse> {
    return this.#caller.unary(InteractionService.method.requestCallback, request, options);
  }

  /**
   * Takes up again what is parked or scheduled. Parked work goes back to its agent if they are
   * available with room; else it waits with its age kept, first for that agent if they are
   * available, then for anybody. What is awake already stays as it is.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  wakeInteraction(request: Request<typeof WakeInteractionRequestSchema>, options?: CallOptions): Promise<WakeInteractionResponse> {
    return this.#caller.unary(InteractionService.method.wakeInteraction, request, options);
  }

  /**
   * Opens a resolved interaction again within the reopen window and routes it anew; its customer
   * must still be there.
   * Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, INTERACTION_NOT_RESOLVED,
   * REOPEN_WINDOW_PASSED, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  reopenInteraction(request: Request<typeof ReopenInteractionRequestSchema>, options?: CallOptions): Promise<ReopenInteractionResponse> {
    return this.#caller.unary(InteractionService.method.reopenInteraction, request, options);
  }

  /**
   * Records the customer's rating of a resolved or closed interaction, once.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_RESOLVED, INTERACTION_ALREADY_RATED,
   * REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  rateInteraction(request: Request<typeof RateInteractionRequestSchema>, options?: CallOptions): Promise<RateInteractionResponse> {
    return this.#caller.unary(InteractionService.method.rateInteraction, request, options);
  }

  /**
   * Where an interaction stands in the line of its queue and how long it will still wait: what to
   * tell a customer. How far such estimates are off is in `QueueStats.wait_calibration`.
   * Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, INTERACTION_NOT_OPEN.
   */
  getWaitEstimate(request: Request<typeof GetWaitEstimateRequestSchema>, options?: CallOptions): Promise<GetWaitEstimateResponse> {
    return this.#caller.unary(InteractionService.method.getWaitEstimate, request, options);
  }
}

/**
 * Configures how work finds agents: queues, skills, rules, plans and calendars; routes single
 * interactions by hand, and explains why one waits.
 *
 * Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
 * TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
 * RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
 */
export class RoutingCalls {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Creates a queue.
   * Errors: NAME_TAKEN, RESOURCE_NOT_FOUND, OVERFLOW_CYCLE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createQueue(request: Request<typeof CreateQueueRequestSchema>, options?: CallOptions): Promise<CreateQueueResponse> {
    return this.#caller.unary(RoutingService.method.createQueue, request, options);
  }

  /**
   * Reads one queue.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getQueue(request: Request<typeof GetQueueRequestSchema>, options?: CallOptions): Promise<GetQueueResponse> {
    return this.#caller.unary(RoutingService.method.getQueue, request, options);
  }

  /**
   * Lists queues, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listQueues(request: Request<typeof ListQueuesRequestSchema> = {}, options?: CallOptions): Listing<Queue, ListQueuesResponse> {
    return this.#caller.list(RoutingService.method.listQueues, "queues", request, options);
  }

  /**
   * Changes the fields named by the mask. Interactions that wait are matched again.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, RESOURCE_IN_USE,
   * OVERFLOW_CYCLE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateQueue(request: Request<typeof UpdateQueueRequestSchema>, options?: CallOptions): Promise<UpdateQueueResponse> {
    return this.#caller.unary(RoutingService.method.updateQueue, request, options);
  }

  /**
   * Deletes a queue. Refused while interactions wait in it or rules, accounts or the default
   * point to it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteQueue(request: Request<typeof DeleteQueueRequestSchema>, options?: CallOptions): Promise<DeleteQueueResponse> {
    return this.#caller.unary(RoutingService.method.deleteQueue, request, options);
  }

  /**
   * Creates a skill.
   * Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createSkill(request: Request<typeof CreateSkillRequestSchema>, options?: CallOptions): Promise<CreateSkillResponse> {
    return this.#caller.unary(RoutingService.method.createSkill, request, options);
  }

  /**
   * Reads one skill.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getSkill(request: Request<typeof GetSkillRequestSchema>, options?: CallOptions): Promise<GetSkillResponse> {
    return this.#caller.unary(RoutingService.method.getSkill, request, options);
  }

  /**
   * Lists skills, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listSkills(request: Request<typeof ListSkillsRequestSchema> = {}, options?: CallOptions): Listing<Skill, ListSkillsResponse> {
    return this.#caller.list(RoutingService.method.listSkills, "skills", request, options);
  }

  /**
   * Changes the fields named by the mask.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateSkill(request: Request<typeof UpdateSkillRequestSchema>, options?: CallOptions): Promise<UpdateSkillResponse> {
    return this.#caller.unary(RoutingService.method.updateSkill, request, options);
  }

  /**
   * Deletes a skill. Refused while an agent, a queue, a rule or an open interaction names it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteSkill(request: Request<typeof DeleteSkillRequestSchema>, options?: CallOptions): Promise<DeleteSkillResponse> {
    return this.#caller.unary(RoutingService.method.deleteSkill, request, options);
  }

  /**
   * Creates a routing rule.
   * Errors: NAME_TAKEN, CONDITION_INVALID, EXPRESSION_INVALID, RULE_DUPLICATE, RULE_TOO_COSTLY,
   * RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createRoutingRule(request: Request<typeof CreateRoutingRuleRequestSchema>, options?: CallOptions): Promise<CreateRoutingRuleResponse> {
    return this.#caller.unary(RoutingService.method.createRoutingRule, request, options);
  }

  /**
   * Reads one routing rule.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getRoutingRule(request: Request<typeof GetRoutingRuleRequestSchema>, options?: CallOptions): Promise<GetRoutingRuleResponse> {
    return this.#caller.unary(RoutingService.method.getRoutingRule, request, options);
  }

  /**
   * Lists routing rules, ordered by position.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listRoutingRules(request: Request<typeof ListRoutingRulesRequestSchema> = {}, options?: CallOptions): Listing<RoutingRule, ListRoutingRulesResponse> {
    return this.#caller.list(RoutingService.method.listRoutingRules, "routingRules", request, options);
  }

  /**
   * Changes the fields named by the mask. The next interaction to be routed sees it.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, CONDITION_INVALID,
   * EXPRESSION_INVALID, RULE_DUPLICATE, RULE_TOO_COSTLY, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateRoutingRule(request: Request<typeof UpdateRoutingRuleRequestSchema>, options?: CallOptions): Promise<UpdateRoutingRuleResponse> {
    return this.#caller.unary(RoutingService.method.updateRoutingRule, request, options);
  }

  /**
   * Deletes a routing rule.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteRoutingRule(request: Request<typeof DeleteRoutingRuleRequestSchema>, options?: CallOptions): Promise<DeleteRoutingRuleResponse> {
    return this.#caller.unary(RoutingService.method.deleteRoutingRule, request, options);
  }

  /**
   * Tells where an interaction would go if it arrived now, and what each rule says of it, up to
   * the one that takes it. Nothing is changed or kept.
   * Errors: RESOURCE_NOT_FOUND.
   */
  testRules(request: Request<typeof TestRulesRequestSchema>, options?: CallOptions): Promise<TestRulesResponse> {
    return this.#caller.unary(RoutingService.method.testRules, request, options);
  }

  /**
   * Looks for flaws of rules and queues: rules that nothing reaches, rules that compete, and work
   * that no agent could take, as agents, queues and rules are now.
   * Errors: RESOURCE_NOT_FOUND.
   */
  lintRouting(request: Request<typeof LintRoutingRequestSchema>, options?: CallOptions): Promise<LintRoutingResponse> {
    return this.#caller.unary(RoutingService.method.lintRouting, request, options);
  }

  /**
   * Creates a routing plan.
   * Errors: NAME_TAKEN, RESOURCE_NOT_FOUND, PLAN_STEP_NEVER_OPENS, PLAN_STEP_WITHOUT_EFFECT,
   * PLAN_STRANDS, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createRoutingPlan(request: Request<typeof CreateRoutingPlanRequestSchema>, options?: CallOptions): Promise<CreateRoutingPlanResponse> {
    return this.#caller.unary(RoutingService.method.createRoutingPlan, request, options);
  }

  /**
   * Reads one routing plan.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getRoutingPlan(request: Request<typeof GetRoutingPlanRequestSchema>, options?: CallOptions): Promise<GetRoutingPlanResponse> {
    return this.#caller.unary(RoutingService.method.getRoutingPlan, request, options);
  }

  /**
   * Lists routing plans, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listRoutingPlans(request: Request<typeof ListRoutingPlansRequestSchema> = {}, options?: CallOptions): Listing<RoutingPlan, ListRoutingPlansResponse> {
    return this.#caller.list(RoutingService.method.listRoutingPlans, "routingPlans", request, options);
  }

  /**
   * Changes the fields named by the mask. What waits keeps the version it came with.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN,
   * PLAN_STEP_NEVER_OPENS, PLAN_STEP_WITHOUT_EFFECT, PLAN_STRANDS, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateRoutingPlan(request: Request<typeof UpdateRoutingPlanRequestSchema>, options?: CallOptions): Promise<UpdateRoutingPlanResponse> {
    return this.#caller.unary(RoutingService.method.updateRoutingPlan, request, options);
  }

  /**
   * Deletes a routing plan. Refused while a queue names it or an interaction that waits goes by
   * it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteRoutingPlan(request: Request<typeof DeleteRoutingPlanRequestSchema>, options?: CallOptions): Promise<DeleteRoutingPlanResponse> {
    return this.#caller.unary(RoutingService.method.deleteRoutingPlan, request, options);
  }

  /**
   * Explains why an interaction waits, or waited before it was offered: whom it is for, what
   * stands against every agent, the terms of its score, what goes before it, and single changes
   * that would place it. What is parked or scheduled is explained as if it woke at that moment.
   * Asks the code that routes, now or at a moment of the log, and changes nothing.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, OUTSIDE_TEAM, MOMENT_NOT_HELD,
   * MOMENT_TOO_FAR, PAGE_TOKEN_INVALID, SERVICE_UNAVAILABLE.
   */
  explain(request: Request<typeof ExplainRequestSchema> = {}, options?: CallOptions): Listing<ExplainedAgent, ExplainResponse> {
    return this.#caller.list(RoutingService.method.explain, "agents", request, options);
  }

  /**
   * Routes an interaction that waits: by the rules, to a named queue, or to a named agent by an
   * offer. Its waiting time is kept. The agent is available and has room, or `override_limits` says
   * that it does not matter, which takes LIMITS_OVERRIDE too.
   * Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
   * AGENT_UNAVAILABLE, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  routeInteraction(request: Request<typeof RouteInteractionRequestSchema>, options?: CallOptions): Promise<RouteInteractionResponse> {
    return this.#caller.unary(RoutingService.method.routeInteraction, request, options);
  }

  /**
   * Reads what routing goes by in all queues.
   */
  getRoutingSettings(request: Request<typeof GetRoutingSettingsRequestSchema> = {}, options?: CallOptions): Promise<GetRoutingSettingsResponse> {
    return this.#caller.unary(RoutingService.method.getRoutingSettings, request, options);
  }

  /**
   * Changes the fields named by the mask. They count from the next decision on.
   * Errors: FIELD_MASK_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  updateRoutingSettings(request: Request<typeof UpdateRoutingSettingsRequestSchema>, options?: CallOptions): Promise<UpdateRoutingSettingsResponse> {
    return this.#caller.unary(RoutingService.method.updateRoutingSettings, request, options);
  }

  /**
   * Reads the figures of queues at this moment.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getQueueStats(request: Request<typeof GetQueueStatsRequestSchema>, options?: CallOptions): Promise<GetQueueStatsResponse> {
    return this.#caller.unary(RoutingService.method.getQueueStats, request, options);
  }

  /**
   * Creates a business calendar.
   * Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  createCalendar(request: Request<typeof CreateCalendarRequestSchema>, options?: CallOptions): Promise<CreateCalendarResponse> {
    return this.#caller.unary(RoutingService.method.createCalendar, request, options);
  }

  /**
   * Reads one calendar.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getCalendar(request: Request<typeof GetCalendarRequestSchema>, options?: CallOptions): Promise<GetCalendarResponse> {
    return this.#caller.unary(RoutingService.method.getCalendar, request, options);
  }

  /**
   * Lists calendars, ordered by name.
   * Errors: PAGE_TOKEN_INVALID.
   */
  listCalendars(request: Request<typeof ListCalendarsRequestSchema> = {}, options?: CallOptions): Listing<Calendar, ListCalendarsResponse> {
    return this.#caller.list(RoutingService.method.listCalendars, "calendars", request, options);
  }

  /**
   * Changes the fields named by the mask. Queues follow at once; clocks that run go on by the
   * hours they were started under.
   * Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
   * LEDGER_BUSY.
   */
  updateCalendar(request: Request<typeof UpdateCalendarRequestSchema>, options?: CallOptions): Promise<UpdateCalendarResponse> {
    return this.#caller.unary(RoutingService.method.updateCalendar, request, options);
  }

  /**
   * Deletes a calendar. Refused while a queue, an SLA policy or an open interaction goes by it.
   * Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
   */
  deleteCalendar(request: Request<typeof DeleteCalendarRequestSchema>, options?: CallOptions): Promise<DeleteCalendarResponse> {
    return this.#caller.unary(RoutingService.method.deleteCalendar, request, options);
  }

  /**
   * Tells whether a calendar is open at a moment, and when that changes next.
   * Errors: RESOURCE_NOT_FOUND.
   */
  getCalendarStatus(request: Request<typeof GetCalendarStatusRequestSchema>, options?: CallOptions): Promise<GetCalendarStatusResponse> {
    return this.#caller.unary(RoutingService.method.getCalendarStatus, request, options);
  }
}
