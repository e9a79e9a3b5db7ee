//! The guides tell the truth about Rust: each page shows the example that is named after it,
//! heading by heading, and the example says what the page says that it says. The server's binary is
//! OMNICHANNEL_BINARY, else the one that was built beside these tests; without one they fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use omnichannel_sdk::testing::{Server, ServerOptions};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// Where answers go that nobody waits for.
const NOWHERE: &str = "http://127.0.0.1:9/answers";
const PATIENCE: Duration = Duration::from_secs(60);
/// Before a heading in an example.
const MARK: &str = "    // ## ";

/// A block of a page.
struct Block {
    heading: String,
    fence: String,
    body: String,
}

fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join(name)
}

fn binary() -> PathBuf {
    std::env::var_os("OMNICHANNEL_BINARY").map_or_else(|| built("omnichannel"), PathBuf::from)
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The blocks of a page in their order.
fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut heading, mut lines) = (Vec::new(), String::new(), page.lines());
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("## ") {
            words.clone_into(&mut heading);
        }
        if let Some(fence) = line.strip_prefix("```") {
            let inner = lines.by_ref().take_while(|line| *line != "```");
            let body = inner.fold(String::new(), |text, line| text + line + "\n");
            found.push(Block { heading: heading.clone(), fence: fence.to_owned(), body });
        }
    }
    found
}

/// What an example has under each heading, as a page shows it.
fn sections(example: &str) -> Vec<(String, String)> {
    let (_, inner) = example.split_once(MARK).unwrap();
    let inner = inner.strip_suffix("    Ok(())\n}\n").unwrap();
    let section = |text: &str| {
        let (heading, code) = text.split_once('\n').unwrap();
        let mut shown = String::new();
        for line in code.trim_end().lines() {
            writeln!(shown, "{}", line.strip_prefix("    ").unwrap_or(line)).unwrap();
        }
        (heading.to_owned(), shown)
    };
    inner.split(MARK).map(section).collect()
}

/// The lines that a page says its Rust says, in their order.
fn answers(blocks: &[Block]) -> Vec<&str> {
    let mut lines = Vec::new();
    for block in blocks {
        let mut words = block.fence.split(' ');
        let is_text = words.next() == Some("text");
        let names: Vec<&str> = words.collect();
        if is_text && (names.is_empty() || names.contains(&"rust")) {
            lines.extend(block.body.lines());
        }
    }
    lines
}

async fn tells_the_truth(page: &str, example: &str) {
    let page = read(&format!("../../docs/guides/{page}.md"));
    let blocks = blocks(&page);
    let shown = blocks.iter().filter(|block| block.fence == "rust");
    let shown: Vec<_> = shown.map(|block| (block.heading.clone(), block.body.clone())).collect();
    assert_eq!(shown, sections(&read(&format!("examples/{example}.rs"))));
    let options = ServerOptions { binary: Some(binary()), ..ServerOptions::default() };
    let server = Server::start_with(options).await.unwrap();
    let mut program = Command::new(built(&format!("examples/{example}")));
    program.env("OMNICHANNEL_ENDPOINT", server.endpoint()).env("RECEIVER", NOWHERE);
    program.env("OMNICHANNEL_API_KEY", server.api_key()).kill_on_drop(true);
    let ran = timeout(PATIENCE, program.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    let mut rest = said.as_ref();
    for answer in answers(&blocks) {
        let Some((_, after)) = rest.split_once(answer) else { panic!("not {answer} in {said}") };
        rest = after;
    }
}

#[tokio::test]
async fn a_backend() {
    tells_the_truth("backend", "guide_backend").await;
}

#[tokio::test]
async fn an_agents_console() {
    tells_the_truth("agent-console", "guide_agent_console").await;
}
