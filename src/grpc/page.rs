//! Pages of lists. A page token holds the key of the last row shown, bound to the tenant, the
//! method and the request's filter; a list therefore goes on only as it began. A page is read with
//! one row more than it shows: so the last page is known to be the last.

use super::status::refuse;
use super::{Edge, MESSAGE_MAX};
use app::context::{Context, short_hash};
use domain::refusal::Reason;
use prost::Message;
use tonic::Status;
use uuid::Uuid;

/// How many rows a page has when the caller does not say.
pub const DEFAULT: u32 = 50;

/// How many rows a page has at most.
pub const MAX: u32 = 500;

/// How many bytes the items of a page take together: it ends early rather than take more, but it
/// has one item at least. So far below [`MESSAGE_MAX`] that one item without such a bound fits.
pub const BYTES_MAX: usize = 1 << 20;

const _: () = assert!(2 * BYTES_MAX <= MESSAGE_MAX, "what a page has beside them fits too");

const KIND: &str = "page";

/// The size of a page: 0 is the default, more than the most is the most.
#[must_use]
pub fn size(page_size: i32) -> u32 {
    match u32::try_from(page_size) {
        Ok(0) | Err(_) => DEFAULT,
        Ok(size) => size.min(MAX),
    }
}

/// A fingerprint of what narrows a list: the parts in a fixed order, absent ones empty.
#[must_use]
pub fn filter(parts: &[&[u8]]) -> [u8; 16] {
    short_hash(parts)
}

/// After which key the page begins; none for the first one.
///
/// # Errors
/// `PAGE_TOKEN_INVALID`: it was tampered with, or made for another tenant, method or filter.
pub fn after(
    edge: &Edge,
    context: &Context,
    token: &str,
    filter: &[u8; 16],
) -> Result<Option<Uuid>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let invalid = || refuse(Reason::PageTokenInvalid);
    let opened = edge.tokens.open(KIND, context.caller.tenant, token).ok_or_else(invalid)?;
    let (bound, key) = opened.split_at_checked(16).ok_or_else(invalid)?;
    if bound != bind(context, filter) {
        return Err(invalid());
    }
    Uuid::from_slice(key).map(Some).map_err(|_| invalid())
}

/// The token of the next page, which begins after the `last` key shown; empty if there is `more`
/// of nothing.
#[must_use]
pub fn next(
    edge: &Edge,
    context: &Context,
    filter: &[u8; 16],
    last: Option<Uuid>,
    more: bool,
) -> String {
    let (Some(last), true) = (last, more) else { return String::new() };
    let payload = [bind(context, filter), *last.as_bytes()].concat();
    edge.tokens.seal(KIND, context.caller.tenant, &payload)
}

/// Cuts rows that were read with one more than `size` to the page, and says whether more follow.
#[must_use]
pub fn cut<T>(mut rows: Vec<T>, size: u32) -> (Vec<T>, bool) {
    let size = size as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    (rows, more)
}

/// The items of a page as far as their bytes go, and whether more follow.
#[must_use]
pub fn fit<M: Message>(mut items: Vec<M>, more: bool) -> (Vec<M>, bool) {
    let sums = items.iter().scan(0, |bytes, item| {
        *bytes += item.encoded_len();
        Some(*bytes)
    });
    let fitting = sums.take_while(|bytes| *bytes <= BYTES_MAX).count().max(1);
    if fitting >= items.len() {
        return (items, more);
    }
    items.truncate(fitting);
    (items, true)
}

/// What a request says about its page.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// How many rows.
    pub size: i32,
    /// Where to go on.
    pub token: &'a str,
    /// The fingerprint of what narrows the list.
    pub filter: [u8; 16],
}

/// The page of a short list that is at hand as a whole, in whatever order, and the next page's
/// token.
///
/// # Errors
/// As [`after`], and if the row that ended the page before is gone.
pub fn of<T>(
    edge: &Edge,
    context: &Context,
    asked: &Asked<'_>,
    rows: Vec<T>,
    id: impl Fn(&T) -> Uuid,
) -> Result<(Vec<T>, String), Status> {
    let last = after(edge, context, asked.token, &asked.filter)?;
    let (rows, more) = cut_after(rows, last, size(asked.size), &id)?;
    let next = next(edge, context, &asked.filter, rows.last().map(id), more);
    Ok((rows, next))
}

fn cut_after<T>(
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
    Ok(cut(rows, size))
}

fn bind(context: &Context, filter: &[u8; 16]) -> [u8; 16] {
    short_hash(&[context.method.as_bytes(), filter])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_defaulted_and_clamped() {
        assert_eq!([0, 1, 500, 501, i32::MAX, -1].map(size), [50, 1, 500, 500, 500, 50]);
    }

    #[test]
    fn a_page_is_cut_and_knows_whether_it_is_the_last() {
        assert_eq!(cut(vec![1, 2, 3], 2), (vec![1, 2], true));
        assert_eq!(cut(vec![1, 2], 2), (vec![1, 2], false));
        assert_eq!(cut(Vec::<i32>::new(), 2), (vec![], false));
    }

    #[test]
    fn a_page_ends_early_rather_than_grow_too_large_and_never_empty() {
        let of = |size: usize| "x".repeat(size);
        let half = || of(BYTES_MAX / 2 - 8);
        let lengths = |(items, more): (Vec<String>, bool)| (items.len(), more);
        assert_eq!(lengths(fit(vec![half(), half()], false)), (2, false));
        assert_eq!(lengths(fit(vec![half(), half(), of(100)], false)), (2, true));
        assert_eq!(lengths(fit(vec![of(BYTES_MAX), of(1)], false)), (1, true));
        assert_eq!(lengths(fit(vec![of(BYTES_MAX)], true)), (1, true));
        assert_eq!(lengths(fit(Vec::new(), false)), (0, false));
    }

    fn ids(rows: &[u128]) -> Vec<Uuid> {
        rows.iter().copied().map(Uuid::from_u128).collect()
    }

    #[test]
    fn pages_go_on_after_the_last_row_in_whatever_order() {
        let rows = ids(&[5, 1, 4, 2]);
        let page = |last| cut_after(rows.clone(), last, 2, |id| *id).expect("the row is there");
        assert_eq!(page(None), (ids(&[5, 1]), true));
        assert_eq!(page(Some(Uuid::from_u128(1))), (ids(&[4, 2]), false));
        assert_eq!(page(Some(Uuid::from_u128(2))), (ids(&[]), false));
    }

    #[test]
    fn after_a_row_that_is_gone_the_list_begins_anew() {
        let status =
            cut_after(ids(&[1]), Some(Uuid::from_u128(9)), 2, |id| *id).expect_err("it is gone");
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn filters_differ_by_where_parts_end() {
        assert_ne!(filter(&[b"ab", b"c"]), filter(&[b"a", b"bc"]));
        assert_ne!(filter(&[b"a", b""]), filter(&[b"a"]));
    }
}
