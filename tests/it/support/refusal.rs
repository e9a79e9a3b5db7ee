//! What every refusal must look like, as `docs/errors.md` has it: the code of its reason, exactly
//! one `ErrorInfo` of our domain. The document is read, so that it and the server cannot disagree.

use omnichannel_sdk::{Code, Error, v1};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tonic::Status;
use tonic_types::{ErrorDetail, StatusExt};

const DOCUMENT: &str = include_str!("../../../docs/errors.md");
const DOMAIN: &str = "omnichannel";

/// What the document says about a reason.
#[derive(Debug)]
pub(crate) struct Documented {
    pub(crate) code: Code,
    /// Keys of the metadata that are always there.
    pub(crate) keys: Vec<String>,
    /// Keys that may be absent.
    pub(crate) optional: Vec<String>,
}

/// All chapters of the document, by reason.
pub(crate) fn documented() -> &'static BTreeMap<String, Documented> {
    static CHAPTERS: LazyLock<BTreeMap<String, Documented>> = LazyLock::new(|| {
        let chapters = DOCUMENT.split("\n## ").skip(1);
        chapters
            .map(|chapter| chapter_of(chapter).expect("a chapter has code and metadata"))
            .collect()
    });
    &CHAPTERS
}

fn chapter_of(chapter: &str) -> Option<(String, Documented)> {
    let name = chapter.lines().next()?.trim().to_owned();
    let line = |mark: &str| chapter.lines().find_map(|line| line.strip_prefix(mark));
    let code = code_of(line("- **Code** ")?.trim())?;
    let (mut keys, mut optional) = (Vec::new(), Vec::new());
    for part in line("- **Metadata** ")?.split(';') {
        // A key is the first thing in back quotes.
        let Some(key) = part.split('`').nth(1) else { continue };
        let list = if part.contains("absent") { &mut optional } else { &mut keys };
        list.push(key.to_owned());
    }
    // "`id`: ...; absent when ..." speaks of the key before it.
    if let Some(at) = line("- **Metadata** ")?.find("; absent when") {
        let before = &line("- **Metadata** ")?[..at];
        if let Some(key) = before.rsplit(';').next().and_then(|part| part.split('`').nth(1)) {
            keys.retain(|known| known != key);
            optional.push(key.to_owned());
        }
    }
    Some((name, Documented { code, keys, optional }))
}

fn code_of(name: &str) -> Option<Code> {
    let all = (0..17).map(Code::from_i32);
    let plain = |code: &Code| format!("{code:?}").to_uppercase();
    all.into_iter().find(|code| plain(code) == name.replace('_', ""))
}

/// Checks that a status says this reason in the form of the document.
#[track_caller]
pub(crate) fn judge(status: Status, reason: v1::ErrorReason, call: &str) -> Error {
    let details = status.get_error_details_vec();
    let infos: Vec<_> = details
        .iter()
        .filter_map(|detail| match detail {
            ErrorDetail::ErrorInfo(info) => Some(info.clone()),
            _ => None,
        })
        .collect();
    let error = Error::from(status);
    assert!(error.is(reason), "{call}: expected {}, got {error:?}", reason.as_str_name());
    let name = error.reason().name().to_owned();
    let chapter = &documented()[&name];
    assert_eq!(error.code(), chapter.code, "{call}: the code of {name}: {error:?}");
    assert_eq!(infos.len(), 1, "{call}: exactly one ErrorInfo: {infos:?}");
    assert_eq!(infos[0].domain, DOMAIN, "{call}");
    assert!(error.violations().len() <= 20, "{call}: at most 20 violations");
    error
}

/// What is wrong with the metadata of an error, if anything is.
pub(crate) fn metadata_fault(error: &Error) -> Option<String> {
    let name = error.reason().name();
    let chapter = documented().get(name)?;
    let has: Vec<&String> = error.metadata().keys().collect();
    let missing: Vec<_> = chapter.keys.iter().filter(|key| !has.contains(key)).collect();
    let known = |key: &String| chapter.keys.contains(key) || chapter.optional.contains(key);
    let foreign: Vec<_> = has.iter().filter(|key| !known(key)).collect();
    (!missing.is_empty() || !foreign.is_empty())
        .then(|| format!("{name}: missing {missing:?}, not documented {foreign:?}"))
}
