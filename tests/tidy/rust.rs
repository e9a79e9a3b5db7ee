//! A scanner that knows just enough Rust for the checks: it blanks comments and literals, cuts the
//! rest into tokens, and finds functions and paths in them. It promises line numbers and never to
//! mistake text for code; it does not expand macros and does not resolve names.

/// A source whose comments and literals are blanked, line for line and column for column.
pub(crate) struct Source {
    pub(crate) code: String,
    /// String literals with their lines; escapes as written.
    pub(crate) literals: Vec<(usize, String)>,
}

/// One token of blanked code.
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Word(String),
    PathSep,
    Mark(char),
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// A path of two or more names, or any path of a `use`; a glob ends in `*`.
pub(crate) struct NamedPath {
    pub(crate) line: usize,
    pub(crate) parts: Vec<String>,
    pub(crate) imported: bool,
}

pub(crate) fn scan(text: &str) -> Source {
    let source = Source { code: String::new(), literals: Vec::new() };
    let mut scanner = Scanner { chars: text.chars().collect(), at: 0, line: 1, source };
    scanner.run();
    scanner.source
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
    source: Source,
}

impl Scanner {
    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('\'', _) => self.quote(),
                _ => match self.raw_start() {
                    Some((open, hashes)) => self.raw_string(open, hashes),
                    None => self.keep(),
                },
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        let Some(c) = self.peek(0) else { return };
        self.source.code.push(c);
        self.line += usize::from(c == '\n');
        self.at += 1;
    }

    fn blank(&mut self, count: usize) {
        for _ in 0..count {
            let Some(c) = self.peek(0) else { return };
            self.source.code.push(if c == '\n' { '\n' } else { ' ' });
            self.line += usize::from(c == '\n');
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.blank(1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.blank(1);
                    continue;
                }
            }
            self.blank(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        let (line, from) = (self.line, self.at + 1);
        self.keep();
        while let Some(c) = self.peek(0).filter(|c| *c != '"') {
            self.blank(if c == '\\' { 2 } else { 1 });
        }
        self.literal(line, from, self.at);
        self.keep();
    }

    /// `r"`, `r#"`, `br"` and their like: the length of the opening and its number of hashes.
    fn raw_start(&self) -> Option<(usize, usize)> {
        let before = self.at.checked_sub(1).and_then(|at| self.chars.get(at));
        if before.is_some_and(|c| is_word(*c)) {
            return None;
        }
        let prefix = usize::from(matches!(self.peek(0), Some('b' | 'c')));
        if self.peek(prefix) != Some('r') {
            return None;
        }
        let hashes = (0..).take_while(|i| self.peek(prefix + 1 + i) == Some('#')).count();
        let open = prefix + 1 + hashes;
        (self.peek(open) == Some('"')).then_some((open + 1, hashes))
    }

    fn raw_string(&mut self, open: usize, hashes: usize) {
        self.blank(open);
        let (line, from) = (self.line, self.at);
        let closes = |scanner: &Self| {
            scanner.peek(0) == Some('"') && (1..=hashes).all(|i| scanner.peek(i) == Some('#'))
        };
        while self.peek(0).is_some() && !closes(self) {
            self.blank(1);
        }
        self.literal(line, from, self.at);
        self.blank(1 + hashes);
    }

    /// A character literal, or the mark of a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') {
            self.blank(3); // the quote, the backslash and what it escapes, which may be a quote
            while self.peek(0).is_some_and(|c| c != '\'') {
                self.blank(1);
            }
            self.blank(1);
        } else if self.peek(2) == Some('\'') {
            self.blank(3);
        } else {
            self.keep();
        }
    }

    fn literal(&mut self, line: usize, from: usize, to: usize) {
        let text = self.chars[from..to.min(self.chars.len())].iter().collect();
        self.source.literals.push((line, text));
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The tokens of blanked code.
pub(crate) fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let (kind, length) = if is_word(first) {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Kind::Word(rest[..length].into()), length)
            } else if rest.starts_with("::") {
                (Kind::PathSep, 2)
            } else {
                (Kind::Mark(first), first.len_utf8())
            };
            tokens.push(Token { line: index + 1, kind });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

fn word(token: Option<&Token>) -> Option<&str> {
    match token.map(|token| &token.kind) {
        Some(Kind::Word(word)) => Some(word),
        _ => None,
    }
}

fn is_mark(token: &Token, marks: &[char]) -> bool {
    matches!(&token.kind, Kind::Mark(mark) if marks.contains(mark))
}

/// Every function with a body, from its `fn` to its closing brace.
pub(crate) fn functions(tokens: &[Token]) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (Some("fn"), Some(name)) = (word(Some(token)), word(tokens.get(at + 1))) else {
            continue;
        };
        let Some(open) = body_start(tokens, at + 2) else { continue };
        let end = closing(tokens, open).unwrap_or(tokens.len() - 1);
        let lines = tokens[end].line - token.line + 1;
        found.push(Function { name: name.into(), line: token.line, lines });
    }
    found
}

/// The brace that opens the body of a function; none for a declaration, which ends in a semicolon.
fn body_start(tokens: &[Token], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if is_mark(token, &['(', '[']) {
            depth += 1;
        } else if is_mark(token, &[')', ']']) {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && is_mark(token, &['{']) {
            return Some(at);
        } else if depth == 0 && is_mark(token, &[';']) {
            return None;
        }
    }
    None
}

fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += usize::from(is_mark(token, &['{']));
        depth -= usize::from(is_mark(token, &['}']));
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Every path that the code names, with imports spelled out.
pub(crate) fn paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match word(tokens.get(at)) {
            // `use<'a>` in a bound captures lifetimes and imports nothing.
            Some("use") if !tokens.get(at + 1).is_some_and(|next| is_mark(next, &['<'])) => {
                at = import(tokens, at + 1, &mut found);
            }
            Some(_) => {
                let (parts, next) = plain_path(tokens, at);
                if parts.len() > 1 {
                    found.push(NamedPath { line: tokens[at].line, parts, imported: false });
                }
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

fn plain_path(tokens: &[Token], from: usize) -> (Vec<String>, usize) {
    let mut parts = Vec::new();
    let mut at = from;
    while let Some(name) = word(tokens.get(at)) {
        parts.push(name.to_owned());
        at += 1;
        if !matches!(tokens.get(at).map(|t| &t.kind), Some(Kind::PathSep)) {
            break;
        }
        at += 1;
    }
    (parts, at)
}

/// Spells out one `use`; answers where it ends.
fn import(tokens: &[Token], from: usize, found: &mut Vec<NamedPath>) -> usize {
    let mut open: Vec<Vec<String>> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let mut named = false;
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Word(word) if word == "as" => at += 1, // skips the new name
            Kind::Word(word) => {
                if word != "self" || parts.is_empty() {
                    parts.push(word.clone());
                }
                named = true;
            }
            Kind::Mark('*') => {
                parts.push("*".into());
                named = true;
            }
            Kind::PathSep => named = false,
            Kind::Mark('{') => open.push(parts.clone()),
            Kind::Mark(end @ (',' | '}' | ';')) => {
                if named {
                    let line = token.line;
                    found.push(NamedPath { line, parts: parts.clone(), imported: true });
                }
                named = false;
                parts = open.last().cloned().unwrap_or_default();
                if *end == '}' {
                    open.pop();
                }
                if *end == ';' {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

mod samples {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        paths(&tokens(&scan(text).code)).into_iter().map(|path| path.parts.join("::")).collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = "a /* x /* y */ z */ \"b{\\\"}\" // c\nr#\"{\"d\"}\"# b'{' '\\'' 'e' 'f: {}";
        let source = scan(text);
        let words: String = source.code.split_whitespace().collect();
        assert_eq!(words, "a\"\"b'f:{}");
        assert_eq!(source.code.chars().count(), text.chars().count());
        assert_eq!(source.literals, [(1, "b{\\\"}".into()), (2, "{\"d\"}".into())]);
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let text = "trait T { fn none(a: [u8; 2]); }\nfn one() { \"}\"; }\n\
                    pub async fn three<F>(f: F)\nwhere F: Fn() {\n  if a { fn in_it() {} } }\n\
                    type P = fn(u8);";
        let found = functions(&tokens(&scan(text).code));
        let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(found, [("one", 2, 1), ("three", 3, 3), ("in_it", 5, 1)]);
    }

    #[test]
    fn imports_are_spelled_out() {
        assert_eq!(
            named(
                "use std::{collections::{self, HashMap as Map}, time::*};\npub use a::b;\nuse c;"
            ),
            ["std::collections", "std::collections::HashMap", "std::time::*", "a::b", "c"]
        );
    }

    #[test]
    fn paths_in_code_are_found_and_text_is_not() {
        let text = "let a = std::env::var(x); ::store::open(); Vec::<u8>::new(); // d::e\n\"f::g\"";
        assert_eq!(named(text), ["std::env::var", "store::open"]);
        assert_eq!(named("fn f() -> impl Iterator + use<'a, T> { x::y }"), ["x::y"]);
    }
}
