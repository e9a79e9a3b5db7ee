//! What every call carries: a key that stays, or an access token that a function gives. A token is
//! asked for before the first call and again when the server refuses it; whoever needs one while it
//! is asked for waits for the same answer. Nothing of it shows in debug output.

use crate::config::ClientConfig;
use crate::error::Error;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;
use tonic::Code;
use tonic::codegen::http::header::HeaderValue;

/// What a token provider answers with.
pub type TokenResult = Result<String, Box<dyn std::error::Error + Send + Sync>>;

/// A function that gives the newest access token. Called once before the first call, and again when
/// the server says that the token it gave is no longer good.
#[derive(Clone)]
pub struct TokenProvider(Arc<dyn Fn() -> BoxFuture<'static, TokenResult> + Send + Sync>);

impl TokenProvider {
    /// Tokens by this function.
    pub fn new<F, A>(give: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = TokenResult> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(give())))
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenProvider")
    }
}

/// The credential of a client; clones share it.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// The header of a key; none if calls carry nothing.
    Fixed(Option<HeaderValue>),
    Tokens(Arc<Tokens>),
}

pub(crate) struct Tokens {
    provider: TokenProvider,
    newest: Mutex<Option<HeaderValue>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(redacted)")
    }
}

impl Credential {
    pub(crate) fn of(config: &ClientConfig) -> Result<Self, Error> {
        let key = config.api_key.expose();
        match &config.token_provider {
            Some(_) if !key.is_empty() => {
                let text = "a client takes an api_key or a token_provider, not both";
                Err(Error::local(Code::InvalidArgument, text))
            }
            Some(provider) => {
                let (provider, newest) = (provider.clone(), Mutex::default());
                Ok(Self::Tokens(Arc::new(Tokens { provider, newest })))
            }
            None if key.is_empty() => Ok(Self::Fixed(None)),
            None => header(key).map(|value| Self::Fixed(Some(value))),
        }
    }

    /// The header to send, if there is one.
    pub(crate) async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let tokens = match self {
            Self::Fixed(header) => return Ok(header.clone()),
            Self::Tokens(tokens) => tokens,
        };
        let mut newest = tokens.newest.lock().await;
        if newest.is_none() {
            *newest = Some(tokens.fetch().await?);
        }
        Ok(newest.clone())
    }

    /// Asks for a fresh token after one was refused; answers whether there is another one.
    pub(crate) async fn renew(&self, refused: Option<&HeaderValue>) -> Result<bool, Error> {
        let Self::Tokens(tokens) = self else { return Ok(false) };
        let mut newest = tokens.newest.lock().await;
        if newest.as_ref() == refused {
            *newest = Some(tokens.fetch().await?);
        }
        Ok(newest.as_ref() != refused)
    }
}

impl Tokens {
    async fn fetch(&self) -> Result<HeaderValue, Error> {
        let given = (self.provider.0)().await.map_err(|error| {
            Error::local(Code::Unavailable, format!("no access token was given: {error}"))
        })?;
        header(&given)
    }
}

fn header(credential: &str) -> Result<HeaderValue, Error> {
    let refused =
        |_| Error::local(Code::InvalidArgument, "the credential has forbidden characters");
    let mut value = HeaderValue::try_from(format!("Bearer {credential}")).map_err(refused)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counting(tokens: &'static [&'static str]) -> (Credential, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let provider = TokenProvider::new(move || {
            let at = count.fetch_add(1, Ordering::SeqCst).min(tokens.len() - 1);
            async move { Ok(tokens[at].to_owned()) }
        });
        let config = ClientConfig { token_provider: Some(provider), ..ClientConfig::default() };
        (Credential::of(&config).unwrap(), asked)
    }

    #[tokio::test]
    async fn a_token_is_asked_for_once_and_anew_when_it_is_refused() {
        let (credential, asked) = counting(&["a", "b"]);
        let (one, two) = tokio::join!(credential.header(), credential.header());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((&one, asked.load(Ordering::SeqCst)), (&two, 1));
        // Two calls find it refused, and one asks.
        assert!(credential.renew(one.as_ref()).await.unwrap());
        assert!(credential.renew(one.as_ref()).await.unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(credential.header().await.unwrap().unwrap(), "Bearer b");
        // The same token again is no fresh one.
        let newest = credential.header().await.unwrap();
        assert!(!credential.renew(newest.as_ref()).await.unwrap());
    }

    #[tokio::test]
    async fn a_key_stays_and_nothing_is_shown() {
        let config = ClientConfig { api_key: "omk_secret".into(), ..ClientConfig::default() };
        let fixed = Credential::of(&config).unwrap();
        let carried = fixed.header().await.unwrap();
        assert!(!fixed.renew(carried.as_ref()).await.unwrap());
        let (tokens, _) = counting(&["secret"]);
        tokens.header().await.unwrap();
        assert!(!format!("{fixed:?} {tokens:?}").contains("secret"));
        let provider = Some(TokenProvider::new(|| async { Err("the issuer is away".into()) }));
        let both = ClientConfig { token_provider: provider.clone(), ..config };
        assert_eq!(Credential::of(&both).unwrap_err().code(), Code::InvalidArgument);
        let none = ClientConfig { token_provider: provider, ..ClientConfig::default() };
        let error = Credential::of(&none).unwrap().header().await.unwrap_err();
        assert_eq!((error.code(), error.is_local()), (Code::Unavailable, true));
    }
}
