//! The client: one set of connections, one credential, one budget for repeats. It hands out the
//! generated clients of all services; unary calls are best made with [`Client::call`] and
//! [`Client::list`], live streams with the types that resume them.

use crate::call::ListCall;
use crate::config::ClientConfig;
use crate::credential::Credential;
use crate::error::Error;
use crate::hooks::{CallTrace, Hooks};
use crate::pages;
use crate::retry::Budget;
use crate::transport::Transport;
use crate::v1;
use futures::Stream;
use std::sync::Arc;
use std::time::Duration;
use v1::admin_service_client::AdminServiceClient;
use v1::agent_service_client::AgentServiceClient;
use v1::analytics_service_client::AnalyticsServiceClient;
use v1::channel_service_client::ChannelServiceClient;
use v1::customer_service_client::CustomerServiceClient;
use v1::interaction_service_client::InteractionServiceClient;
use v1::routing_service_client::RoutingServiceClient;

/// A client of the service. Cheap to clone; clones share connections and budget.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
    budget: Arc<Budget>,
    max_attempts: u32,
    deadline: Option<Duration>,
    hooks: Option<Arc<dyn Hooks>>,
}

impl Client {
    /// Connects to the service; an address where nobody answers is an error.
    pub async fn connect(config: ClientConfig) -> Result<Self, Error> {
        Ok(Self::on(Transport::connect(&config).await?, &config))
    }

    /// Makes a client that connects when first used. Must be called inside a runtime.
    pub fn lazy(config: ClientConfig) -> Result<Self, Error> {
        Ok(Self::on(Transport::lazy(&config)?, &config))
    }

    fn on(transport: Transport, config: &ClientConfig) -> Self {
        let budget = Arc::new(Budget::new(config.retry_budget));
        let (max_attempts, deadline) = (config.max_attempts, config.deadline);
        Self { transport, budget, max_attempts, deadline, hooks: config.hooks.clone() }
    }

    /// The same client with another deadline for its unary calls; `None` for none.
    pub fn with_deadline(mut self, deadline: Option<Duration>) -> Self {
        self.transport = self.transport.with_deadline(deadline);
        self.deadline = deadline;
        self
    }

    /// Everything that a listing lists from the page that the request names, page by page as it is
    /// read.
    pub fn list<C: ListCall + Sync>(
        &self,
        request: C,
    ) -> impl Stream<Item = Result<C::Item, Error>> + Send + use<C> {
        let client = self.clone();
        let fetch = move |token: String| {
            let (client, mut request) = (client.clone(), request.clone());
            // The first page is the one that the request names.
            if !token.is_empty() {
                request.set_page_token(token);
            }
            async move { client.call(request).await.map(C::page) }
        };
        pages::items(fetch)
    }

    /// Generated client of InteractionService.
    pub fn interactions(&self) -> InteractionServiceClient<Transport> {
        InteractionServiceClient::new(self.transport())
    }

    /// Generated client of RoutingService.
    pub fn routing(&self) -> RoutingServiceClient<Transport> {
        RoutingServiceClient::new(self.transport())
    }

    /// Generated client of AgentService.
    pub fn agents(&self) -> AgentServiceClient<Transport> {
        AgentServiceClient::new(self.transport())
    }

    /// Generated client of AnalyticsService.
    pub fn analytics(&self) -> AnalyticsServiceClient<Transport> {
        AnalyticsServiceClient::new(self.transport())
    }

    /// Generated client of CustomerService.
    pub fn customers(&self) -> CustomerServiceClient<Transport> {
        CustomerServiceClient::new(self.transport())
    }

    /// Generated client of ChannelService.
    pub fn channels(&self) -> ChannelServiceClient<Transport> {
        ChannelServiceClient::new(self.transport())
    }

    /// Generated client of AdminService.
    pub fn admin(&self) -> AdminServiceClient<Transport> {
        AdminServiceClient::new(self.transport())
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport.clone()
    }

    pub(crate) fn credential(&self) -> &Credential {
        self.transport.credential()
    }

    /// Who is told about a call that begins now.
    pub(crate) fn trace(&self, method: &'static str) -> Option<Box<dyn CallTrace>> {
        self.hooks.as_ref().map(|hooks| hooks.call(method))
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    pub(crate) fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }
}
