//! Proof that a log is what was written: its chain recomputed row by row, in pages, from the first
//! row to the head. It finds what was changed, left out, moved or put in between, and a tail that
//! is gone while the head is there. What a chain alone cannot show is a tail cut off together with
//! its head, or a history written anew: for that there are checkpoints kept elsewhere, whose hashes
//! the walk compares as it passes.

use crate::error::Result;
use crate::ledger::payload;
use store::{LogRow, StoreError, TenantReader};

/// How many log rows are read at a time.
const PAGE: u32 = 500;

/// What a verification of the log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first event that was covered.
    pub from_seq: i64,
    /// The last event that was covered.
    pub to_seq: i64,
    /// The hash of the last row.
    pub hash: [u8; 32],
    /// The first event of the first row that is not as it was written; none if all are.
    pub bad_seq: Option<i64>,
}

/// Which part of a log is walked, and what is to be found on the way.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The first event; below 2 is the beginning.
    pub from_seq: i64,
    /// The last event; none for the end.
    pub to_seq: Option<i64>,
    /// How many rows are read at most.
    pub rows_max: u64,
    /// Places at which a row ended once, and its hash, in the order of places.
    pub marks: Vec<(i64, [u8; 32])>,
}

/// Walks a tenant's log; `told` hears how far it is after each page.
///
/// # Errors
/// If the database cannot be reached.
pub async fn verify(
    reader: &TenantReader,
    course: &Course,
    mut told: impl FnMut(&Verified),
) -> Result<Verified> {
    let mut state = Verified { from_seq: 0, to_seq: 0, hash: [0; 32], bad_seq: None };
    let mut marks = course.marks.iter().peekable();
    let mut before: Option<LogRow> = None;
    let mut at = course.from_seq.max(1) - 1;
    let mut read = 0_u64;
    loop {
        let rows = reader.log_as_found(at, PAGE).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let Some(row) = row else {
                // What is there is no row of ours; it stands where this one should.
                state.bad_seq = Some(at + 1);
                return Ok(state);
            };
            at = row.last_seq;
            read += 1;
            let beyond = course.to_seq.is_some_and(|to| row.first_seq > to);
            if beyond || read > course.rows_max {
                return Ok(state);
            }
            if !follows(before.as_ref(), &row, course.from_seq) {
                state.bad_seq = Some(row.first_seq);
                return Ok(state);
            }
            while let Some((seq, hash)) = marks.next_if(|(seq, _)| *seq <= row.last_seq) {
                if *seq != row.last_seq || *hash != row.hash {
                    state.bad_seq = Some(row.first_seq);
                    return Ok(state);
                }
            }
            if state.from_seq == 0 {
                state.from_seq = row.first_seq;
            }
            state.to_seq = row.last_seq;
            state.hash = row.hash;
            before = Some(row);
        }
        told(&state);
    }
    check_tail(reader, course.to_seq, &mut state).await?;
    // What was there once lies beyond the end: the tail is gone, and its head with it.
    if marks.next().is_some() && state.bad_seq.is_none() {
        state.bad_seq = Some(state.to_seq + 1);
    }
    Ok(state)
}

/// A log that ends before its head has lost its tail.
async fn check_tail(
    reader: &TenantReader,
    to_seq: Option<i64>,
    state: &mut Verified,
) -> Result<()> {
    let head = match reader.head().await {
        Ok(Some(head)) => head,
        Ok(None) => return Ok(()),
        Err(StoreError::Corrupt(_)) => {
            state.bad_seq = Some(state.to_seq + 1);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let whole = to_seq.is_none_or(|to| to >= head.seq);
    // More may have been appended since the last page was read; that is not a fault.
    if whole && head.seq == state.to_seq && head.hash != state.hash {
        state.bad_seq = Some(head.seq);
    }
    // It was read after the rows, and both are written together: it cannot be behind them.
    if head.seq < state.to_seq {
        state.bad_seq = Some(head.seq + 1);
    }
    if whole && head.seq > state.to_seq && reader.log_as_found(state.to_seq, 1).await?.is_empty() {
        state.bad_seq = Some(state.to_seq + 1);
    }
    Ok(())
}

/// Whether a row is as it was written and follows on the one before.
fn follows(before: Option<&LogRow>, row: &LogRow, from_seq: i64) -> bool {
    let linked = match before {
        Some(before) => row.prev_hash == before.hash && row.first_seq == before.last_seq + 1,
        None if from_seq <= 1 => row.first_seq == 1 && row.prev_hash == [0; 32],
        None => true,
    };
    let counted = payload::decode(&row.payload).is_ok_and(|events| {
        events.first().is_some_and(|event| event.seq == row.first_seq)
            && events.last().is_some_and(|event| event.seq == row.last_seq)
    });
    linked && counted && row.compute_hash() == row.hash
}
