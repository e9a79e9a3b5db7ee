//! Breaches by every filter, alone and together, on both databases: what is listed is what a plain
//! look at all of them comes to, newest first, page by page.

use crate::support::{at, id, on_both};
use domain::id::{InteractionId, QueueId};
use domain::interaction::Priority;
use domain::sla::{SlaBreach, SlaMetric};
use store::{BreachFilter, WriteBatch};

/// One of every combination, at times that go round.
fn breaches(queues: [QueueId; 2], of: [InteractionId; 2]) -> Vec<SlaBreach> {
    let mut all = Vec::new();
    for metric in SlaMetric::ALL {
        for queue_id in [None, Some(queues[0]), Some(queues[1])] {
            for interaction_id in of {
                let seq = i64::try_from(all.len()).unwrap() + 1;
                all.push(SlaBreach {
                    seq,
                    interaction_id,
                    metric: *metric,
                    round: 1,
                    policy_id: None,
                    queue_id,
                    priority: Priority::Normal,
                    due_at: at(seq),
                    breached_at: at(100 + seq % 7),
                });
            }
        }
    }
    all
}

/// Each value that a filter can have, and none.
fn filters(queues: [QueueId; 2], of: [InteractionId; 2]) -> Vec<BreachFilter> {
    let (early, middle, late) = (Some(at(102)), Some(at(103)), Some(at(105)));
    let times = [(None, None), (middle, None), (None, middle), (early, late)];
    let mut all = Vec::new();
    for queue_id in [None, Some(queues[0]), Some(id())] {
        for interaction_id in [None, Some(of[1]), Some(id())] {
            for metric in [None, Some(SlaMetric::Resolution)] {
                for (from, until) in times {
                    all.push(BreachFilter { queue_id, interaction_id, metric, from, until });
                }
            }
        }
    }
    all
}

fn holds(filter: &BreachFilter, breach: &SlaBreach) -> bool {
    filter.queue_id.is_none_or(|queue| breach.queue_id == Some(queue))
        && filter.interaction_id.is_none_or(|of| breach.interaction_id == of)
        && filter.metric.is_none_or(|metric| breach.metric == metric)
        && filter.from.is_none_or(|from| breach.breached_at >= from)
        && filter.until.is_none_or(|until| breach.breached_at < until)
}

#[tokio::test]
async fn every_filter_alone_and_together_lists_what_it_says() {
    on_both(|db| async move {
        let (t, stranger) = (db.tenant().await, db.tenant().await);
        let (queues, of) = ([id(), id()], [id(), id()]);
        let all = breaches(queues, of);
        let rows = |tenant| all.iter().map(|breach| (tenant, *breach)).collect();
        for tenant in [t, stranger] {
            let batch = WriteBatch { sla_breaches: rows(tenant), ..WriteBatch::default() };
            db.write(tenant, &batch).await.unwrap();
        }
        let reader = db.store.tenant(t);
        let mut seen = 0;
        for filter in filters(queues, of) {
            let mut wanted: Vec<_> =
                all.iter().filter(|one| holds(&filter, one)).copied().collect();
            wanted.reverse();
            let found = reader.sla_breaches(&filter, None, 100).await.unwrap();
            assert_eq!(found, wanted, "{filter:?}");
            seen += usize::from(!found.is_empty());
            let half = wanted.len() / 2;
            let Some(last) = wanted[..half].last() else { continue };
            let more = reader.sla_breaches(&filter, Some(last.seq), 3).await.unwrap();
            assert_eq!(more, wanted[half..wanted.len().min(half + 3)], "{filter:?} after {half}");
        }
        assert!(seen > 20, "{seen} filters found anything");
    })
    .await;
}
