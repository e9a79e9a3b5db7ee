//! A tenant and the people in it, made through the contract like everybody else's: keys of every
//! role, agents with keys of their own, queues, interactions, accounts.

use super::console::Console;
use super::process::Server;
use super::{eventually, secs, unique};
use omnichannel_sdk::{AgentSession, Client, SessionOptions, v1};
use std::ops::Deref;
use std::sync::Arc;
use v1::{ChannelKind, InteractionStatus, Role};

/// What a test is given: a server and a fresh tenant on it.
pub(crate) struct Case {
    pub(crate) tenant: Tenant,
}

/// A tenant, with the client of its administrator.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) server: Arc<Server>,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) admin: Client,
}

/// An agent and a client whose key names them.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) client: Client,
}

impl Case {
    pub(crate) async fn new(server: Arc<Server>) -> Self {
        Self { tenant: Tenant::new(server).await }
    }

    /// Another tenant on the same server.
    pub(crate) async fn stranger(&self) -> Tenant {
        Tenant::new(Arc::clone(&self.server)).await
    }

    /// The operator of the platform.
    pub(crate) fn operator(&self) -> Client {
        self.server.client(self.server.platform_key())
    }
}

impl Deref for Case {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.tenant
    }
}

impl Tenant {
    pub(crate) async fn new(server: Arc<Server>) -> Self {
        let operator = server.client(server.platform_key());
        let name = unique("tenant");
        let tenant = Some(v1::Tenant { name: name.clone(), ..Default::default() });
        let request = v1::CreateTenantRequest { tenant, ..Default::default() };
        let made = ok!(operator.admin().create_tenant(request));
        let admin = server.client(&made.key);
        Self { server, id: made.tenant.unwrap().id, name, key: made.key, admin }
    }

    /// A key of this tenant.
    pub(crate) async fn key_of(&self, role: Role, agent_id: &str) -> String {
        let api_key = v1::ApiKey {
            name: unique("key"),
            role: role.into(),
            agent_id: agent_id.to_owned(),
            ..Default::default()
        };
        let request = v1::CreateApiKeyRequest { api_key: Some(api_key), request_id: String::new() };
        ok!(self.admin.admin().create_api_key(request)).key
    }

    /// A client with a key of this role.
    pub(crate) async fn role(&self, role: Role) -> Client {
        self.server.client(&self.key_of(role, "").await)
    }

    /// An agent with a capacity of five.
    pub(crate) async fn agent(&self, name: &str) -> Agent {
        self.agent_as(v1::Agent { name: name.to_owned(), ..Default::default() }).await
    }

    /// An agent with room for this many interactions.
    pub(crate) async fn agent_with_room(&self, name: &str, units: i32) -> Agent {
        let capacity = Some(v1::Capacity { units, ..Default::default() });
        self.agent_as(v1::Agent { name: name.to_owned(), capacity, ..Default::default() }).await
    }

    /// An agent as described.
    pub(crate) async fn agent_as(&self, agent: v1::Agent) -> Agent {
        let request = v1::CreateAgentRequest { agent: Some(agent), ..Default::default() };
        let id = ok!(self.admin.agents().create_agent(request)).agent.unwrap().id;
        let key = self.key_of(Role::Agent, &id).await;
        Agent { client: self.server.client(&key), id, key }
    }

    /// An agent who is at work and takes offers.
    pub(crate) async fn at_work(&self, name: &str) -> (Agent, Console) {
        let agent = self.agent(name).await;
        let console = agent.console().await;
        console.available().await;
        (agent, console)
    }

    /// A queue as described; what is left out is patient and has no wrap-up.
    pub(crate) async fn queue(&self, queue: v1::Queue) -> v1::Queue {
        let name = if queue.name.is_empty() { unique("queue") } else { queue.name.clone() };
        let queue = v1::Queue { name, offer_timeout: queue.offer_timeout.or(secs(60)), ..queue };
        let request = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
        ok!(self.admin.routing().create_queue(request)).queue.unwrap()
    }

    /// A queue with nothing special about it.
    pub(crate) async fn plain_queue(&self) -> v1::Queue {
        self.queue(v1::Queue::default()).await
    }

    /// A skill.
    pub(crate) async fn skill(&self) -> v1::Skill {
        let skill = Some(v1::Skill { name: unique("skill"), ..Default::default() });
        let request = v1::CreateSkillRequest { skill, ..Default::default() };
        ok!(self.admin.routing().create_skill(request)).skill.unwrap()
    }

    /// A team.
    pub(crate) async fn team(&self) -> v1::Team {
        let team = Some(v1::Team { name: unique("team"), ..Default::default() });
        let request = v1::CreateTeamRequest { team, ..Default::default() };
        ok!(self.admin.agents().create_team(request)).team.unwrap()
    }

    /// A customer with nothing but a name.
    pub(crate) async fn customer(&self, name: &str) -> v1::Customer {
        let customer = v1::Customer { display_name: name.to_owned(), ..Default::default() };
        let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
        ok!(self.admin.customers().create_customer(request)).customer.unwrap()
    }

    /// An interaction of somebody new, in a queue.
    pub(crate) async fn open(&self, queue: &v1::Queue) -> v1::Interaction {
        self.create(opening(&queue.id)).await
    }

    /// An interaction as asked for.
    pub(crate) async fn create(&self, request: v1::CreateInteractionRequest) -> v1::Interaction {
        ok!(self.admin.interactions().create_interaction(request)).interaction.unwrap()
    }

    /// Puts so many notes on an interaction: `note 0`, `note 1`, …
    pub(crate) async fn notes(&self, interaction_id: &str, count: usize) {
        for number in 0..count {
            let note = v1::SendMessageRequest {
                interaction_id: interaction_id.to_owned(),
                body: format!("note {number}"),
                kind: v1::SendKind::InternalNote.into(),
                ..Default::default()
            };
            ok!(self.admin.interactions().send_message(note));
        }
    }

    /// An interaction as it is now.
    pub(crate) async fn interaction(&self, id: &str) -> v1::Interaction {
        let request = v1::GetInteractionRequest { interaction_id: id.to_owned() };
        ok!(self.admin.interactions().get_interaction(request)).interaction.unwrap()
    }

    /// An interaction once it has this status.
    pub(crate) async fn interaction_in(
        &self,
        id: &str,
        status: InteractionStatus,
    ) -> v1::Interaction {
        let look = || async {
            let found = self.interaction(id).await;
            (found.status() == status).then_some(found)
        };
        eventually(status.as_str_name(), look).await
    }

    /// The presence of an agent.
    pub(crate) async fn presence(&self, agent: &Agent) -> v1::Presence {
        let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
        let found = ok!(self.admin.agents().get_agent(request)).agent.unwrap();
        found.presence.expect("an agent has a presence")
    }

    /// All offers of an agent, newest first.
    pub(crate) async fn offers(&self, agent: &Agent) -> Vec<v1::Offer> {
        let request = v1::ListOffersRequest { agent_id: agent.id.clone(), ..Default::default() };
        ok!(self.admin.agents().list_offers(request)).offers
    }

    /// A webhook account that posts to an address, and its secret.
    pub(crate) async fn account(&self, url: &str) -> (v1::ChannelAccount, String) {
        let request = account(url);
        let made = ok!(self.admin.channels().create_channel_account(request));
        (made.channel_account.unwrap(), made.signing_secret)
    }

    /// The newest place in the tenant's log.
    pub(crate) async fn head(&self) -> i64 {
        let request = v1::VerifyAuditLogRequest::default();
        ok!(self.admin.admin().verify_audit_log(request)).verified_to_seq
    }
}

impl Agent {
    /// Opens a session.
    pub(crate) async fn session(&self) -> AgentSession {
        let opened = AgentSession::open(&self.client, SessionOptions::default()).await;
        opened.unwrap_or_else(|error| panic!("the session is not opened: {error:?}"))
    }

    /// Opens a session and reads its snapshot.
    pub(crate) async fn console(&self) -> Console {
        Console::new(self.session().await).await
    }
}

/// Asks for an interaction of somebody new.
pub(crate) fn opening(queue_id: &str) -> v1::CreateInteractionRequest {
    v1::CreateInteractionRequest {
        customer: Some(somebody()),
        channel: ChannelKind::Chat.into(),
        queue_id: queue_id.to_owned(),
        subject: "an order".into(),
        body: "where is it?".into(),
        ..Default::default()
    }
}

/// Somebody who was never seen before.
pub(crate) fn somebody() -> v1::create_interaction_request::Customer {
    v1::create_interaction_request::Customer::Contact(v1::ContactInput {
        kind: ChannelKind::Chat.into(),
        address: unique("visitor"),
        display_name: "Ada".into(),
    })
}

/// Asks for a webhook account.
pub(crate) fn account(url: &str) -> v1::CreateChannelAccountRequest {
    let webhook = v1::WebhookConfig { url: url.to_owned(), ..Default::default() };
    let account = v1::ChannelAccount {
        kind: ChannelKind::Webhook.into(),
        name: unique("account"),
        config: Some(v1::channel_account::Config::Webhook(webhook)),
        ..Default::default()
    };
    v1::CreateChannelAccountRequest { channel_account: Some(account), ..Default::default() }
}
