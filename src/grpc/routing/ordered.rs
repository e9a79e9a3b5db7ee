//! Lists of configuration in an order of their own, by name or position. They are read whole, which
//! configuration is small enough for, put in order, and shown page by page. A page goes on after
//! the row that ended the one before; when that row is gone meanwhile, the list begins anew.

use crate::grpc::Edge;
use crate::grpc::convert::fault;
use crate::grpc::page;
use crate::grpc::status::refuse;
use app::context::Context;
use app::error::Error;
use domain::refusal::Reason;
use futures::future::BoxFuture;
use tonic::Status;
use uuid::Uuid;

/// How many rows are read at a time.
pub(in crate::grpc) const STEP: u32 = 500;

/// How often that is done: no list of configuration is longer than 50,000.
const STEPS_MAX: usize = 100;

/// The filter of a list that has none.
const UNFILTERED: [u8; 16] = [0; 16];

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

/// What a list request says about its page.
pub(in crate::grpc) struct Asked<'a> {
    pub(in crate::grpc) size: i32,
    pub(in crate::grpc) token: &'a str,
}

/// The page that was asked for of rows in order, and the token of the next one.
pub(in crate::grpc) fn paged<T>(
    edge: &Edge,
    context: &Context,
    asked: &Asked<'_>,
    rows: Vec<T>,
    id: impl Fn(&T) -> Uuid,
) -> Result<(Vec<T>, String), Status> {
    let last = page::after(edge, context, asked.token, &UNFILTERED)?;
    let (rows, more) = cut(rows, last, page::size(asked.size), &id)?;
    let next = page::next(edge, context, &UNFILTERED, rows.last().map(id), more);
    Ok((rows, next))
}

fn cut<T>(
    mut rows: Vec<T>,
    last: Option<Uuid>,
    size: u32,
    id: impl Fn(&T) -> Uuid,
) -> Result<(Vec<T>, bool), Status> {
    if let Some(last) = last {
        let at = rows.iter().position(|row| id(row) == last);
        let at = at.ok_or_else(|| refuse(Reason::PageTokenInvalid))?;
        rows.drain(..=at);
    }
    Ok(page::cut(rows, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn ids(rows: &[u128]) -> Vec<Uuid> {
        rows.iter().copied().map(Uuid::from_u128).collect()
    }

    #[test]
    fn pages_go_on_after_the_last_row_in_whatever_order() {
        let rows = ids(&[5, 1, 4, 2]);
        let page = |last| cut(rows.clone(), last, 2, |id| *id).expect("the row is there");
        assert_eq!(page(None), (ids(&[5, 1]), true));
        assert_eq!(page(Some(Uuid::from_u128(1))), (ids(&[4, 2]), false));
        assert_eq!(page(Some(Uuid::from_u128(2))), (ids(&[]), false));
    }

    #[test]
    fn after_a_row_that_is_gone_the_list_begins_anew() {
        let status = cut(ids(&[1]), Some(Uuid::from_u128(9)), 2, |id| *id).expect_err("it is gone");
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
    }

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
