//! The meter against a plain count, its bound, and what each limit is called.

use super::*;
use domain::id::ApiKeyId;
use domain::tenant::{Credential, Role};
use uuid::Uuid;

fn meter(times: u32, burst: u32) -> Meter<u32> {
    Meter::new(Rate::per_second(times, burst))
}

#[test]
fn a_burst_then_the_rate_and_the_wait_is_true() {
    let meter = meter(10, 5);
    let begin = Instant::now();
    for _ in 0..5 {
        meter.take(1, begin).expect("within the burst");
    }
    let wait = meter.take(1, begin).expect_err("used up");
    assert!(wait > Duration::from_millis(90) && wait <= Duration::from_millis(101), "{wait:?}");
    meter.take(1, begin + wait - Duration::from_micros(1)).expect_err("too early");
    meter.take(1, begin + wait).expect("exactly then");
    meter.take(1, begin + wait).expect_err("and once");
    meter.take(2, begin).expect("another is not concerned");
    let rested = begin + Duration::from_secs(60);
    let taken = (0..100).filter(|_| meter.take(1, rested).is_ok()).count();
    assert_eq!(taken, 5, "rest gives no more than the burst");
}

#[test]
fn over_time_no_more_is_let_in_than_rate_and_burst() {
    let meter = meter(100, 20);
    let begin = Instant::now();
    let tries = (0..10_000_u32).map(|number| begin + Duration::from_micros(500) * number);
    let taken = tries.filter(|at| meter.take(7, *at).is_ok()).count();
    assert!((515..=520).contains(&taken), "{taken} in five seconds");
}

#[test]
fn zero_counts_nothing() {
    let meter = meter(0, 0);
    let now = Instant::now();
    assert!((0..1000).all(|_| meter.take(1, now).is_ok()));
    assert_eq!((meter.wait(1, now), meter.used.lock().expect("whole").whole_at.len()), (None, 0));
}

#[test]
fn whoever_comes_when_all_places_are_taken_shares_one_until_some_are_free() {
    let meter = meter(10, 1);
    let begin = Instant::now();
    for subject in 0..u32::try_from(SUBJECTS_MAX).expect("few") {
        meter.take(subject, begin).expect("the first of each");
    }
    let late = u32::MAX;
    meter.take(late, begin).expect("the shared place");
    meter.take(late - 1, begin).expect_err("it is shared");
    assert!(meter.wait(late - 2, begin).is_some(), "and seen so");
    assert_eq!(meter.used.lock().expect("whole").whole_at.len(), SUBJECTS_MAX);
    let later = begin + Duration::from_secs(1);
    meter.take(late, later).expect("others are whole again and forgotten");
    assert_eq!(meter.used.lock().expect("whole").whole_at.len(), 1);
}

fn bounds(each: Rate) -> RateBounds {
    RateBounds { key: each, tenant: each, account: each, address: each }
}

fn caller(tenant: TenantId) -> Caller {
    let (id, role) = (Uuid::now_v7(), Role::Agent);
    let (principal, credential) = (PrincipalId(id), Credential::Key(ApiKeyId(id)));
    let permissions = role.permissions();
    Caller { tenant, principal, credential, role, permissions, agent: None }
}

#[test]
fn a_key_is_stopped_before_its_tenant_and_each_says_which() {
    let mut bounds = bounds(Rate::per_second(1, 2));
    bounds.tenant = Rate::per_second(1, 3);
    let rates = Rates::new(&bounds);
    let tenant = TenantId(Uuid::now_v7());
    let (first, second) = (caller(tenant), caller(tenant));
    let limit = |refused: Result<(), Refusal>| {
        let refusal = refused.expect_err("used up");
        assert_eq!(refusal.reason, Reason::RateLimited);
        assert!(refusal.retry_after.is_some_and(|wait| !wait.is_zero()));
        refusal.metadata[0].1.clone()
    };
    rates.call(&first).and_then(|()| rates.call(&first)).expect("two of the key");
    for _ in 0..10 {
        assert_eq!(limit(rates.call(&first)), "key");
    }
    rates.call(&second).expect("the key's excess was not held against the tenant");
    assert_eq!(limit(rates.call(&second)), "tenant");
    rates.call(&caller(TenantId(Uuid::now_v7()))).expect("another tenant");
}

#[test]
fn wrong_credentials_close_an_address_and_no_other() {
    let rates = Rates::new(&bounds(Rate::per_second(1, 3)));
    let [near, far, six, same_network, others] =
        ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
            .map(|text| Some(text.parse::<IpAddr>().expect("an address")));
    for address in [near, six] {
        for _ in 0..3 {
            rates.may_try(address).expect("not yet");
            rates.tried_wrongly(address);
        }
    }
    let mapped = Some("::ffff:192.0.2.1".parse::<IpAddr>().expect("an address"));
    for address in [near, mapped, six, same_network] {
        assert!(rates.may_try(address).is_err(), "{address:?}");
    }
    for address in [far, others, None] {
        assert!(rates.may_try(address).is_ok(), "{address:?}");
    }
}

#[test]
fn hooks_are_counted_by_their_name() {
    let rates = Rates::new(&bounds(Rate::per_second(1, 1)));
    rates.hook("a").expect("the first");
    assert!(rates.hook("a").is_err());
    rates.hook("b").expect("another");
}
