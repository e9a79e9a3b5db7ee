// This file is @generated from the contract.

impl Call for v1::CreateTenantRequest {
    type Response = v1::CreateTenantResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/CreateTenant";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetTenantRequest {
    type Response = v1::GetTenantResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/GetTenant";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListTenantsRequest {
    type Response = v1::ListTenantsResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListTenants";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListTenantsRequest {
    type Item = v1::Tenant;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.tenants,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateTenantRequest {
    type Response = v1::UpdateTenantResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/UpdateTenant";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateApiKeyRequest {
    type Response = v1::CreateApiKeyResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/CreateApiKey";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetApiKeyRequest {
    type Response = v1::GetApiKeyResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/GetApiKey";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListApiKeysRequest {
    type Response = v1::ListApiKeysResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListApiKeys";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListApiKeysRequest {
    type Item = v1::ApiKey;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.api_keys,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::RevokeApiKeyRequest {
    type Response = v1::RevokeApiKeyResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/RevokeApiKey";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListAuditLogRequest {
    type Response = v1::ListAuditLogResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListAuditLog";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListAuditLogRequest {
    type Item = v1::AuditEntry;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.entries,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::VerifyAuditLogRequest {
    type Response = v1::VerifyAuditLogResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/VerifyAuditLog";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListAccessLogRequest {
    type Response = v1::ListAccessLogResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListAccessLog";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListAccessLogRequest {
    type Item = v1::AccessEntry;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.entries,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::GetServerInfoRequest {
    type Response = v1::GetServerInfoResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/GetServerInfo";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::WhoAmIRequest {
    type Response = v1::WhoAmIResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/WhoAmI";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListStreamsRequest {
    type Response = v1::ListStreamsResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListStreams";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListStreamsRequest {
    type Item = v1::OpenStream;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.streams,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::CloseStreamRequest {
    type Response = v1::CloseStreamResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/CloseStream";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListSessionsRequest {
    type Response = v1::ListSessionsResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListSessions";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListSessionsRequest {
    type Item = v1::ConsoleSession;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.sessions,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::CloseSessionRequest {
    type Response = v1::CloseSessionResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/CloseSession";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListDeliveriesRequest {
    type Response = v1::ListDeliveriesResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListDeliveries";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListDeliveriesRequest {
    type Item = v1::OutboundDelivery;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.deliveries,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::RetryDeliveryRequest {
    type Response = v1::RetryDeliveryResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/RetryDelivery";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CancelDeliveryRequest {
    type Response = v1::CancelDeliveryResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/CancelDelivery";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListDeadLettersRequest {
    type Response = v1::ListDeadLettersResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ListDeadLetters";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListDeadLettersRequest {
    type Item = v1::DeadLetter;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.dead_letters,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::ReplayDeadLetterRequest {
    type Response = v1::ReplayDeadLetterResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/ReplayDeadLetter";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteDeadLetterRequest {
    type Response = v1::DeleteDeadLetterResponse;
    const PATH: &'static str = "/omnichannel.v1.AdminService/DeleteDeadLetter";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateAgentRequest {
    type Response = v1::CreateAgentResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/CreateAgent";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetAgentRequest {
    type Response = v1::GetAgentResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/GetAgent";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListAgentsRequest {
    type Response = v1::ListAgentsResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ListAgents";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListAgentsRequest {
    type Item = v1::Agent;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.agents,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateAgentRequest {
    type Response = v1::UpdateAgentResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/UpdateAgent";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteAgentRequest {
    type Response = v1::DeleteAgentResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/DeleteAgent";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateTeamRequest {
    type Response = v1::CreateTeamResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/CreateTeam";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetTeamRequest {
    type Response = v1::GetTeamResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/GetTeam";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListTeamsRequest {
    type Response = v1::ListTeamsResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ListTeams";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListTeamsRequest {
    type Item = v1::Team;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.teams,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateTeamRequest {
    type Response = v1::UpdateTeamResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/UpdateTeam";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteTeamRequest {
    type Response = v1::DeleteTeamResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/DeleteTeam";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::SetPresenceRequest {
    type Response = v1::SetPresenceResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/SetPresence";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::AcceptOfferRequest {
    type Response = v1::AcceptOfferResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/AcceptOffer";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeclineOfferRequest {
    type Response = v1::DeclineOfferResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/DeclineOffer";
    const REPEAT: Repeat = Repeat::Natural;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::TakeNextRequest {
    type Response = v1::TakeNextResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/TakeNext";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CompleteInteractionRequest {
    type Response = v1::CompleteInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/CompleteInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListOffersRequest {
    type Response = v1::ListOffersResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ListOffers";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListOffersRequest {
    type Item = v1::Offer;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.offers,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::ConfigureScheduleRequest {
    type Response = v1::ConfigureScheduleResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ConfigureSchedule";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListSchedulesRequest {
    type Response = v1::ListSchedulesResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ListSchedules";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListSchedulesRequest {
    type Item = v1::Schedule;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.schedules,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::DeleteScheduleRequest {
    type Response = v1::DeleteScheduleResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/DeleteSchedule";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateTimeOffRequest {
    type Response = v1::CreateTimeOffResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/CreateTimeOff";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListTimeOffRequest {
    type Response = v1::ListTimeOffResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/ListTimeOff";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListTimeOffRequest {
    type Item = v1::TimeOff;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.time_off,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::DeleteTimeOffRequest {
    type Response = v1::DeleteTimeOffResponse;
    const PATH: &'static str = "/omnichannel.v1.AgentService/DeleteTimeOff";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetRealTimeStatsRequest {
    type Response = v1::GetRealTimeStatsResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/GetRealTimeStats";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::GetTrendRequest {
    type Response = v1::GetTrendResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/GetTrend";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ConfigureSlaRequest {
    type Response = v1::ConfigureSlaResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/ConfigureSla";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListSlaPoliciesRequest {
    type Response = v1::ListSlaPoliciesResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/ListSlaPolicies";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListSlaPoliciesRequest {
    type Item = v1::SlaPolicy;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.policies,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::DeleteSlaPolicyRequest {
    type Response = v1::DeleteSlaPolicyResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/DeleteSlaPolicy";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ConfigureEscalationRequest {
    type Response = v1::ConfigureEscalationResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/ConfigureEscalation";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListEscalationPoliciesRequest {
    type Response = v1::ListEscalationPoliciesResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/ListEscalationPolicies";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListEscalationPoliciesRequest {
    type Item = v1::EscalationPolicy;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.policies,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::DeleteEscalationPolicyRequest {
    type Response = v1::DeleteEscalationPolicyResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/DeleteEscalationPolicy";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ListSlaBreachesRequest {
    type Response = v1::ListSlaBreachesResponse;
    const PATH: &'static str = "/omnichannel.v1.AnalyticsService/ListSlaBreaches";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListSlaBreachesRequest {
    type Item = v1::SlaBreach;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.breaches,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::CreateChannelAccountRequest {
    type Response = v1::CreateChannelAccountResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/CreateChannelAccount";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetChannelAccountRequest {
    type Response = v1::GetChannelAccountResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/GetChannelAccount";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListChannelAccountsRequest {
    type Response = v1::ListChannelAccountsResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/ListChannelAccounts";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListChannelAccountsRequest {
    type Item = v1::ChannelAccount;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.channel_accounts,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateChannelAccountRequest {
    type Response = v1::UpdateChannelAccountResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/UpdateChannelAccount";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteChannelAccountRequest {
    type Response = v1::DeleteChannelAccountResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/DeleteChannelAccount";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::RotateChannelSecretRequest {
    type Response = v1::RotateChannelSecretResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/RotateChannelSecret";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ReceiveMessageRequest {
    type Response = v1::ReceiveMessageResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/ReceiveMessage";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetMessageStatusRequest {
    type Response = v1::GetMessageStatusResponse;
    const PATH: &'static str = "/omnichannel.v1.ChannelService/GetMessageStatus";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::CreateCustomerRequest {
    type Response = v1::CreateCustomerResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/CreateCustomer";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetCustomerRequest {
    type Response = v1::GetCustomerResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/GetCustomer";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListCustomersRequest {
    type Response = v1::ListCustomersResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/ListCustomers";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListCustomersRequest {
    type Item = v1::Customer;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.customers,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateCustomerRequest {
    type Response = v1::UpdateCustomerResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/UpdateCustomer";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteCustomerRequest {
    type Response = v1::DeleteCustomerResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/DeleteCustomer";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::AddContactPointRequest {
    type Response = v1::AddContactPointResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/AddContactPoint";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::RemoveContactPointRequest {
    type Response = v1::RemoveContactPointResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/RemoveContactPoint";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::LiftSuppressionRequest {
    type Response = v1::LiftSuppressionResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/LiftSuppression";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::FindCustomerRequest {
    type Response = v1::FindCustomerResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/FindCustomer";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::GetHistoryRequest {
    type Response = v1::GetHistoryResponse;
    const PATH: &'static str = "/omnichannel.v1.CustomerService/GetHistory";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::GetHistoryRequest {
    type Item = v1::HistoryItem;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.items,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::CreateInteractionRequest {
    type Response = v1::CreateInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/CreateInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetInteractionRequest {
    type Response = v1::GetInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/GetInteraction";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListInteractionsRequest {
    type Response = v1::ListInteractionsResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/ListInteractions";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListInteractionsRequest {
    type Item = v1::Interaction;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.interactions,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateInteractionRequest {
    type Response = v1::UpdateInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/UpdateInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::SendMessageRequest {
    type Response = v1::SendMessageResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/SendMessage";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::UploadAttachmentRequest {
    type Response = v1::UploadAttachmentResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/UploadAttachment";
    const REPEAT: Repeat = Repeat::Natural;
}

impl Call for v1::ListMessagesRequest {
    type Response = v1::ListMessagesResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/ListMessages";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListMessagesRequest {
    type Item = v1::Message;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.messages,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::TransferInteractionRequest {
    type Response = v1::TransferInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/TransferInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ConsultAgentRequest {
    type Response = v1::ConsultAgentResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/ConsultAgent";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::EndConsultRequest {
    type Response = v1::EndConsultResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/EndConsult";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::EscalateInteractionRequest {
    type Response = v1::EscalateInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/EscalateInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CloseInteractionRequest {
    type Response = v1::CloseInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/CloseInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CancelInteractionRequest {
    type Response = v1::CancelInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/CancelInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::AbandonInteractionRequest {
    type Response = v1::AbandonInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/AbandonInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ParkInteractionRequest {
    type Response = v1::ParkInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/ParkInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::RequestCallbackRequest {
    type Response = v1::RequestCallbackResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/RequestCallback";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::WakeInteractionRequest {
    type Response = v1::WakeInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/WakeInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ReopenInteractionRequest {
    type Response = v1::ReopenInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/ReopenInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::RateInteractionRequest {
    type Response = v1::RateInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/RateInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetWaitEstimateRequest {
    type Response = v1::GetWaitEstimateResponse;
    const PATH: &'static str = "/omnichannel.v1.InteractionService/GetWaitEstimate";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::CreateQueueRequest {
    type Response = v1::CreateQueueResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/CreateQueue";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetQueueRequest {
    type Response = v1::GetQueueResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetQueue";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListQueuesRequest {
    type Response = v1::ListQueuesResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/ListQueues";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListQueuesRequest {
    type Item = v1::Queue;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.queues,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateQueueRequest {
    type Response = v1::UpdateQueueResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateQueue";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteQueueRequest {
    type Response = v1::DeleteQueueResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/DeleteQueue";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateSkillRequest {
    type Response = v1::CreateSkillResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/CreateSkill";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetSkillRequest {
    type Response = v1::GetSkillResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetSkill";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListSkillsRequest {
    type Response = v1::ListSkillsResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/ListSkills";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListSkillsRequest {
    type Item = v1::Skill;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.skills,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateSkillRequest {
    type Response = v1::UpdateSkillResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateSkill";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteSkillRequest {
    type Response = v1::DeleteSkillResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/DeleteSkill";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::CreateRoutingRuleRequest {
    type Response = v1::CreateRoutingRuleResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/CreateRoutingRule";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetRoutingRuleRequest {
    type Response = v1::GetRoutingRuleResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetRoutingRule";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListRoutingRulesRequest {
    type Response = v1::ListRoutingRulesResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/ListRoutingRules";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListRoutingRulesRequest {
    type Item = v1::RoutingRule;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.routing_rules,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateRoutingRuleRequest {
    type Response = v1::UpdateRoutingRuleResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateRoutingRule";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteRoutingRuleRequest {
    type Response = v1::DeleteRoutingRuleResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/DeleteRoutingRule";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::TestRulesRequest {
    type Response = v1::TestRulesResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/TestRules";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::LintRoutingRequest {
    type Response = v1::LintRoutingResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/LintRouting";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::CreateRoutingPlanRequest {
    type Response = v1::CreateRoutingPlanResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/CreateRoutingPlan";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetRoutingPlanRequest {
    type Response = v1::GetRoutingPlanResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetRoutingPlan";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListRoutingPlansRequest {
    type Response = v1::ListRoutingPlansResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/ListRoutingPlans";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListRoutingPlansRequest {
    type Item = v1::RoutingPlan;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.routing_plans,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateRoutingPlanRequest {
    type Response = v1::UpdateRoutingPlanResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateRoutingPlan";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteRoutingPlanRequest {
    type Response = v1::DeleteRoutingPlanResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/DeleteRoutingPlan";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::ExplainRequest {
    type Response = v1::ExplainResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/Explain";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ExplainRequest {
    type Item = v1::ExplainedAgent;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.agents,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::RouteInteractionRequest {
    type Response = v1::RouteInteractionResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/RouteInteraction";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetRoutingSettingsRequest {
    type Response = v1::GetRoutingSettingsResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetRoutingSettings";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::UpdateRoutingSettingsRequest {
    type Response = v1::UpdateRoutingSettingsResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateRoutingSettings";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetQueueStatsRequest {
    type Response = v1::GetQueueStatsResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetQueueStats";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::CreateCalendarRequest {
    type Response = v1::CreateCalendarResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/CreateCalendar";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetCalendarRequest {
    type Response = v1::GetCalendarResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetCalendar";
    const REPEAT: Repeat = Repeat::Read;
}

impl Call for v1::ListCalendarsRequest {
    type Response = v1::ListCalendarsResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/ListCalendars";
    const REPEAT: Repeat = Repeat::Read;
}

impl ListCall for v1::ListCalendarsRequest {
    type Item = v1::Calendar;
    fn set_page_token(&mut self, token: String) {
        self.page_token = token;
    }
    fn page(response: Self::Response) -> Page<Self::Item> {
        Page {
            items: response.calendars,
            next_page_token: response.next_page_token,
        }
    }
}

impl Call for v1::UpdateCalendarRequest {
    type Response = v1::UpdateCalendarResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/UpdateCalendar";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::DeleteCalendarRequest {
    type Response = v1::DeleteCalendarResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/DeleteCalendar";
    const REPEAT: Repeat = Repeat::RequestId;
    fn request_id(&mut self) -> Option<&mut String> {
        Some(&mut self.request_id)
    }
}

impl Call for v1::GetCalendarStatusRequest {
    type Response = v1::GetCalendarStatusResponse;
    const PATH: &'static str = "/omnichannel.v1.RoutingService/GetCalendarStatus";
    const REPEAT: Repeat = Repeat::Read;
}

/// Paths of the RPCs that are streams.
pub(crate) const STREAMS: &[&str] = &[
    "/omnichannel.v1.AdminService/WatchFeed",
    "/omnichannel.v1.AgentService/Session",
    "/omnichannel.v1.AgentService/WatchAssignments",
    "/omnichannel.v1.AnalyticsService/Dashboard",
    "/omnichannel.v1.AnalyticsService/WatchDashboard",
    "/omnichannel.v1.InteractionService/DownloadAttachment",
    "/omnichannel.v1.InteractionService/WatchInteraction",
    "/omnichannel.v1.RoutingService/Simulate",
];
