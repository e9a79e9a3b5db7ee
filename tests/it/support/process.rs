//! The server as a process: started on a free port with its own folder and database, killed, told
//! to end, started again. A small shell waits beside it for the end of this process, however that
//! comes, and clears everything away; so a server outlives no test run.

use super::database::{self, Database, Made};
use super::tls::{Authority, Pair};
use super::{LOOK, http};
use omnichannel_sdk::{Client, ClientConfig, Identity};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const BINARY: &str = env!("CARGO_BIN_EXE_omnichannel");

/// Ports of test servers, below those that outgoing connections are given.
pub(crate) const PORTS: std::ops::Range<u16> = 12_000..20_000;

/// Key that wraps the others: 32 bytes, as base64.
const MASTER_KEY: &str = "b21uaWNoYW5uZWwgaW50ZWdyYXRpb24gdGVzdCBrZXk=";

/// How long a server may take to begin, on a machine that compiles at the same time.
const START_MAX: Duration = Duration::from_secs(60);

/// How long it may take to end in order.
const END_MAX: Duration = Duration::from_secs(60);

/// How often a start is tried when somebody takes the port first.
const ATTEMPTS_MAX: u32 = 5;

/// What is set for all tests unless one sets it otherwise. All of them come from one address, and
/// some only to be refused.
const USUAL: [&str; 6] = [
    "egress.allow_http = true",
    "egress.allow_private = true",
    "delivery.timeout_seconds = 2",
    "drain.notice_seconds = 1",
    "health.interval_seconds = 1",
    "limits.wrong_credentials_per_minute = 0",
];

/// Most lines of a log that a failure shows.
const SHOWN_MAX: usize = 80;

/// Waits until its input ends, which is when the process that started it does, then clears away:
/// the server, the database, the folder.
const JANITOR: &str = r#"trap '' INT TERM HUP
cat >/dev/null
[ -s "$1/pid" ] && kill -9 "$(cat "$1/pid")" 2>/dev/null && sleep 0.2
[ -n "$3" ] && "$2" -X -q -c "DROP DATABASE IF EXISTS $3 WITH (FORCE)" "$4" >/dev/null 2>&1
rm -rf -- "$1""#;

/// Settings that differ from those all tests share: lines of a configuration file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    lines: Vec<&'static str>,
    /// Most blocks a file may have; none for as many as the disk has.
    blocks: Option<u32>,
    /// Whether it makes the demo's tenant.
    demo: bool,
    /// The CA its clients trust, as PEM; none for a server without TLS.
    ca: Option<String>,
    /// Files of its folder, with what they hold.
    files: Vec<(&'static str, String)>,
    /// How much longer than others the test may take.
    pub(crate) more: Duration,
}

impl Settings {
    pub(crate) fn of(lines: &[&'static str]) -> Self {
        Self { lines: lines.to_vec(), ..Self::default() }
    }

    /// The same with TLS, and a certificate of this CA in `tls.pem` and `tls.key`.
    pub(crate) fn secure(mut self, ca: &Authority) -> Self {
        let pair = ca.server();
        self.lines.extend(["tls.certificate = \"tls.pem\"", "tls.key = \"tls.key\""]);
        self.files.extend([("tls.pem", pair.certificate), ("tls.key", pair.key)]);
        self.ca = Some(ca.pem.clone());
        self
    }

    /// The same with a file in its folder, readable by its owner only.
    pub(crate) fn file(mut self, name: &'static str, text: &str) -> Self {
        self.files.push((name, text.to_owned()));
        self
    }

    /// The same for a test that takes so many seconds more than others.
    pub(crate) fn patient(self, seconds: u64) -> Self {
        Self { more: Duration::from_secs(seconds), ..self }
    }

    /// The same with the demo's tenant.
    pub(crate) fn demo(self) -> Self {
        Self { demo: true, ..self }
    }

    /// The same on a disk where no file grows beyond so many blocks of 512 bytes.
    pub(crate) fn full_at(self, blocks: u32) -> Self {
        Self { blocks: Some(blocks), ..self }
    }
}

/// A server, its folder and its database.
pub(crate) struct Server {
    pub(crate) database: Database,
    port: u16,
    smtp_port: u16,
    url: String,
    folder: PathBuf,
    platform_key: String,
    blocks: Mutex<Option<u32>>,
    demo: bool,
    ca: Option<String>,
    process: Mutex<Option<Child>>,
    janitor: Mutex<Child>,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(database: Database, settings: Settings) -> Self {
        // First what may be missing, so that nothing is left behind when it is.
        let made = (database == Database::Postgres).then(database::make);
        let folder = folder();
        let janitor = Mutex::new(janitor(&folder, made.as_ref()));
        let url = made.map_or_else(
            || format!("sqlite:{}", folder.join("it.sqlite").display()),
            |made| made.url,
        );
        let mut server = Self {
            database,
            port: 0,
            smtp_port: 0,
            url,
            folder,
            platform_key: String::new(),
            blocks: Mutex::new(settings.blocks),
            demo: settings.demo,
            ca: settings.ca.clone(),
            process: Mutex::new(None),
            janitor,
        };
        server.begin(&settings).await;
        server
    }

    /// Starts another server on the same database, which must be one that servers can share.
    pub(crate) async fn sibling(&self) -> Self {
        assert_eq!(self.database, Database::Postgres, "one process has a SQLite file");
        let folder = folder();
        let mut sibling = Self {
            database: self.database,
            port: 0,
            smtp_port: 0,
            url: self.url.clone(),
            janitor: Mutex::new(janitor(&folder, None)),
            folder,
            platform_key: self.platform_key.clone(),
            blocks: Mutex::new(None),
            demo: false,
            ca: None,
            process: Mutex::new(None),
        };
        sibling.begin(&Settings::default()).await;
        sibling
    }

    /// Starts it on ports that are free, and waits until it is ready.
    async fn begin(&mut self, settings: &Settings) {
        for (name, text) in &settings.files {
            self.write(name, text);
        }
        for attempt in 1..=ATTEMPTS_MAX {
            self.port = free_port();
            self.smtp_port = free_port();
            self.configure(&self.url, settings);
            if self.platform_key.is_empty() {
                self.platform_key = self.first_key();
            }
            self.spawn();
            match self.wait_until_ready().await {
                Ok(()) => break,
                Err(why) if attempt == ATTEMPTS_MAX => panic!("{why}\n{}", self.log_from(0)),
                Err(_) => self.kill(),
            }
        }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it takes mail.
    pub(crate) fn smtp_port(&self) -> u16 {
        self.smtp_port
    }

    /// Where its clients reach it.
    pub(crate) fn endpoint(&self) -> String {
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Puts a file into its folder, whole at once, readable by its owner only.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let new = self.folder.join(format!("{name}.new"));
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new).expect("the folder is there");
        file.write_all(text.as_bytes()).expect("written");
        fs::rename(new, self.folder.join(name)).expect("in one folder");
    }

    /// Where its data is.
    pub(crate) fn database_url(&self) -> &str {
        &self.url
    }

    /// How many rows of a tenant lie in a table.
    pub(crate) async fn rows_of(&self, table: &str, tenant: &str) -> i64 {
        database::rows_of(&self.url, table, tenant).await
    }

    /// The key of the operator.
    pub(crate) fn platform_key(&self) -> &str {
        &self.platform_key
    }

    /// A client with a key; none for the empty one.
    pub(crate) fn client(&self, key: &str) -> Client {
        let config = ClientConfig {
            endpoint: self.endpoint(),
            api_key: key.into(),
            ca_certificates: self.ca.clone(),
            ..ClientConfig::default()
        };
        Client::lazy(config).expect("the settings of the client are sound")
    }

    /// A client that shows a certificate, and a key unless that is empty.
    pub(crate) fn client_showing(&self, pair: &Pair, key: &str) -> Client {
        let config = ClientConfig {
            endpoint: self.endpoint(),
            api_key: key.into(),
            ca_certificates: self.ca.clone(),
            identity: Some(Identity::from_pem(&pair.certificate, &pair.key)),
            ..ClientConfig::default()
        };
        Client::lazy(config).expect("the settings of the client are sound")
    }

    /// Kills it, as a lost machine would.
    pub(crate) fn kill(&self) {
        if let Some(mut process) = self.process.lock().expect("whole").take() {
            process.kill().expect("our own process can be killed");
            process.wait().expect("a killed process ends");
        }
        fs::write(self.folder.join("pid"), "").expect("the folder is there");
    }

    /// Tells it to end, and goes on.
    pub(crate) fn tell_to_end(&self) {
        self.signal("-TERM");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.lock().expect("whole");
        let pid = process.as_ref().expect("it runs").id().to_string();
        let told = Command::new("kill").args([name, &pid]).status().expect("kill runs");
        assert!(told.success(), "the process was there");
    }

    /// Runs a command of the binary to its end, with a file of settings in this server's folder;
    /// its own are `config.toml`.
    pub(crate) fn run(&self, file: &str, arguments: &[&str]) -> std::process::Output {
        self.command_with(file, arguments).output().expect("the binary runs")
    }

    /// The same with another master key.
    pub(crate) fn run_with_key(&self, key: &str, arguments: &[&str]) -> std::process::Output {
        let mut command = self.command_with("config.toml", arguments);
        command.env("OMNICHANNEL_MASTER_KEY", key).output().expect("the binary runs")
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let until = Instant::now() + END_MAX;
        loop {
            if let Some(status) = self.look() {
                self.process.lock().expect("whole").take();
                fs::write(self.folder.join("pid"), "").expect("the folder is there");
                return status;
            }
            assert!(Instant::now() < until, "the server did not end in {END_MAX:?}");
            sleep(LOOK).await;
        }
    }

    /// Starts it again where it was, with what it had.
    pub(crate) async fn start_again(&self) {
        assert!(self.process.lock().expect("whole").is_none(), "it has ended");
        self.spawn();
        if let Err(why) = self.wait_until_ready().await {
            panic!("{why}");
        }
    }

    /// Kills it and starts it again.
    pub(crate) async fn restart(&self) {
        self.kill();
        self.start_again().await;
    }

    /// Gives files all the room they want from its next start on.
    pub(crate) fn widen(&self) {
        *self.blocks.lock().expect("whole") = None;
    }

    /// Moves its clock ahead; takes `time.shift_allowed`.
    pub(crate) async fn shift(&self, seconds: u32) {
        let path = format!("/debug/shift?seconds={seconds}");
        let answer = http::send(self.port, "POST", &path, &[], b"").await;
        assert_eq!(answer.status, 200, "the clock can be moved");
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.lock().expect("whole").as_ref().expect("it runs").id()
    }

    /// A file that it wrote into its folder.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it was written")
    }

    /// Where it keeps a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What it has written since a place in its log.
    pub(crate) fn log_from(&self, place: u64) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let place = usize::try_from(place).unwrap_or_default().min(log.len());
        String::from_utf8_lossy(&log[place..]).into_owned()
    }

    /// Where its log ends now.
    pub(crate) fn log_end(&self) -> u64 {
        fs::metadata(self.folder.join("log")).map_or(0, |log| log.len())
    }

    /// Shows the log when a test fails while this is held.
    pub(crate) fn witness(self: &std::sync::Arc<Self>) -> Witness {
        Witness { server: std::sync::Arc::clone(self), from: self.log_end() }
    }

    fn configure(&self, url: &str, settings: &Settings) {
        let mut text = format!(
            "listen = \"127.0.0.1:{}\"\ndatabase.url = \"{url}\"\n\
             smtp.listen = \"127.0.0.1:{}\"\n",
            self.port, self.smtp_port
        );
        for usual in USUAL {
            let key = usual.split(' ').next().unwrap_or_default();
            if !settings.lines.iter().any(|line| line.split(' ').next() == Some(key)) {
                writeln!(text, "{usual}").expect("a text takes text");
            }
        }
        for line in &settings.lines {
            writeln!(text, "{line}").expect("a text takes text");
        }
        fs::write(self.folder.join("config.toml"), text).expect("the folder is there");
    }

    /// The command line without what the environment of the tests says.
    fn command(&self, subcommand: &str) -> Command {
        self.command_with("config.toml", &[subcommand])
    }

    fn command_with(&self, file: &str, arguments: &[&str]) -> Command {
        let mut command = match *self.blocks.lock().expect("whole") {
            Some(blocks) => limited(blocks),
            None => Command::new(BINARY),
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OMNICHANNEL_") {
                command.env_remove(name);
            }
        }
        command
            .arg("--config")
            .arg(self.folder.join(file))
            .env("OMNICHANNEL_MASTER_KEY", MASTER_KEY)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    fn first_key(&self) -> String {
        let mut command = self.command("token");
        let made = command.args(["--role", "platform-admin"]).output().expect("the binary runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "no first key was made: {said}");
        String::from_utf8(made.stdout).expect("a key is text").trim().to_owned()
    }

    fn spawn(&self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log"));
        let log = log.expect("a log can be written");
        let process = self
            .command("serve")
            .args(self.demo.then_some("--demo"))
            .stdout(log.try_clone().expect("a file has many handles"))
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        fs::write(self.folder.join("pid"), process.id().to_string()).expect("the folder is there");
        *self.process.lock().expect("whole") = Some(process);
    }

    fn look(&self) -> Option<ExitStatus> {
        let mut process = self.process.lock().expect("whole");
        process.as_mut()?.try_wait().expect("our own process can be asked")
    }

    async fn is_ready(&self) -> bool {
        if self.ca.is_some() {
            // Who is asked for a certificate cannot ask a probe: the log is believed.
            return self.log_from(0).contains("serving addr");
        }
        let answer = http::try_send(self.port, "GET", "/readyz", &[], b"").await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    async fn wait_until_ready(&self) -> Result<(), String> {
        let until = Instant::now() + START_MAX;
        while Instant::now() < until {
            if let Some(status) = self.look() {
                return Err(format!("the server ended at once: {status}"));
            }
            if self.is_ready().await {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Err(format!("the server was not ready in {START_MAX:?}"))
    }
}

/// A folder for a server, which its janitor clears away.
fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("omnichannel-it-").tempdir();
    folder.expect("a folder for the server").keep()
}

/// The binary under a limit of the shell, which it meets as failed writes.
fn limited(blocks: u32) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    command.args(["-c", &script, "sh", BINARY]);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.lock().expect("whole").take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
        // No pid means that nobody else may be killed in its place.
        let _ = fs::write(self.folder.join("pid"), "");
        let janitor = self.janitor.get_mut().expect("whole");
        drop(janitor.stdin.take());
        let _ = janitor.wait();
    }
}

fn janitor(folder: &Path, made: Option<&Made>) -> Child {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(JANITOR).arg("janitor").arg(folder);
    match made {
        Some(made) => {
            shell.arg(database::psql()).arg(&made.name).arg(database::server());
        }
        None => {
            shell.args(["", "", ""]);
        }
    }
    let quiet = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.spawn().expect("sh runs")
}

/// A port that nobody listens on. Each call goes on where the one before ended, so that two servers
/// of this process never try the same.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    let begin = u16::try_from(std::process::id() * 61 % u32::from(count)).expect("below the count");
    for _ in 0..count {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + (begin.wrapping_add(step)) % count;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {} on is free", PORTS.start);
}

/// Shows what a server wrote while a test failed.
pub(crate) struct Witness {
    server: std::sync::Arc<Server>,
    from: u64,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let log = self.server.log_from(self.from);
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("access: call")).collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_MAX)..];
        eprintln!("--- log of the server ({:?}), its last lines:", self.server.database);
        eprintln!("{}\n---", shown.join("\n"));
    }
}
