//! The tenants whose timers are watched: everything in them runs out soon. Offers, wrap-ups and
//! promises of seconds, a longest wait, and for some agents a break every other minute.

use crate::node;
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result};
use omnichannel_sdk::{Client, v1};
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// How long an agent may take to answer, and to wrap up.
const OFFER_TIMEOUT: Duration = Duration::from_secs(2);
const WRAP_UP: Duration = Duration::from_secs(3);
/// How long anything may wait.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(9);
/// What is promised.
const ANSWER: Duration = Duration::from_secs(4);
const RESOLUTION: Duration = Duration::from_secs(8);
/// At which part of that it is warned, in percent.
const WARN_AT: i32 = 50;
/// Agents of each tenant who go by a schedule.
const SCHEDULED: usize = 5;
/// Breaks of that schedule: every other minute from the next on.
const BREAKS: i32 = 30;
const CUSTOMERS: usize = 40;
const MINUTE: u64 = 60;

/// A tenant and what the proof has to know of it.
pub(super) struct Place {
    pub(super) tenant: Tenant,
    pub(super) scheduled: HashSet<Uuid>,
}

/// Makes one.
pub(super) async fn place(
    platform: &Client,
    endpoint: &str,
    name: &str,
    agents: usize,
) -> Result<Place> {
    let shape = Shape {
        capacities: (0..agents).map(|n| 1 + i32::try_from(n % 3).unwrap_or(0)).collect(),
        customers: CUSTOMERS,
        offer_timeout: OFFER_TIMEOUT,
        mixed: false,
    };
    let connect = |key: &str| node::client(endpoint, key, 2);
    let mut tenant = setup::tenant(platform, name, &shape, connect).await?;
    let client = connect(&tenant.key)?;
    hurry(&client).await.context("a queue in which everything runs out")?;
    promise(&client).await.context("a policy")?;
    let scheduled = schedule(&client, &tenant).await.context("a schedule")?;
    setup::greet(&mut tenant, &client).await?;
    Ok(Place { tenant, scheduled })
}

async fn hurry(client: &Client) -> Result<()> {
    let queues = client.call(v1::ListQueuesRequest::default()).await?.queues;
    let queue = queues.into_iter().find(|queue| queue.default_queue);
    let mut queue = queue.context("there is a default queue")?;
    queue.wrap_up_limit = WRAP_UP.try_into().ok();
    queue.max_wait = MAX_WAIT.try_into().ok();
    // Who lets an offer run out is asked again, so that many do.
    let consequence = v1::NoAnswerConsequence::None.into();
    queue.no_answer = Some(v1::NoAnswer { consequence, ..v1::NoAnswer::default() });
    client.call(v1::UpdateQueueRequest { queue: Some(queue), ..Default::default() }).await?;
    Ok(())
}

async fn promise(client: &Client) -> Result<()> {
    let target = |metric: v1::SlaMetric, target: Duration| v1::SlaTarget {
        metric: metric.into(),
        target: target.try_into().ok(),
        ..v1::SlaTarget::default()
    };
    let policy = v1::SlaPolicy {
        name: "soon".to_owned(),
        enabled: true,
        targets: vec![
            target(v1::SlaMetric::TimeToAnswer, ANSWER),
            target(v1::SlaMetric::TotalResolution, RESOLUTION),
        ],
        warn_at_percent: vec![WARN_AT],
        ..v1::SlaPolicy::default()
    };
    client.call(v1::ConfigureSlaRequest { policy: Some(policy), ..Default::default() }).await?;
    Ok(())
}

/// Minutes since midnight, UTC, and the day of the week, Monday being 1.
fn minute_of(at: u64) -> (i32, i32) {
    let minute = i32::try_from(at / MINUTE % 1440).unwrap_or_default();
    // The epoch began on a Thursday.
    let day = i32::try_from((at / 86_400 + 3) % 7 + 1).unwrap_or(1);
    (minute, day)
}

async fn schedule(client: &Client, tenant: &Tenant) -> Result<HashSet<Uuid>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let window = |day, start_minute, end_minute| v1::WeeklyWindow { day, start_minute, end_minute };
    let breaks = (0..BREAKS).map(|number| {
        let (minute, day) = minute_of(now + MINUTE * (1 + 2 * number.unsigned_abs() as u64));
        window(day, minute, minute + 1)
    });
    let schedule = v1::Schedule {
        name: "restless".to_owned(),
        time_zone: "UTC".to_owned(),
        shifts: (1..=7).map(|day| window(day, 0, 1440)).collect(),
        breaks: breaks.collect(),
        ..v1::Schedule::default()
    };
    let request = v1::ConfigureScheduleRequest { schedule: Some(schedule), ..Default::default() };
    let made = client.call(request).await?.schedule.context("the answer holds the schedule")?;
    let mut scheduled = HashSet::new();
    for agent in tenant.agents.iter().take(SCHEDULED) {
        let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
        let found = client.call(request).await?.agent.context("the answer holds the agent")?;
        let agent = v1::Agent { schedule_id: made.id.clone(), ..found };
        scheduled.insert(Uuid::try_parse(&agent.id)?);
        client.call(v1::UpdateAgentRequest { agent: Some(agent), ..Default::default() }).await?;
    }
    Ok(scheduled)
}

/// The full minutes between two times, all in microseconds.
pub(super) fn minutes(from: i64, to: i64) -> Vec<i64> {
    const MICROS: i64 = 60_000_000;
    let first = from.div_euclid(MICROS) + 1;
    (first..=to.div_euclid(MICROS)).map(|minute| minute * MICROS).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_and_minutes_are_those_of_the_calendar() {
        // 2026-11-23 was a Monday.
        assert_eq!(super::minute_of(1_795_392_000), (0, 1));
        assert_eq!(super::minute_of(1_795_392_000 + 86_400 * 6 + 61), (1, 7));
        assert_eq!(super::minutes(1, 120_000_000), [60_000_000, 120_000_000]);
    }
}
