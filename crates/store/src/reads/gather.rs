//! Reads that many callers make at once, gathered: whoever asks while a statement runs shares the
//! next one with all others who ask then, of whatever tenant. A lone caller waits for nobody. What
//! is read is never older than the question.

use crate::entity::{self, Row};
use crate::error::{Result, StoreError};
use crate::load::{BY_ID, CONTACTS_AT, CONTACTS_OF, Lookup};
use crate::pool::Reads;
use crate::sql::{Table, Type, bytes};
use domain::channel::ChannelKind;
use domain::customer::{ContactPoint, Customer};
use domain::id::{CustomerId, InteractionId, TenantId};
use domain::interaction::Interaction;
use domain::sealed::BlindIndex;
use sea_orm::{EntityName, FromQueryResult, ModelTrait, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How many keys one statement takes.
const KEYS_MAX: usize = 500;

/// How many keys may wait for the next statement.
const WAITING_MAX: usize = 20_000;

/// How often a statement that takes long looks whether anybody still waits for it.
const LOOK: Duration = Duration::from_millis(100);

/// The key of a gathered read.
pub(crate) trait Key: Copy + Ord + Send + Sync + 'static {
    /// The table.
    type Model: Row;
    /// How its rows are found.
    const LOOKUP: Lookup;
    /// The types of the key's values.
    const TYPES: &'static [Type];
    fn tenant(self) -> TenantId;
    fn values(self) -> Vec<Value>;
    /// The key a row was found by.
    fn of(tenant: TenantId, noun: &<Self::Model as Row>::Noun) -> Self;
}

/// A customer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CustomerById(pub(crate) TenantId, pub(crate) CustomerId);

impl Key for CustomerById {
    type Model = entity::customer::Model;
    const LOOKUP: Lookup = BY_ID;
    const TYPES: &'static [Type] = &[Type::Uuid, Type::Uuid];

    fn tenant(self) -> TenantId {
        self.0
    }

    fn values(self) -> Vec<Value> {
        vec![self.0.0.into(), self.1.0.into()]
    }

    fn of(tenant: TenantId, noun: &Customer) -> Self {
        Self(tenant, noun.id)
    }
}

/// An interaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InteractionById(pub(crate) TenantId, pub(crate) InteractionId);

impl Key for InteractionById {
    type Model = entity::interaction::Model;
    const LOOKUP: Lookup = BY_ID;
    const TYPES: &'static [Type] = &[Type::Uuid, Type::Uuid];

    fn tenant(self) -> TenantId {
        self.0
    }

    fn values(self) -> Vec<Value> {
        vec![self.0.0.into(), self.1.0.into()]
    }

    fn of(tenant: TenantId, noun: &Interaction) -> Self {
        Self(tenant, noun.id)
    }
}

/// The contact points of a customer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContactsOf(pub(crate) TenantId, pub(crate) CustomerId);

impl Key for ContactsOf {
    type Model = entity::contact_point::Model;
    const LOOKUP: Lookup = CONTACTS_OF;
    const TYPES: &'static [Type] = &[Type::Uuid, Type::Uuid];

    fn tenant(self) -> TenantId {
        self.0
    }

    fn values(self) -> Vec<Value> {
        vec![self.0.0.into(), self.1.0.into()]
    }

    fn of(tenant: TenantId, noun: &ContactPoint) -> Self {
        Self(tenant, noun.customer_id)
    }
}

/// The contact points with an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContactsAt(pub(crate) TenantId, pub(crate) ChannelKind, pub(crate) BlindIndex);

impl Key for ContactsAt {
    type Model = entity::contact_point::Model;
    const LOOKUP: Lookup = CONTACTS_AT;
    const TYPES: &'static [Type] = &[Type::Uuid, Type::Small, Type::Bytes];

    fn tenant(self) -> TenantId {
        self.0
    }

    fn values(self) -> Vec<Value> {
        vec![self.0.0.into(), self.1.code().into(), bytes(&self.2.0)]
    }

    fn of(tenant: TenantId, noun: &ContactPoint) -> Self {
        Self(tenant, noun.kind, noun.address_index)
    }
}

type Noun<K> = <<K as Key>::Model as Row>::Noun;
type Answer<K> = Result<Vec<Noun<K>>>;

/// Callers who wait for one kind of read.
pub(crate) struct Gather<K: Key> {
    waiting: Mutex<Waiting<K>>,
}

struct Waiting<K: Key> {
    asked: BTreeMap<K, Vec<oneshot::Sender<Answer<K>>>>,
    running: bool,
}

impl<K: Key> Default for Gather<K> {
    fn default() -> Self {
        Self { waiting: Mutex::new(Waiting { asked: BTreeMap::new(), running: false }) }
    }
}

impl<K: Key> std::fmt::Debug for Gather<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<K> Gather<K>
where
    K: Key,
    Noun<K>: Clone + Send + Sync + 'static,
{
    /// The rows of a key.
    pub(crate) async fn ask(self: &Arc<Self>, reads: &Reads, key: K) -> Answer<K> {
        let (tell, answer) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.asked.len() >= WAITING_MAX {
                return Err(StoreError::Unavailable("too many reads wait".to_owned()));
            }
            waiting.asked.entry(key).or_default().push(tell);
            if !waiting.running {
                waiting.running = true;
                tokio::spawn(Arc::clone(self).run(reads.clone()));
            }
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("closed".to_owned())))
    }

    /// Statement after statement, until nobody waits.
    async fn run(self: Arc<Self>, reads: Reads) {
        while let Some(mut asked) = self.take() {
            match self.read_while_wanted(&reads, &asked).await {
                Ok(mut found) => {
                    for (key, callers) in asked {
                        let rows = found.remove(&key).unwrap_or_default();
                        answer(callers, Ok(rows));
                    }
                }
                Err(error) => {
                    while let Some((_, callers)) = asked.pop_first() {
                        answer(callers, Err(error.clone()));
                    }
                }
            }
        }
    }

    /// A statement, for as long as anybody waits for its rows.
    async fn read_while_wanted(
        &self,
        reads: &Reads,
        asked: &BTreeMap<K, Vec<oneshot::Sender<Answer<K>>>>,
    ) -> Result<BTreeMap<K, Vec<Noun<K>>>> {
        let mut read = pin!(self.read(reads, asked));
        loop {
            if let Ok(rows) = timeout(LOOK, read.as_mut()).await {
                return rows;
            }
            if asked.values().flatten().all(oneshot::Sender::is_closed) {
                return Err(StoreError::Unavailable("nobody waits any longer".to_owned()));
            }
        }
    }

    /// Who waits now, as many as one statement takes; none ends the run.
    #[allow(clippy::type_complexity, reason = "the field's own type")]
    fn take(&self) -> Option<BTreeMap<K, Vec<oneshot::Sender<Answer<K>>>>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.asked.is_empty() {
            waiting.running = false;
            return None;
        }
        let rest = waiting.asked.keys().nth(KEYS_MAX).copied();
        let rest = rest.map(|from| waiting.asked.split_off(&from)).unwrap_or_default();
        Some(std::mem::replace(&mut waiting.asked, rest))
    }

    async fn read<V>(
        &self,
        reads: &Reads,
        asked: &BTreeMap<K, V>,
    ) -> Result<BTreeMap<K, Vec<Noun<K>>>> {
        let mut table = Table::new(K::TYPES.iter().copied());
        let tenants: BTreeSet<TenantId> = asked.keys().map(|key| key.tenant()).collect();
        for key in asked.keys() {
            table.push(key.values());
        }
        let entity = <K::Model as ModelTrait>::Entity::default();
        let rows = reads.look_up(tenants, table, &K::LOOKUP, entity.table_name()).await?;
        let mut found: BTreeMap<K, Vec<Noun<K>>> = BTreeMap::new();
        for row in rows {
            let (tenant, noun) = K::Model::from_query_result(&row, "")?.noun()?;
            found.entry(K::of(tenant, &noun)).or_default().push(noun);
        }
        Ok(found)
    }
}

fn answer<T: Clone>(callers: Vec<oneshot::Sender<T>>, said: T) {
    for caller in callers {
        // Whoever asked and left has no use for the answer.
        let _ = caller.send(said.clone());
    }
}
