//! The pages people look at: the agent's desk and the supervisor's dashboard. They are files that
//! were built by `web/` and lie in memory: those of the binary, or those of a folder that the
//! configuration names. They hold nothing of any tenant; what they show they ask for with the
//! credential of whoever signs in. A strict policy keeps them from running or loading anything
//! that is not theirs. Beside most files lie the same ones packed; whoever takes those is given
//! them.

#[cfg(test)]
mod tests;

use crate::config;
use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use tokio_util::bytes::Bytes;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Most files of a folder, packed ones included, and the bytes of all of them: far above what the
/// pages need.
const FILES_MAX: usize = 600;
const BYTES_MAX: u64 = 32 << 20;

/// The one page behind all addresses of pages.
const INDEX: &str = "index.html";

/// Files whose names change with what is in them.
const HASHED: &str = "assets/";

/// How files are packed: the endings of their names, and what browsers call it; the best first.
const PACKINGS: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// What is said where no pages were built.
const NOTICE: &str = "This server was built without its pages. Build them in web/ (see README.md), \
                      then build it again or name their folder by pages.folder.\n";

/// Nothing but our own files, our own server, and no markup made of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// What every answer says beside its content.
const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// A file as it is served.
#[derive(Debug)]
struct File {
    kind: &'static str,
    /// In the order in which they are preferred; the plain one, which everybody takes, is last.
    forms: Vec<Form>,
}

/// A file in one of the ways it can be written.
#[derive(Debug)]
struct Form {
    /// How it is packed; empty if it is not.
    coding: &'static str,
    content: Bytes,
    /// Changes when the content or the way it is written does.
    tag: HeaderValue,
}

/// The files by their names; none where pages were not built or are switched off.
#[derive(Clone, Debug, Default)]
pub struct Pages(Arc<BTreeMap<String, File>>);

impl Pages {
    /// The pages that the configuration asks for: those of a folder as they are now, or those of
    /// the binary.
    ///
    /// # Errors
    /// If the folder holds none, or anything else.
    pub fn open(of: &config::Pages) -> Result<Self> {
        match (of.enabled, of.folder.as_os_str().is_empty()) {
            (false, _) => Ok(Self::default()),
            (true, true) => Self::built(),
            (true, false) => Self::read(&of.folder),
        }
    }

    fn built() -> Result<Self> {
        let contents = BUILT.iter();
        let contents =
            contents.map(|(name, content)| ((*name).to_owned(), Bytes::from_static(content)));
        Self::of(contents.collect())
    }

    /// Files with their packed forms.
    fn of(mut contents: BTreeMap<String, Bytes>) -> Result<Self> {
        let is_packed = |name: &str| PACKINGS.iter().any(|(ending, _)| name.ends_with(ending));
        let plain: Vec<_> = contents.keys().filter(|name| !is_packed(name)).cloned().collect();
        let mut files = BTreeMap::new();
        for name in plain {
            let mut forms = Vec::new();
            for (ending, coding) in PACKINGS.into_iter().chain([("", "")]) {
                if let Some(content) = contents.remove(&format!("{name}{ending}")) {
                    forms.push(Form::new(coding, content)?);
                }
            }
            files.insert(name.clone(), File { kind: kind(&name)?, forms });
        }
        if let Some(lonely) = contents.keys().next() {
            bail!("{lonely} is packed, and the file itself is not there");
        }
        Ok(Self(Arc::new(files)))
    }

    fn read(folder: &Path) -> Result<Self> {
        let mut contents = BTreeMap::new();
        let mut left = BYTES_MAX;
        for prefix in ["", HASHED] {
            let folder = folder.join(prefix);
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("pages.folder: {} cannot be read", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if name.starts_with('.') || !entry.file_type()?.is_file() {
                    continue;
                }
                let size = entry.metadata()?.len();
                if contents.len() == FILES_MAX || size > left {
                    bail!("pages.folder: {} holds more than pages do", folder.display());
                }
                left -= size;
                contents.insert(name, Bytes::from(fs::read(entry.path())?));
            }
        }
        if !contents.contains_key(INDEX) {
            bail!("pages.folder: there is no {INDEX} in {}", folder.display());
        }
        Self::of(contents)
    }

    /// Their routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/desk", get(page))
            .route("/dashboard", get(page))
            .route("/icon.svg", get(file))
            .route("/assets/{file}", get(file))
            .with_state(self)
    }

    fn answer(&self, name: &str, asked: &HeaderMap) -> Response {
        let Some(file) = self.0.get(name) else { return StatusCode::NOT_FOUND.into_response() };
        let keep = if name.starts_with(HASHED) {
            HeaderValue::from_static("public, max-age=31536000, immutable")
        } else {
            HeaderValue::from_static("no-cache")
        };
        let Some(form) = file.forms.iter().find(|form| form.is_taken(asked)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let told = [
            (header::CACHE_CONTROL, keep),
            (header::ETAG, form.tag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if form.is_known(asked) {
            return (StatusCode::NOT_MODIFIED, told, GUARDS).into_response();
        }
        let kind = [(header::CONTENT_TYPE, file.kind)];
        let mut answer = (told, GUARDS, kind, form.content.clone()).into_response();
        if !form.coding.is_empty() {
            let coding = HeaderValue::from_static(form.coding);
            answer.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        answer
    }
}

impl Form {
    fn new(coding: &'static str, content: Bytes) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        (coding, &content).hash(&mut hasher);
        let tag = HeaderValue::from_str(&format!("\"{:016x}\"", hasher.finish()))?;
        Ok(Self { coding, content, tag })
    }

    /// Whether whoever asks takes it. The plain one is taken by all who do not know better.
    fn is_taken(&self, asked: &HeaderMap) -> bool {
        self.coding.is_empty() || accepted(asked, self.coding)
    }

    /// Whether whoever asks has it already.
    fn is_known(&self, asked: &HeaderMap) -> bool {
        let tag = self.tag.to_str().unwrap_or_default();
        let known = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
        entries(asked, &header::IF_NONE_MATCH).any(known)
    }
}

/// The parts of a header that is a list, over all its lines.
fn entries<'a>(of: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = of.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Whether a way of packing is named, and not with a weight of nothing.
fn accepted(asked: &HeaderMap, coding: &str) -> bool {
    entries(asked, &header::ACCEPT_ENCODING).any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(coding) && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// The media type of a file.
fn kind(name: &str) -> Result<&'static str> {
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => bail!("{name} is not of a kind that pages have"),
    })
}

async fn page(State(pages): State<Pages>, asked: HeaderMap) -> Response {
    if pages.0.is_empty() {
        return (StatusCode::NOT_FOUND, GUARDS, NOTICE).into_response();
    }
    pages.answer(INDEX, &asked)
}

async fn file(State(pages): State<Pages>, uri: Uri, asked: HeaderMap) -> Response {
    pages.answer(uri.path().trim_start_matches('/'), &asked)
}
