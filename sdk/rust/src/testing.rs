//! A real server for tests: the server's own binary on a database of its own in a temporary folder,
//! with a tenant, keys, and a clock that can be moved. The binary is named, or found by the
//! variable OMNICHANNEL_BINARY or on the PATH. Nothing of the surrounding environment configures
//! the server, and nothing is left behind. Takes a system that has `kill`.

use crate::client::Client;
use crate::config::ClientConfig;
use crate::error::Error;
use crate::v1;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Method, Request};

/// How long the server may take to be ready, and each of its commands to run.
const START_MAX: Duration = Duration::from_secs(60);
/// How long it may take to end when told to; then it is killed.
const STOP_MAX: Duration = Duration::from_secs(20);
/// How long an answer to a question over HTTP may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether it is ready.
const LOOK: Duration = Duration::from_millis(20);
/// Below the ports that connections going out are given.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// How often a start is tried, as another program may take the port first.
const STARTS_MAX: u32 = 5;
/// How much of the log an error shows, in bytes.
const LOG_SHOWN: usize = 4_000;
/// The setting that names a certificate, with which the server speaks TLS.
const CERTIFICATE: &str = "tls.certificate";
/// Name of the tenant that is there from the first start on.
const TENANT: &str = "test";
const VARIABLE: &str = "OMNICHANNEL_BINARY";
const BINARY: &str = "omnichannel";

const SETTINGS: &[(&str, &str)] = &[
    ("time.shift_allowed", "true"),
    ("egress.allow_http", "true"),
    ("egress.allow_private", "true"),
    ("drain.notice_seconds", "0"),
    ("drain.streams_seconds", "1"),
    ("drain.hard_seconds", "2"),
    ("limits.wrong_credentials_per_minute", "0"),
];

/// How a server for tests is started.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Where the binary is. Default: what OMNICHANNEL_BINARY names, else `omnichannel` on the PATH.
    pub binary: Option<PathBuf>,
    /// Settings that go before those of tests, such as `limits.streams_per_key` and `5`. With
    /// `tls.certificate` and `tls.key` the server speaks TLS, and its clients trust that
    /// certificate; takes the feature `tls`.
    pub settings: Vec<(String, String)>,
}

/// A server of its own. Dropping it ends it and removes all it kept.
#[derive(Debug)]
pub struct Server {
    binary: PathBuf,
    settings: Vec<(String, String)>,
    // Ends before its folder goes.
    process: Option<Child>,
    folder: TempDir,
    port: u16,
    api_key: String,
    platform_key: String,
    // How far the clock was moved, in seconds.
    ahead: AtomicU64,
}

impl Server {
    /// Starts a server with the settings of tests.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(ServerOptions::default()).await
    }

    /// Starts a server.
    pub async fn start_with(options: ServerOptions) -> Result<Self, Error> {
        let folder = TempDir::with_prefix("omnichannel-").map_err(failed("a folder"))?;
        let defaults = SETTINGS.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        let named = options.binary.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        let mut server = Self {
            binary: named.unwrap_or_else(|| BINARY.into()),
            settings: defaults.chain(options.settings).collect(),
            process: None,
            folder,
            port: 0,
            api_key: String::new(),
            platform_key: String::new(),
            ahead: AtomicU64::new(0),
        };
        server.platform_key = server.token(&["--role", "platform-admin"]).await?;
        let tenant = ["--role", "tenant-admin", "--tenant", TENANT, "--create-tenant"];
        server.api_key = server.token(&tenant).await?;
        server.launch().await?;
        Ok(server)
    }

    /// Address of the server; it stays when the server is started again.
    pub fn endpoint(&self) -> String {
        let scheme = if self.certificate().is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// A key of role TENANT_ADMIN of the tenant `test`.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// A key of the operator of the platform.
    pub fn platform_key(&self) -> &str {
        &self.platform_key
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A client with the tenant's key.
    pub fn client(&self) -> Result<Client, Error> {
        self.client_with(&self.api_key)
    }

    /// A client with another key, or a token.
    pub fn client_with(&self, key: &str) -> Result<Client, Error> {
        let (endpoint, api_key) = (self.endpoint(), key.into());
        let certificate = self.certificate().map(std::fs::read_to_string);
        let ca_certificates = certificate.transpose().map_err(failed("the certificate"))?;
        Client::lazy(ClientConfig { endpoint, api_key, ca_certificates, ..Default::default() })
    }

    /// The file of the certificate that it shows, if it speaks TLS.
    fn certificate(&self) -> Option<&str> {
        let named = self.settings.iter().rfind(|(key, _)| key == CERTIFICATE);
        named.map(|(_, file)| file.as_str()).filter(|file| !file.is_empty())
    }

    /// A further tenant; answers with its first key, of role TENANT_ADMIN.
    pub async fn create_tenant(&self, name: &str) -> Result<String, Error> {
        let tenant = Some(v1::Tenant { name: name.to_owned(), ..Default::default() });
        let request = v1::CreateTenantRequest { tenant, ..Default::default() };
        Ok(self.client_with(&self.platform_key)?.call(request).await?.key)
    }

    /// A further key of the tenant, for an agent if the identifier is not empty.
    pub async fn create_key(&self, role: v1::Role, agent_id: &str) -> Result<String, Error> {
        let api_key = v1::ApiKey {
            name: format!("key {}", uuid::Uuid::now_v7().simple()),
            role: role.into(),
            agent_id: agent_id.to_owned(),
            ..Default::default()
        };
        let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
        Ok(self.client()?.call(request).await?.key)
    }

    /// Moves the server's clock ahead by whole seconds. What is due by then happens at once, or
    /// within a second where a worker looks for it. A server that is started again goes on with the
    /// clock as it was moved.
    pub async fn advance(&self, by: Duration) -> Result<(), Error> {
        self.shift(by.as_secs()).await?;
        self.ahead.fetch_add(by.as_secs(), Ordering::Relaxed);
        Ok(())
    }

    async fn shift(&self, seconds: u64) -> Result<(), Error> {
        let path = format!("/debug/shift?seconds={seconds}");
        match self.ask(Method::POST, &path).await? {
            200 => Ok(()),
            other => Err(fault(format!("the clock was not moved: status {other}"))),
        }
    }

    /// Tells the server to end, as an operator does, and waits until it has; kills it if it takes
    /// too long.
    pub async fn stop(&mut self) -> Result<ExitStatus, Error> {
        let Some(mut process) = self.process.take() else { return Err(not_running()) };
        if let Some(id) = process.id() {
            let told = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            told.map_err(failed("kill"))?;
        }
        match timeout(STOP_MAX, process.wait()).await {
            Ok(ended) => ended.map_err(failed("the server")),
            Err(_) => end(process).await,
        }
    }

    /// Ends the server without a word.
    pub async fn kill(&mut self) -> Result<ExitStatus, Error> {
        end(self.process.take().ok_or_else(not_running)?).await
    }

    /// Starts the server again after [`Server::stop`] or [`Server::kill`]: on the same port, with
    /// what it kept.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        if self.process.is_some() {
            return Err(fault("the server runs already"));
        }
        self.launch().await
    }

    async fn launch(&mut self) -> Result<(), Error> {
        let is_chosen = self.port == 0;
        for _ in 0..STARTS_MAX {
            if is_chosen {
                self.port = free_port()?;
            }
            if self.has_started().await? {
                return Ok(());
            }
            if !is_chosen || !self.log().contains("in use") {
                break;
            }
        }
        let log = self.log();
        let shown = log.len().saturating_sub(LOG_SHOWN);
        let shown = (shown..).find(|at| log.is_char_boundary(*at)).unwrap_or(log.len());
        Err(fault(format!("the server did not start:\n{}", &log[shown..])))
    }

    async fn has_started(&mut self) -> Result<bool, Error> {
        let log = std::fs::File::create(self.folder.path().join("log"));
        let log = log.map_err(failed("the log"))?;
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = self.command(&["serve", "--listen", &listen]);
        command.stdout(log.try_clone().map_err(failed("the log"))?).stderr(log);
        let mut process = command.spawn().map_err(failed("the server's binary"))?;
        let due = Instant::now() + START_MAX;
        while Instant::now() < due && process.try_wait().ok().flatten().is_none() {
            if matches!(self.ask(Method::GET, "/readyz").await, Ok(200)) {
                self.process = Some(process);
                let ahead = self.ahead.load(Ordering::Relaxed);
                if ahead > 0 {
                    self.shift(ahead).await?;
                }
                return Ok(true);
            }
            sleep(LOOK).await;
        }
        end(process).await?;
        Ok(false)
    }

    /// Makes a key with the binary itself.
    async fn token(&self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.command(&["token"]);
        let ran = timeout(START_MAX, command.args(arguments).output()).await;
        let ran = ran.map_err(|_| fault("no key was made in time"))?;
        let ran = ran.map_err(failed("the server's binary"))?;
        let said = String::from_utf8_lossy(&ran.stdout);
        match said.split_whitespace().last() {
            Some(key) if ran.status.success() => Ok(key.to_owned()),
            _ => {
                let why = String::from_utf8_lossy(&ran.stderr);
                Err(fault(format!("no key was made: {why}")))
            }
        }
    }

    /// The binary in its folder, configured by its settings alone.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OMNICHANNEL") {
                command.env_remove(name);
            }
        }
        let database = self.folder.path().join("omnichannel.sqlite");
        let names = self.settings.iter().map(|(key, value)| {
            (format!("OMNICHANNEL_{}", key.to_uppercase().replace('.', "__")), value)
        });
        command.args(arguments).envs(names).current_dir(self.folder.path());
        command.env("OMNICHANNEL_DATABASE_URL", format!("sqlite:{}", database.display()));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Asks over HTTP; the status of the answer.
    async fn ask(&self, method: Method, path: &str) -> Result<u16, Error> {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        let request = request.map_err(|error| fault(error.to_string()))?;
        let mut transport = self.client_with("")?.with_deadline(Some(ANSWER_MAX)).transport();
        Ok(transport.call(request).await?.status().as_u16())
    }
}

async fn end(mut process: Child) -> Result<ExitStatus, Error> {
    // It may have ended already, which the wait tells.
    let _ = process.start_kill();
    process.wait().await.map_err(failed("the server"))
}

/// A port of the loopback address that nobody uses now.
fn free_port() -> Result<u16, Error> {
    let first = rand::random_range(PORTS);
    let all = (first..PORTS.end).chain(PORTS.start..first);
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    all.into_iter().find(is_free).ok_or_else(|| fault("no port is free"))
}

fn not_running() -> Error {
    fault("the server does not run")
}

fn fault(text: impl Into<String>) -> Error {
    Error::local(Code::FailedPrecondition, text)
}

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |error| fault(format!("{what}: {error}"))
}
