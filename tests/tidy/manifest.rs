//! Who may know whom: the manifests against the dependency rule. Reads the part of TOML that
//! manifests use (tables, keys, inline tables); promises nothing about other TOML.

use crate::tree::{File, Finding, Tree};

/// The crates of the house and which of them each may name. A crate that has no row may not exist.
const KNOWS: &[(&str, &[&str])] = &[
    ("", &["app", "channels", "domain", "engine", "omnichannel-sdk", "store"]),
    ("crates/app", &["channels", "domain", "engine", "store"]),
    ("crates/channels", &["domain"]),
    ("crates/domain", &[]),
    ("crates/engine", &["domain"]),
    ("crates/store", &["domain"]),
    // Itself with its features, for its own tests.
    ("sdk/rust", &["omnichannel-sdk"]),
    ("tests/proof", &["omnichannel-sdk"]),
];

/// The packages that those folders hold.
const HOUSE: &[&str] =
    &["app", "channels", "domain", "engine", "omnichannel", "omnichannel-sdk", "proof", "store"];

/// A family of packages from outside that only some crates may name.
struct Kept {
    family: &'static str,
    only_in: &'static [&'static str],
    /// Crates that may name it for their tests alone.
    in_tests_of: &'static [&'static str],
    why: &'static str,
}

const EDGES: &[&str] = &["", "sdk/rust", "tests/proof"];
const CLIENT: &str = "only channels builds HTTP clients; others are handed one";
const WIRE: &str = "only the edge and the SDK know the wire";
const ROWS: &str = "only store knows the database";
const SYNC: &str = "domain and engine are pure and synchronous";
const ASYNC_CRATES: &[&str] =
    &["", "crates/app", "crates/channels", "crates/store", "sdk/rust", "tests/proof"];

const KEPT: &[Kept] = &[
    Kept { family: "tonic", only_in: EDGES, in_tests_of: &[], why: WIRE },
    Kept { family: "prost", only_in: EDGES, in_tests_of: &[], why: WIRE },
    Kept { family: "protox", only_in: EDGES, in_tests_of: &[], why: WIRE },
    Kept { family: "axum", only_in: &[""], in_tests_of: &["crates/channels"], why: WIRE },
    Kept { family: "sea-orm", only_in: &["crates/store"], in_tests_of: &[], why: ROWS },
    Kept {
        family: "sqlx",
        only_in: &["crates/store", "tests/proof"],
        in_tests_of: &["", "crates/app"],
        why: ROWS,
    },
    Kept { family: "reqwest", only_in: &["crates/channels"], in_tests_of: &[""], why: CLIENT },
    Kept { family: "ureq", only_in: &["crates/channels"], in_tests_of: &[""], why: CLIENT },
    Kept {
        family: "hyper",
        only_in: &["", "crates/channels", "sdk/rust"],
        in_tests_of: &[],
        why: CLIENT,
    },
    Kept { family: "tokio", only_in: ASYNC_CRATES, in_tests_of: &[], why: SYNC },
    Kept { family: "futures", only_in: ASYNC_CRATES, in_tests_of: &[], why: SYNC },
    Kept { family: "async-trait", only_in: ASYNC_CRATES, in_tests_of: &[], why: SYNC },
    Kept { family: "getrandom", only_in: ASYNC_CRATES, in_tests_of: &[], why: SYNC },
];

/// One dependency as a manifest names it.
struct Dependency {
    name: String,
    line: usize,
    table: Table,
    renamed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    /// `[dependencies]` and `[build-dependencies]`, of whatever target.
    Product,
    /// `[dev-dependencies]`.
    Tests,
    /// `[workspace.dependencies]`: names without use.
    Workspace,
}

/// Every edge between crates, and every package that is kept to some of them.
pub(crate) fn dependency_rule(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| file.name() == "Cargo.toml") {
        let folder = file.path.trim_end_matches("Cargo.toml").trim_end_matches('/');
        let Some((_, knows)) = KNOWS.iter().find(|(known, _)| *known == folder) else {
            let text =
                "this crate has no row in KNOWS (tests/tidy/manifest.rs): say whom it may know";
            findings.push(Finding::new(&file.path, 1, text));
            continue;
        };
        for dependency in dependencies(file) {
            let text = objection(&dependency, folder, knows);
            findings.extend(text.map(|text| Finding::new(&file.path, dependency.line, text)));
        }
    }
    let gone = |folder: &&str| tree.get(format!("{folder}/Cargo.toml").trim_matches('/')).is_none();
    findings.extend(
        KNOWS
            .iter()
            .map(|(folder, _)| *folder)
            .filter(gone)
            .map(|folder| Finding::new(folder, 1, "this crate has a row in KNOWS and no manifest")),
    );
    findings
}

fn objection(dependency: &Dependency, folder: &str, knows: &[&str]) -> Option<String> {
    let Dependency { name, table, renamed, .. } = dependency;
    if *renamed {
        return Some(format!("{name} is renamed: one name per package"));
    }
    if *table == Table::Workspace {
        return None;
    }
    if HOUSE.contains(&name.as_str()) {
        let driven = folder.is_empty() && *table == Table::Tests && name == "omnichannel-sdk";
        let whom = if knows.is_empty() { "no crate of the house".into() } else { knows.join(", ") };
        return (!driven && !knows.contains(&name.as_str()))
            .then(|| format!("must not know {name}: it may know {whom}"));
    }
    let kept = KEPT.iter().find(|kept| belongs(name, kept.family))?;
    let tested = *table == Table::Tests && kept.in_tests_of.contains(&folder);
    (!tested && !kept.only_in.contains(&folder))
        .then(|| format!("must not know {name}: {}", kept.why))
}

fn belongs(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn dependencies(file: &File) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table = None;
    let mut depth = 0_usize;
    for (line, text) in file.lines() {
        let text = uncommented(text).trim();
        if depth == 0 && text.starts_with('[') {
            let (kind, named) = table_of(text.trim_matches(['[', ']']));
            table = kind.map(|kind| (kind, named.is_some()));
            if let (Some(kind), Some(name)) = (kind, named) {
                found.push(Dependency { name, line, table: kind, renamed: false });
            }
            continue;
        }
        let key = text.split(['=', '.', ' ']).next().unwrap_or_default().trim_matches('"');
        let renames = text.contains("package =") || text.contains("package=");
        match table {
            Some((kind, false)) if depth == 0 && !key.is_empty() => {
                found.push(Dependency { name: key.into(), line, table: kind, renamed: renames });
            }
            Some((_, true)) if renames => {
                found.last_mut().expect("a named table made one").renamed = true;
            }
            _ => {}
        }
        depth += text.matches(['[', '{']).count();
        depth = depth.saturating_sub(text.matches([']', '}']).count());
    }
    found
}

/// What a table's title says: the kind of dependencies, and the one it is about if it is about one.
fn table_of(title: &str) -> (Option<Table>, Option<String>) {
    let (front, name) = match title.rsplit_once("dependencies") {
        Some((front, "")) => (front, None),
        Some((front, rest)) if rest.starts_with('.') => (front, Some(rest[1..].trim_matches('"'))),
        _ => return (None, None),
    };
    let table = match front {
        "workspace." => Table::Workspace,
        front if front.ends_with("dev-") => Table::Tests,
        _ => Table::Product,
    };
    (Some(table), name.map(str::to_owned))
}

/// The line without its comment; a `#` between quotes is none.
fn uncommented(line: &str) -> &str {
    let mut quoted = false;
    let starts = |(at, c): (usize, char)| {
        quoted ^= c == '"';
        (c == '#' && !quoted).then_some(at)
    };
    line.char_indices().find_map(starts).map_or(line, |at| &line[..at])
}

/// The packages that `deny.toml` bans must not be in the lock file. cargo-deny says the same with
/// more words where it is installed; this needs nothing.
pub(crate) fn banned_packages(tree: &Tree) -> Vec<Finding> {
    let (Some(deny), Some(lock)) = (tree.get("deny.toml"), tree.get("Cargo.lock")) else {
        return vec![Finding::new("deny.toml", 1, "deny.toml and Cargo.lock must both exist")];
    };
    let banned: Vec<&str> = deny
        .text
        .lines()
        .skip_while(|line| *line != "deny = [")
        .take_while(|line| *line != "]")
        .filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next())
        .collect();
    if banned.is_empty() {
        return vec![Finding::new(
            "deny.toml",
            1,
            "bans nothing: expected lines { crate = \"x\" }",
        )];
    }
    let package = |line: &str| line.strip_prefix("name = \"")?.strip_suffix('"').map(str::to_owned);
    lock.lines()
        .filter_map(|(line, text)| Some((line, package(text)?)))
        .filter(|(_, name)| banned.contains(&name.as_str()))
        .map(|(line, name)| Finding::new("Cargo.lock", line, format!("{name} is banned")))
        .collect()
}

mod samples {
    use super::*;
    use crate::tree::assert_found;

    fn house<'a>(change: &'a [(&'a str, &'a str)]) -> Tree {
        let manifest = |folder: &str| format!("{folder}/Cargo.toml").trim_matches('/').to_owned();
        let paths: Vec<String> = KNOWS.iter().map(|(folder, _)| manifest(folder)).collect();
        let sound = paths.iter().map(|path| (path.as_str(), "[package]\nname = \"x\"\n"));
        let changed = |path: &str| change.iter().any(|(other, _)| *other == path);
        Tree::of(change.iter().copied().chain(sound.filter(|(path, _)| !changed(path))))
    }

    #[test]
    fn edges_against_the_rule_are_found() {
        let engine = "[dependencies]\ndomain.workspace = true\nstore = { path = \"../store\" }\n\
                      [dev-dependencies]\napp.workspace = true # for tests\n\
                      [target.'cfg(unix)'.dependencies.tokio]\nversion = \"1\"\n";
        let app = "[dependencies]\nserde = { version = \"1\", features = [\n  \"rc\",\n] }\n\
                   tonic-types.workspace = true\nreqwest = \"0.13\"\n";
        let root = "[workspace.dependencies]\ntonic = \"0.14\"\nx = { package = \"tonic\" }\n\
                    [dev-dependencies]\nomnichannel-sdk = \"0\"\nreqwest = \"0\"\n\
                    [dependencies]\nsea-orm-migration = \"2\"\n";
        let tree = house(&[
            ("crates/engine/Cargo.toml", engine),
            ("crates/app/Cargo.toml", app),
            ("Cargo.toml", root),
            ("crates/types/Cargo.toml", ""),
        ]);
        let expected = [
            "Cargo.toml:3: x is renamed",
            "Cargo.toml:8: must not know sea-orm-migration",
            "crates/app/Cargo.toml:5: must not know tonic-types",
            "crates/app/Cargo.toml:6: must not know reqwest",
            "crates/engine/Cargo.toml:3: must not know store: it may know domain",
            "crates/engine/Cargo.toml:5: must not know app",
            "crates/engine/Cargo.toml:6: must not know tokio: domain and engine are pure",
            "crates/types/Cargo.toml:1: this crate has no row",
        ];
        assert_found(&dependency_rule(&tree), &expected);
        assert_found(&dependency_rule(&house(&[])), &[]);
    }

    #[test]
    fn banned_packages_are_found() {
        let deny = "deny = [\n    { crate = \"openssl\", reason = \"r\" },\n]\n\
                    exceptions = [\n    { crate = \"imbl\" },\n]\n";
        let lock = "[[package]]\nname = \"openssl-probe\"\n[[package]]\nname = \"openssl\"\n";
        let tree = |lock| Tree::of([("deny.toml", deny), ("Cargo.lock", lock)]);
        assert_found(&banned_packages(&tree(lock)), &["Cargo.lock:4: openssl is banned"]);
        assert_found(&banned_packages(&tree("name = \"imbl\"\n")), &[]);
        assert_found(&banned_packages(&Tree::of([("Cargo.lock", lock)])), &["must both exist"]);
    }
}
