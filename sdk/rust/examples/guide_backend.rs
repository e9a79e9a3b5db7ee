//! The Rust of docs/guides/backend.md, which shows these lines under the same headings.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // ## Connect
    use futures::TryStreamExt;
    use omnichannel_sdk::{Client, ClientConfig, FeedEvent, FeedOptions, FeedStart, feed, v1};
    use std::env;

    let endpoint = env::var("OMNICHANNEL_ENDPOINT").unwrap_or("http://127.0.0.1:7400".into());
    let api_key = env::var("OMNICHANNEL_API_KEY")?.into();
    let client = Client::lazy(ClientConfig { endpoint, api_key, ..Default::default() })?;
    let info = client.call(v1::GetServerInfoRequest {}).await?;
    println!("api {}", info.api_version);

    // ## Set up once
    let queue =
        Some(v1::Queue { name: "Support".into(), default_queue: true, ..Default::default() });
    let made = client.call(v1::CreateQueueRequest { queue, ..Default::default() }).await?;
    let url = env::var("RECEIVER").unwrap_or("https://crm.example.org/answers".into());
    let webhook = v1::WebhookConfig { url, ..Default::default() };
    let account = v1::ChannelAccount {
        kind: v1::ChannelKind::Webhook.into(),
        name: "orders".into(),
        default_queue_id: made.queue.unwrap_or_default().id,
        config: Some(v1::channel_account::Config::Webhook(webhook)),
        ..Default::default()
    };
    let create =
        v1::CreateChannelAccountRequest { channel_account: Some(account), ..Default::default() };
    let made = client.call(create).await?; // with the signing secret, shown this once
    let account = made.channel_account.unwrap_or_default();
    println!("account {}", account.name);

    // ## Bring in what a customer wrote
    let contact = v1::ContactInput {
        kind: v1::ChannelKind::Webhook.into(),
        address: "ada@example.org".into(),
        display_name: "Ada".into(),
    };
    let request = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
        channel: v1::ChannelKind::Webhook.into(),
        channel_account_id: account.id,
        subject: "Order 4711".into(),
        body: "Where is my order?".into(),
        request_id: omnichannel_sdk::new_request_id(),
        ..Default::default()
    };
    let made = client.call(request.clone()).await?;
    let interaction = made.interaction.unwrap_or_default();
    println!("now {}", interaction.status().as_str_name());

    // ## Once, whatever happens
    let again = client.call(request.clone()).await?.interaction.unwrap_or_default();
    assert_eq!(again.id, interaction.id);
    let other = v1::CreateInteractionRequest { body: "Where is my other order?".into(), ..request };
    match client.call(other).await {
        Err(error) if error.is(v1::ErrorReason::RequestIdReused) => {
            println!("refused: {}", error.reason().name());
        }
        other => drop(other?),
    }

    // ## Answer
    let reply = v1::SendMessageRequest {
        interaction_id: interaction.id.clone(),
        body: "It leaves today.".into(),
        ..Default::default()
    };
    let note = v1::SendMessageRequest {
        kind: v1::SendKind::InternalNote.into(),
        body: "The warehouse was closed yesterday.".into(),
        ..reply.clone()
    };
    client.call(reply).await?;
    client.call(note).await?;
    let scope = v1::list_messages_request::Scope::InteractionId(interaction.id.clone());
    let list = v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
    for message in client.list(list).try_collect::<Vec<_>>().await? {
        println!("{} {}", message.direction().as_str_name(), message.body);
    }

    // ## Close it, and let it be rated
    let interaction_id = interaction.id;
    let close = v1::CloseInteractionRequest {
        interaction_id: interaction_id.clone(),
        resolution: "shipped".into(),
        ..Default::default()
    };
    client.call(close).await?;
    let rate = v1::RateInteractionRequest {
        interaction_id: interaction_id.clone(),
        rating: 5,
        comment: "That was quick.".into(),
        ..Default::default()
    };
    let rated = client.call(rate).await?.interaction.unwrap_or_default();
    println!("now {} rated {}", rated.status().as_str_name(), rated.rating);

    // ## Follow everything
    let from = FeedStart::Seq(1);
    let mut events = feed(&client, FeedOptions { from, ..Default::default() }).await?;
    let mut token = String::new();
    while let Some(item) = events.next().await {
        let FeedEvent::Event { event, resume_token } = item? else { continue };
        token = resume_token;
        if event.interaction_id == interaction_id {
            println!("{}", event.kind);
        }
        if event.kind == "interaction.rated" {
            break;
        }
    }

    let skill = Some(v1::Skill { name: "French".into(), ..Default::default() });
    client.call(v1::CreateSkillRequest { skill, ..Default::default() }).await?;
    let from = FeedStart::Token(token);
    let mut events = feed(&client, FeedOptions { from, ..Default::default() }).await?;
    if let Some(event) = events.next().await.transpose()?.and_then(FeedEvent::into_event) {
        println!("next: {}", event.kind);
    }

    // ## When it is refused
    let queue = Some(v1::Queue { max_size: -1, ..Default::default() });
    let refused = client.call(v1::CreateQueueRequest { queue, ..Default::default() }).await;
    if let Err(error) = refused.map(drop) {
        let mut fields: Vec<_> = error.violations().iter().map(|one| one.field.as_str()).collect();
        fields.sort_unstable();
        println!("wrong: {}", fields.join(" "));
    }

    let interaction_id = omnichannel_sdk::new_request_id();
    match client.call(v1::GetInteractionRequest { interaction_id }).await {
        Err(error) if error.is(v1::ErrorReason::ResourceNotFound) => {
            println!("no such {}", error.metadata()["resource"]);
        }
        Err(error) => println!("{:?}, come again in {:?}", error.code(), error.retry_after()),
        Ok(_) => {}
    }
    Ok(())
}
