//! The house rules as tests: who may know whom, what may be imported where, how large things may
//! grow, and which lists must agree. Each rule is one test whose failure names file and line; each
//! scanner under `tidy/` has samples that show it can fail. Needs no server and no database.

#[path = "tidy/agreement.rs"]
mod agreement;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/manifest.rs"]
mod manifest;
#[path = "tidy/named.rs"]
mod named;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/style.rs"]
mod style;
#[path = "tidy/tree.rs"]
mod tree;

use style::Exception;
use tree::{Tree, settle};

/// Sizes over the cap: path, what (`lines`, `width`, `fn NAME`), what it measures now, why. The
/// list may only shrink: an entry wider than needed fails the test, and so does one not needed.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "proto/omnichannel/v1/analytics_service.proto",
        what: "width",
        limit: 102,
        reason: "the formatter of the contract keeps an RPC with its messages on one line",
    },
    Exception {
        path: "sdk/rust/examples/guide_backend.rs",
        what: "fn main",
        limit: 139,
        reason: "the blocks of a guide are one program, read under its headings",
    },
    Exception {
        path: "sdk/rust/examples/guide_agent_console.rs",
        what: "fn main",
        limit: 212,
        reason: "the blocks of a guide are one program, read under its headings",
    },
];

#[test]
fn crates_know_only_whom_they_may() {
    let rule = "root -> app -> {engine, store, channels} -> domain, and some packages are kept";
    settle(rule, &manifest::dependency_rule(Tree::here()));
}

#[test]
fn banned_packages_are_not_in_the_lock_file() {
    settle("one TLS provider, and no C library for it", &manifest::banned_packages(Tree::here()));
}

#[test]
fn domain_and_engine_are_pure() {
    let rule = "decisions reach no clock, no chance, no I/O and no hash order";
    settle(rule, &style::pure_crates(Tree::here()));
}

#[test]
fn only_channels_builds_http_clients() {
    settle("what calls out is guarded in one place", &style::http_clients(Tree::here()));
}

#[test]
fn the_edge_names_store_and_channels_only_to_wire_them() {
    settle("the edge asks app for everything else", &style::wiring(Tree::here()));
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    settle("every file opens with a paragraph", &style::headers(Tree::here()));
}

#[test]
fn files_functions_and_lines_keep_their_size() {
    let rule = "code 500 lines, tests 800, functions 70, width 100, or an entry in EXCEPTIONS";
    settle(rule, &style::sizes(Tree::here(), EXCEPTIONS));
}

#[test]
fn modules_are_named_after_their_idea() {
    settle("no module is called after the word module", &style::module_files(Tree::here()));
}

#[test]
fn no_test_is_ignored() {
    settle("what is written as a test runs as a test", &style::ignored_tests(Tree::here()));
}

#[test]
fn what_is_left_to_do_has_an_issue() {
    settle("work that is not done is listed", &style::marks_without_issue(Tree::here()));
}

#[test]
fn every_rpc_is_tested_from_outside() {
    settle("an RPC lands with its test", &agreement::untested_rpcs(Tree::here()));
}

#[test]
fn contract_refusals_and_documentation_list_the_same_reasons() {
    settle("a reason is in all three lists", &agreement::error_reasons(Tree::here()));
}

#[test]
fn documents_name_tests_that_are_there() {
    settle("what is said to be tried is tried", &named::named_tests(Tree::here()));
}

#[test]
fn readme_starts_with_make_run_and_make_test() {
    settle("two commands are enough to begin", &agreement::readme_commands(Tree::here()));
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    settle("the project speaks of itself alone", &agreement::foreign_places(Tree::here()));
}

#[test]
fn links_lead_somewhere() {
    settle("a link leads to a file and a chapter that are there", &links::broken(Tree::here()));
}

#[test]
fn every_page_can_be_found() {
    settle("docs/README.md names every page of docs/", &links::unlisted(Tree::here()));
}
