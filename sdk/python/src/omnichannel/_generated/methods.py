# Generated from the contract by tools/generate.py. Do not edit.
"""Every RPC: its path, its messages and why a repeat is safe."""

from omnichannel import v1
from omnichannel._method import ListMethod, Method, Repeat

ADMIN_CREATE_TENANT: Method[v1.CreateTenantRequest, v1.CreateTenantResponse] = Method(
    "/omnichannel.v1.AdminService/CreateTenant",
    v1.CreateTenantRequest,
    v1.CreateTenantResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_GET_TENANT: Method[v1.GetTenantRequest, v1.GetTenantResponse] = Method(
    "/omnichannel.v1.AdminService/GetTenant",
    v1.GetTenantRequest,
    v1.GetTenantResponse,
    Repeat.READ,
    False,
)

ADMIN_LIST_TENANTS: ListMethod[v1.ListTenantsRequest, v1.ListTenantsResponse, v1.Tenant] = ListMethod(
    "/omnichannel.v1.AdminService/ListTenants",
    v1.ListTenantsRequest,
    v1.ListTenantsResponse,
    Repeat.READ,
    False,
    "tenants",
)

ADMIN_UPDATE_TENANT: Method[v1.UpdateTenantRequest, v1.UpdateTenantResponse] = Method(
    "/omnichannel.v1.AdminService/UpdateTenant",
    v1.UpdateTenantRequest,
    v1.UpdateTenantResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_CREATE_API_KEY: Method[v1.CreateApiKeyRequest, v1.CreateApiKeyResponse] = Method(
    "/omnichannel.v1.AdminService/CreateApiKey",
    v1.CreateApiKeyRequest,
    v1.CreateApiKeyResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_GET_API_KEY: Method[v1.GetApiKeyRequest, v1.GetApiKeyResponse] = Method(
    "/omnichannel.v1.AdminService/GetApiKey",
    v1.GetApiKeyRequest,
    v1.GetApiKeyResponse,
    Repeat.READ,
    False,
)

ADMIN_LIST_API_KEYS: ListMethod[v1.ListApiKeysRequest, v1.ListApiKeysResponse, v1.ApiKey] = ListMethod(
    "/omnichannel.v1.AdminService/ListApiKeys",
    v1.ListApiKeysRequest,
    v1.ListApiKeysResponse,
    Repeat.READ,
    False,
    "api_keys",
)

ADMIN_REVOKE_API_KEY: Method[v1.RevokeApiKeyRequest, v1.RevokeApiKeyResponse] = Method(
    "/omnichannel.v1.AdminService/RevokeApiKey",
    v1.RevokeApiKeyRequest,
    v1.RevokeApiKeyResponse,
    Repeat.NATURAL,
    True,
)

ADMIN_LIST_AUDIT_LOG: ListMethod[v1.ListAuditLogRequest, v1.ListAuditLogResponse, v1.AuditEntry] = ListMethod(
    "/omnichannel.v1.AdminService/ListAuditLog",
    v1.ListAuditLogRequest,
    v1.ListAuditLogResponse,
    Repeat.READ,
    False,
    "entries",
)

ADMIN_VERIFY_AUDIT_LOG: Method[v1.VerifyAuditLogRequest, v1.VerifyAuditLogResponse] = Method(
    "/omnichannel.v1.AdminService/VerifyAuditLog",
    v1.VerifyAuditLogRequest,
    v1.VerifyAuditLogResponse,
    Repeat.READ,
    False,
)

ADMIN_LIST_ACCESS_LOG: ListMethod[v1.ListAccessLogRequest, v1.ListAccessLogResponse, v1.AccessEntry] = ListMethod(
    "/omnichannel.v1.AdminService/ListAccessLog",
    v1.ListAccessLogRequest,
    v1.ListAccessLogResponse,
    Repeat.READ,
    False,
    "entries",
)

ADMIN_GET_SERVER_INFO: Method[v1.GetServerInfoRequest, v1.GetServerInfoResponse] = Method(
    "/omnichannel.v1.AdminService/GetServerInfo",
    v1.GetServerInfoRequest,
    v1.GetServerInfoResponse,
    Repeat.READ,
    False,
)

ADMIN_WHO_AM_I: Method[v1.WhoAmIRequest, v1.WhoAmIResponse] = Method(
    "/omnichannel.v1.AdminService/WhoAmI",
    v1.WhoAmIRequest,
    v1.WhoAmIResponse,
    Repeat.READ,
    False,
)

ADMIN_WATCH_FEED: Method[v1.WatchFeedRequest, v1.WatchFeedResponse] = Method(
    "/omnichannel.v1.AdminService/WatchFeed",
    v1.WatchFeedRequest,
    v1.WatchFeedResponse,
    Repeat.STREAM,
    False,
)

ADMIN_LIST_STREAMS: ListMethod[v1.ListStreamsRequest, v1.ListStreamsResponse, v1.OpenStream] = ListMethod(
    "/omnichannel.v1.AdminService/ListStreams",
    v1.ListStreamsRequest,
    v1.ListStreamsResponse,
    Repeat.READ,
    False,
    "streams",
)

ADMIN_CLOSE_STREAM: Method[v1.CloseStreamRequest, v1.CloseStreamResponse] = Method(
    "/omnichannel.v1.AdminService/CloseStream",
    v1.CloseStreamRequest,
    v1.CloseStreamResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_LIST_SESSIONS: ListMethod[v1.ListSessionsRequest, v1.ListSessionsResponse, v1.ConsoleSession] = ListMethod(
    "/omnichannel.v1.AdminService/ListSessions",
    v1.ListSessionsRequest,
    v1.ListSessionsResponse,
    Repeat.READ,
    False,
    "sessions",
)

ADMIN_CLOSE_SESSION: Method[v1.CloseSessionRequest, v1.CloseSessionResponse] = Method(
    "/omnichannel.v1.AdminService/CloseSession",
    v1.CloseSessionRequest,
    v1.CloseSessionResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_LIST_DELIVERIES: ListMethod[v1.ListDeliveriesRequest, v1.ListDeliveriesResponse, v1.OutboundDelivery] = ListMethod(
    "/omnichannel.v1.AdminService/ListDeliveries",
    v1.ListDeliveriesRequest,
    v1.ListDeliveriesResponse,
    Repeat.READ,
    False,
    "deliveries",
)

ADMIN_RETRY_DELIVERY: Method[v1.RetryDeliveryRequest, v1.RetryDeliveryResponse] = Method(
    "/omnichannel.v1.AdminService/RetryDelivery",
    v1.RetryDeliveryRequest,
    v1.RetryDeliveryResponse,
    Repeat.NATURAL,
    True,
)

ADMIN_CANCEL_DELIVERY: Method[v1.CancelDeliveryRequest, v1.CancelDeliveryResponse] = Method(
    "/omnichannel.v1.AdminService/CancelDelivery",
    v1.CancelDeliveryRequest,
    v1.CancelDeliveryResponse,
    Repeat.NATURAL,
    True,
)

ADMIN_LIST_DEAD_LETTERS: ListMethod[v1.ListDeadLettersRequest, v1.ListDeadLettersResponse, v1.DeadLetter] = ListMethod(
    "/omnichannel.v1.AdminService/ListDeadLetters",
    v1.ListDeadLettersRequest,
    v1.ListDeadLettersResponse,
    Repeat.READ,
    False,
    "dead_letters",
)

ADMIN_REPLAY_DEAD_LETTER: Method[v1.ReplayDeadLetterRequest, v1.ReplayDeadLetterResponse] = Method(
    "/omnichannel.v1.AdminService/ReplayDeadLetter",
    v1.ReplayDeadLetterRequest,
    v1.ReplayDeadLetterResponse,
    Repeat.REQUEST_ID,
    True,
)

ADMIN_DELETE_DEAD_LETTER: Method[v1.DeleteDeadLetterRequest, v1.DeleteDeadLetterResponse] = Method(
    "/omnichannel.v1.AdminService/DeleteDeadLetter",
    v1.DeleteDeadLetterRequest,
    v1.DeleteDeadLetterResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_CREATE_AGENT: Method[v1.CreateAgentRequest, v1.CreateAgentResponse] = Method(
    "/omnichannel.v1.AgentService/CreateAgent",
    v1.CreateAgentRequest,
    v1.CreateAgentResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_GET_AGENT: Method[v1.GetAgentRequest, v1.GetAgentResponse] = Method(
    "/omnichannel.v1.AgentService/GetAgent",
    v1.GetAgentRequest,
    v1.GetAgentResponse,
    Repeat.READ,
    False,
)

AGENT_LIST_AGENTS: ListMethod[v1.ListAgentsRequest, v1.ListAgentsResponse, v1.Agent] = ListMethod(
    "/omnichannel.v1.AgentService/ListAgents",
    v1.ListAgentsRequest,
    v1.ListAgentsResponse,
    Repeat.READ,
    False,
    "agents",
)

AGENT_UPDATE_AGENT: Method[v1.UpdateAgentRequest, v1.UpdateAgentResponse] = Method(
    "/omnichannel.v1.AgentService/UpdateAgent",
    v1.UpdateAgentRequest,
    v1.UpdateAgentResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_DELETE_AGENT: Method[v1.DeleteAgentRequest, v1.DeleteAgentResponse] = Method(
    "/omnichannel.v1.AgentService/DeleteAgent",
    v1.DeleteAgentRequest,
    v1.DeleteAgentResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_CREATE_TEAM: Method[v1.CreateTeamRequest, v1.CreateTeamResponse] = Method(
    "/omnichannel.v1.AgentService/CreateTeam",
    v1.CreateTeamRequest,
    v1.CreateTeamResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_GET_TEAM: Method[v1.GetTeamRequest, v1.GetTeamResponse] = Method(
    "/omnichannel.v1.AgentService/GetTeam",
    v1.GetTeamRequest,
    v1.GetTeamResponse,
    Repeat.READ,
    False,
)

AGENT_LIST_TEAMS: ListMethod[v1.ListTeamsRequest, v1.ListTeamsResponse, v1.Team] = ListMethod(
    "/omnichannel.v1.AgentService/ListTeams",
    v1.ListTeamsRequest,
    v1.ListTeamsResponse,
    Repeat.READ,
    False,
    "teams",
)

AGENT_UPDATE_TEAM: Method[v1.UpdateTeamRequest, v1.UpdateTeamResponse] = Method(
    "/omnichannel.v1.AgentService/UpdateTeam",
    v1.UpdateTeamRequest,
    v1.UpdateTeamResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_DELETE_TEAM: Method[v1.DeleteTeamRequest, v1.DeleteTeamResponse] = Method(
    "/omnichannel.v1.AgentService/DeleteTeam",
    v1.DeleteTeamRequest,
    v1.DeleteTeamResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_SET_PRESENCE: Method[v1.SetPresenceRequest, v1.SetPresenceResponse] = Method(
    "/omnichannel.v1.AgentService/SetPresence",
    v1.SetPresenceRequest,
    v1.SetPresenceResponse,
    Repeat.NATURAL,
    True,
)

AGENT_SESSION: Method[v1.SessionRequest, v1.SessionResponse] = Method(
    "/omnichannel.v1.AgentService/Session",
    v1.SessionRequest,
    v1.SessionResponse,
    Repeat.STREAM,
    True,
)

AGENT_WATCH_ASSIGNMENTS: Method[v1.WatchAssignmentsRequest, v1.WatchAssignmentsResponse] = Method(
    "/omnichannel.v1.AgentService/WatchAssignments",
    v1.WatchAssignmentsRequest,
    v1.WatchAssignmentsResponse,
    Repeat.STREAM,
    False,
)

AGENT_ACCEPT_OFFER: Method[v1.AcceptOfferRequest, v1.AcceptOfferResponse] = Method(
    "/omnichannel.v1.AgentService/AcceptOffer",
    v1.AcceptOfferRequest,
    v1.AcceptOfferResponse,
    Repeat.NATURAL,
    True,
)

AGENT_DECLINE_OFFER: Method[v1.DeclineOfferRequest, v1.DeclineOfferResponse] = Method(
    "/omnichannel.v1.AgentService/DeclineOffer",
    v1.DeclineOfferRequest,
    v1.DeclineOfferResponse,
    Repeat.NATURAL,
    True,
)

AGENT_TAKE_NEXT: Method[v1.TakeNextRequest, v1.TakeNextResponse] = Method(
    "/omnichannel.v1.AgentService/TakeNext",
    v1.TakeNextRequest,
    v1.TakeNextResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_COMPLETE_INTERACTION: Method[v1.CompleteInteractionRequest, v1.CompleteInteractionResponse] = Method(
    "/omnichannel.v1.AgentService/CompleteInteraction",
    v1.CompleteInteractionRequest,
    v1.CompleteInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_LIST_OFFERS: ListMethod[v1.ListOffersRequest, v1.ListOffersResponse, v1.Offer] = ListMethod(
    "/omnichannel.v1.AgentService/ListOffers",
    v1.ListOffersRequest,
    v1.ListOffersResponse,
    Repeat.READ,
    False,
    "offers",
)

AGENT_CONFIGURE_SCHEDULE: Method[v1.ConfigureScheduleRequest, v1.ConfigureScheduleResponse] = Method(
    "/omnichannel.v1.AgentService/ConfigureSchedule",
    v1.ConfigureScheduleRequest,
    v1.ConfigureScheduleResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_LIST_SCHEDULES: ListMethod[v1.ListSchedulesRequest, v1.ListSchedulesResponse, v1.Schedule] = ListMethod(
    "/omnichannel.v1.AgentService/ListSchedules",
    v1.ListSchedulesRequest,
    v1.ListSchedulesResponse,
    Repeat.READ,
    False,
    "schedules",
)

AGENT_DELETE_SCHEDULE: Method[v1.DeleteScheduleRequest, v1.DeleteScheduleResponse] = Method(
    "/omnichannel.v1.AgentService/DeleteSchedule",
    v1.DeleteScheduleRequest,
    v1.DeleteScheduleResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_CREATE_TIME_OFF: Method[v1.CreateTimeOffRequest, v1.CreateTimeOffResponse] = Method(
    "/omnichannel.v1.AgentService/CreateTimeOff",
    v1.CreateTimeOffRequest,
    v1.CreateTimeOffResponse,
    Repeat.REQUEST_ID,
    True,
)

AGENT_LIST_TIME_OFF: ListMethod[v1.ListTimeOffRequest, v1.ListTimeOffResponse, v1.TimeOff] = ListMethod(
    "/omnichannel.v1.AgentService/ListTimeOff",
    v1.ListTimeOffRequest,
    v1.ListTimeOffResponse,
    Repeat.READ,
    False,
    "time_off",
)

AGENT_DELETE_TIME_OFF: Method[v1.DeleteTimeOffRequest, v1.DeleteTimeOffResponse] = Method(
    "/omnichannel.v1.AgentService/DeleteTimeOff",
    v1.DeleteTimeOffRequest,
    v1.DeleteTimeOffResponse,
    Repeat.REQUEST_ID,
    True,
)

ANALYTICS_GET_REAL_TIME_STATS: Method[v1.GetRealTimeStatsRequest, v1.GetRealTimeStatsResponse] = Method(
    "/omnichannel.v1.AnalyticsService/GetRealTimeStats",
    v1.GetRealTimeStatsRequest,
    v1.GetRealTimeStatsResponse,
    Repeat.READ,
    False,
)

ANALYTICS_GET_TREND: Method[v1.GetTrendRequest, v1.GetTrendResponse] = Method(
    "/omnichannel.v1.AnalyticsService/GetTrend",
    v1.GetTrendRequest,
    v1.GetTrendResponse,
    Repeat.READ,
    False,
)

ANALYTICS_DASHBOARD: Method[v1.DashboardRequest, v1.DashboardResponse] = Method(
    "/omnichannel.v1.AnalyticsService/Dashboard",
    v1.DashboardRequest,
    v1.DashboardResponse,
    Repeat.STREAM,
    False,
)

ANALYTICS_WATCH_DASHBOARD: Method[v1.WatchDashboardRequest, v1.WatchDashboardResponse] = Method(
    "/omnichannel.v1.AnalyticsService/WatchDashboard",
    v1.WatchDashboardRequest,
    v1.WatchDashboardResponse,
    Repeat.STREAM,
    False,
)

ANALYTICS_CONFIGURE_SLA: Method[v1.ConfigureSlaRequest, v1.ConfigureSlaResponse] = Method(
    "/omnichannel.v1.AnalyticsService/ConfigureSla",
    v1.ConfigureSlaRequest,
    v1.ConfigureSlaResponse,
    Repeat.REQUEST_ID,
    True,
)

ANALYTICS_LIST_SLA_POLICIES: ListMethod[v1.ListSlaPoliciesRequest, v1.ListSlaPoliciesResponse, v1.SlaPolicy] = ListMethod(
    "/omnichannel.v1.AnalyticsService/ListSlaPolicies",
    v1.ListSlaPoliciesRequest,
    v1.ListSlaPoliciesResponse,
    Repeat.READ,
    False,
    "policies",
)

ANALYTICS_DELETE_SLA_POLICY: Method[v1.DeleteSlaPolicyRequest, v1.DeleteSlaPolicyResponse] = Method(
    "/omnichannel.v1.AnalyticsService/DeleteSlaPolicy",
    v1.DeleteSlaPolicyRequest,
    v1.DeleteSlaPolicyResponse,
    Repeat.REQUEST_ID,
    True,
)

ANALYTICS_CONFIGURE_ESCALATION: Method[v1.ConfigureEscalationRequest, v1.ConfigureEscalationResponse] = Method(
    "/omnichannel.v1.AnalyticsService/ConfigureEscalation",
    v1.ConfigureEscalationRequest,
    v1.ConfigureEscalationResponse,
    Repeat.REQUEST_ID,
    True,
)

ANALYTICS_LIST_ESCALATION_POLICIES: ListMethod[v1.ListEscalationPoliciesRequest, v1.ListEscalationPoliciesResponse, v1.EscalationPolicy] = ListMethod(
    "/omnichannel.v1.AnalyticsService/ListEscalationPolicies",
    v1.ListEscalationPoliciesRequest,
    v1.ListEscalationPoliciesResponse,
    Repeat.READ,
    False,
    "policies",
)

ANALYTICS_DELETE_ESCALATION_POLICY: Method[v1.DeleteEscalationPolicyRequest, v1.DeleteEscalationPolicyResponse] = Method(
    "/omnichannel.v1.AnalyticsService/DeleteEscalationPolicy",
    v1.DeleteEscalationPolicyRequest,
    v1.DeleteEscalationPolicyResponse,
    Repeat.REQUEST_ID,
    True,
)

ANALYTICS_LIST_SLA_BREACHES: ListMethod[v1.ListSlaBreachesRequest, v1.ListSlaBreachesResponse, v1.SlaBreach] = ListMethod(
    "/omnichannel.v1.AnalyticsService/ListSlaBreaches",
    v1.ListSlaBreachesRequest,
    v1.ListSlaBreachesResponse,
    Repeat.READ,
    False,
    "breaches",
)

CHANNEL_CREATE_CHANNEL_ACCOUNT: Method[v1.CreateChannelAccountRequest, v1.CreateChannelAccountResponse] = Method(
    "/omnichannel.v1.ChannelService/CreateChannelAccount",
    v1.CreateChannelAccountRequest,
    v1.CreateChannelAccountResponse,
    Repeat.REQUEST_ID,
    True,
)

CHANNEL_GET_CHANNEL_ACCOUNT: Method[v1.GetChannelAccountRequest, v1.GetChannelAccountResponse] = Method(
    "/omnichannel.v1.ChannelService/GetChannelAccount",
    v1.GetChannelAccountRequest,
    v1.GetChannelAccountResponse,
    Repeat.READ,
    False,
)

CHANNEL_LIST_CHANNEL_ACCOUNTS: ListMethod[v1.ListChannelAccountsRequest, v1.ListChannelAccountsResponse, v1.ChannelAccount] = ListMethod(
    "/omnichannel.v1.ChannelService/ListChannelAccounts",
    v1.ListChannelAccountsRequest,
    v1.ListChannelAccountsResponse,
    Repeat.READ,
    False,
    "channel_accounts",
)

CHANNEL_UPDATE_CHANNEL_ACCOUNT: Method[v1.UpdateChannelAccountRequest, v1.UpdateChannelAccountResponse] = Method(
    "/omnichannel.v1.ChannelService/UpdateChannelAccount",
    v1.UpdateChannelAccountRequest,
    v1.UpdateChannelAccountResponse,
    Repeat.REQUEST_ID,
    True,
)

CHANNEL_DELETE_CHANNEL_ACCOUNT: Method[v1.DeleteChannelAccountRequest, v1.DeleteChannelAccountResponse] = Method(
    "/omnichannel.v1.ChannelService/DeleteChannelAccount",
    v1.DeleteChannelAccountRequest,
    v1.DeleteChannelAccountResponse,
    Repeat.REQUEST_ID,
    True,
)

CHANNEL_ROTATE_CHANNEL_SECRET: Method[v1.RotateChannelSecretRequest, v1.RotateChannelSecretResponse] = Method(
    "/omnichannel.v1.ChannelService/RotateChannelSecret",
    v1.RotateChannelSecretRequest,
    v1.RotateChannelSecretResponse,
    Repeat.REQUEST_ID,
    True,
)

CHANNEL_RECEIVE_MESSAGE: Method[v1.ReceiveMessageRequest, v1.ReceiveMessageResponse] = Method(
    "/omnichannel.v1.ChannelService/ReceiveMessage",
    v1.ReceiveMessageRequest,
    v1.ReceiveMessageResponse,
    Repeat.REQUEST_ID,
    True,
)

CHANNEL_GET_MESSAGE_STATUS: Method[v1.GetMessageStatusRequest, v1.GetMessageStatusResponse] = Method(
    "/omnichannel.v1.ChannelService/GetMessageStatus",
    v1.GetMessageStatusRequest,
    v1.GetMessageStatusResponse,
    Repeat.READ,
    False,
)

CUSTOMER_CREATE_CUSTOMER: Method[v1.CreateCustomerRequest, v1.CreateCustomerResponse] = Method(
    "/omnichannel.v1.CustomerService/CreateCustomer",
    v1.CreateCustomerRequest,
    v1.CreateCustomerResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_GET_CUSTOMER: Method[v1.GetCustomerRequest, v1.GetCustomerResponse] = Method(
    "/omnichannel.v1.CustomerService/GetCustomer",
    v1.GetCustomerRequest,
    v1.GetCustomerResponse,
    Repeat.READ,
    False,
)

CUSTOMER_LIST_CUSTOMERS: ListMethod[v1.ListCustomersRequest, v1.ListCustomersResponse, v1.Customer] = ListMethod(
    "/omnichannel.v1.CustomerService/ListCustomers",
    v1.ListCustomersRequest,
    v1.ListCustomersResponse,
    Repeat.READ,
    False,
    "customers",
)

CUSTOMER_UPDATE_CUSTOMER: Method[v1.UpdateCustomerRequest, v1.UpdateCustomerResponse] = Method(
    "/omnichannel.v1.CustomerService/UpdateCustomer",
    v1.UpdateCustomerRequest,
    v1.UpdateCustomerResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_DELETE_CUSTOMER: Method[v1.DeleteCustomerRequest, v1.DeleteCustomerResponse] = Method(
    "/omnichannel.v1.CustomerService/DeleteCustomer",
    v1.DeleteCustomerRequest,
    v1.DeleteCustomerResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_ADD_CONTACT_POINT: Method[v1.AddContactPointRequest, v1.AddContactPointResponse] = Method(
    "/omnichannel.v1.CustomerService/AddContactPoint",
    v1.AddContactPointRequest,
    v1.AddContactPointResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_REMOVE_CONTACT_POINT: Method[v1.RemoveContactPointRequest, v1.RemoveContactPointResponse] = Method(
    "/omnichannel.v1.CustomerService/RemoveContactPoint",
    v1.RemoveContactPointRequest,
    v1.RemoveContactPointResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_LIFT_SUPPRESSION: Method[v1.LiftSuppressionRequest, v1.LiftSuppressionResponse] = Method(
    "/omnichannel.v1.CustomerService/LiftSuppression",
    v1.LiftSuppressionRequest,
    v1.LiftSuppressionResponse,
    Repeat.REQUEST_ID,
    True,
)

CUSTOMER_FIND_CUSTOMER: Method[v1.FindCustomerRequest, v1.FindCustomerResponse] = Method(
    "/omnichannel.v1.CustomerService/FindCustomer",
    v1.FindCustomerRequest,
    v1.FindCustomerResponse,
    Repeat.READ,
    False,
)

CUSTOMER_GET_HISTORY: ListMethod[v1.GetHistoryRequest, v1.GetHistoryResponse, v1.HistoryItem] = ListMethod(
    "/omnichannel.v1.CustomerService/GetHistory",
    v1.GetHistoryRequest,
    v1.GetHistoryResponse,
    Repeat.READ,
    False,
    "items",
)

INTERACTION_CREATE_INTERACTION: Method[v1.CreateInteractionRequest, v1.CreateInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/CreateInteraction",
    v1.CreateInteractionRequest,
    v1.CreateInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_GET_INTERACTION: Method[v1.GetInteractionRequest, v1.GetInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/GetInteraction",
    v1.GetInteractionRequest,
    v1.GetInteractionResponse,
    Repeat.READ,
    False,
)

INTERACTION_LIST_INTERACTIONS: ListMethod[v1.ListInteractionsRequest, v1.ListInteractionsResponse, v1.Interaction] = ListMethod(
    "/omnichannel.v1.InteractionService/ListInteractions",
    v1.ListInteractionsRequest,
    v1.ListInteractionsResponse,
    Repeat.READ,
    False,
    "interactions",
)

INTERACTION_UPDATE_INTERACTION: Method[v1.UpdateInteractionRequest, v1.UpdateInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/UpdateInteraction",
    v1.UpdateInteractionRequest,
    v1.UpdateInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_SEND_MESSAGE: Method[v1.SendMessageRequest, v1.SendMessageResponse] = Method(
    "/omnichannel.v1.InteractionService/SendMessage",
    v1.SendMessageRequest,
    v1.SendMessageResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_UPLOAD_ATTACHMENT: Method[v1.UploadAttachmentRequest, v1.UploadAttachmentResponse] = Method(
    "/omnichannel.v1.InteractionService/UploadAttachment",
    v1.UploadAttachmentRequest,
    v1.UploadAttachmentResponse,
    Repeat.NATURAL,
    False,
)

INTERACTION_DOWNLOAD_ATTACHMENT: Method[v1.DownloadAttachmentRequest, v1.DownloadAttachmentResponse] = Method(
    "/omnichannel.v1.InteractionService/DownloadAttachment",
    v1.DownloadAttachmentRequest,
    v1.DownloadAttachmentResponse,
    Repeat.STREAM,
    False,
)

INTERACTION_LIST_MESSAGES: ListMethod[v1.ListMessagesRequest, v1.ListMessagesResponse, v1.Message] = ListMethod(
    "/omnichannel.v1.InteractionService/ListMessages",
    v1.ListMessagesRequest,
    v1.ListMessagesResponse,
    Repeat.READ,
    False,
    "messages",
)

INTERACTION_TRANSFER_INTERACTION: Method[v1.TransferInteractionRequest, v1.TransferInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/TransferInteraction",
    v1.TransferInteractionRequest,
    v1.TransferInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_CONSULT_AGENT: Method[v1.ConsultAgentRequest, v1.ConsultAgentResponse] = Method(
    "/omnichannel.v1.InteractionService/ConsultAgent",
    v1.ConsultAgentRequest,
    v1.ConsultAgentResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_END_CONSULT: Method[v1.EndConsultRequest, v1.EndConsultResponse] = Method(
    "/omnichannel.v1.InteractionService/EndConsult",
    v1.EndConsultRequest,
    v1.EndConsultResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_ESCALATE_INTERACTION: Method[v1.EscalateInteractionRequest, v1.EscalateInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/EscalateInteraction",
    v1.EscalateInteractionRequest,
    v1.EscalateInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_CLOSE_INTERACTION: Method[v1.CloseInteractionRequest, v1.CloseInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/CloseInteraction",
    v1.CloseInteractionRequest,
    v1.CloseInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_CANCEL_INTERACTION: Method[v1.CancelInteractionRequest, v1.CancelInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/CancelInteraction",
    v1.CancelInteractionRequest,
    v1.CancelInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_ABANDON_INTERACTION: Method[v1.AbandonInteractionRequest, v1.AbandonInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/AbandonInteraction",
    v1.AbandonInteractionRequest,
    v1.AbandonInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_PARK_INTERACTION: Method[v1.ParkInteractionRequest, v1.ParkInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/ParkInteraction",
    v1.ParkInteractionRequest,
    v1.ParkInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_REQUEST_CALLBACK: Method[v1.RequestCallbackRequest, v1.RequestCallbackResponse] = Method(
    "/omnichannel.v1.InteractionService/RequestCallback",
    v1.RequestCallbackRequest,
    v1.RequestCallbackResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_WAKE_INTERACTION: Method[v1.WakeInteractionRequest, v1.WakeInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/WakeInteraction",
    v1.WakeInteractionRequest,
    v1.WakeInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_REOPEN_INTERACTION: Method[v1.ReopenInteractionRequest, v1.ReopenInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/ReopenInteraction",
    v1.ReopenInteractionRequest,
    v1.ReopenInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_RATE_INTERACTION: Method[v1.RateInteractionRequest, v1.RateInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/RateInteraction",
    v1.RateInteractionRequest,
    v1.RateInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

INTERACTION_GET_WAIT_ESTIMATE: Method[v1.GetWaitEstimateRequest, v1.GetWaitEstimateResponse] = Method(
    "/omnichannel.v1.InteractionService/GetWaitEstimate",
    v1.GetWaitEstimateRequest,
    v1.GetWaitEstimateResponse,
    Repeat.READ,
    False,
)

INTERACTION_WATCH_INTERACTION: Method[v1.WatchInteractionRequest, v1.WatchInteractionResponse] = Method(
    "/omnichannel.v1.InteractionService/WatchInteraction",
    v1.WatchInteractionRequest,
    v1.WatchInteractionResponse,
    Repeat.STREAM,
    False,
)

ROUTING_CREATE_QUEUE: Method[v1.CreateQueueRequest, v1.CreateQueueResponse] = Method(
    "/omnichannel.v1.RoutingService/CreateQueue",
    v1.CreateQueueRequest,
    v1.CreateQueueResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_QUEUE: Method[v1.GetQueueRequest, v1.GetQueueResponse] = Method(
    "/omnichannel.v1.RoutingService/GetQueue",
    v1.GetQueueRequest,
    v1.GetQueueResponse,
    Repeat.READ,
    False,
)

ROUTING_LIST_QUEUES: ListMethod[v1.ListQueuesRequest, v1.ListQueuesResponse, v1.Queue] = ListMethod(
    "/omnichannel.v1.RoutingService/ListQueues",
    v1.ListQueuesRequest,
    v1.ListQueuesResponse,
    Repeat.READ,
    False,
    "queues",
)

ROUTING_UPDATE_QUEUE: Method[v1.UpdateQueueRequest, v1.UpdateQueueResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateQueue",
    v1.UpdateQueueRequest,
    v1.UpdateQueueResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_DELETE_QUEUE: Method[v1.DeleteQueueRequest, v1.DeleteQueueResponse] = Method(
    "/omnichannel.v1.RoutingService/DeleteQueue",
    v1.DeleteQueueRequest,
    v1.DeleteQueueResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_CREATE_SKILL: Method[v1.CreateSkillRequest, v1.CreateSkillResponse] = Method(
    "/omnichannel.v1.RoutingService/CreateSkill",
    v1.CreateSkillRequest,
    v1.CreateSkillResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_SKILL: Method[v1.GetSkillRequest, v1.GetSkillResponse] = Method(
    "/omnichannel.v1.RoutingService/GetSkill",
    v1.GetSkillRequest,
    v1.GetSkillResponse,
    Repeat.READ,
    False,
)

ROUTING_LIST_SKILLS: ListMethod[v1.ListSkillsRequest, v1.ListSkillsResponse, v1.Skill] = ListMethod(
    "/omnichannel.v1.RoutingService/ListSkills",
    v1.ListSkillsRequest,
    v1.ListSkillsResponse,
    Repeat.READ,
    False,
    "skills",
)

ROUTING_UPDATE_SKILL: Method[v1.UpdateSkillRequest, v1.UpdateSkillResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateSkill",
    v1.UpdateSkillRequest,
    v1.UpdateSkillResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_DELETE_SKILL: Method[v1.DeleteSkillRequest, v1.DeleteSkillResponse] = Method(
    "/omnichannel.v1.RoutingService/DeleteSkill",
    v1.DeleteSkillRequest,
    v1.DeleteSkillResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_CREATE_ROUTING_RULE: Method[v1.CreateRoutingRuleRequest, v1.CreateRoutingRuleResponse] = Method(
    "/omnichannel.v1.RoutingService/CreateRoutingRule",
    v1.CreateRoutingRuleRequest,
    v1.CreateRoutingRuleResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_ROUTING_RULE: Method[v1.GetRoutingRuleRequest, v1.GetRoutingRuleResponse] = Method(
    "/omnichannel.v1.RoutingService/GetRoutingRule",
    v1.GetRoutingRuleRequest,
    v1.GetRoutingRuleResponse,
    Repeat.READ,
    False,
)

ROUTING_LIST_ROUTING_RULES: ListMethod[v1.ListRoutingRulesRequest, v1.ListRoutingRulesResponse, v1.RoutingRule] = ListMethod(
    "/omnichannel.v1.RoutingService/ListRoutingRules",
    v1.ListRoutingRulesRequest,
    v1.ListRoutingRulesResponse,
    Repeat.READ,
    False,
    "routing_rules",
)

ROUTING_UPDATE_ROUTING_RULE: Method[v1.UpdateRoutingRuleRequest, v1.UpdateRoutingRuleResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateRoutingRule",
    v1.UpdateRoutingRuleRequest,
    v1.UpdateRoutingRuleResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_DELETE_ROUTING_RULE: Method[v1.DeleteRoutingRuleRequest, v1.DeleteRoutingRuleResponse] = Method(
    "/omnichannel.v1.RoutingService/DeleteRoutingRule",
    v1.DeleteRoutingRuleRequest,
    v1.DeleteRoutingRuleResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_TEST_RULES: Method[v1.TestRulesRequest, v1.TestRulesResponse] = Method(
    "/omnichannel.v1.RoutingService/TestRules",
    v1.TestRulesRequest,
    v1.TestRulesResponse,
    Repeat.READ,
    False,
)

ROUTING_LINT_ROUTING: Method[v1.LintRoutingRequest, v1.LintRoutingResponse] = Method(
    "/omnichannel.v1.RoutingService/LintRouting",
    v1.LintRoutingRequest,
    v1.LintRoutingResponse,
    Repeat.READ,
    False,
)

ROUTING_CREATE_ROUTING_PLAN: Method[v1.CreateRoutingPlanRequest, v1.CreateRoutingPlanResponse] = Method(
    "/omnichannel.v1.RoutingService/CreateRoutingPlan",
    v1.CreateRoutingPlanRequest,
    v1.CreateRoutingPlanResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_ROUTING_PLAN: Method[v1.GetRoutingPlanRequest, v1.GetRoutingPlanResponse] = Method(
    "/omnichannel.v1.RoutingService/GetRoutingPlan",
    v1.GetRoutingPlanRequest,
    v1.GetRoutingPlanResponse,
    Repeat.READ,
    False,
)

ROUTING_LIST_ROUTING_PLANS: ListMethod[v1.ListRoutingPlansRequest, v1.ListRoutingPlansResponse, v1.RoutingPlan] = ListMethod(
    "/omnichannel.v1.RoutingService/ListRoutingPlans",
    v1.ListRoutingPlansRequest,
    v1.ListRoutingPlansResponse,
    Repeat.READ,
    False,
    "routing_plans",
)

ROUTING_UPDATE_ROUTING_PLAN: Method[v1.UpdateRoutingPlanRequest, v1.UpdateRoutingPlanResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateRoutingPlan",
    v1.UpdateRoutingPlanRequest,
    v1.UpdateRoutingPlanResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_DELETE_ROUTING_PLAN: Method[v1.DeleteRoutingPlanRequest, v1.DeleteRoutingPlanResponse] = Method(
    "/omnichannel.v1.RoutingService/DeleteRoutingPlan",
    v1.DeleteRoutingPlanRequest,
    v1.DeleteRoutingPlanResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_EXPLAIN: ListMethod[v1.ExplainRequest, v1.ExplainResponse, v1.ExplainedAgent] = ListMethod(
    "/omnichannel.v1.RoutingService/Explain",
    v1.ExplainRequest,
    v1.ExplainResponse,
    Repeat.READ,
    False,
    "agents",
)

ROUTING_SIMULATE: Method[v1.SimulateRequest, v1.SimulateResponse] = Method(
    "/omnichannel.v1.RoutingService/Simulate",
    v1.SimulateRequest,
    v1.SimulateResponse,
    Repeat.STREAM,
    False,
)

ROUTING_ROUTE_INTERACTION: Method[v1.RouteInteractionRequest, v1.RouteInteractionResponse] = Method(
    "/omnichannel.v1.RoutingService/RouteInteraction",
    v1.RouteInteractionRequest,
    v1.RouteInteractionResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_ROUTING_SETTINGS: Method[v1.GetRoutingSettingsRequest, v1.GetRoutingSettingsResponse] = Method(
    "/omnichannel.v1.RoutingService/GetRoutingSettings",
    v1.GetRoutingSettingsRequest,
    v1.GetRoutingSettingsResponse,
    Repeat.READ,
    False,
)

ROUTING_UPDATE_ROUTING_SETTINGS: Method[v1.UpdateRoutingSettingsRequest, v1.UpdateRoutingSettingsResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateRoutingSettings",
    v1.UpdateRoutingSettingsRequest,
    v1.UpdateRoutingSettingsResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_QUEUE_STATS: Method[v1.GetQueueStatsRequest, v1.GetQueueStatsResponse] = Method(
    "/omnichannel.v1.RoutingService/GetQueueStats",
    v1.GetQueueStatsRequest,
    v1.GetQueueStatsResponse,
    Repeat.READ,
    False,
)

ROUTING_CREATE_CALENDAR: Method[v1.CreateCalendarRequest, v1.CreateCalendarResponse] = Method(
    "/omnichannel.v1.RoutingService/CreateCalendar",
    v1.CreateCalendarRequest,
    v1.CreateCalendarResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_CALENDAR: Method[v1.GetCalendarRequest, v1.GetCalendarResponse] = Method(
    "/omnichannel.v1.RoutingService/GetCalendar",
    v1.GetCalendarRequest,
    v1.GetCalendarResponse,
    Repeat.READ,
    False,
)

ROUTING_LIST_CALENDARS: ListMethod[v1.ListCalendarsRequest, v1.ListCalendarsResponse, v1.Calendar] = ListMethod(
    "/omnichannel.v1.RoutingService/ListCalendars",
    v1.ListCalendarsRequest,
    v1.ListCalendarsResponse,
    Repeat.READ,
    False,
    "calendars",
)

ROUTING_UPDATE_CALENDAR: Method[v1.UpdateCalendarRequest, v1.UpdateCalendarResponse] = Method(
    "/omnichannel.v1.RoutingService/UpdateCalendar",
    v1.UpdateCalendarRequest,
    v1.UpdateCalendarResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_DELETE_CALENDAR: Method[v1.DeleteCalendarRequest, v1.DeleteCalendarResponse] = Method(
    "/omnichannel.v1.RoutingService/DeleteCalendar",
    v1.DeleteCalendarRequest,
    v1.DeleteCalendarResponse,
    Repeat.REQUEST_ID,
    True,
)

ROUTING_GET_CALENDAR_STATUS: Method[v1.GetCalendarStatusRequest, v1.GetCalendarStatusResponse] = Method(
    "/omnichannel.v1.RoutingService/GetCalendarStatus",
    v1.GetCalendarStatusRequest,
    v1.GetCalendarStatusResponse,
    Repeat.READ,
    False,
)
