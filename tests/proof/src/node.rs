//! Server processes: started from a given binary with settings of their own, found ready, killed
//! without warning and started again on the same port. A node that is dropped is killed, by its
//! process id. What it writes goes to a file, whose end is shown when it does not come up.

use anyhow::{Context, Result, bail};
use omnichannel_sdk::{Client, ClientConfig, v1};
use rand::Rng;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// Test ports lie below those that outgoing connections take.
const PORTS: std::ops::Range<u16> = 10_000..20_000;
const PORT_ATTEMPTS: usize = 100;
/// How long a node may take to answer after its start.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// How often it is asked.
const READY_INTERVAL: Duration = Duration::from_millis(20);
/// How long the command that makes a key may take.
const TOKEN_LIMIT: Duration = Duration::from_secs(30);
/// How much of a log is shown.
const LOG_TAIL: usize = 4_000;
/// A master key for databases that live for minutes: base64 of 32 zero bytes.
const MASTER_KEY: &str = "b21uaWNoYW5uZWwgcHJvb2YgbWFzdGVyIGtleSAwMDE=";
/// The switch that makes the ledger forget to lock, in builds with the feature `faults`.
pub(crate) const FAULT_NO_HEAD_LOCK: &str = "OMNICHANNEL_FAULT_NO_HEAD_LOCK";

/// How servers are started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    binary: PathBuf,
    database_url: String,
    environment: Vec<(String, String)>,
    dir: PathBuf,
}

impl Launch {
    /// From a binary, on a database, with logs in a folder.
    pub(crate) fn new(binary: &Path, database_url: String, dir: &Path) -> Result<Self> {
        let binary = std::fs::canonicalize(binary)
            .with_context(|| format!("the server binary {}", binary.display()))?;
        Ok(Self { binary, database_url, environment: Vec::new(), dir: dir.to_owned() })
    }

    /// The same with a setting of its own.
    pub(crate) fn with(mut self, variable: &str, value: impl std::fmt::Display) -> Self {
        self.environment.push((variable.to_owned(), value.to_string()));
        self
    }

    /// The binary without any setting that whoever runs the proof has for servers of their own.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OMNICHANNEL_") {
                command.env_remove(&name);
            }
        }
        command.env("OMNICHANNEL_MASTER_KEY", MASTER_KEY).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Everything is as shipped but the address, the database and how many streams one key may
    /// open, because one key opens those of all agents here.
    fn write_config(&self, name: &str, port: u16) -> Result<PathBuf> {
        let path = self.dir.join(format!("{name}.toml"));
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\n\
             [database]\nurl = \"{}\"\n\
             [limits]\nstreams_per_key = 20000\n\
             [log]\nformat = \"text\"\n",
            self.database_url
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Prepares the database and makes a platform admin's key, without a server.
    pub(crate) async fn platform_key(&self) -> Result<String> {
        let config = self.write_config("token", 0)?;
        let mut command = self.command();
        command.arg("token").arg("--config").arg(&config).args(["--role", "platform-admin"]);
        let made = tokio::task::spawn_blocking(move || command.stderr(Stdio::piped()).output());
        let output =
            timeout(TOKEN_LIMIT, made).await.context("making a key took too long")???;
        if !output.status.success() {
            bail!("no key was made: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts a node on a free port and waits until it answers.
    pub(crate) async fn start(&self, name: &str, key: &str) -> Result<Node> {
        let port = free_port()?;
        let config = self.write_config(name, port)?;
        let log = self.dir.join(format!("{name}.log"));
        let mut node =
            Node { launch: self.clone(), port, config, log, key: key.to_owned(), child: None };
        node.spawn()?;
        node.ready().await?;
        Ok(node)
    }
}

/// One server process, and what is needed to start it again.
#[derive(Debug)]
pub(crate) struct Node {
    launch: Launch,
    port: u16,
    config: PathBuf,
    log: PathBuf,
    key: String,
    child: Option<Child>,
}

impl Node {
    /// Where clients connect.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let pid = self.pid().context("it does not run")?;
        let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
        anyhow::ensure!(sent.success(), "signal {name} was not sent to {pid}");
        Ok(())
    }

    /// Tells it to end, and waits for that; how long it took, and its exit code.
    pub(crate) async fn end(&mut self, limit: Duration) -> Result<(Duration, Option<i32>)> {
        let began = Instant::now();
        self.signal("TERM")?;
        loop {
            let child = self.child.as_mut().context("it does not run")?;
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return Ok((began.elapsed(), status.code()));
            }
            if began.elapsed() > limit {
                bail!("it has not ended after {limit:?}:\n{}", self.log_tail());
            }
            sleep(READY_INTERVAL).await;
        }
    }

    /// Sets a variable that it has from its next start on.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.launch.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it again where it was.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.spawn()?;
        self.ready().await
    }

    fn spawn(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.launch.command();
        command.arg("serve").arg("--config").arg(&self.config);
        command.stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("starting the server")?);
        Ok(())
    }

    /// Waits until it answers a call that goes through credentials and database.
    async fn ready(&mut self) -> Result<()> {
        let began = Instant::now();
        let client = client(&self.endpoint(), &self.key, 1)?.with_deadline(Some(READY_LIMIT));
        loop {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok()?) {
                bail!("the server ended ({status}):\n{}", self.log_tail());
            }
            let asked = timeout(Duration::from_secs(1), client.call(v1::GetServerInfoRequest {}));
            let error = match asked.await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            if began.elapsed() > READY_LIMIT {
                bail!("the server is not ready ({error}):\n{}", self.log_tail());
            }
            sleep(READY_INTERVAL).await;
        }
    }

    /// The end of what it wrote.
    pub(crate) fn log_tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let from = text.len().saturating_sub(LOG_TAIL);
        String::from_utf8_lossy(&text[from..]).into_owned()
    }

    /// Lines of its log that warn or tell of an error, without what differs from line to line, and
    /// how often each was written.
    pub(crate) fn complaints(&self) -> BTreeMap<String, usize> {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut found = BTreeMap::new();
        for line in text.lines() {
            if [" WARN ", " ERROR ", "panicked"].iter().any(|word| line.contains(word)) {
                *found.entry(plain(line)).or_default() += 1;
            }
        }
        found
    }
}

/// A line with numbers and identifiers replaced.
fn plain(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let differs = word.len() > 3 && word.contains(|c: char| c.is_ascii_digit());
        match word.split_once('=') {
            Some((name, _)) if differs => format!("{name}=#"),
            None if differs => "#".to_owned(),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("a server was not ended: {error}");
        }
    }
}

/// A client of a node, with this many connections for calls.
pub(crate) fn client(endpoint: &str, key: &str, connections: usize) -> Result<Client> {
    client_with(endpoint, key, connections, 1)
}

/// A client of a node, with this many connections for calls and for streams.
pub(crate) fn client_with(
    endpoint: &str,
    key: &str,
    unary_connections: usize,
    stream_connections: usize,
) -> Result<Client> {
    Ok(Client::lazy(ClientConfig {
        endpoint: endpoint.to_owned(),
        api_key: key.into(),
        unary_connections,
        stream_connections,
        ..ClientConfig::default()
    })?)
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..PORT_ATTEMPTS {
        let port = rand::rng().random_range(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port in {PORTS:?}")
}
