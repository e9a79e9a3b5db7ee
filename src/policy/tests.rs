//! The table agrees with the descriptor that clients see, and the classes agree with each other.

use super::*;
use crate::proto::DESCRIPTOR;
use prost_reflect::{DescriptorPool, MethodDescriptor};

fn methods() -> Vec<(String, MethodDescriptor)> {
    let pool = DescriptorPool::decode(DESCRIPTOR).expect("the build encoded it");
    let services = pool.services().collect::<Vec<_>>();
    let methods = services.iter().flat_map(|service| {
        let name = service.full_name().to_owned();
        service.methods().map(move |method| (format!("/{name}/{}", method.name()), method))
    });
    methods.collect()
}

#[test]
fn every_method_has_a_policy_and_every_policy_a_method() {
    let methods = methods();
    assert_eq!(methods.len(), all().len());
    for (path, method) in methods {
        let policy = of(&path).expect(&path);
        assert_eq!(policy.path, path);
        assert_eq!(policy.client_streaming, method.is_client_streaming(), "{path}");
        assert_eq!(policy.server_streaming, method.is_server_streaming(), "{path}");
    }
    assert!(all().is_sorted_by(|a, b| a.path < b.path));
    for path in ["", "/", "/omnichannel.v1.AgentService/", "/grpc.health.v1.Health/Check"] {
        assert_eq!(of(path), None);
    }
}

#[test]
fn policies_are_what_the_contract_says() {
    let of = |path: &str| *of(path).expect(path);
    let create = of("/omnichannel.v1.InteractionService/CreateInteraction");
    assert_eq!(create.permission, Permission::InteractionsWrite);
    assert_eq!(create.idempotency, Idempotency::RequestId);
    assert_eq!((create.audit, create.stream), (AuditClass::Change, None));
    let dashboard = of("/omnichannel.v1.AnalyticsService/Dashboard");
    assert_eq!(dashboard.stream, Some(StreamKind::State));
    assert_eq!(dashboard.idempotency, Idempotency::Stream);
    assert!(dashboard.client_streaming && dashboard.server_streaming);
}

#[test]
fn what_is_recognised_by_its_request_id_has_one() {
    for (path, method) in methods() {
        let policy = of(&path).expect(&path);
        let has = method.input().get_field_by_name("request_id").is_some();
        assert!(has || policy.idempotency != Idempotency::RequestId, "{path}");
        let changes = matches!(policy.idempotency, Idempotency::RequestId | Idempotency::Natural);
        let recorded = matches!(policy.audit, AuditClass::Change | AuditClass::Security);
        assert!(recorded || !changes, "{path} changes something unrecorded");
    }
}

#[test]
fn sensitive_fields_are_told_by_message() {
    assert!(
        sensitive_fields("omnichannel.v1.Customer")
            .contains(&("display_name", Sensitivity::Personal))
    );
    assert_eq!(
        sensitive_fields("omnichannel.v1.RotateChannelSecretResponse"),
        [("signing_secret", Sensitivity::Secret)]
    );
    assert_eq!(sensitive_fields("omnichannel.v1.Skill"), []);
}
