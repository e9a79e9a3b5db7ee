//! What must say the same in several places: contract and tests, contract, refusals and their
//! documentation, README and Makefile. Also what no file may say: where it happened to be written.

use crate::rust;
use crate::tree::{File, Finding, Tree};
use std::collections::{BTreeMap, BTreeSet};

const CONTRACT: &str = "proto/omnichannel/v1/";
const REASON_PROTO: &str = "proto/omnichannel/v1/error_reason.proto";
const REASON_PREFIX: &str = "ERROR_REASON_";
const REASON_RUST: &str = "crates/domain/src/refusal.rs";
const REASON_DOCS: &str = "docs/errors.md";

/// Finds the reasons that a file lists, with their lines.
type Reader = fn(&File) -> Vec<(usize, String)>;

/// Every RPC is named by a test: as a method call, `.get_queue(`, or by its name, `GetQueue`.
pub(crate) fn untested_rpcs(tree: &Tree) -> Vec<Finding> {
    let tests: Vec<(String, &str)> = tree
        .files()
        .filter(|file| is_outside_test(file))
        .map(|file| (rust::scan(&file.text).code, file.text.as_str()))
        .collect();
    let mut findings = Vec::new();
    let mut services = 0;
    for file in tree.files().filter(|file| is_service(file)) {
        services += 1;
        for (line, name) in rpcs(file) {
            let call = format!(".{}(", snake_case(&name));
            if !tests.iter().any(|(code, text)| code.contains(&call) || has_word(text, &name)) {
                let text = format!("rpc {name}: no file of tests/it/ calls `{call}` or names it");
                findings.push(Finding::new(&file.path, line, text));
            }
        }
    }
    if services == 0 {
        findings.push(Finding::new(CONTRACT, 1, "there is no *_service.proto to test"));
    }
    findings
}

fn is_service(file: &File) -> bool {
    file.path.starts_with(CONTRACT) && file.name().ends_with("_service.proto")
}

/// Tests that talk to a booted server from outside: ours, and those of the SDKs.
fn is_outside_test(file: &File) -> bool {
    let sdk = file.path.starts_with("sdk/") && file.is_test() && !file.is_foreign();
    sdk || file.path.starts_with("tests/it/")
}

fn rpcs(file: &File) -> Vec<(usize, String)> {
    let named = |line: &str| {
        let rest = line.trim_start().strip_prefix("rpc ")?;
        Some(rest.split('(').next()?.trim().to_owned())
    };
    file.lines().filter_map(|(line, text)| Some((line, named(text)?))).collect()
}

/// The name of the method that the generators make of an RPC.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, c) in chars.iter().enumerate() {
        let after_small = at > 0 && !chars[at - 1].is_uppercase();
        let before_small = at > 0 && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

/// The reasons of the contract, of `domain` and of the documentation are the same.
pub(crate) fn error_reasons(tree: &Tree) -> Vec<Finding> {
    let sources: [(&str, Reader); 3] = [
        (REASON_PROTO, reasons_of_contract),
        (REASON_RUST, reasons_of_domain),
        (REASON_DOCS, reasons_of_docs),
    ];
    let mut findings = Vec::new();
    let mut lists: Vec<(&str, BTreeMap<String, usize>)> = Vec::new();
    for (path, read) in sources {
        let Some(file) = tree.get(path) else {
            findings.push(Finding::new(path, 1, "is missing: it must list the error reasons"));
            continue;
        };
        let mut list = BTreeMap::new();
        for (line, reason) in read(file) {
            if let Some(first) = list.insert(reason.clone(), line) {
                let text = format!("{reason} is named twice, first in line {first}");
                findings.push(Finding::new(path, line, text));
            }
        }
        if list.is_empty() {
            findings.push(Finding::new(path, 1, "lists no error reason"));
        }
        lists.push((path, list));
    }
    for (path, list) in &lists {
        for (other, others) in lists.iter().filter(|(other, _)| other != path) {
            findings.extend(list.iter().filter(|(reason, _)| !others.contains_key(*reason)).map(
                |(reason, line)| Finding::new(path, *line, format!("{reason} is not in {other}")),
            ));
        }
    }
    findings
}

/// A reason as it goes over the wire: `NAME_TAKEN`.
fn is_reason(text: &str) -> bool {
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() > 2
        && text.chars().all(capital)
}

fn reasons_of_contract(file: &File) -> Vec<(usize, String)> {
    let reason = |line: &str| {
        let name = line.trim().split(['=', ' ']).next()?.strip_prefix(REASON_PREFIX)?;
        (line.contains('=') && name != "UNSPECIFIED").then(|| name.to_owned())
    };
    file.lines().filter_map(|(line, text)| Some((line, reason(text)?))).collect()
}

fn reasons_of_domain(file: &File) -> Vec<(usize, String)> {
    let source = rust::scan(&file.text);
    // The file's own tests, at its end, may name a reason again.
    let tests = source.code.lines().position(|line| line.trim() == "#[cfg(test)]");
    let product = |line: usize| tests.is_none_or(|tests| line <= tests);
    source.literals.into_iter().filter(|(line, text)| product(*line) && is_reason(text)).collect()
}

fn reasons_of_docs(file: &File) -> Vec<(usize, String)> {
    let heading = |line: &str| line.strip_prefix("## ").map(|text| text.trim().replace('`', ""));
    file.lines()
        .filter_map(|(line, text)| Some((line, heading(text)?)))
        .filter(|(_, reason)| is_reason(reason))
        .collect()
}

/// README starts a reader with two commands, and the Makefile has them.
pub(crate) fn readme_commands(tree: &Tree) -> Vec<Finding> {
    let Some(readme) = tree.get("README.md") else {
        return vec![Finding::new("README.md", 1, "is missing: it says `make run`, `make test`")];
    };
    let mut findings = Vec::new();
    let mut fenced = false;
    let mut named = BTreeSet::new();
    for (line, text) in readme.lines() {
        fenced ^= text.trim_start().starts_with("```");
        let command = text.trim().trim_start_matches("$ ").split('#').next().unwrap_or_default();
        if !fenced || !command.starts_with("make ") {
            continue;
        }
        let target = command.trim_end();
        named.insert(target.to_owned());
        if target != "make run" && target != "make test" {
            let text = format!("`{target}`: a reader starts with `make run` and `make test` alone");
            findings.push(Finding::new("README.md", line, text));
        }
    }
    let makefile = tree.get("Makefile").map_or("", |file| file.text.as_str());
    for target in ["run", "test"] {
        if !named.contains(&format!("make {target}")) {
            let text = format!("no code block holds the command `make {target}`");
            findings.push(Finding::new("README.md", 1, text));
        }
        if !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))) {
            findings.push(Finding::new("Makefile", 1, format!("has no target {target}")));
        }
    }
    findings
}

/// The project speaks of itself alone: no folder of the machine that wrote it, no registry's host.
pub(crate) fn foreign_places(tree: &Tree) -> Vec<Finding> {
    // In two halves each, so that this list is not found itself.
    let places = [
        ("/work", "/main"),
        ("/work", "/shared"),
        ("/ro", "ot/"),
        ("crates", ".io"),
        ("npm", "js"),
        ("pypi", ".org"),
        ("deb.", "debian"),
        ("proxy.", "golang"),
    ]
    .map(|(front, back)| [front, back].concat());
    let mut findings = Vec::new();
    // Cargo writes the lock file, and names in it where a package is from.
    for file in tree.files().filter(|file| file.path != "Cargo.lock") {
        for (line, text) in file.lines() {
            findings.extend(places.iter().filter(|place| text.contains(place.as_str())).map(
                |place| Finding::new(&file.path, line, format!("names `{place}`: say it without")),
            ));
        }
    }
    findings
}

mod samples {
    use super::*;
    use crate::tree::assert_found;

    #[test]
    fn rpcs_without_a_test_are_found() {
        let proto = "service S {\n  // rpc Old(A) returns (B);\n  rpc GetQueue(A) returns (B);\n\
                     \x20 rpc ListQueues (A) returns (B);\n  rpc WatchFeed(A) returns (B);\n}";
        let test = "let a = c.get_queue(x).await; // list_queues\nlet b = c.list_queues_all();";
        let tree = Tree::of([
            ("proto/omnichannel/v1/a_service.proto", proto),
            ("tests/it/a.rs", test),
            ("sdk/rust/src/generated.rs", "fn f() { c.list_queues(x) }"),
            ("sdk/python/tests/test_story.py", "\"WatchFeed\""),
        ]);
        let expected = ["proto/omnichannel/v1/a_service.proto:4: rpc ListQueues"];
        assert_found(&untested_rpcs(&tree), &expected);
        assert_found(&untested_rpcs(&Tree::of([])), &["there is no *_service.proto"]);
        assert_eq!(snake_case("GetSLAReport2Now"), "get_sla_report2_now");
    }

    #[test]
    fn reasons_that_differ_are_found() {
        let proto = "enum ErrorReason {\n  ERROR_REASON_UNSPECIFIED = 0;\n  // ERROR_REASON_OLD\n\
                     \x20 ERROR_REASON_NO_QUEUE = 1;\n  ERROR_REASON_NAME_TAKEN = 2;\n}";
        let domain = "//! \"NOT_THIS\"\nfn f() { \"NO_QUEUE\"; \"a text\"; \"ETAG\"; \"ETAG\" }\n\
                      #[cfg(test)]\nmod tests { fn g() { \"NO_QUEUE\" } }";
        let docs = "# Errors\n## How to read this\n## `NO_QUEUE`\n## NAME_TAKEN\n## ETAG\n";
        let all = [(REASON_PROTO, proto), (REASON_RUST, domain), (REASON_DOCS, docs)];
        let expected = [
            "refusal.rs:2: ETAG is named twice",
            "error_reason.proto:5: NAME_TAKEN is not in crates/domain/src/refusal.rs",
            "refusal.rs:2: ETAG is not in proto/omnichannel/v1/error_reason.proto",
            "errors.md:5: ETAG is not in proto",
            "errors.md:4: NAME_TAKEN is not in crates",
        ];
        assert_found(&error_reasons(&Tree::of(all)), &expected);
        let missing = error_reasons(&Tree::of([(REASON_PROTO, ""), (REASON_RUST, domain)]));
        assert_eq!(missing.len(), 5, "{missing:?}");
    }

    #[test]
    fn readme_without_the_two_commands_is_found() {
        let makefile = ("Makefile", "run:\ntest:\n");
        let good = "```sh\nmake run    # serve\n$ make test\n```\nLater: `make lint`.";
        assert_found(&readme_commands(&Tree::of([makefile, ("README.md", good)])), &[]);
        let bad = "make run\n```\nmake lint\nmake test\n```";
        let expected = ["README.md:3: `make lint`", "README.md:1: no code block holds the command"];
        assert_found(&readme_commands(&Tree::of([makefile, ("README.md", bad)])), &expected);
        assert_found(&readme_commands(&Tree::of([makefile])), &["README.md:1: is missing"]);
    }

    #[test]
    fn foreign_places_are_found() {
        let text = ["a\nsee /work", "/main/x\n"].concat();
        let tree = Tree::of([("docs/a.md", text.as_str()), ("docs/b.md", "/workshop/main")]);
        assert_found(&foreign_places(&tree), &["docs/a.md:2: names"]);
    }
}
