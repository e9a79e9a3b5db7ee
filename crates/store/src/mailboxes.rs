//! Which mailboxes there are, over all tenants: the one question that SMTP asks before it knows
//! whose the answer is. Addresses are kept as keyed indexes only, so that nothing can be read from
//! them.

use crate::error::Result;
use crate::sql::{DatabaseKind, bytes};
use crate::store::Store;
use domain::id::AccountId;
use domain::mail::Mailbox;
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sha2::Sha256;
use uuid::Uuid;

/// What the installation's key for mailboxes is derived for.
const PURPOSE: &str = "mailbox";

/// The mailboxes of all tenants.
#[derive(Clone, Copy, Debug)]
pub struct Mailboxes<'a> {
    kind: DatabaseKind,
    db: &'a DatabaseConnection,
}

impl Store {
    /// The mailboxes of all tenants.
    #[must_use]
    pub fn mailboxes(&self) -> Mailboxes<'_> {
        let (kind, db) = self.work();
        Mailboxes { kind, db }
    }

    /// The keyed index of a mailbox's address, however it is spelled, without its tag.
    #[must_use]
    pub fn mailbox_index(&self, address: &str) -> Vec<u8> {
        let key = self.seals().derive(PURPOSE);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
        mac.update(bare_address(address).as_bytes());
        mac.finalize().into_bytes()[..16].to_vec()
    }
}

impl Mailboxes<'_> {
    /// The mailbox with this index. One read by index.
    pub async fn find(&self, address: &[u8]) -> Result<Option<Mailbox>> {
        let sql = "SELECT tenant_id, account_id, open FROM mailbox WHERE address = $1";
        let statement = self.kind.statement(sql, vec![bytes(address)]);
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        Ok(Some(Mailbox {
            tenant: row.try_get_by_index::<Uuid>(0)?.into(),
            account: AccountId(row.try_get_by_index(1)?),
            open: row.try_get_by_index(2)?,
        }))
    }
}

/// An address in lower case and without the tag behind the first plus sign.
#[must_use]
pub fn bare_address(address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(local, _)| local);
            format!("{local}@{domain}")
        }
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::bare_address;

    #[test]
    fn a_tag_and_capitals_do_not_matter() {
        for text in ["Help@Example.org", "help+a@example.org", " help+a+b@example.ORG "] {
            assert_eq!(bare_address(text), "help@example.org");
        }
        assert_eq!(bare_address("postmaster"), "postmaster");
        assert_ne!(bare_address("help@example.com"), "help@example.org");
    }
}
