//! What the build does with a contract it cannot enforce: it fails and names the culprit. The
//! modules of the build script are compiled into this test and given small contracts.

use prost_reflect::DescriptorPool;
use protox::file::IncludeFileResolver;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

#[path = "../../../build/policy.rs"]
mod policy;
#[path = "../../../build/rules.rs"]
mod rules;
#[path = "../../../build/validate.rs"]
mod validate;

struct Source(String);

impl FileResolver for Source {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == "small.proto" {
            File::from_source(name, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

/// A contract with these definitions.
fn pool(definitions: &str) -> DescriptorPool {
    let source = format!(
        "syntax = \"proto3\";\npackage omnichannel.v1;\n\
         import \"buf/validate/validate.proto\";\n\
         import \"google/protobuf/duration.proto\";\n\
         import \"google/protobuf/any.proto\";\n\
         import \"omnichannel/v1/options.proto\";\n{definitions}"
    );
    let mut resolver = ChainFileResolver::new();
    resolver.add(Source(source));
    for root in ["proto", "third_party"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
        resolver.add(IncludeFileResolver::new(root));
    }
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("small.proto").expect("the definitions are sound");
    let descriptor = compiler.encode_file_descriptor_set();
    DescriptorPool::decode(descriptor.as_slice()).expect("it was just encoded")
}

fn field(definition: &str) -> Result<String, String> {
    validate::generate(&pool(&format!("message M {{ {definition}; }}")))
}

#[test]
fn a_rule_that_is_not_known_fails_the_build_and_names_the_field() {
    for (definition, rule) in [
        ("string f = 1 [(buf.validate.field).string.hostname = true]", "string.hostname"),
        ("string f = 1 [(buf.validate.field).string.prefix = \"a\"]", "string.prefix"),
        ("bytes f = 1 [(buf.validate.field).bytes.pattern = \"a\"]", "bytes"),
        ("int32 f = 1 [(buf.validate.field).int32.gt = 1]", "int32.gt"),
        ("double f = 1 [(buf.validate.field).double.lte = 1]", "double"),
        ("int32 f = 1 [(buf.validate.field).int32 = {gte: 2, lte: 1}]", "gte above lte"),
        (
            "google.protobuf.Duration f = 1 [(buf.validate.field).duration.gt.seconds = 1]",
            "duration.gt",
        ),
        (
            "repeated string f = 1 \
             [(buf.validate.field).repeated.items.ignore = IGNORE_IF_ZERO_VALUE]",
            "repeated.items",
        ),
        ("map<string, string> f = 1 [(buf.validate.field).map.min_pairs = 1]", "map.min_pairs"),
        ("string f = 1 [(buf.validate.field).ignore = IGNORE_ALWAYS]", "ignore"),
        ("string f = 1 [(buf.validate.field).cel = {id: \"x\"}]", "cel"),
    ] {
        let error = field(definition).expect_err(definition);
        assert!(error.contains("omnichannel.v1.M.f"), "{error}");
        assert!(error.contains(rule), "{error}");
    }
}

#[test]
fn rules_of_messages_oneofs_and_other_types_fail_the_build() {
    let oneof =
        "message M { oneof o { option (buf.validate.oneof).required = true; int32 f = 1; } }";
    assert!(validate::generate(&pool(oneof)).is_ok());
    let cel = "option (buf.validate.message).cel = {id: \"x\"}; string f = 1";
    assert!(field(cel).expect_err(cel).contains("omnichannel.v1.M"));
    let wrong = "string f = 1 [(buf.validate.field).int32.gte = 1]";
    assert!(field(wrong).expect_err(wrong).contains("omnichannel.v1.M.f"));
    let pattern = "string f = 1 [(buf.validate.field).string.pattern = \"(\"]";
    assert!(field(pattern).expect_err(pattern).contains("omnichannel.v1.M.f"));
    let open = "message M { google.protobuf.Any f = 1; }\n\
                service S { rpc R(M) returns (M); }";
    let error = validate::generate(&pool(open)).expect_err("anything cannot be checked");
    assert!(error.contains("google.protobuf.Any"), "{error}");
}

fn method(signature: &str, policy: &str) -> Result<String, String> {
    let definitions = format!("message M {{}}\nservice S {{ rpc R{signature} {{ {policy} }} }}");
    policy::generate(&pool(&definitions))
}

#[test]
fn a_method_without_a_whole_policy_fails_the_build() {
    let unary = "(M) returns (M)";
    let stream = "(M) returns (stream M)";
    let policy = |rest: &str| {
        format!("option (omnichannel.v1.policy) = {{ permission: PERMISSION_FEED_READ {rest} }};")
    };
    let read = policy("idempotency: IDEMPOTENCY_READ audit: AUDIT_CLASS_NONE");
    let event = "idempotency: IDEMPOTENCY_STREAM audit: AUDIT_CLASS_NONE stream: STREAM_KIND_EVENT";
    let table = method(unary, &read).expect("a whole policy");
    assert!(table.contains("\"/omnichannel.v1.S/R\", permission: Permission::FeedRead"), "{table}");
    assert!(method(stream, &policy(event)).is_ok());
    for (signature, policy) in [
        (unary, String::new()),
        (unary, policy("idempotency: IDEMPOTENCY_READ")),
        (unary, policy("audit: AUDIT_CLASS_NONE")),
        (unary, policy(event)),
        (stream, read),
        (unary, "option (omnichannel.v1.policy).audit = AUDIT_CLASS_NONE;".to_owned()),
    ] {
        let error = method(signature, &policy).expect_err(&policy);
        assert!(error.contains("omnichannel.v1.S.R"), "{error}");
    }
}
