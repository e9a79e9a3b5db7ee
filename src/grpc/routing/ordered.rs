//! Lists of configuration in an order of their own, by name or position. They are read whole, which
//! configuration is small enough for, put in order, and shown page by page.

use crate::grpc::convert::fault;
use app::error::Error;
use futures::future::BoxFuture;
use tonic::Status;

/// How many rows are read at a time.
pub(in crate::grpc) const STEP: u32 = 500;

/// How often that is done: no list of configuration is longer than 50,000.
const STEPS_MAX: usize = 100;

/// Reads everything there is, in the order of ids.
pub(in crate::grpc) async fn everything<'r, T, I, E: Into<Error>>(
    rows_after: impl Fn(Option<I>) -> BoxFuture<'r, Result<Vec<T>, E>>,
    id: impl Fn(&T) -> I,
) -> Result<Vec<T>, Status> {
    let mut all: Vec<T> = Vec::new();
    for _ in 0..STEPS_MAX {
        let rows = rows_after(all.last().map(&id)).await.map_err(fault)?;
        if rows.is_empty() {
            break;
        }
        all.extend(rows);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn everything_is_read_step_by_step() {
        let rows_after = |after: Option<u32>| {
            let first = after.map_or(0, |last| last + 1);
            let rows: Vec<u32> = (first..7).take(3).collect();
            async move { Ok::<_, Error>(rows) }.boxed()
        };
        let all = everything(rows_after, |row| *row).now_or_never().expect("it waits for nothing");
        assert_eq!(all.expect("no fault"), [0, 1, 2, 3, 4, 5, 6]);
    }
}
