//! What a proof needs before it begins: tenants with a queue that everybody serves, a webhook
//! account, agents of stated capacities, and customers whose conversations are already known.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use omnichannel_sdk::{Client, Error, new_request_id, v1};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How many set-up calls run at once.
const PARALLEL: usize = 32;

/// The label, how many with it an agent takes at a time, and of how many interactions one has it:
/// no divisor of tenants or customers, so that it is everywhere.
const LABEL: &str = "Claim";
const LABEL_MAX: i32 = 1;
const LABELLED_EACH: usize = 11;

/// One agent of so many is an expert.
const EXPERT_EACH: usize = 8;

/// The first message of every interaction: 200 bytes.
pub(crate) const BODY: &str = "I ordered a blue kettle two weeks ago and it has not come. \
    The tracking page has said for nine days that the parcel leaves the depot tomorrow. \
    Could you please find out where it is, and send one more?";

/// What a tenant is made of.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// One agent for each, with this capacity.
    pub(crate) capacities: Vec<i32>,
    /// Customers.
    pub(crate) customers: usize,
    /// How long an agent may take to answer.
    pub(crate) offer_timeout: Duration,
    /// Whether a share of the work has a label of which every agent takes one at a time, and some
    /// agents get no work of the queue: who is asked for advice when all others are full.
    pub(crate) mixed: bool,
}

/// An agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    /// Whether they get no work of the queue.
    pub(crate) expert: bool,
}

/// A tenant that is ready for work.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) account_id: String,
    pub(crate) agents: Vec<Agent>,
    labelled: bool,
    name: String,
    customers_wanted: usize,
    /// Empty until [`greet`] has run.
    pub(crate) customers: Arc<Vec<String>>,
}

/// Makes a tenant; `connect` gives a client for its key.
pub(crate) async fn tenant(
    platform: &Client,
    name: &str,
    shape: &Shape,
    connect: impl Fn(&str) -> Result<Client>,
) -> Result<Tenant> {
    let wanted = v1::Tenant { name: name.to_owned(), ..v1::Tenant::default() };
    let request =
        v1::CreateTenantRequest { tenant: Some(wanted), ..v1::CreateTenantRequest::default() };
    let made = platform.call(request).await.context("creating a tenant")?;
    let client = connect(&made.key)?;
    let team = if shape.mixed { Some(team(&client).await?) } else { None };
    queue(&client, shape.offer_timeout, &team).await.context("creating a queue")?;
    let account_id = account(&client).await.context("creating an account")?;
    let numbered = shape.capacities.iter().copied().enumerate();
    let hired = numbered.map(|(number, units)| agent(&client, number, units, &team));
    let agents =
        stream::iter(hired).buffered(PARALLEL).try_collect().await.context("creating agents")?;
    let id = made.tenant.context("the answer holds the tenant")?.id;
    Ok(Tenant {
        id: Uuid::try_parse(&id)?,
        key: made.key,
        account_id,
        agents,
        labelled: shape.mixed,
        name: name.to_owned(),
        customers_wanted: shape.customers,
        customers: Arc::default(),
    })
}

async fn team(client: &Client) -> Result<String> {
    let team = v1::Team { name: "front".to_owned(), ..v1::Team::default() };
    let request = v1::CreateTeamRequest { team: Some(team), ..v1::CreateTeamRequest::default() };
    let made = client.call(request).await.context("creating a team")?.team;
    Ok(made.context("the answer holds the team")?.id)
}

async fn queue(client: &Client, offer_timeout: Duration, team: &Option<String>) -> Result<()> {
    let queue = v1::Queue {
        name: "front".to_owned(),
        offer_timeout: offer_timeout.try_into().ok(),
        default_queue: true,
        team_ids: team.iter().cloned().collect(),
        ..v1::Queue::default()
    };
    let request =
        v1::CreateQueueRequest { queue: Some(queue), ..v1::CreateQueueRequest::default() };
    client.call(request).await?;
    Ok(())
}

async fn account(client: &Client) -> Result<String> {
    let webhook = v1::channel_account::Config::Webhook(v1::WebhookConfig::default());
    let account = v1::ChannelAccount {
        kind: v1::ChannelKind::Webhook.into(),
        name: "site".to_owned(),
        config: Some(webhook),
        ..v1::ChannelAccount::default()
    };
    let request = v1::CreateChannelAccountRequest {
        channel_account: Some(account),
        ..v1::CreateChannelAccountRequest::default()
    };
    let made = client.call(request).await?.channel_account;
    Ok(made.context("the answer holds the account")?.id)
}

/// An agent: of the team, if there is one, or an expert.
async fn agent(client: &Client, number: usize, units: i32, team: &Option<String>) -> Result<Agent> {
    let cap = v1::LabelCapacity { label: LABEL.to_owned(), max: LABEL_MAX };
    let per_label = team.iter().map(|_| cap.clone()).collect();
    let expert = team.is_some() && number % EXPERT_EACH == EXPERT_EACH - 1;
    let agent = v1::Agent {
        team_ids: team.iter().filter(|_| !expert).cloned().collect(),
        name: format!("Agent {number}"),
        capacity: Some(v1::Capacity { units, per_label, ..Default::default() }),
        ..v1::Agent::default()
    };
    let request =
        v1::CreateAgentRequest { agent: Some(agent), ..v1::CreateAgentRequest::default() };
    let made = client.call(request).await?.agent.context("the answer holds the agent")?;
    Ok(Agent { id: made.id, expert })
}

/// Lets every customer write for the first time, so that later interactions find a conversation.
pub(crate) async fn greet(tenant: &mut Tenant, client: &Client) -> Result<()> {
    let calls = (0..tenant.customers_wanted).map(|number| {
        let contact = v1::ContactInput {
            kind: v1::ChannelKind::Webhook.into(),
            address: format!("{}-customer-{number}", tenant.name),
            display_name: format!("Customer {number}"),
        };
        let who = v1::create_interaction_request::Customer::Contact(contact);
        client.call(request(tenant, who, new_request_id()))
    });
    let made = stream::iter(calls).buffered(PARALLEL);
    let ids = made.map(|made| {
        let interaction = made?.interaction.context("the answer holds the interaction")?;
        Ok::<_, anyhow::Error>(interaction.customer_id)
    });
    tenant.customers = Arc::new(ids.try_collect().await.context("the first interactions")?);
    Ok(())
}

/// An interaction of a known customer in a known conversation; the answer's interaction.
pub(crate) async fn create(
    client: &Client,
    tenant: &Tenant,
    turn: usize,
    request_id: String,
) -> Result<String, Error> {
    let made = client.call(known(tenant, turn, request_id)).await?;
    Ok(made.interaction.unwrap_or_default().id)
}

/// Asks for an interaction of a known customer in a known conversation.
pub(crate) fn known(
    tenant: &Tenant,
    turn: usize,
    request_id: String,
) -> v1::CreateInteractionRequest {
    let customer = tenant.customers[turn % tenant.customers.len()].clone();
    let who = v1::create_interaction_request::Customer::CustomerId(customer);
    let labelled = tenant.labelled && turn.is_multiple_of(LABELLED_EACH);
    let tags = if labelled { vec![LABEL.to_owned()] } else { Vec::new() };
    v1::CreateInteractionRequest { tags, ..request(tenant, who, request_id) }
}

fn request(
    tenant: &Tenant,
    who: v1::create_interaction_request::Customer,
    request_id: String,
) -> v1::CreateInteractionRequest {
    v1::CreateInteractionRequest {
        customer: Some(who),
        channel: v1::ChannelKind::Webhook.into(),
        channel_account_id: tenant.account_id.clone(),
        subject: "Order not delivered".to_owned(),
        body: BODY.to_owned(),
        request_id,
        ..v1::CreateInteractionRequest::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_body_has_its_stated_size() {
        assert_eq!(super::BODY.len(), 200);
    }
}
