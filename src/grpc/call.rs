//! How a service takes a request in: who asks (proven by the layers), until when they wait, whether
//! the message keeps the contract's rules, and under which identity a repeat is recognised. Also
//! the small texts of the wire: ids and etags.

use super::status::{refusal, refuse};
use crate::door::Peer;
use crate::names::{Names, Slate};
use crate::policy;
use crate::validate::{self, Demands};
use app::context::{Context, short_hash};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use prost::Message;
use std::time::Instant;
use tonic::{Extensions, Request, Status};
use uuid::Uuid;

/// When the caller no longer waits; put into the request's extensions by the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(pub Instant);

/// Takes in a request that changes nothing.
///
/// # Errors
/// `VALIDATION_FAILED` with every broken rule.
pub fn read<T>(request: Request<T>, method: &'static str) -> Result<(Context, T), Status>
where
    T: Demands + Names + Message,
{
    let context = context(request.extensions(), method)?;
    let slate = request.extensions().get::<Slate>().cloned();
    let message = request.into_inner();
    if let Some(slate) = slate {
        slate.note(&message);
    }
    validate::check_request(&message).map_err(refusal)?;
    Ok((context, message))
}

/// Takes in a request that changes something.
///
/// # Errors
/// `VALIDATION_FAILED` with every broken rule.
pub fn change<T>(
    request: Request<T>,
    method: &'static str,
    request_id: impl Fn(&T) -> &str,
) -> Result<(Context, T), Status>
where
    T: Demands + Names + Message,
{
    let (mut context, message) = read(request, method)?;
    let id = request_id(&message);
    if !id.is_empty() {
        if !is_natural(method) {
            context.request_hash = short_hash(&[&content(&message, id)]);
        }
        context.request_id = id.to_ascii_lowercase();
    }
    Ok((context, message))
}

/// Whether a repeat of the method finds the state already set.
fn is_natural(method: &str) -> bool {
    policy::of(method).is_some_and(|policy| policy.idempotency == policy::Idempotency::Natural)
}

/// What a request says, however its id is spelt: an id in capitals is the same id.
fn content<T: Message>(message: &T, id: &str) -> Vec<u8> {
    let mut bytes = message.encode_to_vec();
    if !id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return bytes;
    }
    let last = bytes.len().saturating_sub(id.len());
    for at in 0..=last {
        let found = bytes.get_mut(at..at + id.len()).filter(|found| *found == id.as_bytes());
        if let Some(found) = found {
            found.make_ascii_lowercase();
        }
    }
    bytes
}

/// Takes in the opening of a stream; its message is checked by whoever reads it.
///
/// # Errors
/// If the caller was not proven.
pub fn open_stream<T>(request: &Request<T>, method: &'static str) -> Result<Context, Status> {
    let mut context = context(request.extensions(), method)?;
    // A deadline bounds the opening of a stream, not what is asked for within it.
    context.deadline = None;
    Ok(context)
}

/// Takes in the request of a stream that only goes down.
///
/// # Errors
/// As [`read`].
pub fn watch<T>(request: Request<T>, method: &'static str) -> Result<(Context, T), Status>
where
    T: Demands + Names + Message,
{
    let (context, message) = read(request, method)?;
    // As above.
    Ok((Context { deadline: None, ..context }, message))
}

fn context(extensions: &Extensions, method: &'static str) -> Result<Context, Status> {
    let caller = extensions.get::<Caller>().copied();
    Ok(Context {
        caller: caller.ok_or_else(|| refuse(Reason::CredentialsMissing))?,
        method,
        request_id: String::new(),
        request_hash: [0; 16],
        deadline: extensions.get::<Deadline>().map(|deadline| deadline.0),
        peer: extensions.get::<Peer>().and_then(|peer| peer.addr),
    })
}

/// An id of a validated message.
///
/// # Errors
/// `VALIDATION_FAILED` if it is empty where the contract lets it be and the call needs one.
pub fn id<T: From<Uuid>>(text: &str) -> Result<T, Status> {
    let parsed = Uuid::try_parse(text).map(T::from);
    parsed.map_err(|_| refusal(Refusal::field("id", "must be a UUID (string.uuid)")))
}

/// Ids of a validated message.
///
/// # Errors
/// As [`id`].
pub fn ids<T: From<Uuid>>(texts: &[String]) -> Result<Vec<T>, Status> {
    texts.iter().map(|text| id(text)).collect()
}

/// An id of a validated message that may be left out.
///
/// # Errors
/// As [`id`].
pub fn optional_id<T: From<Uuid>>(text: &str) -> Result<Option<T>, Status> {
    if text.is_empty() { Ok(None) } else { id(text).map(Some) }
}

/// The etag of a version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("v{version}")
}

/// What no resource ever has as its version; whoever compares it finds a mismatch.
const NO_VERSION: i64 = -1;

/// The version an etag stands for; zero, which matches every version, if it is empty, and one that
/// matches none if it is not ours.
#[must_use]
pub fn version(etag: &str) -> i64 {
    if etag.is_empty() {
        return 0;
    }
    let digits = etag.strip_prefix('v').filter(|digits| !digits.starts_with(['0', '+', '-']));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(NO_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::QueueId;

    #[test]
    fn etags_read_back_and_nothing_else_does() {
        for count in [1, 2, i64::MAX] {
            assert_eq!(version(&etag(count)), count);
        }
        assert_eq!(version(""), 0, "empty is any");
        for text in ["v", "v0", "v01", "v-1", "v+1", "1", "W/v1", "v1 ", "v9223372036854775808"] {
            assert_eq!(version(text), NO_VERSION, "{text}");
        }
    }

    #[test]
    fn ids_are_uuids() {
        let text = Uuid::now_v7().to_string();
        assert_eq!(id::<QueueId>(&text).expect("an id").to_string(), text);
        assert!(id::<QueueId>("").is_err());
        assert_eq!(optional_id::<QueueId>("").expect("none"), None);
        assert!(optional_id::<QueueId>("x").is_err());
    }

    #[test]
    fn a_request_is_the_same_however_its_id_is_spelt() {
        let id = Uuid::from_u128(u128::MAX).to_string();
        let said = |tenant_id: &str| {
            let request = crate::proto::v1::GetTenantRequest { tenant_id: tenant_id.to_owned() };
            content(&request, tenant_id)
        };
        assert_eq!(said(&id), said(&id.to_uppercase()));
        assert_ne!(said(&id), said(&Uuid::nil().to_string()));
        assert_eq!(said(""), Vec::<u8>::new());
    }

    #[test]
    fn an_unproven_caller_is_refused() {
        let refused = open_stream(&Request::new(()), "/x").expect_err("nobody called");
        assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    }
}
