//! Messages, opened.

use super::codes::Coded;
use super::some_id;
use super::time::timestamp;
use crate::proto::v1;
use app::content::{FileView, MessageView};

/// So far everything said is plain text.
const CONTENT_TYPE: &str = "text/plain";

/// The message as the wire writes it.
#[must_use]
pub fn message(message: &MessageView) -> v1::Message {
    let row = &message.row;
    v1::Message {
        id: row.id.to_string(),
        conversation_id: row.conversation_id.to_string(),
        interaction_id: row.interaction_id.to_string(),
        direction: row.direction.to_wire(),
        author_kind: row.author_kind.to_wire(),
        author_id: some_id(row.author_id),
        body: message.body.clone(),
        content_type: CONTENT_TYPE.to_owned(),
        status: row.status.to_wire(),
        failure_reason: row.failure.clone(),
        external_id: message.external_id.clone(),
        create_time: Some(timestamp(row.created_at)),
        update_time: Some(timestamp(row.updated_at)),
        seq: row.seq,
        attachments: message.attachments.iter().map(attachment).collect(),
        sender_address: message.sender.clone(),
    }
}

/// What is told of a file.
#[must_use]
pub fn attachment(file: &FileView) -> v1::Attachment {
    v1::Attachment {
        id: file.row.id.to_string(),
        name: file.meta.name.clone(),
        media_type: file.meta.media_type.clone(),
        declared_type: file.meta.declared_type.clone(),
        size: file.row.size,
        inline: file.meta.inline,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::id::{ConversationId, InteractionId, MessageId};
    use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
    use domain::sealed::Sealed;
    use domain::time::Timestamp;
    use uuid::Uuid;

    pub(crate) fn view(at: i64, body: &str) -> MessageView {
        let row = Message {
            id: MessageId(Uuid::now_v7()),
            conversation_id: ConversationId(Uuid::now_v7()),
            interaction_id: InteractionId(Uuid::now_v7()),
            direction: Direction::Outbound,
            author_kind: AuthorKind::Agent,
            author_id: Uuid::now_v7(),
            body: Sealed(vec![1]),
            status: DeliveryStatus::Failed,
            failure: "refused".into(),
            steps: Vec::new(),
            external_id: Sealed(vec![2]),
            sender: Sealed(vec![3]),
            attachments: 0,
            created_at: Timestamp::from_micros(at),
            updated_at: Timestamp::from_micros(at + 1),
            seq: 12,
        };
        let (body, external_id, sender) = (body.into(), "m-1".into(), String::new());
        MessageView { row, body, external_id, sender, attachments: Vec::new() }
    }

    #[test]
    fn a_message_is_shown_opened() {
        let view = view(5, "Good morning");
        let wire = message(&view);
        assert_eq!(wire.id, view.row.id.to_string());
        assert_eq!((wire.body.as_str(), wire.external_id.as_str()), ("Good morning", "m-1"));
        assert_eq!(Direction::of_wire(wire.direction), Some(Direction::Outbound));
        assert_eq!(AuthorKind::of_wire(wire.author_kind), Some(AuthorKind::Agent));
        assert_eq!(DeliveryStatus::of_wire(wire.status), Some(DeliveryStatus::Failed));
        assert_eq!((wire.failure_reason.as_str(), wire.seq), ("refused", 12));
        assert_eq!(wire.author_id, view.row.author_id.to_string());
        assert_eq!(wire.update_time, Some(timestamp(Timestamp::from_micros(6))));
    }

    #[test]
    fn the_service_is_an_author_without_an_id() {
        let mut view = view(5, "");
        view.row.author_kind = AuthorKind::System;
        view.row.author_id = Uuid::nil();
        assert_eq!(message(&view).author_id, "");
    }
}
