//! Everything that is kept: rows, log, sealed content, inbox and outbox, on SQLite and PostgreSQL
//! with one code. The ledger writes through [`LedgerTx`], everybody else reads through a
//! [`TenantReader`]; nothing can be read or written without naming a tenant. This is the only crate
//! that knows SeaORM, and none of its types leave it.

mod abandoned;
mod access_log;
mod attachments;
mod backlog;
mod batch;
mod entity;
mod error;
mod floor;
mod inbox;
mod keys;
mod ledger;
mod load;
mod mailboxes;
mod migration;
mod nodes;
mod outbox;
mod pool;
mod prune;
mod reach;
mod reading;
mod reads;
mod seal;
mod sql;
mod store;
mod upsert;
mod uses;
mod wake;
mod write;

pub use access_log::{Access, AccessFilter, MAX_ACCESSES};
pub use attachments::{Attachments, MAX_PART};
pub use backlog::{BACKLOG_MAX, Backlog, PoolUse};
pub use batch::{Deleted, NewDelivery, WriteBatch};
pub use error::{Result, StoreError};
pub use floor::{
    FloorInteraction, FloorPart, FloorRows, PlanVersion, PresenceRow, Promises, SessionRow, Touched,
};
pub use inbox::{
    DeadItem, Inbox, InboxItem, InboxState, MAX_INBOX_CLAIM, MAX_INBOX_HELD, MAX_INBOX_RAW,
};
pub use keys::{ConfigKind, ConfigName, LoadKeys, Loaded, Thread};
pub use ledger::{ANSWER_LIMIT, BATCHES_SEARCHED, Head, Idempotency, LedgerTx, LogRow};
pub use load::{MAX_CONTACTS_OF_CUSTOMER, MAX_OPEN_OF_CONVERSATION, MAX_OPEN_WORK, MAX_REFERENCES};
pub use mailboxes::{Mailboxes, bare_address};
pub use migration::PARTITIONS_AHEAD;
pub use nodes::{FIRST_LEASE, MAX_NODES, MAX_OVERDUE, Node};
pub use outbox::{Claim, Delivery, MAX_OUTBOX_CLAIM, Outbox, OutboxState, Share};
pub use pool::{
    ACQUIRE_LIMIT, BUSY_LIMIT, LEDGER_CONNECTIONS, READ_LIMIT, WORK_CONNECTIONS, WRITE_LIMIT,
};
pub use prune::{DEAD_KEPT, FINISHED_KEPT, REMEMBERED};
pub use reach::check_address;
pub use reading::Reading;
pub use reads::{
    AgentSnapshot, BreachFilter, CustomerCard, DeliveriesPage, InHand, InteractionFilter,
    InteractionSnapshot, MAX_IDS, MAX_PAGE, MAX_SNAPSHOT_MESSAGES, MessagesOf, OffersOf,
    OffersPage, Passed, QueueStats, Shadowed, Stats, Steps, TenantReader, Trend, TrendLine, Within,
};
pub use seal::{
    CustomerKey, KEY_CACHE_AGE, MAX_CACHED_CUSTOMER_KEYS, MAX_CACHED_TENANT_KEYS,
    MAX_CUSTOMER_KEYS, MasterKey, SEAL_OVERHEAD, Seals, TenantSeals, normalise_address,
};
pub use sql::DatabaseKind;
pub use store::{MAX_HEADS, Store, StoreConfig};

pub use uses::{MAX_USES, RuleUse};
pub use wake::Listener;

use domain::time::Timestamp;

/// When a tenant is due that needs no timer.
pub const NEVER_DUE: Timestamp = Timestamp::from_micros(i64::MAX);
