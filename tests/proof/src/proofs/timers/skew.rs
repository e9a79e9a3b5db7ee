//! Gives a server process a wall clock that is wrong, without a change to the server: a few lines
//! of C, compiled for the run and preloaded, stand between it and what the system says of the time
//! of day. Whether it worked is read off what the process writes, not believed.

use crate::node::Node;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is preloaded.
const SOURCE: &str = include_str!("skew.c");

/// Compiles what is preloaded into a folder.
pub(super) fn build(dir: &Path) -> Result<PathBuf> {
    let (source, library) = (dir.join("skew.c"), dir.join("skew.so"));
    std::fs::write(&source, SOURCE)?;
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let output = command.output().context("running cc, which the proof of timers needs")?;
    ensure!(output.status.success(), "cc: {}", String::from_utf8_lossy(&output.stderr));
    Ok(library)
}

/// Starts a node again with a clock that is this many seconds ahead of the machine's.
pub(super) async fn restart(node: &mut Node, library: &Path, seconds: i64) -> Result<()> {
    node.set_variable("LD_PRELOAD", &library.display().to_string());
    node.set_variable("PROOF_SKEW_SECONDS", &seconds.to_string());
    node.restart().await
}
