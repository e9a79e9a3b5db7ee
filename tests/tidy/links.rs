//! Links between pages of text lead somewhere: to a file or folder of the repository, and to a
//! chapter that is there. Every page of `docs/` can be found from `docs/README.md`.

use crate::tree::{File, Finding, Tree};
use std::collections::BTreeSet;

const INDEX: &str = "docs/README.md";

/// Links that lead nowhere.
pub(crate) fn broken(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in pages(tree) {
        for (line, link) in links(file) {
            let (place, chapter) = link.split_once('#').unwrap_or((link, ""));
            let path = if place.is_empty() { file.path.clone() } else { joined(&file.path, place) };
            if !exists(tree, &path) {
                findings.push(Finding::new(&file.path, line, format!("{link}: no {path}")));
            } else if !chapter.is_empty()
                && tree.get(&path).is_some_and(|page| !chapters(page).contains(chapter))
            {
                let text = format!("{link}: {path} has no such chapter");
                findings.push(Finding::new(&file.path, line, text));
            }
        }
    }
    findings
}

/// Pages of `docs/` that the index does not name, by themselves or by their folder's page.
pub(crate) fn unlisted(tree: &Tree) -> Vec<Finding> {
    let Some(index) = tree.get(INDEX) else {
        return vec![Finding::new(INDEX, 1, "is missing: it names every page")];
    };
    let listed: BTreeSet<String> = links(index)
        .map(|(_, link)| joined(INDEX, link.split('#').next().unwrap_or_default()))
        .collect();
    let in_a_listed_folder = |path: &str| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        listed.contains(folder) || listed.contains(&format!("{folder}/README.md"))
    };
    pages(tree)
        .filter(|page| page.path.starts_with("docs/") && page.path != INDEX)
        .filter(|page| !listed.contains(&page.path) && !in_a_listed_folder(&page.path))
        .map(|page| Finding::new(INDEX, 1, format!("{} is not named", page.path)))
        .collect()
}

fn pages(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files().filter(|file| file.extension() == "md" && !file.path.starts_with("third_party/"))
}

/// Lines outside fenced blocks.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, text)| {
        let fence = text.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// Links to places of the repository, with their lines.
fn links(file: &File) -> impl Iterator<Item = (usize, &str)> {
    prose(file).flat_map(|(line, text)| {
        let ends = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        ends.filter(|link| {
            !link.contains("://") && !link.starts_with("mailto:") && !link.is_empty()
        })
        .map(move |link| (line, link))
    })
}

/// A link's target from the root of the repository.
fn joined(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    tree.get(path).is_some() || tree.files().any(|file| file.path.starts_with(&folder))
}

/// The names by which chapters are linked: lower case, words joined by hyphens, no other signs.
fn chapters(page: &File) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in prose(page) {
        let title = text.trim_start_matches('#');
        if title.len() == text.len() || !title.starts_with(' ') {
            continue;
        }
        let signs = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let name: String = title.trim().to_lowercase().chars().filter(|c| signs(*c)).collect();
        found.insert(name.replace(' ', "-"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::assert_found;

    #[test]
    fn a_link_needs_a_file_and_a_chapter() {
        let page = "# A\n[x](b.md) [y](b.md#the-end) [z](c.md)\n```\n[no](none.md)\n```\n\
                    [u](https://example.org)\n";
        let other = "## The end.\n[up](../docs/a.md#a) [bad](a.md#nothing) [in](../docs)\n";
        let tree = Tree::of([("docs/a.md", page), ("docs/b.md", other)]);
        let expected =
            ["docs/a.md:2: c.md: no docs/c.md", "docs/b.md:2: a.md#nothing: docs/a.md has no such"];
        assert_found(&broken(&tree), &expected);
    }

    #[test]
    fn the_index_names_every_page() {
        let index = ("docs/README.md", "[a](a.md) [all](proofs) [more](more/README.md)");
        let rest = ["docs/a.md", "docs/b.md", "docs/proofs/c.md", "docs/more/d.md"];
        let tree = Tree::of([index].into_iter().chain(rest.map(|path| (path, ""))));
        assert_found(&unlisted(&tree), &["docs/README.md:1: docs/b.md is not named"]);
        assert_found(&unlisted(&Tree::of([("docs/a.md", "")])), &["README.md:1: is missing"]);
    }
}
