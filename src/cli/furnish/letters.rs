//! What waits in the demo tenant when it is new, so that whoever signs in first has something to
//! take and the dashboard has something to show: some customers of the account "Shop", and one who
//! wants to be called.

use anyhow::Result;
use app::App;
use app::arrivals::{Arriving, Who};
use app::context::Context;
use domain::channel::ChannelKind;
use domain::id::{AccountId, QueueId};
use domain::interaction::Priority;
use domain::time::Span;

/// Who writes, what about, what, and how urgent that is.
const LETTERS: [(&str, &str, &str, Priority); 6] = [
    (
        "Eve Marsh",
        "Charged twice",
        "Hello, the invoice of last month is on my statement twice. Can you look into it, please?",
        Priority::High,
    ),
    (
        "Tom Okafor",
        "The router blinks red",
        "Since this morning my router blinks red and nothing goes out. I have switched it off and \
         on again.",
        Priority::Normal,
    ),
    (
        "María Núñez",
        "Where is my refund?",
        "I sent the parcel back two weeks ago. When will the refund arrive?",
        Priority::Normal,
    ),
    (
        "Grace Lindqvist",
        "Login does not work",
        "The login page says that my password is wrong. It is not.",
        Priority::Normal,
    ),
    (
        "Eve Marsh",
        "A new address",
        "One thing more: please put my new address on the invoice, 12 Harbour Lane.",
        Priority::Low,
    ),
    (
        "Jo Park",
        "Payment by card",
        "My payment was declined, although the card is fine.",
        Priority::Normal,
    ),
];

/// When the customer who wants to be called is called.
const CALL_IN: Span = Span::from_secs(900);

/// Brings them in.
pub(super) async fn bring(
    app: &App,
    context: &Context,
    account: AccountId,
    [money, machines]: [QueueId; 2],
) -> Result<()> {
    for (name, subject, body, priority) in LETTERS {
        let by_machine = subject.contains("router") || subject.contains("Login");
        let queue = if by_machine { machines } else { money };
        let letter = letter((name, subject, body), priority, account, queue);
        app.arrive(&context.origin(), None, &letter).await?;
    }
    let said = (
        "Ben Adler",
        "Please call me back",
        "I would rather talk about my payment plan than write.",
    );
    let callback_at = Some(app.now().await? + CALL_IN);
    let call = Arriving {
        who: Who::Contact {
            kind: ChannelKind::Voice,
            address: "+12025550143".into(),
            display_name: said.0.into(),
        },
        channel: ChannelKind::Voice,
        account_id: None,
        callback_at,
        ..letter(said, Priority::Normal, account, money)
    };
    app.arrive(&context.origin(), None, &call).await?;
    Ok(())
}

fn letter(
    (name, subject, body): (&str, &str, &str),
    priority: Priority,
    account: AccountId,
    queue: QueueId,
) -> Arriving {
    let mailbox = name.to_lowercase().replace(' ', ".");
    Arriving {
        who: Who::Contact {
            kind: ChannelKind::Webhook,
            address: format!("{mailbox}@demo.invalid"),
            display_name: name.into(),
        },
        channel: ChannelKind::Webhook,
        account_id: Some(account),
        subject: subject.into(),
        body: body.into(),
        priority: Some(priority),
        language: "en".into(),
        place: None,
        tags: Vec::new(),
        required_skills: Vec::new(),
        queue_id: Some(queue),
        external_id: String::new(),
        callback_at: None,
        always_new: true,
        mail: None,
        inbox: None,
    }
}
