//! What an answer by mail carries besides its text: the subject, what it answers, the tokens by
//! which replies and reports find back, its files.

use crate::App;
use crate::content::Content;
use crate::error::{Error, Result};
use crate::mail::token_keys;
use ::channels::email::address::normalise;
use ::channels::email::thread::Token;
use ::channels::provider::{OutboundAttachment, OutboundMail};
use domain::interaction::Conversation;
use domain::mail::MailSettings;
use domain::message::{AuthorKind, Message};

/// Where an answer goes.
pub(super) struct To<'a> {
    pub(super) settings: &'a MailSettings,
    pub(super) thread: &'a Conversation,
    pub(super) name: String,
}

pub(super) async fn outbound(
    app: &App,
    content: &Content,
    row: &Message,
    to: To<'_>,
) -> Result<OutboundMail> {
    let tenant = content.seals().tenant();
    let reader = app.store.tenant(tenant);
    let interaction = reader.interaction(row.interaction_id).await?;
    let interaction =
        interaction.ok_or_else(|| Error::not_found("interaction", row.interaction_id))?;
    let seal = content.customer(to.thread.customer_id).await?;
    let view = content.interaction(interaction).await?;
    let parent = reader.newest_mail(to.thread.id).await?;
    let parent = parent.map(|mail| seal.open_mail_headers(&mail.headers));
    let mut attachments = Vec::new();
    if row.attachments > 0 {
        for file in reader.attachments(&[row.id]).await? {
            let bytes = app.whole_file(tenant, &seal, &file).await?;
            let meta = content.file(file).await?.meta;
            let (name, media_type) = (meta.name, meta.media_type);
            attachments.push(OutboundAttachment { name, media_type, bytes: bytes.into() });
        }
    }
    let keys = token_keys(content);
    let mailbox = normalise(&to.settings.address).unwrap_or_default();
    let mut references = Vec::new();
    if let Some(parent) = &parent {
        references.extend(parent.references.iter().rev().cloned());
        references.push(parent.id.clone());
    }
    Ok(OutboundMail {
        subject: subject(&view.subject, parent.is_some()),
        to_name: Some(to.name).filter(|name| !name.is_empty()),
        from_name: None,
        in_reply_to: parent.map(|parent| parent.id),
        references,
        attachments,
        reply_token: keys.sign(&mailbox, Token::Reply(to.thread.id.0)),
        bounce_token: keys.sign(&mailbox, Token::Bounce(row.id.0)),
        automatic: row.author_kind == AuthorKind::System,
    })
}

/// The subject of an answer.
fn subject(of: &str, answers: bool) -> String {
    let known = of.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    match (answers, of.trim()) {
        (true, "") => "Re:".to_owned(),
        (true, text) if !known => format!("Re: {text}"),
        (_, text) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn an_answer_says_re_once() {
        assert_eq!(subject("Broken lamp", true), "Re: Broken lamp");
        assert_eq!(subject("RE: Broken lamp", true), "RE: Broken lamp");
        assert_eq!(subject("Broken lamp", false), "Broken lamp");
        assert_eq!(subject("", true), "Re:");
        assert_eq!(subject("ééé", true), "Re: ééé");
    }
}
