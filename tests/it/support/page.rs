//! Pages whose commands are run as they stand there: the blocks `sh` of a page are one script for
//! bash, and each block `text` shows part of what the command before it says. A block may name the
//! tool it is for. Blocks in other languages are run by the checks of their SDKs, which read pages
//! in the same way (`.ci/snippets.py`).
//!
//! The tools are those that `.ci/tools.sh` installs, or any in PATH; without them the tests fail.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::process::Command;

/// Stands before the output of each command of a page.
const MARK: &str = "@@ step ";

/// How long all of a page may take, and how long what it started has to end after that.
const SECONDS_MAX: &str = "100";
const SECONDS_TO_END: &str = "--kill-after=5";

/// What a script does besides the commands of its page: it fails with the first that fails, and
/// leaves nothing running.
const FRAME: &str = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n";

/// Languages whose blocks are not for bash.
const ELSEWHERE: [&str; 7] = ["python", "ts", "rust", "json", "toml", "yaml", "sql"];

/// A command of a page, and what it shows of the answer.
#[derive(Debug, Default)]
struct Step {
    command: String,
    answers: Vec<String>,
}

/// A page as one tool plays it.
pub(crate) struct Page {
    name: String,
    steps: Vec<Step>,
}

impl Page {
    /// Reads a page of `docs/`.
    pub(crate) fn read(name: &str, tool: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        let text = fs::read_to_string(&path).expect("the page is there");
        let steps = steps(&text, tool);
        assert!(!steps.is_empty(), "{name} has no commands for {tool}");
        Self { name: format!("{name} with {tool}"), steps }
    }

    /// How many commands it has.
    pub(crate) fn commands(&self) -> usize {
        self.steps.len()
    }

    /// Runs all commands and judges what they say.
    pub(crate) async fn plays(&self, folder: &Path, variables: &[(&str, &str)]) {
        let mut script = FRAME.to_owned();
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(script, "printf '\\n{MARK}{number}\\n'\n{}", step.command).expect("text");
        }
        let output = bash(&script, folder, variables).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {}\n{said}\n{errors}", self.name, output.status);
        let wrong = self.unsaid(&said);
        assert!(wrong.is_empty(), "{}: {}\n{errors}", self.name, wrong.join("\n\n"));
    }

    /// The answers that were not given.
    fn unsaid(&self, said: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let begin = format!("{MARK}{number}\n");
            let (_, after) = said.split_once(&begin).expect("each step has its output");
            let answer = after.split(MARK).next().unwrap_or_default();
            for wanted in step.answers.iter().filter(|line| !bare(answer).contains(&bare(line))) {
                wrong.push(format!("{}\nsaid {answer}\nand not {wanted}", step.command));
            }
        }
        wrong
    }
}

/// The steps of a page for one tool.
fn steps(text: &str, tool: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut words = fence.split(' ');
        let kind = words.next().unwrap_or_default();
        let names: Vec<&str> = words.collect();
        let meant = names.is_empty() || names.contains(&tool) || names.contains(&"sh");
        match kind {
            "sh" if meant => steps.push(Step { command: body.join("\n"), answers: Vec::new() }),
            "text" if meant => {
                let step = steps.last_mut().expect("an answer follows its command");
                step.answers.extend(body.into_iter().map(str::to_owned));
            }
            "sh" | "text" => {}
            other if ELSEWHERE.contains(&other) => {}
            other => panic!("what is to be done with a block of {other}?"),
        }
    }
    steps
}

/// A text without white space, which tools use each in their own way.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

async fn bash(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = Path::new(env!("CARGO_BIN_EXE_omnichannel"));
    let beside: PathBuf = binary.parent().expect("a binary is in a folder").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let (bin, node) = (root.join("tools/bin"), root.join("tools/node_modules/.bin"));
    let path = format!("{}:{}:{}:{path}", beside.display(), bin.display(), node.display());
    // It ends the whole group, and so also what a page started in the background.
    let mut command = Command::new("timeout");
    command.args([SECONDS_TO_END, SECONDS_MAX, "bash", "-c", script]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OMNICHANNEL")) {
        command.env_remove(name);
    }
    command.current_dir(folder).env("PATH", path).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().await.expect("bash runs")
}
