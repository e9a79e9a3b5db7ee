//! Content, sealed on its way in and opened on its way out. The only place that knows which field
//! of which noun is sealed with whose key. All of a customer's content is sealed with that
//! customer's key; when the key is gone, what it sealed reads as erased.

mod tags;

pub use tags::SealedTags;

use crate::error::{Error, Result};
use domain::agent::{Agent, PresenceStatus};
use domain::channel::ChannelKind;
use domain::customer::{ContactPoint, Customer};
use domain::id::{AccountId, AgentId, AttachmentId, CustomerId, MessageId, TenantId, TimeOffId};
use domain::interaction::Interaction;
use domain::mail::Attachment;
use domain::message::Message;
use domain::offer::Offer;
use domain::sealed::{BlindIndex, Sealed};
use domain::time_off::TimeOff;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use store::{CustomerKey, Store, TenantReader, TenantSeals};
use uuid::Uuid;

/// What a field is for, as part of what its seal covers.
mod field {
    pub(super) const SUBJECT: &str = "interaction.subject";
    pub(super) const TAGS: &str = "interaction.tags";
    pub(super) const RESOLUTION: &str = "interaction.resolution";
    pub(super) const COMMENT: &str = "interaction.rating_comment";
    pub(super) const BODY: &str = "message.body";
    pub(super) const EXTERNAL: &str = "message.external_id";
    pub(super) const SENDER: &str = "message.sender";
    pub(super) const MAIL_HEADERS: &str = "mail_reference.headers";
    pub(super) const FILE: &str = "attachment.meta";
    pub(super) const PART: &str = "attachment_part.bytes";
    pub(super) const PROFILE: &str = "customer.profile";
    pub(super) const ADDRESS: &str = "contact_point.address";
    pub(super) const OFFER_NOTE: &str = "offer.note";
    pub(super) const PRESENCE_REASON: &str = "agent.presence_reason";
    pub(super) const TIME_OFF_REASON: &str = "time_off.reason";
    pub(super) const AGENT_NAME: &str = "agent.name";
    pub(super) const AGENT_EMAIL: &str = "agent.email";
}

/// What a customer's profile holds, sealed together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Display name.
    #[serde(default)]
    pub display_name: String,
    /// The tenant's own id for the customer.
    #[serde(default)]
    pub external_id: String,
    /// Attributes that rules may look at.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// What tells who an agent is, which no event and no floor may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Badge {
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty if unknown.
    pub email: String,
}

/// An interaction with its content opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionView {
    /// The row.
    pub row: Interaction,
    /// What it is about.
    pub subject: String,
    /// Words on it.
    pub tags: Vec<String>,
    /// What the agent wrote at the end.
    pub resolution: String,
    /// What the customer wrote with the rating.
    pub rating_comment: String,
}

/// A message with its content opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The row.
    pub row: Message,
    /// What it says.
    pub body: String,
    /// The other side's id for it.
    pub external_id: String,
    /// Who wrote it by mail in place of the conversation's contact point; empty if nobody.
    pub sender: String,
    /// Its files.
    pub attachments: Vec<FileView>,
}

/// What is told of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// The row.
    pub row: Attachment,
    /// Name and types.
    pub meta: FileMeta,
}

/// Name and types of a file, sealed together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMeta {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The type its sender claims.
    #[serde(default)]
    pub declared_type: String,
    /// The type its first bytes show.
    #[serde(default)]
    pub media_type: String,
    /// Whether it was meant to be shown in the text.
    #[serde(default)]
    pub inline: bool,
}

/// What answers to a mail need of it, sealed together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailHeaders {
    /// Its Message-ID, without brackets.
    #[serde(default)]
    pub id: String,
    /// The ids it referred to, newest first.
    #[serde(default)]
    pub references: Vec<String>,
}

/// A customer with their content opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerView {
    /// The row.
    pub row: Customer,
    /// The profile.
    pub profile: Profile,
    /// The contact points, each with its address.
    pub contact_points: Vec<(ContactPoint, String)>,
}

/// Seals and opens one tenant's content.
#[derive(Clone)]
pub struct Content {
    seals: TenantSeals,
    reader: TenantReader,
}

impl Content {
    /// The content of a tenant.
    pub async fn of(store: &Store, tenant: TenantId) -> Result<Self> {
        Ok(Self { seals: store.seals().tenant(tenant).await?, reader: store.tenant(tenant) })
    }

    /// The tenant's seals, for what belongs to the tenant rather than a customer.
    #[must_use]
    pub fn seals(&self) -> &TenantSeals {
        &self.seals
    }

    /// Seals why an agent chose a status. An agent is nobody's customer: the tenant's key seals it,
    /// and with it the status it is about.
    #[must_use]
    pub fn presence_reason(&self, agent: AgentId, status: PresenceStatus, text: &str) -> Sealed {
        let text =
            if text.is_empty() { String::new() } else { format!("{}:{text}", status.code()) };
        self.seals.seal(field::PRESENCE_REASON, agent.0, text.as_bytes())
    }

    /// Why an agent is in the presence they are in; empty if that is not what they chose.
    #[must_use]
    pub fn open_presence_reason(&self, agent: &Agent, intended: PresenceStatus) -> String {
        let plain = self.of_agent(field::PRESENCE_REASON, agent.id, &agent.presence_reason);
        let of_this = plain.strip_prefix(&format!("{}:", intended.code()));
        of_this.map(str::to_owned).unwrap_or_default()
    }

    /// Seals why an agent is away, which is personal as well.
    #[must_use]
    pub fn time_off_reason(&self, id: TimeOffId, text: &str) -> Sealed {
        self.seals.seal(field::TIME_OFF_REASON, id.0, text.as_bytes())
    }

    /// Why an agent is away; empty if unsaid.
    #[must_use]
    pub fn open_time_off_reason(&self, time_off: &TimeOff) -> String {
        self.open_of(field::TIME_OFF_REASON, time_off.id.0, &time_off.reason)
    }

    /// Seals what tells who an agent is.
    #[must_use]
    pub fn badge(&self, agent: AgentId, badge: &Badge) -> (Sealed, Sealed) {
        let seal = |field, text: &str| self.seals.seal(field, agent.0, text.as_bytes());
        (seal(field::AGENT_NAME, &badge.name), seal(field::AGENT_EMAIL, &badge.email))
    }

    /// Who an agent is.
    #[must_use]
    pub fn open_badge(&self, agent: &Agent) -> Badge {
        Badge {
            name: self.of_agent(field::AGENT_NAME, agent.id, &agent.name),
            email: self.of_agent(field::AGENT_EMAIL, agent.id, &agent.email),
        }
    }

    fn of_agent(&self, field: &str, agent: AgentId, sealed: &Sealed) -> String {
        self.open_of(field, agent.0, sealed)
    }

    fn open_of(&self, field: &str, row: Uuid, sealed: &Sealed) -> String {
        let plain = self.seals.open(field, row, sealed).unwrap_or_else(|error| {
            tracing::error!(%error, "sealed content could not be opened");
            Vec::new()
        });
        String::from_utf8_lossy(&plain).into_owned()
    }

    /// The blind index of an address. All spellings of one mailbox have the same.
    #[must_use]
    pub fn contact_index(&self, kind: ChannelKind, address: &str) -> BlindIndex {
        let mail = kind == ChannelKind::Email;
        let normal = mail.then(|| channels::email::address::normalise(address)).flatten();
        self.seals.contact_index(kind, normal.as_deref().unwrap_or(address))
    }

    /// The blind index of the tenant's own id for a customer.
    #[must_use]
    pub fn external_index(&self, external_id: &str) -> BlindIndex {
        self.seals.word_index("customer.external_id", external_id)
    }

    /// The seal of a customer who exists.
    ///
    /// # Errors
    /// Not found, if the customer is unknown or erased.
    pub async fn customer(&self, id: CustomerId) -> Result<CustomerSeal> {
        let key = self.seals.customer_key(id).await?;
        let key = key.ok_or_else(|| Error::not_found("customer", id))?;
        Ok(CustomerSeal { id, key, seals: self.seals.clone() })
    }

    /// The seal of a new customer, and their key in wrapped form.
    #[must_use]
    pub fn new_customer(&self, id: CustomerId) -> (CustomerSeal, Vec<u8>) {
        let (key, wrapped) = self.seals.new_customer_key(id);
        (CustomerSeal { id, key, seals: self.seals.clone() }, wrapped)
    }

    async fn keys(
        &self,
        customers: impl Iterator<Item = CustomerId>,
    ) -> Result<HashMap<CustomerId, CustomerSeal>> {
        let mut ids: Vec<CustomerId> = customers.collect();
        ids.sort_unstable();
        ids.dedup();
        let keys = self.seals.customer_keys(&ids).await?;
        let seal = |(id, key)| (id, CustomerSeal { id, key, seals: self.seals.clone() });
        Ok(keys.into_iter().map(seal).collect())
    }

    /// Opens interactions. What an erased customer left reads as empty.
    pub async fn interactions(&self, rows: Vec<Interaction>) -> Result<Vec<InteractionView>> {
        let keys = self.keys(rows.iter().map(|row| row.customer_id)).await?;
        Ok(rows.into_iter().map(|row| open_interaction(keys.get(&row.customer_id), row)).collect())
    }

    /// Opens one interaction.
    pub async fn interaction(&self, row: Interaction) -> Result<InteractionView> {
        let mut views = self.interactions(vec![row]).await?;
        Ok(views.pop().expect("one in, one out"))
    }

    /// Opens messages of customers; each comes with whose it is.
    pub async fn messages(&self, rows: Vec<(CustomerId, Message)>) -> Result<Vec<MessageView>> {
        let keys = self.keys(rows.iter().map(|(id, _)| *id)).await?;
        let with_files = rows.iter().filter(|(_, row)| row.attachments > 0);
        let with_files: Vec<MessageId> = with_files.map(|(_, row)| row.id).collect();
        let mut files = self.reader.attachments(&with_files).await?;
        let mut views = Vec::with_capacity(rows.len());
        for (customer, row) in rows {
            let key = keys.get(&customer);
            let (own, rest) = files.into_iter().partition(|f| f.message_id == Some(row.id));
            files = rest;
            let own: Vec<Attachment> = own;
            let attachments = own.into_iter().map(|row| open_file(key, row)).collect();
            views.push(open_message(key, row, attachments));
        }
        Ok(views)
    }

    /// Opens what is told of a file.
    pub async fn file(&self, row: Attachment) -> Result<FileView> {
        let keys = self.keys([row.customer_id].into_iter()).await?;
        Ok(open_file(keys.get(&row.customer_id), row))
    }

    /// The blind index of a mail's id, narrowed to the account it came by.
    #[must_use]
    pub fn mail_index(&self, account: AccountId, id: &str) -> BlindIndex {
        self.seals.word_index(&format!("mail.{account}"), id)
    }

    /// Opens what agents said when declining; it stands in place of the word for how it ended.
    pub async fn offers(&self, rows: Vec<(CustomerId, Offer)>) -> Result<Vec<Offer>> {
        let keys = self.keys(rows.iter().map(|(id, _)| *id)).await?;
        let open = |(id, mut row): (CustomerId, Offer)| {
            let note = keys.get(&id).map(|key| key.open(field::OFFER_NOTE, &row.note));
            if let Some(note) = note.filter(|note| !note.is_empty()) {
                row.reason = note;
            }
            row
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// Opens customers with their contact points.
    pub async fn customers(
        &self,
        rows: Vec<(Customer, Vec<ContactPoint>)>,
    ) -> Result<Vec<CustomerView>> {
        let keys = self.keys(rows.iter().map(|(row, _)| row.id)).await?;
        let open = |(row, points): (Customer, Vec<ContactPoint>)| {
            let key = keys.get(&row.id);
            let profile = key.map(|key| key.open_profile(&row.profile)).unwrap_or_default();
            let address = |point: &ContactPoint| {
                key.map(|key| key.open(field::ADDRESS, &point.address)).unwrap_or_default()
            };
            let contact_points =
                points.into_iter().map(|point| (point.clone(), address(&point))).collect();
            CustomerView { row, profile, contact_points }
        };
        Ok(rows.into_iter().map(open).collect())
    }
}

fn open_interaction(key: Option<&CustomerSeal>, row: Interaction) -> InteractionView {
    let open =
        |field: &str, sealed: &Sealed| key.map(|key| key.open(field, sealed)).unwrap_or_default();
    let tags = open(field::TAGS, &row.tags);
    InteractionView {
        subject: open(field::SUBJECT, &row.subject),
        // Those of an erased customer are empty text.
        tags: serde_json::from_str(&tags).unwrap_or_default(),
        resolution: open(field::RESOLUTION, &row.resolution),
        rating_comment: open(field::COMMENT, &row.rating_comment),
        row,
    }
}

fn open_file(key: Option<&CustomerSeal>, row: Attachment) -> FileView {
    let text = key.map(|key| key.open(field::FILE, &row.meta)).unwrap_or_default();
    FileView { meta: serde_json::from_str(&text).unwrap_or_default(), row }
}

fn open_message(
    key: Option<&CustomerSeal>,
    row: Message,
    attachments: Vec<FileView>,
) -> MessageView {
    let open =
        |field: &str, sealed: &Sealed| key.map(|key| key.open(field, sealed)).unwrap_or_default();
    MessageView {
        body: open(field::BODY, &row.body),
        external_id: open(field::EXTERNAL, &row.external_id),
        sender: open(field::SENDER, &row.sender),
        attachments,
        row,
    }
}

/// Seals and opens one customer's content.
#[derive(Clone)]
pub struct CustomerSeal {
    id: CustomerId,
    key: CustomerKey,
    seals: TenantSeals,
}

impl CustomerSeal {
    fn seal(&self, field: &str, text: &str) -> Sealed {
        self.key.seal(field, self.id.0, text.as_bytes())
    }

    fn open(&self, field: &str, sealed: &Sealed) -> String {
        match self.key.open(field, self.id.0, sealed) {
            Ok(plain) => String::from_utf8_lossy(&plain).into_owned(),
            Err(error) => {
                tracing::error!(field, %error, "sealed content could not be opened");
                String::new()
            }
        }
    }

    fn open_profile(&self, sealed: &Sealed) -> Profile {
        serde_json::from_str(&self.open(field::PROFILE, sealed)).unwrap_or_default()
    }

    /// Seals a subject.
    #[must_use]
    pub fn subject(&self, text: &str) -> Sealed {
        self.seal(field::SUBJECT, text)
    }

    /// Seals what an agent wrote at the end.
    #[must_use]
    pub fn resolution(&self, text: &str) -> Sealed {
        self.seal(field::RESOLUTION, text)
    }

    /// Seals what a customer wrote with a rating.
    #[must_use]
    pub fn rating_comment(&self, text: &str) -> Sealed {
        self.seal(field::COMMENT, text)
    }

    /// Seals what an agent said when declining.
    #[must_use]
    pub fn offer_note(&self, text: &str) -> Sealed {
        self.seal(field::OFFER_NOTE, text)
    }

    /// Seals what a message says.
    #[must_use]
    pub fn body(&self, text: &str) -> Sealed {
        self.seal(field::BODY, text)
    }

    /// Seals the other side's id for a message.
    #[must_use]
    pub fn external_id(&self, text: &str) -> Sealed {
        self.seal(field::EXTERNAL, text)
    }

    /// Seals who wrote a message.
    #[must_use]
    pub fn sender(&self, address: &str) -> Sealed {
        self.seal(field::SENDER, address)
    }

    /// Seals what answers to a mail need.
    #[must_use]
    pub fn mail_headers(&self, headers: &MailHeaders) -> Sealed {
        let text = serde_json::to_string(headers).expect("texts serialise");
        self.seal(field::MAIL_HEADERS, &text)
    }

    /// Opens what answers to a mail need.
    #[must_use]
    pub fn open_mail_headers(&self, sealed: &Sealed) -> MailHeaders {
        serde_json::from_str(&self.open(field::MAIL_HEADERS, sealed)).unwrap_or_default()
    }

    /// Seals what is told of a file.
    #[must_use]
    pub fn file(&self, meta: &FileMeta) -> Sealed {
        let text = serde_json::to_string(meta).expect("texts serialise");
        self.seal(field::FILE, &text)
    }

    /// Seals the part of a file that begins at `start`; it opens at no other place.
    #[must_use]
    pub fn part(&self, file: AttachmentId, start: i64, bytes: &[u8]) -> Sealed {
        self.key.seal(&format!("{}.{start}", field::PART), file.0, bytes)
    }

    /// Opens a part of a file.
    ///
    /// # Errors
    /// If it is not the part of that file at that place.
    pub fn open_part(&self, file: AttachmentId, start: i64, part: &Sealed) -> Result<Vec<u8>> {
        Ok(self.key.open(&format!("{}.{start}", field::PART), file.0, part)?)
    }

    /// Seals a profile.
    #[must_use]
    pub fn profile(&self, profile: &Profile) -> Sealed {
        let text = serde_json::to_string(profile).expect("a profile serialises");
        self.seal(field::PROFILE, &text)
    }

    /// Seals an address.
    #[must_use]
    pub fn address(&self, text: &str) -> Sealed {
        self.seal(field::ADDRESS, text)
    }
}
