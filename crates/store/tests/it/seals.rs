//! Seals: what is sealed opens for the same tenant, customer, field and row, and for nothing else;
//! a single changed bit is noticed; an erased customer's key is gone.

use crate::support::{Db, config, id, master, on_both, on_sqlite};
use domain::channel::ChannelKind;
use domain::id::{CustomerId, TenantId};
use domain::sealed::Sealed;
use store::{Deleted, MasterKey, Store, StoreError, WriteBatch, normalise_address};
use uuid::Uuid;

#[tokio::test]
async fn content_opens_only_where_it_belongs() {
    on_sqlite(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let (of_t, of_u) =
            (db.store.seals().tenant(t).await.unwrap(), db.store.seals().tenant(u).await.unwrap());
        let (row, other): (Uuid, Uuid) = (id(), id());
        let sealed = of_t.seal("secrets", row, b"plain");
        assert_eq!(of_t.open("secrets", row, &sealed).unwrap(), b"plain");
        assert!(of_t.open("secret", row, &sealed).is_err());
        assert!(of_t.open("secrets", other, &sealed).is_err());
        assert!(of_u.open("secrets", row, &sealed).is_err());
        assert_ne!(sealed, of_t.seal("secrets", row, b"plain"), "a nonce is used once");

        let customer: CustomerId = id();
        let (key, wrapped) = of_t.new_customer_key(customer);
        let body = key.seal("body", row, b"hello");
        let again = of_t.open_customer_key(customer, &wrapped).unwrap();
        assert_eq!(again.open("body", row, &body).unwrap(), b"hello");
        assert!(again.open("body", other, &body).is_err());
        assert!(again.open("subject", row, &body).is_err());
        assert!(of_t.open("body", row, &body).is_err());
        assert!(of_t.open_customer_key(id(), &wrapped).is_err(), "a wrapped key was moved");
        assert!(of_u.open_customer_key(customer, &wrapped).is_err());
        let (stranger, _) = of_t.new_customer_key(id());
        assert!(stranger.open("body", row, &body).is_err());

        assert!(key.seal("body", row, b"").is_empty());
        assert_eq!(key.open("body", row, &Sealed::default()).unwrap(), b"");
    })
    .await;
}

#[tokio::test]
async fn every_changed_byte_is_noticed() {
    on_sqlite(|db| async move {
        let t = db.tenant().await;
        let seals = db.store.seals().tenant(t).await.unwrap();
        let row: Uuid = id();
        let sealed = seals.seal("body", row, b"some text");
        for place in 0..sealed.0.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed.0[place] ^= 1 << bit;
                assert!(seals.open("body", row, &changed).is_err(), "byte {place} bit {bit}");
            }
            let shorter = Sealed(sealed.0[..place].to_vec());
            let opened = seals.open("body", row, &shorter);
            assert!(opened.is_err() || shorter.is_empty());
        }
        let (_, wrapped) = seals.new_customer_key(id());
        let customer: CustomerId = id();
        for place in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            assert!(seals.open_customer_key(customer, &changed).is_err());
        }
    })
    .await;
}

/// A customer with a key; returns what was sealed with it.
async fn customer_of(db: &Db, t: TenantId) -> (CustomerId, Sealed) {
    let seals = db.store.seals().tenant(t).await.unwrap();
    let customer = crate::nouns::customer(true);
    let (key, wrapped) = seals.new_customer_key(customer.id);
    let sealed = key.seal("profile", customer.id.0, b"name");
    let id = customer.id;
    let batch = WriteBatch {
        customers: vec![(t, customer)],
        customer_keys: vec![(t, id, wrapped)],
        ..WriteBatch::default()
    };
    db.write(t, &batch).await.unwrap();
    (id, sealed)
}

#[tokio::test]
async fn keys_are_read_and_erased() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let (one, sealed) = customer_of(&db, t).await;
        let (two, _) = customer_of(&db, t).await;
        let seals = db.store.seals().tenant(t).await.unwrap();
        let keys = seals.customer_keys(&[one, two, id()]).await.unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[&one].open("profile", one.0, &sealed).unwrap(), b"name");
        assert!(keys[&two].open("profile", one.0, &sealed).is_err());
        let other = db.tenant().await;
        let others = db.store.seals().tenant(other).await.unwrap();
        assert!(others.customer_key(one).await.unwrap().is_none());

        let erase =
            WriteBatch { deletes: vec![(t, Deleted::Customer(one))], ..WriteBatch::default() };
        db.write(t, &erase).await.unwrap();
        seals.forget_customer(one).await;
        assert!(seals.customer_key(one).await.unwrap().is_none());
        assert!(seals.customer_key(two).await.unwrap().is_some());
        let unknown = db.store.seals().tenant(id()).await;
        assert!(matches!(unknown, Err(StoreError::Corrupt(_))));
    })
    .await;
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    on_sqlite(|db| async move {
        let t = db.tenant().await;
        let wrapped = db.store.tenant(t).tenant_row(t).await.unwrap().unwrap().1;
        assert!(db.store.seals().open_tenant(t, &wrapped).is_ok());
        assert!(db.store.seals().open_tenant(id(), &wrapped).is_err());
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("other.db").display());
        let mut other = config(&url);
        other.master_key = MasterKey::from_bytes([8; 32]);
        let other = Store::open(other).await.unwrap();
        assert!(other.seals().open_tenant(t, &wrapped).is_err());
        assert_ne!(other.seals().derive("page"), db.store.seals().derive("page"));
        assert_ne!(db.store.seals().derive("token"), db.store.seals().derive("page"));
    })
    .await;
}

#[tokio::test]
async fn indexes_are_blind_and_equal_for_equal_addresses() {
    on_sqlite(|db| async move {
        let (t, u) = (db.tenant().await, db.tenant().await);
        let of_t = db.store.seals().tenant(t).await.unwrap();
        let of_u = db.store.seals().tenant(u).await.unwrap();
        let index = of_t.contact_index(ChannelKind::Email, " Ada@Example.org ");
        assert_eq!(index, of_t.contact_index(ChannelKind::Email, "ada@example.org"));
        assert_ne!(index, of_t.contact_index(ChannelKind::Webhook, "ada@example.org"));
        assert_ne!(index, of_u.contact_index(ChannelKind::Email, "ada@example.org"));
        assert_ne!(index, of_t.word_index("email", "ada@example.org"));
        assert_ne!(of_t.word_index("name", "ada"), of_t.word_index("external", "ada"));
        assert_eq!(of_t.word_index("name", " Ada"), of_t.word_index("name", "ada"));
    })
    .await;
}

#[test]
fn addresses_are_normalised() {
    for (kind, given, expected) in [
        (ChannelKind::Sms, "+49 (170) 123-45", "+4917012345"),
        (ChannelKind::Voice, "0170 1", "01701"),
        (ChannelKind::Whatsapp, " Info ", "info"),
        (ChannelKind::Email, " A@B.Example\n", "a@b.example"),
        (ChannelKind::Webhook, "User-7", "user-7"),
    ] {
        assert_eq!(normalise_address(kind, given), expected);
    }
}

#[test]
fn the_master_key_file_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    let missing = MasterKey::from_file(&path, false);
    assert!(matches!(missing, Err(StoreError::Config(_))), "{missing:?}");
    MasterKey::from_file(&path, true).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    MasterKey::from_base64(&text).unwrap();
    MasterKey::from_file(&path, false).unwrap();
    assert!(MasterKey::from_base64("c2hvcnQ=").is_err());
    assert_eq!(format!("{:?}", master()), "MasterKey");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(MasterKey::from_file(&path, true), Err(StoreError::Config(_))));
    }
}
