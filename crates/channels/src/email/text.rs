//! The text of a mail as it is shown: plain, one kind of line end, no control characters, bounded.
//! HTML becomes the text that a reader would see: nothing of it is run, fetched or kept as markup,
//! and links are shown only if they lead to the web or to a mailbox.

use mail_parser::decoders::html::add_html_token;

/// The longest text that is kept, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// The longest entity that is looked up, with its ampersand.
const MAX_ENTITY: usize = 34;
/// The longest address of a link that is shown.
const MAX_LINK: usize = 2048;

/// Appends a piece after an empty line, as much of it as fits; whether all of it did.
pub(super) fn append(text: &mut String, piece: &str) -> bool {
    let piece = piece.trim_end();
    if piece.trim().is_empty() {
        return true;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    let room = MAX_TEXT.saturating_sub(text.len());
    let end = floor(piece, room);
    text.push_str(&piece[..end]);
    text.truncate(text.trim_end().len());
    end == piece.len()
}

/// The largest end of a whole character at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}

/// Plain text with one kind of line end and without control characters.
pub(super) fn of_plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// What a reader would see of HTML.
pub(super) fn of_html(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find(['<', '&']) else {
            page.words(rest);
            break;
        };
        page.words(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('&') { page.entity(rest) } else { page.tag(rest) };
    }
    of_plain(&page.finish())
}

#[derive(Default)]
struct Page {
    text: String,
    /// Space that is owed before the next word.
    space: bool,
    /// Inside `pre`, where spaces stand as they are.
    kept: bool,
    /// Where the text of the open link starts, and where it leads.
    link: Option<(usize, String)>,
}

impl Page {
    fn words(&mut self, text: &str) {
        if self.kept {
            self.text.push_str(text);
            return;
        }
        for c in text.chars() {
            if c.is_whitespace() && c != '\u{a0}' {
                self.space = true;
            } else {
                self.put(c);
            }
        }
    }

    fn put(&mut self, c: char) {
        let at_start = self.text.is_empty() || self.text.ends_with('\n');
        if std::mem::take(&mut self.space) && !at_start {
            self.text.push(' ');
        }
        self.text.push(if c == '\u{a0}' { ' ' } else { c });
    }

    fn entity<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest.bytes().take(MAX_ENTITY).position(|byte| byte == b';');
        let name = end.map(|end| &rest[1..end]);
        let known = |c: char| c.is_ascii_alphanumeric() || c == '#';
        match (end, name) {
            (Some(end), Some(name)) if !name.is_empty() && name.chars().all(known) => {
                let mut decoded = String::new();
                add_html_token(&mut decoded, &rest.as_bytes()[..=end], false);
                decoded.chars().for_each(|c| self.put(c));
                &rest[end + 1..]
            }
            _ => {
                self.put('&');
                &rest[1..]
            }
        }
    }

    /// Reads one tag or comment; what is left after it.
    fn tag<'a>(&mut self, rest: &'a str) -> &'a str {
        if let Some(comment) = rest.strip_prefix("<!--") {
            return comment.find("-->").map_or("", |end| &comment[end + 3..]);
        }
        let looks = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        if !looks {
            self.put('<');
            return &rest[1..];
        }
        let end = tag_end(rest);
        let inside = rest[1..end].trim_end_matches('>');
        let (closing, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let name_end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let name = inside[..name_end].to_ascii_lowercase();
        let after = &rest[end..];
        if !closing && matches!(name.as_str(), "script" | "style" | "head" | "template" | "title") {
            return skip(after, &name);
        }
        self.element(&name, closing, &inside[name_end..]);
        after
    }

    fn element(&mut self, name: &str, closing: bool, attributes: &str) {
        match name {
            "br" => self.line(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol"
            | "table" => {
                self.paragraph();
            }
            "pre" => {
                self.paragraph();
                self.kept = !closing;
            }
            "li" if !closing => {
                self.fresh_line();
                self.text.push_str("- ");
            }
            "div" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" | "hr" => {
                self.fresh_line();
            }
            "td" | "th" => self.space = true,
            "a" if closing => self.close_link(),
            "a" => self.link = href(attributes).map(|to| (self.text.len(), to)),
            _ => {}
        }
    }

    fn line(&mut self) {
        self.space = false;
        self.text.push('\n');
    }

    fn fresh_line(&mut self) {
        self.space = false;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn paragraph(&mut self) {
        self.fresh_line();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A link shows where it leads if its text does not.
    fn close_link(&mut self) {
        let Some((from, to)) = self.link.take() else { return };
        let shown = self.text.get(from..).unwrap_or_default().trim();
        let bare = to.strip_prefix("mailto:").unwrap_or(&to);
        if !shown.is_empty() && !shown.contains(bare) {
            self.text.push_str(&format!(" ({bare})"));
        }
    }

    fn finish(self) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for line in self.text.lines().map(str::trim_end) {
            // No more than one empty line in a row.
            if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(line);
            }
        }
        lines.join("\n").trim().to_owned()
    }
}

/// The end of a tag, after its bracket; a bracket in quotes is none. A tag without an end goes on
/// to the end of the text.
fn tag_end(rest: &str) -> usize {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if rest.as_bytes()[at - 1] == b'=' => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.len()
}

/// What follows an element whose content is not text.
fn skip<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let after = &rest[from + at + 2..];
        if after.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
        from += at + 2;
    }
    ""
}

/// Where a link leads, if that is the web or a mailbox.
fn href(attributes: &str) -> Option<String> {
    let lower = attributes.to_ascii_lowercase();
    let at = lower.find("href")?;
    let value = attributes.get(at + 4..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split([' ', '\t', '\n', '>']).next()?,
    };
    let to = value.trim().replace("&amp;", "&");
    let scheme = to.split_once(':')?.0.to_ascii_lowercase();
    let plain = to.len() <= MAX_LINK && !to.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && matches!(scheme.as_str(), "http" | "https" | "mailto")).then_some(to)
}
