//! The cookbook tells the truth: the commands of `docs/cookbook.md` are run as they stand there, by
//! the real grpcurl and the real buf, and every answer it shows is looked for in what they print.
//!
//! The tools are those that `.ci/tools.sh` installs, or any in PATH; without them the tests fail.

use crate::support::fixture::Case;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

both!(grpcurl_does_the_whole_job, buf_does_the_whole_job);

const DOCUMENT: &str = include_str!("../../docs/cookbook.md");

/// Stands before the output of each command of the document.
const MARK: &str = "@@ step ";

/// How long all of the document may take.
const DOCUMENT_MAX: Duration = Duration::from_secs(100);

/// A command of the document, and what it shows of the answer.
#[derive(Debug, Default)]
struct Step {
    command: String,
    answers: Vec<String>,
}

/// The steps of the document for one tool.
fn steps(tool: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let (kind, of) = fence.split_once(' ').unwrap_or((fence, tool));
        if of != tool {
            continue;
        }
        match kind {
            "sh" => steps.push(Step { command: body.join("\n"), answers: Vec::new() }),
            "text" => {
                let step = steps.last_mut().expect("an answer follows its command");
                step.answers.extend(body.into_iter().map(str::to_owned));
            }
            other => panic!("what is to be done with a block of {other}?"),
        }
    }
    steps
}

/// A text without white space, which the tools use each in their own way.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

async fn runs(case: Case, tool: &str) {
    let steps = steps(tool);
    assert!(steps.len() > 15, "the document has more steps than {}", steps.len());
    let mut script = "set -euo pipefail\n".to_owned();
    for (number, step) in steps.iter().enumerate() {
        writeln!(script, "printf '\\n{MARK}{number}\\n'\n{}", step.command).expect("it is text");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var("PATH").unwrap_or_default();
    let (bin, node) = (root.join("tools/bin"), root.join("tools/node_modules/.bin"));
    let child = Command::new("bash")
        .args(["-c", &script])
        .current_dir(root)
        .env("PATH", format!("{}:{}:{path}", bin.display(), node.display()))
        .env("SERVER", format!("127.0.0.1:{}", case.server.port()))
        .env("PLATFORM_KEY", case.server.platform_key())
        .env("RECEIVER", "http://127.0.0.1:9/answers")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("bash runs");
    let ended = timeout(DOCUMENT_MAX, child.wait_with_output()).await;
    let output = ended.expect("the document ends in time").expect("its output is read");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    let mut wrong = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let begin = format!("{MARK}{number}\n");
        let (_, after) = said.split_once(&begin).expect("each step has its output");
        let answer = after.split(MARK).next().unwrap_or_default();
        for wanted in &step.answers {
            if !bare(answer).contains(&bare(wanted)) {
                wrong.push(format!("{}\nsaid {answer}\nand not {wanted}", step.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{tool}: {}\n{errors}", wrong.join("\n\n"));
}

async fn grpcurl_does_the_whole_job(case: Case) {
    runs(case, "grpcurl").await;
}

async fn buf_does_the_whole_job(case: Case) {
    runs(case, "buf").await;
}
