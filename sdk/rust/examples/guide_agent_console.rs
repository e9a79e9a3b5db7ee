//! The Rust of docs/guides/agent-console.md, which shows these lines under the same headings.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // ## Before: an agent and a key
    use omnichannel_sdk::{AgentChange, AgentSession, Client, ClientConfig, SessionOptions, v1};
    use std::{env, time::Duration};

    let endpoint = env::var("OMNICHANNEL_ENDPOINT").unwrap_or("http://127.0.0.1:7400".into());
    let client = |key: &str| {
        let (endpoint, api_key) = (endpoint.clone(), key.into());
        Client::lazy(ClientConfig { endpoint, api_key, ..Default::default() })
    };
    let admin = client(&env::var("OMNICHANNEL_API_KEY")?)?;

    let support = v1::Queue {
        name: "Support".into(),
        wrap_up_limit: Duration::from_secs(300).try_into().ok(),
        ..Default::default()
    };
    let create = v1::CreateQueueRequest { queue: Some(support), ..Default::default() };
    let support = admin.call(create).await?.queue.unwrap_or_default();
    let team = Some(v1::Team { name: "Experts".into(), ..Default::default() });
    let made = admin.call(v1::CreateTeamRequest { team, ..Default::default() }).await?;
    let team_ids = vec![made.team.unwrap_or_default().id];
    let experts = Some(v1::Queue { name: "Experts".into(), team_ids, ..Default::default() });
    let create = v1::CreateQueueRequest { queue: experts, ..Default::default() };
    let experts = admin.call(create).await?.queue.unwrap_or_default();
    let url = env::var("RECEIVER").unwrap_or("https://crm.example.org/answers".into());
    let webhook = v1::WebhookConfig { url, ..Default::default() };
    let account = v1::ChannelAccount {
        kind: v1::ChannelKind::Webhook.into(),
        name: "orders".into(),
        config: Some(v1::channel_account::Config::Webhook(webhook)),
        ..Default::default()
    };
    let channel_account = Some(account);
    let create = v1::CreateChannelAccountRequest { channel_account, ..Default::default() };
    let account = admin.call(create).await?.channel_account.unwrap_or_default();

    let bo = Some(v1::Agent { name: "Bo".into(), ..Default::default() });
    let made = admin.call(v1::CreateAgentRequest { agent: bo, ..Default::default() }).await?;
    let bo = made.agent.unwrap_or_default();
    let api_key = v1::ApiKey {
        name: "console of Bo".into(),
        role: v1::Role::Agent.into(),
        agent_id: bo.id,
        ..Default::default()
    };
    let create = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    let console_key = admin.call(create).await?.key; // shown this once
    println!("an agent: {}", bo.name);

    // ## Sit down
    /// Reads on to the next change of a kind. A console draws what comes instead.
    async fn until<T>(
        session: &mut AgentSession,
        kind: impl Fn(AgentChange) -> Option<T>,
    ) -> Result<T, Box<dyn std::error::Error>> {
        while let Some(update) = session.next().await {
            if let Some(found) = kind(update?.change) {
                return Ok(found);
            }
        }
        Err("the session is over".into())
    }

    /// The end of the snapshot.
    fn whole(change: AgentChange) -> Option<()> {
        matches!(change, AgentChange::SnapshotEnd).then_some(())
    }

    let session_id = omnichannel_sdk::new_request_id();
    let desk = client(&console_key)?;
    let me = desk.call(v1::WhoAmIRequest {}).await?.caller.unwrap_or_default();
    let agent_id = me.agent_id.clone();
    let own = desk.call(v1::GetAgentRequest { agent_id }).await?.agent.unwrap_or_default();
    println!("I am {} for {}", me.role().as_str_name(), own.name);
    let options = SessionOptions { session_id, max_open_offers: 2, ..Default::default() };
    let mut session = AgentSession::open(&desk, options.clone()).await?;
    until(&mut session, whole).await?;
    let state = format!("{:?}", session.states().current());
    println!("the console is {}", state.to_lowercase());

    // ## Be there
    session.set_presence(v1::PresenceStatus::Available, "").await?;
    let present = until(&mut session, |change| match change {
        AgentChange::PresenceChanged(presence) => Some(presence),
        _ => None,
    });
    println!("routing sees {}", present.await?.effective().as_str_name());

    // ## Be offered work
    let writes = async |address: &str, body: &str| {
        let contact = v1::ContactInput {
            kind: v1::ChannelKind::Webhook.into(),
            address: address.into(),
            ..Default::default()
        };
        let create = v1::CreateInteractionRequest {
            customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
            channel: v1::ChannelKind::Webhook.into(),
            channel_account_id: account.id.clone(),
            queue_id: support.id.clone(),
            body: body.into(),
            ..Default::default()
        };
        admin.call(create).await
    };
    fn assigned(change: AgentChange) -> Option<v1::Interaction> {
        match change {
            AgentChange::Assigned(interaction) => Some(*interaction),
            _ => None,
        }
    }

    writes("ada@example.org", "Where is my order?").await?;
    let offer = session.next_offer().await.ok_or("the session is over")??;
    let said = offer.work().last_message.as_ref().map_or("", |message| &message.body);
    println!("offered: {said}");
    println!("{} seconds to answer", offer.remaining().as_secs());
    offer.accept().await?;
    let mine = until(&mut session, assigned).await?;
    println!("now {}", mine.status().as_str_name());

    writes("kim@example.org", "Which oil does the engine take?").await?;
    let second = session.next_offer().await.ok_or("the session is over")??;
    second.accept().await?;
    let theirs = until(&mut session, assigned).await?;

    // ## Read, answer, note
    use futures::TryStreamExt;

    let customer_id = mine.customer_id.clone();
    let history = v1::GetHistoryRequest { customer_id, ..Default::default() };
    for piece in desk.list(history).try_collect::<Vec<_>>().await? {
        if let Some(v1::history_item::Item::Message(message)) = piece.item {
            println!("said: {}", message.body);
        }
    }

    session.send_message(&mine.id, "It leaves today.").await?;

    // ## Hand it over
    let note = v1::SendMessageRequest {
        interaction_id: theirs.id.clone(),
        kind: v1::SendKind::InternalNote.into(),
        body: "It is the old model.".into(),
        ..Default::default()
    };
    desk.call(note).await?;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: theirs.id,
        target: Some(v1::transfer_interaction_request::Target::QueueId(experts.id)),
        note: "Please look at the manual.".into(),
        ..Default::default()
    };
    desk.call(transfer).await?;

    // ## Set it aside
    let aside = v1::ParkInteractionRequest {
        interaction_id: mine.id.clone(),
        reason: "The shop answers at noon.".into(),
        ..Default::default()
    };
    desk.call(aside).await?;
    let resting = until(&mut session, |change| match change {
        AgentChange::Unassigned(work) => {
            Some(work.status()).filter(|_| work.interaction_id == mine.id)
        }
        _ => None,
    });
    println!("now {}", resting.await?.as_str_name());
    let wake = v1::WakeInteractionRequest { interaction_id: mine.id.clone(), ..Default::default() };
    desk.call(wake).await?;
    let back = until(&mut session, |change| match change {
        AgentChange::Assigned(interaction) => Some(interaction.status()),
        _ => None,
    });
    println!("and {}", back.await?.as_str_name());

    // ## Survive a reload
    drop(session);
    let mut session = AgentSession::open(&desk, options).await?;
    let still = until(&mut session, |change| match change {
        AgentChange::SnapshotAssigned(work) => Some(work.id).filter(|id| *id == mine.id),
        _ => None,
    });
    still.await?;
    println!("still mine");
    until(&mut session, whole).await?;

    // ## Wrap up
    let mut complete =
        v1::SessionComplete { interaction_id: mine.id.clone(), ..Default::default() };
    session.complete(complete.clone()).await?;
    let wrapped = until(&mut session, |change| match change {
        AgentChange::InteractionChanged(interaction) => Some(interaction),
        _ => None,
    });
    println!("now {}", wrapped.await?.status().as_str_name());
    complete.resolution = "It was late.".into();
    complete.wrap_up_code = "late_delivery".into();
    session.complete(complete).await?;
    let done = until(&mut session, |change| match change {
        AgentChange::Unassigned(work) => Some(work),
        _ => None,
    });
    println!("now {}", done.await?.status().as_str_name());

    // ## Go home
    session.set_presence(v1::PresenceStatus::Offline, "").await?;
    drop(session);
    Ok(())
}
