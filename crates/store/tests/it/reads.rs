//! The readers: pages begin where the last one ended, filters filter, snapshots belong together.

use crate::nouns;
use crate::support::{Db, at, head, id, on_both};
use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::id::{AgentId, TenantId};
use domain::interaction::{Interaction, InteractionStatus};
use domain::message::Direction;
use domain::offer::OfferState;
use domain::time::{Span, Timestamp};
use store::{InteractionFilter, MessagesOf, OffersOf, Steps, Trend, WriteBatch};

/// An interaction whose id and time agree, as those of the ledger do.
fn dated(status: InteractionStatus) -> Interaction {
    let mut one = nouns::interaction(true);
    let millis = i64::try_from(one.id.0.as_u128() >> 80).unwrap();
    one.created_at = Timestamp::from_micros(millis * 1000);
    one.updated_at = one.created_at + Span::from_secs(600);
    one.status = status;
    one
}

async fn write(db: &Db, t: TenantId, interactions: &[Interaction]) {
    let interactions = interactions.iter().map(|i| (t, i.clone())).collect();
    db.write(t, &WriteBatch { interactions, ..WriteBatch::default() }).await.unwrap();
}

#[tokio::test]
async fn interactions_are_paged_and_filtered() {
    on_both(|db| async move {
        use InteractionStatus::{Active, Closed, Queued};
        let t = db.tenant().await;
        let mut all: Vec<_> = [Queued, Active, Closed, Queued, Active].map(dated).into();
        all[1].channel = ChannelKind::Email;
        all[4].queue_id = all[0].queue_id;
        write(&db, t, &all).await;
        let reader = db.store.tenant(t);
        let found = async |filter: InteractionFilter| -> Vec<usize> {
            let page = reader.interactions_by(&filter, None, 100).await.unwrap();
            let place = |i: &Interaction| all.iter().position(|o| o == i).unwrap();
            page.iter().map(place).collect()
        };
        let any = InteractionFilter::default;
        assert_eq!(found(any()).await, [4, 3, 2, 1, 0]);
        assert_eq!(found(InteractionFilter { status: vec![Queued], ..any() }).await, [3, 0]);
        let open_or_not = vec![Active, Closed];
        assert_eq!(found(InteractionFilter { status: open_or_not, ..any() }).await, [4, 2, 1]);
        let email = Some(ChannelKind::Email);
        assert_eq!(found(InteractionFilter { channel: email, ..any() }).await, [1]);
        let queue = all[0].queue_id;
        assert_eq!(found(InteractionFilter { queue, ..any() }).await, [4, 0]);
        let agent = all[2].owner_agent_id;
        assert_eq!(found(InteractionFilter { agent, ..any() }).await, [2]);
        let (from, to) = (Some(all[1].created_at), Some(all[3].created_at));
        let between = InteractionFilter { created_after: from, created_before: to, ..any() };
        assert_eq!(found(between).await, [2, 1]);

        let first = reader.interactions_by(&any(), None, 2).await.unwrap();
        let second = reader.interactions_by(&any(), Some(first[1].id), 2).await.unwrap();
        assert_eq!(first, [all[4].clone(), all[3].clone()]);
        assert_eq!(second, [all[2].clone(), all[1].clone()]);
        assert_eq!(reader.interaction(all[0].id).await.unwrap(), Some(all[0].clone()));
        assert_eq!(reader.interaction(id()).await.unwrap(), None);
        assert_eq!(reader.interactions(&[all[0].id, id()]).await.unwrap(), [all[0].clone()]);
        assert!(reader.interactions(&[]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_customers_history_goes_over_their_conversations() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let customer = nouns::customer(true);
        let point = domain::customer::ContactPoint {
            customer_id: customer.id,
            ..nouns::contact_point(true)
        };
        let conversation = domain::interaction::Conversation {
            customer_id: customer.id,
            ..nouns::conversation(false)
        };
        let work: Vec<_> =
            (0..3).map(|_| nouns::interaction_of(conversation.id, customer.id)).collect();
        let batch = WriteBatch {
            customers: vec![(t, customer.clone()), (t, nouns::customer(false))],
            contact_points: vec![(t, point.clone()), (t, nouns::contact_point(false))],
            conversations: vec![(t, conversation.clone()), (t, nouns::conversation(true))],
            interactions: work.iter().map(|i| (t, i.clone())).collect(),
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let reader = db.store.tenant(t);
        let history = reader.history(customer.id, None, 2).await.unwrap();
        assert_eq!(history, [work[2].clone(), work[1].clone()]);
        let rest = reader.history(customer.id, Some(work[1].id), 2).await.unwrap();
        assert_eq!(rest, [work[0].clone()]);
        let card = reader.customer(customer.id).await.unwrap().unwrap();
        assert_eq!((&card.customer, &card.contact_points), (&customer, &vec![point.clone()]));
        let external = customer.external_index.unwrap();
        assert_eq!(reader.find_customer(external).await.unwrap(), Some(customer.clone()));
        for kind in [None, Some(point.kind)] {
            let found = reader.find_contacts(kind, point.address_index).await.unwrap();
            assert_eq!(found, [point.clone()]);
        }
        let page = reader.customers(None, 1).await.unwrap();
        let next = reader.customers(Some(page[0].id), 5).await.unwrap();
        assert_eq!((page.len(), next.len()), (1, 1));
        assert_eq!(reader.customers_of(&[customer.id]).await.unwrap(), [customer]);
        assert_eq!(reader.conversation(conversation.id).await.unwrap(), Some(conversation));
        assert_eq!(reader.contact_point(point.id).await.unwrap(), Some(point));
    })
    .await;
}

#[tokio::test]
async fn messages_are_paged_oldest_first() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (one, mut two) = (nouns::interaction(true), nouns::interaction(true));
        two.conversation_id = one.conversation_id;
        let of = |i: &Interaction| domain::message::Message {
            interaction_id: i.id,
            conversation_id: i.conversation_id,
            ..nouns::message(true)
        };
        let said = [of(&one), of(&two), of(&one), of(&two), nouns::message(false)];
        let batch = WriteBatch {
            interactions: vec![(t, one.clone()), (t, two.clone())],
            messages: said.iter().map(|m| (t, m.clone())).collect(),
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let reader = db.store.tenant(t);
        let of_one = MessagesOf::Interaction(one.id);
        let page = reader.messages(of_one, None, 10).await.unwrap();
        assert_eq!(page, [said[0].clone(), said[2].clone()]);
        let rest = reader.messages(of_one, Some(said[0].id), 10).await.unwrap();
        assert_eq!(rest, [said[2].clone()]);
        let all = MessagesOf::Conversation(one.conversation_id);
        assert_eq!(reader.messages(all, None, 3).await.unwrap(), said[..3]);
        assert_eq!(reader.messages(all, Some(said[2].id), 3).await.unwrap(), said[3..4]);
        assert_eq!(reader.message(said[4].id).await.unwrap(), Some(said[4].clone()));
    })
    .await;
}

#[tokio::test]
async fn snapshots_belong_together() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let agent: AgentId = id();
        let (mine, idle) = (dated(InteractionStatus::Active), dated(InteractionStatus::Queued));
        let live = nouns::offer_of(mine.id, agent, OfferState::Connected);
        let past = nouns::offer_of(mine.id, agent, OfferState::TimedOut);
        let message = |direction| domain::message::Message {
            interaction_id: mine.id,
            conversation_id: mine.conversation_id,
            direction,
            ..nouns::message(true)
        };
        let said = [Direction::Inbound, Direction::Inbound, Direction::Outbound].map(message);
        let presence = store::PresenceRow { agent_id: agent, ..nouns::presence(true) };
        let batch = WriteBatch {
            interactions: vec![(t, mine.clone()), (t, idle.clone())],
            offers: vec![(t, live.clone()), (t, past.clone())],
            messages: said.iter().map(|m| (t, m.clone())).collect(),
            presences: vec![(t, presence.clone())],
            heads: vec![head(t, 12)],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let reader = db.store.tenant(t);
        let before_them = reader.agent_snapshot(agent).await.unwrap();
        assert_eq!(before_them.head, head(t, 12));
        assert_eq!(before_them.offers, [live.clone()]);
        assert_eq!(before_them.interactions, [mine.clone()]);
        assert_eq!(before_them.last_messages, [said[1].clone()]);
        assert_eq!(before_them.presence, Some(presence));
        let nobody = reader.agent_snapshot(id()).await.unwrap();
        assert!(nobody.offers.is_empty() && nobody.presence.is_none());

        let found = reader.interaction_snapshot(mine.id).await.unwrap().unwrap();
        assert_eq!((found.head, &found.interaction), (head(t, 12), &mine));
        assert_eq!(found.messages, said);
        assert_eq!(found.offers, [live.clone(), past.clone()]);
        assert!(reader.interaction_snapshot(id()).await.unwrap().is_none());
        assert_eq!(reader.offers(OffersOf::Agent(agent)).await.unwrap(), [live.clone()]);
        let used = reader.in_hand().await.unwrap();
        assert_eq!((used.len(), used[0].agent_id, used[0].used, used[0].owned), (1, agent, 1, 1));
        let newest = reader.offers_before(agent, None, 1).await.unwrap();
        assert_eq!((newest.offers.len(), newest.next), (1, Some(newest.offers[0].id)));
        let rest = reader.offers_before(agent, newest.next, 9).await.unwrap();
        assert_eq!((rest.offers.len(), rest.next), (1, None), "ended offers are listed too");
        assert!(rest.offers[0].id < newest.offers[0].id);
        let both = reader.offers(OffersOf::Interaction(mine.id)).await.unwrap();
        assert_eq!(both, [live, past.clone()]);
        assert_eq!(reader.offer(past.id).await.unwrap(), Some(past));
        assert!(reader.offers(OffersOf::Interaction(id())).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn configuration_is_paged_by_id() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let queues: Vec<_> = (0..3).map(|_| nouns::queue()).collect();
        let key = nouns::api_key(true);
        let agent = nouns::agent(true);
        let (session, presence) = (
            store::SessionRow { agent_id: agent.id, ..nouns::session() },
            store::PresenceRow { agent_id: agent.id, ..nouns::presence(true) },
        );
        let batch = WriteBatch {
            queues: queues.iter().map(|q| (t, q.clone())).collect(),
            api_keys: vec![(t, key.clone())],
            agents: vec![(t, agent.clone())],
            sessions: vec![(t, session), (t, nouns::session())],
            presences: vec![(t, presence.clone())],
            skills: vec![(t, nouns::skill())],
            teams: vec![(t, nouns::team())],
            rules: vec![(t, nouns::rule())],
            accounts: vec![(t, nouns::account(true))],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let reader = db.store.tenant(t);
        assert_eq!(reader.queues(None, 2).await.unwrap(), queues[..2]);
        assert_eq!(reader.queues(Some(queues[1].id), 2).await.unwrap(), queues[2..]);
        assert_eq!(reader.queue(queues[1].id).await.unwrap(), Some(queues[1].clone()));
        assert_eq!(reader.api_key(key.id).await.unwrap(), Some(key.clone()));
        assert_eq!(reader.api_keys(None, 2).await.unwrap(), [key]);
        assert_eq!(reader.agent_sessions(agent.id).await.unwrap(), [session]);
        assert_eq!(reader.sessions_of_node(session.session.node_id).await.unwrap(), [session]);
        assert_eq!(reader.agent_presence(agent.id).await.unwrap(), Some(presence.clone()));
        assert_eq!(reader.agent_presences(None, 5).await.unwrap(), [presence]);
        assert_eq!(reader.agent(agent.id).await.unwrap(), Some(agent));
        assert_eq!(reader.skills(None, 5).await.unwrap().len(), 1);
        assert_eq!(reader.teams(None, 5).await.unwrap().len(), 1);
        assert_eq!(reader.rules(None, 5).await.unwrap().len(), 1);
        assert_eq!(reader.accounts(None, 5).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn figures_add_up() {
    on_both(|db| async move {
        use InteractionStatus::{Active, Closed, Queued, Resolved};
        let t = db.tenant().await;
        let mut all: Vec<_> = [Queued, Queued, Active, Resolved, Closed].map(dated).into();
        let queue = all[0].queue_id;
        for (i, one) in all.iter_mut().enumerate() {
            let second = |n| Some(one.created_at + Span::from_secs(n));
            one.queue_id = queue;
            one.enqueued_at = second(1);
            one.accepted_at = if i < 2 { None } else { second(10) };
            one.first_response_at = if i < 3 { None } else { second(30) };
            one.resolved_at = if i < 3 { None } else { second(60) };
            one.rating = if i == 4 { 4 } else { 0 };
        }
        write(&db, t, &all).await;
        let busy = nouns::presence(true);
        let mut away = nouns::presence(true);
        away.presence.effective = EffectiveStatus::Offline;
        let batch = WriteBatch { presences: vec![(t, busy), (t, away)], ..WriteBatch::default() };
        db.write(t, &batch).await.unwrap();
        let midnight = all[0].created_at - Span::from_secs(5);
        let now = all[0].created_at + Span::from_secs(100);
        let stats = db.store.tenant(t).stats(now, midnight).await.unwrap();
        assert_eq!(stats.by_status, [(Queued, 2), (Active, 1), (Resolved, 1), (Closed, 1)]);
        assert_eq!(stats.by_channel, [(ChannelKind::Webhook, 3)]);
        assert_eq!(stats.agents, [(EffectiveStatus::Offline, 1), (EffectiveStatus::Available, 1)]);
        assert_eq!(stats.by_queue.len(), 1);
        let of_queue = &stats.by_queue[0];
        assert_eq!(Some(of_queue.queue_id), queue);
        assert_eq!((of_queue.waiting, of_queue.in_work), (2, 1));
        assert_eq!(of_queue.longest_wait, Some(Span::from_secs(99)));
        assert_eq!((stats.created, stats.resolved), (5, 2));
        assert_eq!(stats.average_wait, Some(Span::from_secs(10)));
        assert_eq!(stats.average_response, Some(Span::from_secs(30)));
        assert_eq!((stats.average_rating, stats.ratings), (Some(4.0), 1));
        let empty = db.store.tenant(db.tenant().await).stats(at(0), at(0)).await.unwrap();
        assert_eq!((empty.average_wait, empty.average_rating), (None, None));
        assert!(empty.by_status.is_empty() && empty.by_queue.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_trend_counts_by_step_and_channel() {
    on_both(|db| async move {
        use InteractionStatus::{Abandoned, Active, Closed, Queued, Resolved};
        let t = db.tenant().await;
        let mut all: Vec<_> = [Queued, Active, Abandoned, Resolved, Closed].map(dated).into();
        let begin = all[0].created_at;
        for (i, one) in all.iter_mut().enumerate() {
            let second = |n| Some(one.created_at + Span::from_secs(n));
            one.channel = if i == 4 { ChannelKind::Email } else { ChannelKind::Chat };
            one.accepted_at =
                if matches!(one.status, Active | Resolved) { second(10) } else { None };
            one.first_response_at = if one.status == Resolved { second(40) } else { None };
            one.rating = if i == 4 { 3 } else { 0 };
        }
        let queue = all[4].queue_id;
        write(&db, t, &all).await;
        let width = Span::from_secs(3600);
        let steps = Steps { from: begin - width, width, count: 3 };
        let trend = db.store.tenant(t).trend(&steps, None).await.unwrap();
        let found: Vec<_> =
            trend.lines.iter().map(|line| (line.step, line.channel, line.created)).collect();
        let mut wanted = vec![(1, ChannelKind::Email, 1), (1, ChannelKind::Chat, 4)];
        wanted.sort_by_key(|(_, channel, _)| channel.code());
        assert_eq!(found, wanted);
        let chat = trend.lines.iter().find(|line| line.channel == ChannelKind::Chat).unwrap();
        assert_eq!(chat.taken, (2, Span::from_secs(20)));
        assert_eq!(chat.answered, (1, Span::from_secs(40)));
        assert_eq!((chat.resolved, chat.abandoned, chat.expired), (1, 1, 0));
        let mail = trend.lines.iter().find(|line| line.channel == ChannelKind::Email).unwrap();
        assert_eq!((mail.resolved, mail.rated), (1, (1, 3)));
        assert!(trend.breaches.is_empty());
        let of_queue = db.store.tenant(t).trend(&steps, queue).await.unwrap();
        let created: i64 = of_queue.lines.iter().map(|line| line.created).sum();
        let there = all.iter().filter(|one| one.queue_id == queue).count();
        assert_eq!(created, i64::try_from(there).unwrap());
        let before = Steps { from: begin - width - width, width, count: 1 };
        assert_eq!(db.store.tenant(t).trend(&before, None).await.unwrap(), Trend::default());
        let other = db.store.tenant(db.tenant().await);
        assert_eq!(other.trend(&steps, None).await.unwrap(), Trend::default());
    })
    .await;
}
