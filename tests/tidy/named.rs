//! Tests that documents name: each must be there. A document that says that something is tried is
//! worth nothing once the test has another name.

use crate::tree::{Finding, Tree};
use std::collections::BTreeSet;

/// Documents that name tests.
const DOCUMENTS: [&str; 3] = ["docs/security-tests.md", "docs/limits.md", "docs/routing-tests.md"];

/// The document in which every attempt has its number, and how many there are.
const NUMBERED: &str = DOCUMENTS[0];
const NUMBERS: u32 = 58;

/// Every test that a document names is there, and every number has its line.
pub(crate) fn named_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in tree.files().filter(|file| DOCUMENTS.contains(&file.path.as_str())) {
        for (line, text) in document.lines() {
            for name in names(text) {
                if !is_there(tree, name) {
                    let text = format!("there is no test {name}");
                    findings.push(Finding::new(&document.path, line, text));
                }
            }
        }
        if document.path == NUMBERED {
            let rows = document.lines().filter_map(|(_, text)| text.split('|').nth(1));
            let told: BTreeSet<String> = rows.map(|cell| cell.trim().to_owned()).collect();
            let missing = (1..=NUMBERS).map(|number| format!("S{number}"));
            for number in missing.filter(|number| !told.contains(number)) {
                let text = format!("{number} has no line");
                findings.push(Finding::new(&document.path, 1, text));
            }
        }
    }
    findings
}

/// Test names in back quotes, such as `abuse::x` or `channels/egress::x`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::") && !name.contains(['.', '(', '…']))
}

/// Whether the file that a name stands for has such a function.
fn is_there(tree: &Tree, name: &str) -> bool {
    let Some((place, function)) = name.split_once("::") else { return false };
    let path = match place.split_once('/') {
        Some((part, file)) => format!("crates/{part}/tests/it/{file}.rs"),
        None => format!("tests/it/{place}.rs"),
    };
    let wanted = format!("fn {function}(");
    tree.files().any(|file| file.path == path && file.text.contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_and_not_there_is_found() {
        let page = "| S1 | x | y | `abuse::there`, `store/seals::gone` |\n`a.b` `x::y()`\n";
        let numbers: String = (2..=NUMBERS).map(|number| format!("| S{number} | x |\n")).collect();
        let whole = format!("{page}{numbers}");
        let code = "fn there() {}\n";
        let tree = Tree::of([(NUMBERED, whole.as_str()), ("tests/it/abuse.rs", code)]);
        let found: Vec<_> = named_tests(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("store/seals::gone"), "{found:?}");
        let tree = Tree::of([(NUMBERED, page), ("tests/it/abuse.rs", code)]);
        let found: Vec<_> = named_tests(&tree).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|text| text.contains("S2 has no line")), "{found:?}");
    }
}
