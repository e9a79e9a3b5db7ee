//! The floor: everything routing needs and nothing else, with the head of the same state; and the
//! same rows again for what was touched.

use crate::nouns;
use crate::support::{at, head, id, on_both};
use domain::agent::TeamPlace;
use domain::channel::AccountSpec;
use domain::id::TenantId;
use domain::interaction::{Interaction, InteractionStatus};
use domain::offer::OfferState;
use store::{Deleted, PlanVersion, Touched, WriteBatch};

#[tokio::test]
async fn the_floor_holds_open_work_and_its_agents() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (agent, queue, rule, account) =
            (nouns::agent(true), nouns::queue(), nouns::rule(), nouns::account(true));
        let (team, plan, version) = (nouns::team(), nouns::plan(), nouns::plan_version());
        let presence = store::PresenceRow { agent_id: agent.id, ..nouns::presence(true) };
        let session = store::SessionRow { agent_id: agent.id, ..nouns::session() };
        let mut work = Vec::new();
        for status in InteractionStatus::ALL {
            let mut one = nouns::interaction(*status != InteractionStatus::Queued);
            one.status = *status;
            work.push((t, one));
        }
        let mut offers = Vec::new();
        for state in OfferState::ALL {
            offers.push((t, nouns::offer_of(id(), agent.id, *state)));
        }
        let batch = WriteBatch {
            agents: vec![(t, agent.clone())],
            teams: vec![(t, team.clone())],
            presences: vec![(t, presence.clone())],
            sessions: vec![(t, session)],
            queues: vec![(t, queue.clone())],
            rules: vec![(t, rule.clone())],
            plans: vec![(t, plan.clone())],
            plan_versions: vec![(t, version.clone())],
            routing_settings: vec![(t, nouns::routing_settings())],
            accounts: vec![(t, account.clone())],
            interactions: work.clone(),
            offers: offers.clone(),
            heads: vec![head(t, 33)],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let mut floor = db.store.load_floor(t).await.unwrap();
        assert_eq!(floor.head, head(t, 33));
        assert_eq!(floor.agents, [(agent.id, agent.spec.clone())]);
        assert_eq!(floor.presences, [presence]);
        let (parent, escalates_to) = (team.parent, team.escalates_to);
        assert_eq!(floor.teams, [(team.id, TeamPlace { parent, escalates_to })]);
        assert_eq!(floor.sessions, [session]);
        assert_eq!(floor.queues, [(queue.id, queue.spec.clone())]);
        assert_eq!(floor.rules, [(rule.id, rule.version, rule.spec.clone())]);
        assert_eq!(floor.settings, Some(nouns::routing_settings()));
        let spec = AccountSpec {
            kind: account.kind,
            status: account.status,
            default_queue_id: account.default_queue_id,
        };
        assert_eq!(floor.accounts, [(account.id, spec)]);
        same_plans(&floor, &plan, &version);
        same_work(&floor, &work);
        let live: Vec<_> = offers.iter().map(|(_, o)| o).filter(|o| o.state.is_live()).collect();
        floor.offers.sort_by_key(|o| o.id);
        assert_eq!(floor.offers.iter().collect::<Vec<_>>(), live);
    })
    .await;
}

fn same_work(floor: &store::FloorRows, work: &[(TenantId, Interaction)]) {
    let expected: Vec<_> = work.iter().filter(|(_, i)| i.status.is_open() && !i.rests()).collect();
    let interactions = floor.interactions.concat();
    assert_eq!(interactions.len(), expected.len());
    for (_, i) in expected {
        let found = interactions.iter().find(|f| f.id == i.id).unwrap();
        assert_eq!((found.status, found.queue_id), (i.status, i.queue_id));
        assert_eq!((found.channel, found.priority), (i.channel, i.priority));
        assert_eq!(found.required_skills, i.required_skills);
        assert_eq!(found.traits, i.traits());
        assert_eq!(found.cool_downs, i.cool_downs);
        assert_eq!((found.enqueued_at, found.enqueued_seq), (i.enqueued_at, i.enqueued_seq));
        assert_eq!(found.target_agent_id, i.target_agent_id);
        assert_eq!(found.owner_agent_id, i.owner_agent_id);
        assert_eq!(found.offers_made, i.offers_made);
        assert_eq!((found.last_agent_id, &found.plan), (i.last_agent_id, &i.plan));
    }
}

fn same_plans(floor: &store::FloorRows, plan: &domain::plan::Plan, pinned: &PlanVersion) {
    let (plan_id, version, spec) = (plan.id, plan.version, plan.spec.clone());
    assert_eq!(floor.plans, [PlanVersion { plan_id, version, spec }]);
    assert_eq!(floor.pinned, [pinned.clone()]);
}

#[tokio::test]
async fn touched_rows_are_read_again_and_missing_ones_are_gone() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (stays, goes) = (nouns::agent(true), nouns::agent(false));
        let (queue, other) = (nouns::queue(), nouns::queue());
        let (open, mut done) = (nouns::interaction(true), nouns::interaction(true));
        let live = nouns::offer(true);
        let team = domain::agent::Team { parent: None, escalates_to: None, ..nouns::team() };
        let plan = nouns::plan();
        let pin = open.plan.clone().unwrap();
        let version =
            PlanVersion { plan_id: pin.plan_id, version: pin.version, ..nouns::plan_version() };
        let batch = WriteBatch {
            agents: vec![(t, stays.clone()), (t, goes.clone())],
            presences: vec![
                (t, store::PresenceRow { agent_id: stays.id, ..nouns::presence(false) }),
                (t, store::PresenceRow { agent_id: goes.id, ..nouns::presence(true) }),
            ],
            teams: vec![(t, team.clone()), (t, nouns::team())],
            queues: vec![(t, queue.clone()), (t, other)],
            interactions: vec![(t, open.clone()), (t, done.clone()), (t, nouns::interaction(true))],
            offers: vec![(t, live.clone()), (t, nouns::offer(true))],
            plans: vec![(t, plan.clone()), (t, nouns::plan())],
            plan_versions: vec![(t, version.clone()), (t, nouns::plan_version())],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        done.status = InteractionStatus::Closed;
        let batch = WriteBatch {
            interactions: vec![(t, done.clone())],
            deletes: vec![(t, Deleted::Agent(goes.id))],
            heads: vec![head(t, 5)],
            ..WriteBatch::default()
        };
        db.write(t, &batch).await.unwrap();
        let touched = Touched {
            agents: vec![stays.id, goes.id],
            teams: vec![team.id, id()],
            queues: vec![queue.id],
            plans: vec![plan.id],
            interactions: vec![open.id, done.id],
            offers: vec![live.id, id()],
            ..Touched::default()
        };
        let rows = db.store.load_touched(t, &touched).await.unwrap();
        assert_eq!(rows.head, head(t, 5));
        assert_eq!(rows.agents, [(stays.id, stays.spec)]);
        assert_eq!(rows.presences.len(), 1);
        assert_eq!(rows.queues, [(queue.id, queue.spec)]);
        let interactions = rows.interactions.concat();
        assert_eq!(interactions.len(), 1);
        assert_eq!(interactions[0].id, open.id);
        assert_eq!(rows.offers, [live]);
        assert_eq!(rows.teams, [(team.id, TeamPlace::default())]);
        assert!(rows.rules.is_empty() && rows.accounts.is_empty());
        assert_eq!(rows.plans.len(), 1);
        assert_eq!(rows.pinned, [version], "what a touched interaction goes by, and no more");
        let nothing = db.store.load_touched(t, &Touched::default()).await.unwrap();
        assert!(nothing.agents.is_empty() && nothing.interactions.concat().is_empty());
        let bytes = serde_json::to_vec(&touched).unwrap();
        assert_eq!(serde_json::from_slice::<Touched>(&bytes).unwrap(), touched);
    })
    .await;
}

#[tokio::test]
async fn a_large_floor_comes_in_pages() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut batch = WriteBatch::default();
        for i in 0..10_050_i64 {
            let mut one = nouns::interaction(false);
            // Long runs of equal places must not be lost between pages.
            one.enqueued_seq = i / 4000;
            one.enqueued_at = Some(at(i));
            batch.interactions.push((t, one));
        }
        db.write(t, &batch).await.unwrap();
        let mut found: Vec<_> = db
            .store
            .load_floor(t)
            .await
            .unwrap()
            .interactions
            .concat()
            .iter()
            .map(|i| i.id)
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), batch.interactions.len());
    })
    .await;
}
