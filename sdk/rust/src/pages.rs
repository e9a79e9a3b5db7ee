//! Pages of a listing, one after another: asks for the next page only when the one before was read.
//! A listing that never ends, or a token that leads nowhere, ends in an error instead of a loop.

use crate::error::Error;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use std::future::Future;
use tonic::Code;

/// Most pages that one listing is followed for.
const PAGES_MAX: u32 = 100_000;

/// One page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it lists.
    pub items: Vec<T>,
    /// Continues the listing; empty on the last page, and only there.
    pub next_page_token: String,
}

struct Walk<F> {
    fetch: F,
    token: String,
    pages: u32,
}

/// Follows a listing: `fetch` asks for the page of a token, the first one being empty. An error is
/// the last item.
pub fn pages<T, F, A>(fetch: F) -> impl Stream<Item = Result<Page<T>, Error>>
where
    F: FnMut(String) -> A,
    A: Future<Output = Result<Page<T>, Error>>,
{
    let walk = Walk { fetch, token: String::new(), pages: 0 };
    stream::unfold(Some(walk), |walk| async move {
        let mut walk = walk?;
        match (walk.fetch)(walk.token.clone()).await {
            Err(error) => Some((Err(error), None)),
            Ok(page) => Some(advance(walk, page)),
        }
    })
}

fn advance<T, F>(mut walk: Walk<F>, page: Page<T>) -> (Result<Page<T>, Error>, Option<Walk<F>>) {
    walk.pages += 1;
    if page.next_page_token.is_empty() {
        return (Ok(page), None);
    }
    if page.next_page_token == walk.token || walk.pages == PAGES_MAX {
        let text = format!("the listing does not end after {} pages", walk.pages);
        return (Err(Error::local(Code::Internal, text)), None);
    }
    walk.token.clone_from(&page.next_page_token);
    (Ok(page), Some(walk))
}

/// The items of all pages.
pub(crate) fn items<T, F, A>(fetch: F) -> impl Stream<Item = Result<T, Error>>
where
    F: FnMut(String) -> A,
    A: Future<Output = Result<Page<T>, Error>>,
{
    let each = |page: Page<T>| stream::iter(page.items).map(Ok);
    pages(fetch).map_ok(each).try_flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(token: String) -> Result<Page<u32>, Error> {
        let (items, next) = match token.as_str() {
            "" => (vec![1, 2], "a"),
            "a" => (vec![], "b"),
            "b" => (vec![3], ""),
            other => return Err(Error::local(Code::InvalidArgument, other)),
        };
        Ok(Page { items, next_page_token: next.into() })
    }

    #[tokio::test]
    async fn a_listing_is_followed_to_its_end() {
        let all: Vec<u32> = items(fetch).try_collect().await.unwrap();
        assert_eq!(all, [1, 2, 3]);
        assert_eq!(pages(fetch).count().await, 3);
    }

    #[tokio::test]
    async fn nothing_is_fetched_ahead() {
        let mut asked = 0;
        let counting = |token| {
            asked += 1;
            fetch(token)
        };
        let first: Vec<_> = items(counting).take(2).collect().await;
        assert_eq!((first.len(), asked), (2, 1));
    }

    #[tokio::test]
    async fn an_error_or_a_circle_is_the_last_item() {
        let broken = |token: String| async move {
            if token.is_empty() { fetch(token).await } else { fetch("x".into()).await }
        };
        let seen: Vec<_> = pages(broken).collect().await;
        assert!(seen.len() == 2 && seen[0].is_ok() && seen[1].is_err());
        let circle = |_| async { Ok(Page { items: vec![0], next_page_token: "same".into() }) };
        let seen: Vec<_> = pages(circle).collect().await;
        assert!(seen.len() == 2 && seen[1].is_err());
    }
}
