//! The items under way: [`AT_ONCE`] places, of which an account and a tenant take a part only, so
//! that whoever sent much at once holds up nobody else's. Mails of one mailbox are taken in one
//! after another, oldest first, because a second one often refers to the first and finds its
//! conversation only when that was taken in; all else goes side by side. A place that is free is
//! filled at once. What belongs to a tenant that is suspended stays where it is.

use super::handle;
use crate::App;
use crate::error::Result;
use crate::worker::held::Held;
use crate::worker::turn::Turn;
use domain::channel::ChannelKind;
use domain::id::{AccountId, TenantId};
use domain::time::Span;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use store::{InboxItem, Share};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How many groups of items are worked on at once.
const AT_ONCE: usize = 64;

/// Whoever has so many under way is passed over, and one look takes no more of theirs: less than
/// twice this at once.
const OF_ACCOUNT: usize = 16;
const OF_TENANT: usize = 32;

/// How long an item is ours.
const LEASE: Span = Span::from_secs(30);

/// How long after a claim nothing more of it is begun: the rest is somebody's again soon.
const BEGUN_WITHIN: Duration = Duration::from_secs(25);

/// How often the inbox is looked at when nothing rings.
const POLL: Duration = Duration::from_secs(1);

/// Items of one account that are worked on one after another.
struct Group {
    tenant: TenantId,
    account: AccountId,
    /// Whether nothing else of the account may be under way meanwhile.
    alone: bool,
    items: Vec<InboxItem>,
}

/// Whose a group is that is under way, and which items it holds.
struct Whose {
    tenant: TenantId,
    account: AccountId,
    alone: bool,
    items: Vec<[u8; 16]>,
}

/// What is under way, and whose.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    whose: HashMap<Id, Whose>,
    held: Held,
}

/// Takes items in until told to stop, then waits for what is under way.
pub(in crate::worker) async fn run(app: App, turn: Turn, stop: CancellationToken) {
    let mut under_way = UnderWay::default();
    while !stop.is_cancelled() {
        turn.step();
        let found = match under_way.claim(&app).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the inbox cannot be read");
                turn.rest(POLL, &stop).await;
                continue;
            }
        };
        match found {
            None => under_way.wait(&app, &stop).await,
            Some(groups) => groups.into_iter().for_each(|group| under_way.begin(&app, group)),
        }
    }
    turn.idle(async {
        while !under_way.tasks.is_empty() {
            under_way.ended().await;
        }
    })
    .await;
}

impl UnderWay {
    /// Takes what there are places for; none if nothing was found.
    async fn claim(&mut self, app: &App) -> Result<Option<Vec<Group>>> {
        let share = self.share();
        if share.limit == 0 {
            return Ok(None);
        }
        let now = app.now().await?;
        let items = app.store.inbox().claim(now, LEASE, &share).await?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut served = HashMap::new();
        let mut mine = Vec::new();
        for (tenant, item) in items {
            if self.has(&item) {
                continue;
            }
            let served = match served.get(&tenant) {
                Some(served) => *served,
                None => {
                    let answer = app.serves(tenant).await?;
                    served.insert(tenant, answer);
                    answer
                }
            };
            if served {
                mine.push((tenant, item));
            } else {
                self.held.add(tenant);
                let key = (item.account_id, item.dedup_key);
                app.store.inbox().release(tenant, key, now).await?;
            }
        }
        groups(app, mine).await.map(Some)
    }

    /// Whether it is being worked on here, and its lease has ended meanwhile: the claim has
    /// renewed it.
    fn has(&self, item: &InboxItem) -> bool {
        let mine = |whose: &Whose| {
            whose.account == item.account_id && whose.items.contains(&item.dedup_key)
        };
        self.whose.values().any(mine)
    }

    /// What may be claimed now.
    fn share(&mut self) -> Share {
        let (mut accounts, mut tenants) = (HashMap::new(), HashMap::new());
        let mut alone = HashSet::new();
        for whose in self.whose.values() {
            *accounts.entry(whose.account).or_insert(0) += 1;
            *tenants.entry(whose.tenant).or_insert(0) += 1;
            alone.extend(whose.alone.then_some(whose.account));
        }
        let mut without_tenants = full(tenants, OF_TENANT);
        without_tenants.extend(self.held.tenants());
        alone.extend(full(accounts, OF_ACCOUNT));
        Share {
            limit: AT_ONCE.saturating_sub(self.tasks.len()),
            of_account: OF_ACCOUNT,
            of_tenant: OF_TENANT,
            without_accounts: alone.into_iter().collect(),
            without_tenants,
        }
    }

    fn begin(&mut self, app: &App, group: Group) {
        let Group { tenant, account, alone, .. } = group;
        let items = group.items.iter().map(|item| item.dedup_key).collect();
        let whose = Whose { tenant, account, alone, items };
        let (app, claimed) = (app.clone(), Instant::now());
        let task = self.tasks.spawn(async move {
            for item in group.items {
                if claimed.elapsed() >= BEGUN_WITHIN {
                    return;
                }
                handle(&app, group.tenant, item).await;
            }
        });
        self.whose.insert(task.id(), whose);
    }

    /// Waits until one has ended, if there are any, and takes what has ended with it.
    async fn ended(&mut self) {
        let mut next = self.tasks.join_next_with_id().await;
        while let Some(ended) = next {
            self.take(ended.map(|(id, ())| id));
            next = self.tasks.try_join_next_with_id();
        }
    }

    fn take(&mut self, ended: std::result::Result<Id, JoinError>) {
        let id = ended.unwrap_or_else(|error| {
            tracing::error!("an inbox item panicked; it is tried again when its lease has ended");
            error.id()
        });
        self.whose.remove(&id);
    }

    /// Waits until a look is worth it: something came, something has ended, or time passed.
    async fn wait(&mut self, app: &App, stop: &CancellationToken) {
        let busy = !self.tasks.is_empty();
        tokio::select! {
            () = app.inbox_bell.notified() => {}
            () = self.ended(), if busy => {}
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Who has as many as they may.
fn full<K>(counts: HashMap<K, usize>, most: usize) -> Vec<K> {
    counts.into_iter().filter(|(_, count)| *count >= most).map(|(whose, _)| whose).collect()
}

/// What is worked on at the same time: a mailbox's mails are one group.
async fn groups(app: &App, items: Vec<(TenantId, InboxItem)>) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut mailboxes = HashMap::new();
    for (tenant, item) in items {
        let account = item.account_id;
        let alone = match mailboxes.get(&(tenant, account)) {
            Some(alone) => *alone,
            None => {
                let found = app.store.tenant(tenant).account(account).await?;
                let alone = found.is_some_and(|found| found.kind == ChannelKind::Email);
                mailboxes.insert((tenant, account), alone);
                alone
            }
        };
        let known = groups
            .iter_mut()
            .find(|group| alone && (group.tenant, group.account) == (tenant, account));
        match known {
            Some(group) => group.items.push(item),
            None => groups.push(Group { tenant, account, alone, items: vec![item] }),
        }
    }
    Ok(groups)
}
