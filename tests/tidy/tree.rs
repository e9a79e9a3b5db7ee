//! The sources as the checks see them: paths from the root of the repository and their text, with
//! build output left out. Also what a check answers with: findings that name file and line. A check
//! is a pure function from a tree to findings, so that a few lines of sample show that it can fail.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Folders at the root that hold no source; used only where git cannot say what belongs to the
/// repository.
const NOT_SOURCE: &[&str] = &[".git", "target", "tools", "data"];

/// Folders that hold no source wherever they are.
const NEVER_SOURCE: &[&str] = &["node_modules", "__pycache__"];

/// One text file.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The path's folders and its name.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('/')
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Written by a generator or by somebody else: our style does not apply.
    pub(crate) fn is_foreign(&self) -> bool {
        let made = |part: &str| {
            let part = part.trim_start_matches('_');
            part == "gen" || part.starts_with("generated")
        };
        self.path.starts_with("third_party/")
            // Where Python finds generated code is said by the package name of the contract.
            || self.path.starts_with("sdk/python/src/omnichannel/v1/")
            || self.path.starts_with("sdk/") && self.segments().any(made)
    }

    /// A file of tests or measurements, by the field's usual names.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.name();
        let folders = ["tests", "test", "benches", "conformance"];
        self.segments().any(|part| folders.contains(&part))
            || ["tests.rs", "test.rs"].iter().any(|end| name.ends_with(end))
            || name.starts_with("test_")
            || name.contains(".test.")
    }

    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// All text files, sorted by path.
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// The repository, read once.
    pub(crate) fn here() -> &'static Tree {
        static HERE: OnceLock<Tree> = OnceLock::new();
        HERE.get_or_init(|| {
            let root = root();
            let paths = listed_by_git(&root).unwrap_or_else(|| walked(&root));
            // A listed file may be deleted or binary; neither has text to check.
            let read = |path: String| Some((std::fs::read_to_string(root.join(&path)).ok()?, path));
            let texts: Vec<_> = paths.into_iter().filter_map(read).collect();
            let tree = Tree::of(texts.iter().map(|(text, path)| (path.as_str(), text.as_str())));
            assert!(tree.get("Cargo.toml").is_some(), "no Cargo.toml under {}", root.display());
            tree
        })
    }

    /// A tree from paths and texts.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tree {
        let file = |(path, text): (&str, &str)| File { path: path.into(), text: text.into() };
        let mut files: Vec<File> = files.into_iter().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Tree { files }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// What we wrote in Rust.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.extension() == "rs" && !file.is_foreign())
    }

    /// What we wrote in Rust below one of these folders.
    pub(crate) fn rust_under(&self, folders: &[&str]) -> impl Iterator<Item = &File> {
        self.rust().filter(|file| folders.iter().any(|folder| file.path.starts_with(folder)))
    }
}

/// Cargo says where the package is when it runs a test; the compiler remembered it before that.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .or_else(|| option_env!("CARGO_MANIFEST_DIR").map(PathBuf::from))
        .expect("CARGO_MANIFEST_DIR names the root of the repository")
}

/// What is committed or would be: tracked files and new ones that are not ignored.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn walked(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).expect("a source folder can be read");
        for entry in entries {
            let entry = entry.expect("an entry of a source folder can be read");
            let path = folder.join(entry.file_name());
            let kind = entry.file_type().expect("an entry has a type");
            if kind.is_file() {
                found.push(path.to_string_lossy().replace('\\', "/"));
            } else if kind.is_dir() && is_source_folder(&path) {
                folders.push(path);
            }
        }
    }
    found
}

fn is_source_folder(path: &Path) -> bool {
    let named = |skip: &&str| path == Path::new(*skip);
    !NOT_SOURCE.iter().any(named) && !NEVER_SOURCE.iter().any(|skip| path.ends_with(skip))
}

/// Where a rule is broken, and how.
#[derive(Debug)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    text: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, text: impl Into<String>) -> Finding {
        Finding { path: path.into(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Fails the test that calls it if anything was found. `rule` says what should hold.
#[track_caller]
pub(crate) fn settle(rule: &str, findings: &[Finding]) {
    let list: String = findings.iter().map(|finding| format!("\n  {finding}")).collect();
    assert!(findings.is_empty(), "{rule}\n{} to mend:{list}\n", findings.len());
}

/// Asserts that a check found exactly these, as `path:line: text`; each needs to be a part only.
#[track_caller]
pub(crate) fn assert_found(findings: &[Finding], expected: &[&str]) {
    let found: Vec<String> = findings.iter().map(Finding::to_string).collect();
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(text, part)| text.contains(part));
    assert!(same, "found {found:#?}\nexpected {expected:#?}");
}

#[test]
fn a_folder_walk_finds_what_git_lists() {
    let root = root();
    let Some(mut listed) = listed_by_git(&root) else { return };
    listed.retain(|path| root.join(path).is_file());
    let walked = walked(&root);
    let missing: Vec<_> = listed.iter().filter(|path| !walked.contains(path)).collect();
    assert!(missing.is_empty(), "not found by walking: {missing:?}");
}
