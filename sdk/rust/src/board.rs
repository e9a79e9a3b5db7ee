//! The dashboard's board and how a delta changes it. Pure. Items are replaced by identifier, new
//! ones go to the end, and the board stays as small as the contract says, whatever arrives.

use crate::v1::{ActivityLine, Board, BoardDelta};
use std::collections::HashMap;
use std::hash::Hash;

const QUEUES_MAX: usize = 500;
const AGENTS_MAX: usize = 1000;
const CHANNELS_MAX: usize = 64;
const ACTIVITY_MAX: usize = 50;

/// Applies a delta to a board.
pub(crate) fn apply(board: &mut Board, delta: BoardDelta) {
    board.stats = delta.stats.or(board.stats.take());
    let removed = delta.removed_queue_ids;
    board.queues.retain(|queue| !removed.contains(&queue.queue_id));
    merge(&mut board.queues, delta.queues, QUEUES_MAX, |queue| queue.queue_id.clone());
    let removed = delta.removed_agent_ids;
    board.agents.retain(|agent| !removed.contains(&agent.agent_id));
    merge(&mut board.agents, delta.agents, AGENTS_MAX, |agent| agent.agent_id.clone());
    merge(&mut board.channels, delta.channels, CHANNELS_MAX, |channel| channel.channel);
    board.channels.retain(|channel| channel.count != 0);
    append(&mut board.activity, delta.activity);
}

/// Replaces the items of the same identifier and adds the others.
fn merge<T, K: Eq + Hash>(items: &mut Vec<T>, changed: Vec<T>, most: usize, id: impl Fn(&T) -> K) {
    if changed.is_empty() {
        return;
    }
    let mut places: HashMap<K, usize> =
        items.iter().enumerate().map(|(at, item)| (id(item), at)).collect();
    for item in changed {
        match places.get(&id(&item)) {
            Some(&at) => items[at] = item,
            None if items.len() < most => {
                places.insert(id(&item), items.len());
                items.push(item);
            }
            None => {}
        }
    }
}

fn append(lines: &mut Vec<ActivityLine>, new: Vec<ActivityLine>) {
    lines.extend(new);
    lines.drain(..lines.len().saturating_sub(ACTIVITY_MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{AgentBoardItem, ChannelCount, QueueStats, RealTimeStats};

    fn queue(id: &str, depth: i32) -> QueueStats {
        QueueStats { queue_id: id.into(), depth, ..Default::default() }
    }

    fn agent(id: &str, used_units: i32) -> AgentBoardItem {
        AgentBoardItem { agent_id: id.into(), used_units, ..Default::default() }
    }

    #[test]
    fn items_are_replaced_added_and_removed() {
        let mut board = Board {
            stats: Some(RealTimeStats { seq: 1, ..Default::default() }),
            queues: vec![queue("a", 1), queue("b", 1)],
            agents: vec![agent("x", 1), agent("y", 1)],
            channels: vec![ChannelCount { channel: 1, count: 4 }],
            activity: vec![],
        };
        let delta = BoardDelta {
            queues: vec![queue("c", 9), queue("b", 7), queue("c", 8)],
            removed_queue_ids: vec!["a".into()],
            agents: vec![agent("x", 5)],
            removed_agent_ids: vec!["y".into()],
            channels: vec![
                ChannelCount { channel: 1, count: 0 },
                ChannelCount { channel: 2, count: 3 },
            ],
            ..Default::default()
        };
        apply(&mut board, delta);
        assert_eq!(board.queues, [queue("b", 7), queue("c", 8)]);
        assert_eq!(board.agents, [agent("x", 5)]);
        assert_eq!(board.channels, [ChannelCount { channel: 2, count: 3 }]);
        assert_eq!(board.stats.as_ref().unwrap().seq, 1);
        let stats = Some(RealTimeStats { seq: 2, ..Default::default() });
        apply(&mut board, BoardDelta { stats, ..Default::default() });
        assert_eq!(board.stats.unwrap().seq, 2);
        assert_eq!(board.queues.len(), 2);
    }

    #[test]
    fn a_board_stays_small() {
        let mut board = Board::default();
        for seq in 0..120 {
            let activity = vec![ActivityLine { seq, ..Default::default() }];
            let queues = (0..10).map(|n| queue(&format!("{seq}-{n}"), 0)).collect();
            apply(&mut board, BoardDelta { activity, queues, ..Default::default() });
        }
        assert_eq!(board.activity.len(), ACTIVITY_MAX);
        assert_eq!(board.activity.last().unwrap().seq, 119);
        assert_eq!(board.queues.len(), QUEUES_MAX);
    }
}
