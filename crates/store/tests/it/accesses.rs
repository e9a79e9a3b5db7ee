//! The access log: written for many tenants at once, read by each its own, filtered and in pages,
//! and pruned by age.

use crate::support::{id, on_both};
use domain::id::{PrincipalId, TenantId};
use domain::time::{Span, Timestamp};
use store::{Access, AccessFilter};
use uuid::Uuid;

const SECOND: i64 = 1_000_000;

pub(crate) fn line(second: i64, principal: u128, resources: &[(&str, Uuid)]) -> Access {
    let millis = u64::try_from(second * 1000).unwrap();
    let chance = *Uuid::new_v4().as_bytes().first_chunk::<10>().unwrap();
    Access {
        id: uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid(),
        at: Timestamp::from_micros(second * SECOND),
        principal: PrincipalId(Uuid::from_u128(principal)),
        agent: (principal == 1).then(id),
        method: "omnichannel.v1.CustomerService/GetCustomer".to_owned(),
        resources: resources.iter().map(|(field, id)| ((*field).to_owned(), *id)).collect(),
        code: 7,
        request_id: "Ünïcode ✓".to_owned(),
        count: 3,
    }
}

#[tokio::test]
async fn lines_are_read_by_their_tenant_alone_newest_first() {
    on_both(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let (customer, work): (Uuid, Uuid) = (id(), id());
        let one = line(10, 1, &[("customer_id", customer)]);
        let two = line(20, 2, &[("interaction_id", work), ("customer_id", customer)]);
        let three = line(30, 1, &[]);
        let other = line(15, 1, &[("customer_id", customer)]);
        let lines = [(a, one.clone()), (b, other.clone()), (a, two.clone()), (a, three.clone())];
        db.store.add_accesses(&lines).await.unwrap();
        let read = |tenant: TenantId, filter: AccessFilter, before: Option<Uuid>, limit| {
            let reader = db.store.tenant(tenant);
            async move { reader.accesses(&filter, before, limit).await.unwrap() }
        };
        let all = AccessFilter::default();
        assert_eq!(read(a, all, None, 10).await, [three.clone(), two.clone(), one.clone()]);
        assert_eq!(read(b, all, None, 10).await, [other]);
        assert_eq!(read(a, all, None, 2).await, [three.clone(), two.clone()]);
        assert_eq!(read(a, all, Some(two.id), 2).await, [one.clone()]);
        let principal = Some(PrincipalId(Uuid::from_u128(1)));
        let of = AccessFilter { principal, ..all };
        assert_eq!(read(a, of, None, 10).await, [three.clone(), one.clone()]);
        let of = AccessFilter { customer: Some(customer.into()), ..all };
        assert_eq!(read(a, of, None, 10).await, [two.clone(), one.clone()]);
        let of = AccessFilter { interaction: Some(work.into()), ..all };
        assert_eq!(read(a, of, None, 10).await, [two.clone()]);
        let moment = |seconds: i64| Some(Timestamp::from_micros(seconds * SECOND));
        let of = AccessFilter { from: moment(20), to: moment(30), ..all };
        assert_eq!(read(a, of, None, 10).await, [two.clone()]);

        db.store.prune_accesses(a, Timestamp::from_micros(0) + Span::from_secs(20)).await.unwrap();
        assert_eq!(read(a, all, None, 10).await, [three, two]);
        assert_eq!(read(b, all, None, 10).await.len(), 1, "each tenant has its own age");
    })
    .await;
}
