//! A tenant at work, made by commands in a few batches: configuration, agents with consoles,
//! customers with conversations, and interactions in every state. The same for every tenant it is
//! made for in one go, down to the ids, because a batch mints from one seed and one instant.

use crate::desk::{Desk, Work};
use crate::kinds::{NODE, State};
use crate::support::{Chance, Db};
use crate::{kinds_consult, kinds_sla, labels};
use app::ledger::command::account::SaveAccount;
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::api_key::CreateApiKey;
use app::ledger::command::arrive::{Arrive, Contact, Person, Text};
use app::ledger::command::close::{Close, Way};
use app::ledger::command::customer::SaveCustomer;
use app::ledger::command::park::Park;
use app::ledger::command::plan::SavePlan;
use app::ledger::command::presence::{OpenSession, SetPresence};
use app::ledger::command::queue::{Patch, SaveQueue, SaveSkill};
use app::ledger::command::reply::Reply;
use app::ledger::command::requeue::{Move, Requeue};
use app::ledger::command::rule::SaveRule;
use app::ledger::command::team::SaveTeam;
use app::ledger::command::{Command, Origin};
use domain::agent::PresenceStatus;
use domain::channel::ChannelKind;
use domain::id::{AccountId, AgentId, CustomerId, QueueId, SessionId, TenantId};
use domain::interaction::{Priority, SkillRequirement};
use domain::message::AuthorKind;
use domain::offer::OfferState;
use domain::plan::{After, Plan, PlanStep, StepClock, Sticky};
use domain::queue::AssignmentMode;
use domain::sealed::{BlindIndex, Sealed};
use domain::tenant::{ApiKey, Role};
use domain::time::{Span, Timestamp};
use engine::routing::intake::Placement;
use std::sync::Arc;
use uuid::Uuid;

/// The account whose conversations can be answered.
pub(crate) const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0xacc0));

type Commands = Vec<Arc<dyn Command>>;

/// Makes the setting for these tenants and says what it is like.
pub(crate) async fn make(db: &Db, desk: &mut Desk, tenants: &[TenantId]) -> State {
    let stages: [fn(&State) -> Commands; 9] =
        [names, config, arrivals, answers, ends, help, consults, advice, kinds_sla::nouns];
    let mut state = read(db, desk, tenants).await;
    for stage in stages {
        let commands = stage(&state);
        let work: Vec<Work> = tenants
            .iter()
            .map(|tenant| {
                let origin = Origin::system(*tenant);
                let list = commands.iter().map(|c| (origin.clone(), Arc::clone(c)));
                (*tenant, list.collect())
            })
            .collect();
        for (_, verdicts) in desk.run(work).await {
            assert_eq!(verdicts.len(), commands.len(), "all are decided in one batch");
            for (at, verdict) in verdicts.into_iter().enumerate() {
                verdict.result.unwrap_or_else(|no| panic!("the setting's command {at}: {no:?}"));
            }
        }
        state = read(db, desk, tenants).await;
    }
    assert!(desk.split.is_empty(), "the setting is made in whole batches");
    state
}

async fn read(db: &Db, desk: &Desk, tenants: &[TenantId]) -> State {
    State::read(&db.store, tenants[0], &desk.residents[&tenants[0]].floor).await
}

pub(crate) fn customer(n: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(0xc000 + n))
}

pub(crate) fn contact(n: u8) -> Contact {
    let index = BlindIndex([n; 16]);
    Contact { kind: ChannelKind::Webhook, index, address: Sealed(vec![n; 20]), verified: false }
}

fn names(_: &State) -> Commands {
    let mut list: Commands = Vec::new();
    for n in 0..3 {
        let patch = Arc::new(move |team: &mut domain::agent::Team| team.name = format!("t{n}"));
        list.push(Arc::new(SaveTeam { id: None, version: 0, patch }));
        let patch = Arc::new(move |skill: &mut domain::queue::Skill| skill.name = format!("s{n}"));
        list.push(Arc::new(SaveSkill { id: None, version: 0, patch }));
        list.push(Arc::new(SavePlan { id: None, version: 0, patch: plan(n) }));
    }
    for n in 0..3 {
        let id = AccountId(Uuid::from_u128(0xacc0 + n));
        let patch = Arc::new(move |account: &mut domain::channel::ChannelAccount| {
            account.name = format!("a{n}");
            account.url = "https://hooks.example/in".to_owned();
        });
        list.push(Arc::new(SaveAccount { id, create: true, version: 0, patch, mailbox: None }));
        list.push(Arc::new(CreateApiKey { key: key(n) }));
    }
    for n in 0..5_u8 {
        list.push(Arc::new(SaveCustomer {
            id: customer(n.into()),
            new_key: Some(vec![n; 40]),
            version: 0,
            profile: Some(Sealed(vec![n; 30])),
            external: (n == 0).then_some(Some(BlindIndex([200; 16]))),
            tier: None,
            language: None,
            account_owner: None,
            contacts: vec![contact(n)],
        }));
    }
    list
}

/// Whoever served the customer last, and after a while everybody.
fn plan(n: i64) -> Patch<Plan> {
    let sticky = Some(if n == 0 { Sticky::LastAgent } else { Sticky::AccountOwner });
    let first = PlanStep { sticky, ..PlanStep::default() };
    let after = After { clock: StepClock::Step, span: Span::from_secs(600 * (n + 1)) };
    let then = PlanStep { after: Some(after), any_team: true, ..PlanStep::default() };
    Arc::new(move |plan: &mut Plan| {
        plan.name = format!("p{n}");
        plan.spec.steps = vec![first.clone(), then.clone()];
    })
}

fn key(n: u128) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(0xe000 + n).into(),
        name: format!("k{n}"),
        role: Role::TenantAdmin,
        permissions: Role::TenantAdmin.permissions(),
        agent_id: None,
        secret_hash: vec![1; 32],
        last4: "wxyz".to_owned(),
        created_at: Timestamp::default(),
        expires_at: None,
        revoked_at: None,
    }
}

fn config(s: &State) -> Commands {
    let mut list: Commands = Vec::new();
    for n in 0..4 {
        let (team, plan) = (s.teams[0].id, s.plans[0].id);
        let patch = Arc::new(move |queue: &mut domain::queue::Queue| {
            queue.name = format!("q{n}");
            queue.spec.is_default = n == 0;
            queue.spec.offer_timeout = Span::from_secs(600);
            if n == 2 {
                queue.spec.routing_plan_id = Some(plan);
            }
            if n == 3 {
                queue.spec.assignment_mode = AssignmentMode::Pull;
            }
            if n == 1 {
                queue.spec.teams = vec![team];
                queue.spec.wrap_up_limit = Span::from_secs(300);
            }
        });
        list.push(Arc::new(SaveQueue { id: None, version: 0, patch }));
    }
    for n in 0..7 {
        let (team, skill) = (s.teams[n % 2].id, s.skills[n % 2].id);
        let patch = Arc::new(move |agent: &mut domain::agent::Agent| {
            agent.name = Sealed(format!("g{n}").into_bytes());
            if n < 5 {
                agent.spec.teams = vec![team];
                agent.spec.skills = [(skill, 5)].into();
                // The first has room left, so that there is somebody who may take the next.
                agent.spec.capacity.units = if n == 0 { 6 } else { 3 };
            }
            agent.spec.capacity.per_label = labels::caps();
        });
        let id = AgentId(Uuid::now_v7());
        list.push(Arc::new(SaveAgent { id, create: true, version: 0, patch }));
    }
    for n in 0..2 {
        let patch = Arc::new(move |rule: &mut domain::rule::Rule| {
            rule.name = format!("r{n}");
            rule.spec.position = n + 1;
        });
        list.push(Arc::new(SaveRule { id: None, version: 0, patch }));
    }
    list
}

pub(crate) fn arrival(n: u8, queue: QueueId, new: bool) -> Arrive {
    Arrive {
        person: Person {
            customer_id: customer(u128::from(n)),
            new: None,
            contact: Some(contact(n)),
        },
        channel: ChannelKind::Webhook,
        account_id: Some(ACCOUNT),
        subject: Sealed(vec![5; 12]),
        tags: Default::default(),
        text: Some(Text {
            body: Sealed(vec![6; 50]),
            external_id: Sealed::default(),
            sender: Sealed::default(),
            author_kind: AuthorKind::Customer,
            author_id: Uuid::nil(),
        }),
        placement: Placement {
            queue_id: Some(queue),
            priority: Priority::Normal,
            required_skills: Vec::new(),
            language: "en".to_owned(),
            add_tags: Vec::new(),
            rule: None,
        },
        tier: String::new(),
        place: None,
        judged_at: None,
        always_new: new,
        callback_at: None,
        external_key: None,
        heard: Vec::new(),
        mail: None,
        inbox: None,
    }
}

fn arrivals(s: &State) -> Commands {
    let mut list: Commands = Vec::new();
    let queue = |name: &str| s.queues.iter().find(|q| q.name == name).expect("it was made").id;
    for (n, agent) in s.agents.iter().take(5).enumerate() {
        if n < 4 {
            list.push(Arc::new(OpenSession {
                agent_id: agent.id,
                session_id: SessionId(Uuid::from_u128(0x5e00 + n as u128)),
                node_id: NODE,
                epoch: 1,
                max_open_offers: if n == 1 { 1 } else { 0 },
            }));
        }
        let status = if n < 3 { PresenceStatus::Available } else { PresenceStatus::Break };
        list.push(Arc::new(SetPresence::plain(agent.id, status)));
    }
    let mut chance = Chance(11);
    for n in 0..16_u8 {
        // The last few wait to be taken.
        let to = queue(match n {
            12.. => "q3",
            _ if n % 3 == 1 => "q1",
            _ => "q0",
        });
        let mut arrive = arrival(n % 4, to, n >= 4);
        arrive.placement.priority = chance.of(Priority::ALL).expect("there are some");
        if n == 10 || n == 11 {
            // Nobody is that good: it waits.
            let need = SkillRequirement { skill_id: s.skills[0].id, min_level: 9 };
            arrive.placement.required_skills = vec![need];
        }
        if n == 0 {
            arrive.external_key = Some([0; 16]);
        }
        list.push(Arc::new(arrive));
    }
    list
}

fn answers(s: &State) -> Commands {
    let pending = s.floor.legs().filter(|(_, leg)| leg.state == OfferState::Pending);
    let accept =
        |id| Answer { offer_id: id, saying: Saying::Accept, note: Sealed::default(), caller: None };
    pending.take(6).map(|(id, _)| Arc::new(accept(*id)) as Arc<dyn Command>).collect()
}

fn ends(s: &State) -> Commands {
    let mut list: Commands = Vec::new();
    let owned: Vec<_> = s.rows.iter().filter(|row| row.owner_agent_id.is_some()).collect();
    let wraps = |row: &&&domain::interaction::Interaction| {
        row.queue_id == s.queues.iter().find(|q| q.name == "q1").map(|q| q.id)
    };
    let wrap = owned.iter().find(wraps).map(|row| row.id);
    let close = |id, way| Close {
        interaction_id: id,
        way,
        resolution: Sealed::default(),
        wrap_up_code: String::new(),
        caller: None,
    };
    list.extend(wrap.map(|id| Arc::new(close(id, Way::Complete)) as Arc<dyn Command>));
    let rest: Vec<_> = owned.iter().filter(|row| Some(row.id) != wrap).collect();
    for row in &rest[..2] {
        list.push(Arc::new(close(row.id, Way::Resolve)));
    }
    for row in &rest[2..] {
        list.push(Arc::new(Reply {
            interaction_id: row.id,
            conversation_id: row.conversation_id,
            account_id: row.account_id,
            contact_point_id: None,
            attachments: Vec::new(),
            relay: false,
            body: Sealed(vec![8; 40]),
            note: false,
            author_kind: AuthorKind::Agent,
            author_id: Uuid::from_u128(5),
            caller: None,
        }));
    }
    if let [_, _, row, _, ..] = rest.as_slice() {
        list.push(Arc::new(Park { interaction_id: row.id, wake_at: None, caller: None }));
    }
    if let Some(row) = rest.last() {
        list.push(Arc::new(Requeue {
            interaction_id: row.id,
            reason: Move::Transfer,
            to_agent: None,
            to_queue: None,
            customer: None,
            judged: None,
            override_limits: false,
            caller: None,
        }));
    }
    list
}

/// Somebody with room comes to work.
fn help(s: &State) -> Commands {
    let agent_id = s.agents[5].id;
    let open = OpenSession {
        agent_id,
        session_id: SessionId(Uuid::from_u128(0x5e10)),
        node_id: NODE,
        epoch: 1,
        max_open_offers: 0,
    };
    vec![Arc::new(open), Arc::new(SetPresence::plain(agent_id, PresenceStatus::Available))]
}

/// Whoever has room is asked for advice, on two interactions of others.
fn consults(s: &State) -> Commands {
    let list = kinds_consult::asked(s, 2);
    assert!(!list.is_empty(), "somebody can be consulted");
    list
}

/// One of them gives it.
fn advice(s: &State) -> Commands {
    let asked = s.floor.legs().filter(|(_, leg)| leg.is_consult()).take(1);
    let (saying, note) = (Saying::Accept, Sealed::default());
    let yes = |offer_id| Answer { offer_id, saying, note: note.clone(), caller: None };
    asked.map(|(id, _)| Arc::new(yes(*id)) as Arc<dyn Command>).collect()
}
