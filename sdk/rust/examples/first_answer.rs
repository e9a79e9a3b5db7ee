//! A customer writes, an agent is asked, takes it and answers for it. The README shows these lines.

use omnichannel_sdk::{AgentSession, SessionOptions, testing, v1};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = testing::Server::start().await?;
    let client = server.client()?;
    let queue = Some(v1::Queue { name: "support".into(), ..Default::default() });
    let made = client.call(v1::CreateQueueRequest { queue, ..Default::default() }).await?;
    let queue_id = made.queue.unwrap_or_default().id;
    let agent = Some(v1::Agent { name: "Ada".into(), ..Default::default() });
    let made = client.call(v1::CreateAgentRequest { agent, ..Default::default() }).await?;
    let key = server.create_key(v1::Role::Agent, &made.agent.unwrap_or_default().id).await?;

    let desk = server.client_with(&key)?;
    let mut session = AgentSession::open(&desk, SessionOptions::default()).await?;
    session.set_presence(v1::PresenceStatus::Available, "").await?;
    let contact = v1::ContactInput {
        kind: v1::ChannelKind::Email.into(),
        address: "kim@example.org".into(),
        ..Default::default()
    };
    let create = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
        channel: v1::ChannelKind::Chat.into(),
        queue_id,
        body: "Where is my parcel?".into(),
        ..Default::default()
    };
    client.call(create).await?;

    if let Some(offer) = session.next_offer().await {
        let offer = offer?;
        println!("offered: {:?}", offer.work().last_message.as_ref().map(|said| &said.body));
        offer.accept().await?;
        let interaction_id = offer.interaction_id().to_owned();
        let resolution = "It is on its way.".to_owned();
        let done = v1::SessionComplete { interaction_id, resolution, ..Default::default() };
        session.complete(done).await?;
    }
    let list = v1::ListInteractionsRequest::default();
    for interaction in client.call(list).await?.interactions {
        println!("now: {} {}", interaction.status().as_str_name(), interaction.resolution);
    }
    Ok(())
}
