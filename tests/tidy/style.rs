//! How a source is written: its header, its size, its place, what it may import. Sizes have a list
//! of exceptions that may only shrink: one that is wider than needed fails as well.

use crate::rust;
use crate::tree::{File, Finding, Tree};
use std::collections::BTreeMap;

const CODE_LINES_MAX: usize = 500;
const TEST_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const WIDTH_MAX: usize = 100;

/// Sources by extension; `run` is the one script without.
const MEASURED: &[&str] = &["rs", "proto", "ts", "tsx", "js", "mjs", "py", "sh"];

/// A size over the cap, until somebody finds the idea that should leave.
pub(crate) struct Exception {
    pub(crate) path: &'static str,
    /// `lines`, `width` or `fn NAME`.
    pub(crate) what: &'static str,
    /// What it measures now.
    pub(crate) limit: usize,
    pub(crate) reason: &'static str,
}

/// What one name may not be reached by, and why.
struct Banned {
    path: &'static str,
    why: &'static str,
}

const CLOCK: &str = "time is an argument: one `now` per decision";
const CHANCE: &str = "chance is an argument: a seeded generator is handed in";
const ORDER: &str = "hash order differs between runs: use an ordered map or set";
const WORLD: &str = "no I/O: what a decision needs is an argument";

const IMPURE: &[Banned] = &[
    Banned { path: "std::time::SystemTime", why: CLOCK },
    Banned { path: "std::time::Instant", why: CLOCK },
    Banned { path: "rand::rng", why: CHANCE },
    Banned { path: "rand::thread_rng", why: CHANCE },
    Banned { path: "rand::random", why: CHANCE },
    Banned { path: "rand::prelude", why: CHANCE },
    Banned { path: "rand::rngs::OsRng", why: CHANCE },
    Banned { path: "rand::rngs::ThreadRng", why: CHANCE },
    Banned { path: "getrandom", why: CHANCE },
    Banned { path: "uuid::Uuid::now_v7", why: CLOCK },
    Banned { path: "uuid::Uuid::new_v4", why: CHANCE },
    Banned { path: "Uuid::now_v7", why: CLOCK },
    Banned { path: "Uuid::new_v4", why: CHANCE },
    Banned { path: "std::collections::HashMap", why: ORDER },
    Banned { path: "std::collections::HashSet", why: ORDER },
    Banned { path: "std::collections::hash_map", why: ORDER },
    Banned { path: "std::collections::hash_set", why: ORDER },
    Banned { path: "std::hash::RandomState", why: ORDER },
    Banned { path: "imbl::HashMap", why: ORDER },
    Banned { path: "imbl::HashSet", why: ORDER },
    Banned { path: "std::env", why: WORLD },
    Banned { path: "std::fs", why: WORLD },
    Banned { path: "std::net", why: WORLD },
    Banned { path: "std::process", why: WORLD },
    Banned { path: "std::thread", why: WORLD },
    Banned { path: "tokio", why: WORLD },
];

const CLIENTS: &[Banned] = &[
    Banned { path: "reqwest", why: "only channels builds HTTP clients" },
    Banned { path: "ureq", why: "only channels builds HTTP clients" },
    Banned { path: "hyper::client", why: "only channels builds HTTP clients" },
    Banned { path: "hyper_util::client", why: "only channels builds HTTP clients" },
];

/// `domain` and `engine` reach no clock, no chance, no I/O and no hash order, their tests neither.
pub(crate) fn pure_crates(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust_under(&["crates/domain/src/", "crates/engine/src/"]);
    sources.flat_map(|file| reached(file, IMPURE)).collect()
}

pub(crate) fn http_clients(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust_under(&["src/", "crates/app/src/", "crates/store/src/"]);
    sources.flat_map(|file| reached(file, CLIENTS)).collect()
}

fn reached(file: &File, banned: &[Banned]) -> Vec<Finding> {
    let tokens = rust::tokens(&rust::scan(&file.text).code);
    let mut findings = Vec::new();
    for path in rust::paths(&tokens) {
        let names = path.parts.strip_suffix(&["*".to_owned()]).unwrap_or(&path.parts);
        for ban in banned {
            let parts: Vec<&str> = ban.path.split("::").collect();
            let within =
                names.len() >= parts.len() && names.iter().zip(&parts).all(|(a, b)| a == b);
            // Importing the module around it lets it in unnamed; importing a type does not.
            let module = names.last().is_some_and(|name| name.starts_with(char::is_lowercase));
            let around = path.imported
                && module
                && names.len() < parts.len()
                && names.iter().zip(&parts).all(|(a, b)| a == b);
            if within || around {
                let module = if around { ", and this imports the module around it" } else { "" };
                let text = format!("{} is out of reach here{module}: {}", ban.path, ban.why);
                findings.push(Finding::new(&file.path, path.line, text));
                break;
            }
        }
    }
    findings
}

/// The edge names `store` and `channels` only where it wires them; everything else asks `app`.
pub(crate) fn wiring(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under(&["src/"]) {
        let path = file.path.as_str();
        let wires = ["src/server.rs", "src/main.rs"].contains(&path);
        if wires || ["src/server/", "src/cli"].iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let source = rust::scan(&file.text);
        for path in rust::paths(&rust::tokens(&source.code)) {
            let name = path.parts[0].as_str();
            // A file that declares a module of that name means its own.
            let own = source.code.contains(&format!("mod {name};"));
            if ["store", "channels"].contains(&name) && !own {
                let text = format!("only src/server*, src/main.rs and src/cli* name `{name}`");
                findings.push(Finding::new(&file.path, path.line, text));
            }
        }
    }
    findings
}

pub(crate) fn headers(tree: &Tree) -> Vec<Finding> {
    let bare = tree.rust().filter(|file| !file.text.starts_with("//!"));
    bare.map(|file| {
        let text = "must open with a `//!` paragraph: what it is for, promises and leaves out";
        Finding::new(&file.path, 1, text)
    })
    .collect()
}

pub(crate) fn module_files(tree: &Tree) -> Vec<Finding> {
    let old = tree.rust().filter(|file| file.name() == ["mod", "rs"].join("."));
    old.map(|file| Finding::new(&file.path, 1, "use foo.rs beside foo/")).collect()
}

/// A test that does not run proves nothing.
pub(crate) fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for (index, line) in rust::scan(&file.text).code.lines().enumerate() {
            let code: String = line.split_whitespace().collect();
            let switched = code.contains("#[cfg_attr(") && code.contains(",ignore");
            if code.contains("#[ignore") || switched {
                let text = "an ignored test proves nothing: run it or delete it";
                findings.push(Finding::new(&file.path, index + 1, text));
            }
        }
    }
    findings
}

/// What is left to do has an issue, and the mark names it: `(#12)` on the same line.
pub(crate) fn marks_without_issue(tree: &Tree) -> Vec<Finding> {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| is_source(file) || file.extension() == "md") {
        for (line, text) in file.lines() {
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            let Some(mark) = words.find(|word| marks.iter().any(|mark| mark == word)) else {
                continue;
            };
            let mut after_hash = text.split('#').skip(1);
            if !after_hash.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                let text = format!("{mark} without an issue: write {mark}(#NUMBER) or do it");
                findings.push(Finding::new(&file.path, line, text));
            }
        }
    }
    findings
}

fn is_source(file: &File) -> bool {
    let script = file.path.starts_with(".ci/") && file.extension().is_empty();
    !file.is_foreign() && (script || MEASURED.contains(&file.extension()))
}

/// One size: the place, what was measured, the value and the cap.
struct Measure {
    line: usize,
    what: String,
    value: usize,
    cap: usize,
}

fn measures(file: &File) -> Vec<Measure> {
    let cap = if file.is_test() { TEST_LINES_MAX } else { CODE_LINES_MAX };
    let mut found = Vec::new();
    // A contract is one list of small things; splitting it by size would split services.
    if file.extension() != "proto" {
        found.push(Measure { line: 1, what: "lines".into(), value: file.lines().count(), cap });
    }
    found.extend(file.lines().map(|(line, text)| {
        let value = text.chars().count();
        Measure { line, what: "width".into(), value, cap: WIDTH_MAX }
    }));
    if file.extension() == "rs" {
        let tokens = rust::tokens(&rust::scan(&file.text).code);
        found.extend(rust::functions(&tokens).into_iter().map(|function| {
            let rust::Function { name, line, lines } = function;
            Measure { line, what: format!("fn {name}"), value: lines, cap: FUNCTION_LINES_MAX }
        }));
    }
    found
}

/// Files, functions and lines keep their size; an exception keeps the size that it states.
pub(crate) fn sizes(tree: &Tree, exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut largest: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for file in tree.files().filter(|file| is_source(file)) {
        for Measure { line, what, value, cap } in measures(file) {
            let excepted = exceptions.iter().find(|e| e.path == file.path && e.what == what);
            let limit = excepted.map_or(cap, |exception| exception.limit);
            if value > limit {
                let text = format!("{what}: {value}, at most {limit}: which idea is leaving?");
                findings.push(Finding::new(&file.path, line, text));
            }
            let entry = largest.entry((file.path.clone(), what)).or_insert((value, cap));
            entry.0 = entry.0.max(value);
        }
    }
    findings.extend(exceptions.iter().filter_map(|exception| {
        let Exception { path, what, limit, reason } = exception;
        let text = match largest.get(&(path.to_string(), what.to_string())) {
            None => format!("exception for {what}: there is no such thing; delete it"),
            Some((value, cap)) if value <= cap => {
                format!("exception for {what}: no longer needed; delete it")
            }
            Some((value, _)) if value < limit => {
                format!("exception for {what}: {value} is enough; lower the limit from {limit}")
            }
            Some(_) if reason.is_empty() => format!("exception for {what}: has no reason"),
            Some(_) => return None,
        };
        Some(Finding::new(path, 1, text))
    }));
    findings
}

mod samples {
    use super::*;
    use crate::tree::assert_found;

    #[test]
    fn impure_imports_are_found() {
        let engine = "//! HashMap, std::fs\nuse std::collections::{BTreeMap, HashSet as Set};\n\
                      use std::{time::Duration, time};\nuse std::time::*;\nuse rand::{Rng, rng};\n\
                      fn f() { std::env::var(\"tokio::x\"); \
                      std::time::Duration::MAX; Uuid::now_v7() }\n\
                      use uuid::Uuid;\nuse domain::time::Instant;\n";
        let tree = Tree::of([
            ("crates/engine/src/a.rs", engine),
            ("crates/engine/benches/b.rs", "use std::time::Instant;"),
            ("crates/app/src/c.rs", "use std::time::Instant;"),
            ("crates/domain/src/d.rs", "tokio::spawn(x);"),
        ]);
        let expected = [
            "crates/domain/src/d.rs:1: tokio",
            "crates/engine/src/a.rs:2: std::collections::HashSet is out of reach here: hash order",
            "crates/engine/src/a.rs:3: std::time::SystemTime is out of reach here, and this",
            "crates/engine/src/a.rs:4: std::time::SystemTime",
            "crates/engine/src/a.rs:5: rand::rng",
            "crates/engine/src/a.rs:6: std::env",
            "crates/engine/src/a.rs:6: Uuid::now_v7",
        ];
        assert_found(&pure_crates(&tree), &expected);
    }

    #[test]
    fn clients_and_wiring_in_the_wrong_place_are_found() {
        let tree = Tree::of([
            ("src/server.rs", "use store::Store;"),
            ("src/server/key.rs", "use store::MasterKey;"),
            ("src/cli/keys.rs", "store::open();"),
            ("src/grpc/a.rs", "use channels::Registry;\nfn f() { store::open(); store.get(); }"),
            ("src/http.rs", "mod channels;\nuse channels::X;\nuse crate::store::Y;"),
            ("crates/app/src/b.rs", "use hyper_util::client::legacy::Client;"),
            ("crates/channels/src/c.rs", "use reqwest::Client;"),
        ]);
        let expected = ["src/grpc/a.rs:1: only", "src/grpc/a.rs:2: only"];
        assert_found(&wiring(&tree), &expected);
        assert_found(&http_clients(&tree), &["crates/app/src/b.rs:1: hyper_util::client"]);
    }

    #[test]
    fn headers_module_files_and_ignored_tests_are_found() {
        let ignored = "//! x \n#[test]\n#[ignore = \"slow\"]\nfn f() {}\n// #[ignore]\n\
                       #[cfg_attr(windows, ignore)]";
        let tree = Tree::of([
            ("src/a.rs", "use x;\n//! late"),
            ("src/b/mod.rs", "//! x"),
            ("src/c.rs", ignored),
            ("sdk/rust/src/generated/d.rs", "struct D;"),
        ]);
        assert_found(&headers(&tree), &["src/a.rs:1: must open"]);
        assert_found(&module_files(&tree), &["src/b/mod.rs:1: use foo.rs"]);
        assert_found(&ignored_tests(&tree), &["src/c.rs:3: an ignored", "src/c.rs:6: an ignored"]);
    }

    #[test]
    fn marks_without_issue_are_found() {
        let text = "// T_D: a\n// T_D(#12): b\n// F_E # later\nlet t = \"+1X_X\"; T_DAY";
        let text = text.replace("T_D", &["TO", "DO"].concat());
        let text = text.replace("F_E", &["FIX", "ME"].concat());
        let tree = Tree::of([("src/a.rs", text.as_str())]);
        assert_found(&marks_without_issue(&tree), &["src/a.rs:1: TO", "src/a.rs:3: FIX"]);
    }

    #[test]
    fn sizes_over_the_cap_are_found_and_exceptions_only_shrink() {
        let long = "x\n".repeat(501);
        let function = format!("fn f() {{\n{}}}\n// {}\n", "g();\n".repeat(70), "é".repeat(98));
        let tree = Tree::of([
            ("src/long.rs", long.as_str()),
            ("tests/it/long.rs", long.as_str()),
            ("src/f.rs", function.as_str()),
            ("sdk/rust/src/generated.rs", long.as_str()),
            ("sdk/python/src/omnichannel/_generated/a.py", long.as_str()),
            ("sdk/python/src/omnichannel/v1/a_pb2.py", long.as_str()),
        ]);
        let expected = [
            "src/f.rs:73: width: 101, at most 100",
            "src/f.rs:1: fn f: 72, at most 70",
            "src/long.rs:1: lines: 501, at most 500",
        ];
        assert_found(&sizes(&tree, &[]), &expected);
        let except = |path, what, limit| Exception { path, what, limit, reason: "r" };
        let exceptions = [
            except("src/long.rs", "lines", 501),
            except("src/f.rs", "fn f", 75),
            except("src/f.rs", "width", 101),
            except("tests/it/long.rs", "lines", 900),
            except("src/gone.rs", "lines", 900),
        ];
        let expected = [
            "src/f.rs:1: exception for fn f: 72 is enough",
            "tests/it/long.rs:1: exception for lines: no longer needed",
            "src/gone.rs:1: exception for lines: there is no such thing",
        ];
        assert_found(&sizes(&tree, &exceptions), &expected);
    }
}
