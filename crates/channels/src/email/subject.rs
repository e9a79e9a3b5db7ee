//! What a subject is about, without what mail programs put before it when they answer or forward.
//! Only the words stay: a subject is a weak hint, and the application asks for more.

/// What mail programs write before a subject, in the languages they do so in.
const MARKS: [&str; 34] = [
    "re",
    "fw",
    "fwd",
    "aw",
    "wg",
    "antw",
    "antwort",
    "sv",
    "vs",
    "vl",
    "vb",
    "ref",
    "rif",
    "r",
    "i",
    "tr",
    "rv",
    "res",
    "enc",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "atb",
    "bls",
    "vá",
    "továbbítás",
    "hl",
    "doorst",
    "απ",
    "πρθ",
    "回复",
    "答复",
    "转发",
];

/// How many marks are taken away at most.
const MARKS_MAX: usize = 32;

/// The words of a subject in lower case with single blanks between them, without marks of answers
/// and forwards such as `Re:`, `AW:` or `Re[2]:`.
#[must_use]
pub fn base(subject: &str) -> String {
    let mut rest = subject.trim();
    for _ in 0..MARKS_MAX {
        let Some(after) = without_mark(rest) else { break };
        rest = after.trim_start();
    }
    let words: Vec<String> = rest.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// What follows a mark; none if there is none.
fn without_mark(text: &str) -> Option<&str> {
    let at = text.find([':', '：'])?;
    let (mark, rest) = text.split_at(at);
    let rest = rest.strip_prefix([':', '：'])?;
    // Some programs count: Re[2], Re(2), Re^2.
    let counted = |c: char| c.is_ascii_digit() || "[]()^ ".contains(c);
    let mark = mark.trim_end_matches(counted).to_lowercase();
    MARKS.contains(&mark.as_str()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_words_stay() {
        for subject in [
            "Broken  lamp",
            " Re: Broken lamp",
            "RE: AW: Fwd: broken LAMP",
            "Re[2]: Broken lamp",
            "re (3) : Broken lamp",
            "回复：Broken lamp",
            "Továbbítás: Broken\tlamp ",
        ] {
            assert_eq!(base(subject), "broken lamp", "{subject}");
        }
        for (subject, kept) in [
            ("Order: Broken lamp", "order: broken lamp"),
            ("Re Broken lamp", "re broken lamp"),
            ("Re:", ""),
            ("", ""),
            (":", ":"),
            ("Re: : x", ": x"),
        ] {
            assert_eq!(base(subject), kept, "{subject}");
        }
        assert_eq!(base(&"re: ".repeat(40)), "re: re: re: re: re: re: re: re:", "bounded");
    }
}
