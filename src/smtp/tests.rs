//! Sessions over real sockets with a mailroom that keeps letters in memory: what is taken, what is
//! refused and with which code, every limit, every way in which mail has been smuggled, the end.

use super::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use wire::Io;

/// How long anything in here may take.
const PATIENCE: Duration = Duration::from_secs(20);

const TEXT: &str = "Subject: hello\r\n\r\nHello.\r\n";

/// Letters by memory.
#[derive(Default)]
struct Shelf {
    letters: Mutex<Vec<Letter>>,
    /// Whether it answers everything with a later.
    away: AtomicBool,
}

impl Mailroom for Shelf {
    fn knows<'a>(&'a self, recipient: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match recipient.rsplit_once('@') {
                _ if self.away.load(Ordering::Relaxed) => Answer::Later,
                Some((local, "desk.test")) if local != "nobody" => Answer::Yes,
                None if recipient == POSTMASTER => Answer::Yes,
                _ => Answer::Nobody,
            }
        })
    }

    fn keep(&self, letter: Letter) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            if self.away.load(Ordering::Relaxed) || letter.recipient.starts_with("stuck") {
                return Answer::Later;
            }
            self.letters.lock().expect("whole").push(letter);
            Answer::Yes
        })
    }
}

/// A mail door and what came in by it.
struct Door {
    shelf: Arc<Shelf>,
    addr: SocketAddr,
    closing: CancellationToken,
    serving: JoinHandle<()>,
    trusted: RootCertStore,
}

fn options() -> SmtpOptions {
    SmtpOptions {
        hostname: "mx.desk.test".into(),
        message_bytes: 1 << 20,
        line_bytes: 8192,
        memory_bytes: 64 << 20,
        recipients: 100,
        connections: 50,
        connections_per_peer: 50,
        commands: 1000,
        errors: 10,
        command: PATIENCE,
        data: PATIENCE,
        session: 10 * PATIENCE,
        require_tls: false,
    }
}

impl Door {
    async fn open(options: SmtpOptions) -> Self {
        let made = rcgen::generate_simple_self_signed(["mx.desk.test".to_owned()]);
        let made = made.expect("a certificate");
        let key = rustls_pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("they fit");
        let mut trusted = RootCertStore::empty();
        trusted.add(made.cert.der().clone()).expect("it is one");
        let config = Arc::new(config);
        Self::with(options, Arc::new(move || Some(Arc::clone(&config))), trusted).await
    }

    async fn with(options: SmtpOptions, tls: TlsNow, trusted: RootCertStore) -> Self {
        let shelf = Arc::new(Shelf::default());
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let opened = Smtp::open(addr, options, Arc::clone(&shelf) as _, tls).await;
        let opened = opened.expect("a free port");
        let addr = opened.addr().expect("it has one");
        let closing = CancellationToken::new();
        let serving = tokio::spawn(opened.serve(closing.clone()));
        Self { shelf, addr, closing, serving, trusted }
    }

    async fn call(&self) -> Peer {
        let stream = TcpStream::connect(self.addr).await.expect("it listens");
        Peer { io: Box::new(stream) }
    }

    /// After banner and EHLO.
    async fn greeted(&self) -> Peer {
        let mut peer = self.call().await;
        peer.hears("220").await;
        peer.asks("EHLO client.test", "250").await;
        peer
    }

    fn letters(&self) -> Vec<Letter> {
        self.shelf.letters.lock().expect("whole").clone()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The other side.
struct Peer {
    io: Box<dyn Io>,
}

impl Peer {
    async fn says(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.expect("the line is open");
    }

    /// A whole answer; empty when the connection has ended.
    async fn hear(&mut self) -> String {
        let mut answer = Vec::new();
        let read = async {
            loop {
                let begin = answer.len();
                while !answer[begin..].ends_with(b"\r\n") {
                    match self.io.read_u8().await {
                        Ok(byte) => answer.push(byte),
                        Err(_) => return,
                    }
                }
                if answer.get(begin + 3) != Some(&b'-') {
                    return;
                }
            }
        };
        timeout(PATIENCE, read).await.expect("an answer comes");
        String::from_utf8(answer).expect("text")
    }

    async fn hears(&mut self, code: &str) -> String {
        let answer = self.hear().await;
        assert!(answer.starts_with(code), "{answer:?} is not {code:?}");
        answer
    }

    async fn asks(&mut self, line: &str, code: &str) -> String {
        self.says(format!("{line}\r\n")).await;
        let answer = self.hear().await;
        assert!(answer.starts_with(code), "{line:?} was answered {answer:?}, not {code:?}");
        answer
    }

    async fn sends(&mut self, recipient: &str, text: impl AsRef<[u8]>, code: &str) {
        self.asks("MAIL FROM:<ada@customer.test>", "250 2.1.0").await;
        self.asks(&format!("RCPT TO:<{recipient}>"), "250 2.1.5").await;
        self.asks("DATA", "354").await;
        self.says(text).await;
        self.says("\r\n.\r\n").await;
        self.hears(code).await;
    }

    async fn has_ended(&mut self) {
        assert_eq!(self.hear().await, "", "the connection is closed");
    }

    async fn encrypts(self, door: &Door) -> Self {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(door.trusted.clone())
            .with_no_client_auth();
        let name = ServerName::try_from("mx.desk.test").expect("a name");
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let io = connector.connect(name, self.io).await.expect("a handshake");
        Self { io: Box::new(io) }
    }
}

#[tokio::test]
async fn a_mail_is_kept_as_it_was_written() {
    let door = Door::open(options()).await;
    let mut peer = door.greeted().await;
    peer.sends("help+tag@desk.test", "Subject: a\r\n\r\n..one\r\n..\r\ntwo.", "250 2.6.0").await;
    peer.asks("MAIL FROM:<> BODY=8BITMIME SIZE=20", "250").await;
    peer.asks("rcpt to:<one@desk.test>", "250").await;
    peer.asks("RCPT TO:<two@desk.test>", "250").await;
    peer.asks("RCPT TO:<TWO+Token@desk.test>", "250").await;
    peer.asks("RCPT TO:<two+x@desk.test>", "250").await;
    peer.asks("RCPT TO:<nobody@desk.test>", "550 5.1.1").await;
    peer.asks("DATA", "354").await;
    peer.says("Subject: \u{fc}\r\n\r\n.\r\n").await;
    peer.hears("250 2.6.0").await;
    peer.asks("QUIT", "221").await;
    peer.has_ended().await;
    let found = door.letters();
    let seen: Vec<_> = found
        .iter()
        .map(|one| (one.sender.as_str(), one.recipient.as_str(), &one.text[..]))
        .collect();
    let (first, second) =
        (&b"Subject: a\r\n\r\n.one\r\n.\r\ntwo.\r\n"[..], "Subject: \u{fc}\r\n\r\n");
    let expected = [
        ("ada@customer.test", "help+tag@desk.test", first),
        ("", "one@desk.test", second.as_bytes()),
        ("", "TWO+Token@desk.test", second.as_bytes()),
    ];
    assert_eq!(seen, expected);
    assert!(found.iter().all(|one| one.peer.is_loopback() && !one.encrypted));
    assert!(!format!("{found:?}").contains("ada"), "nothing of it is shown");
}

#[tokio::test]
async fn commands_may_come_all_at_once() {
    let door = Door::open(options()).await;
    let mut peer = door.call().await;
    let mail =
        "MAIL FROM:<a@b.test>\r\nRCPT TO:<x@desk.test>\r\nRCPT TO:<nobody@desk.test>\r\nDATA\r\n";
    let text = format!("{TEXT}.\r\n");
    peer.says(format!("EHLO c\r\n{mail}{text}{mail}{text}RSET\r\nNOOP\r\nQUIT\r\n")).await;
    for code in ["220", "250", "250 2.1.0", "250 2.1.5", "550", "354", "250 2.6.0", "250 2.1.0"] {
        peer.hears(code).await;
    }
    for code in ["250 2.1.5", "550", "354", "250 2.6.0", "250 2.0.0", "250 2.0.0", "221"] {
        peer.hears(code).await;
    }
    peer.has_ended().await;
    assert_eq!(door.letters().len(), 2);
}

#[tokio::test]
async fn what_is_out_of_order_or_not_offered_is_refused() {
    let door = Door::open(SmtpOptions { errors: 100, ..options() }).await;
    let mut peer = door.call().await;
    peer.hears("220 mx.desk.test ESMTP").await;
    for (line, code) in [
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("RCPT TO:<x@desk.test>", "503"),
        ("DATA", "503"),
        ("HELO c", "250 mx.desk.test\r\n"),
        ("DATA", "503"),
        ("EHLO", "501"),
        ("MAIL FROM:a@b.test", "501"),
        ("MAIL FROM:<a>", "553"),
        ("MAIL FROM:<a@b.test> SIZE=x", "501"),
        ("MAIL FROM:<a@b.test> SIZE=1048577", "552 5.3.4"),
        ("MAIL FROM:<a@b.test> BODY=BINARYMIME", "555"),
        ("MAIL FROM:<a@b.test> RET=FULL", "555"),
        ("MAIL FROM:<a@b.test> ENVID=x", "555"),
        ("MAIL FROM:<a@b.test> AUTH=x", "555"),
        ("MAIL FROM:<a@b.test> WHAT=x", "555"),
        ("MAIL FROM:<\u{fc}@b.test>", "553 5.6.7"),
        ("MAIL FROM:<\u{fc}@b.test> SMTPUTF8", "250"),
        ("MAIL FROM:<a@b.test>", "503"),
        ("DATA", "554 5.5.1"),
        ("RCPT TO:<>", "550"),
        ("RCPT TO:<Postmaster>", "250"),
        ("RCPT TO:<postmaster> NOTIFY=NEVER", "555"),
        ("RCPT TO:<x@elsewhere.test>", "550 5.1.1"),
        ("RCPT TO:<x%elsewhere.test@nowhere.test>", "550"),
        ("RCPT TO:<x@desk.test> NOTIFY=NEVER", "555"),
        ("RSET", "250"),
        ("RCPT TO:<x@desk.test>", "503"),
        ("VRFY x@desk.test", "252"),
        ("EXPN x@desk.test", "502"),
        ("AUTH PLAIN AAAA", "502"),
        ("LHLO c", "502"),
        ("ETRN x", "502"),
        ("HELP", "214"),
        ("WHAT", "500 5.5.1"),
        ("", "500"),
        ("NO\tOP", "500 5.5.2"),
        ("STARTTLS now", "501"),
        ("BDAT 12", "502"),
    ] {
        peer.asks(line, code).await;
    }
    peer.has_ended().await;
    assert!(door.letters().is_empty());
}

#[tokio::test]
async fn a_browser_that_was_sent_here_gets_no_second_word() {
    let door = Door::open(options()).await;
    let mut peer = door.call().await;
    peer.says("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c\r\nMAIL FROM:<a@b.test>\r\n").await;
    peer.hears("220").await;
    peer.hears("521").await;
    peer.has_ended().await;
}

#[tokio::test]
async fn nothing_but_the_one_end_ends_a_message() {
    let door = Door::open(options()).await;
    let ends: [&[u8]; 9] = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\n\n.\r\n",
        b"\r\n\r.\r\n",
        b"\r\n.\r\r\n",
    ];
    for end in ends {
        let mut peer = door.greeted().await;
        peer.asks("MAIL FROM:<a@b.test>", "250").await;
        peer.asks("RCPT TO:<x@desk.test>", "250").await;
        peer.asks("DATA", "354").await;
        let inner =
            "MAIL FROM:<evil@b.test>\r\nRCPT TO:<x@desk.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";
        peer.says([TEXT.as_bytes(), end, inner.as_bytes()].concat()).await;
        peer.hears("521 5.5.2").await;
        peer.has_ended().await;
    }
    assert!(door.letters().is_empty(), "neither the outer nor the inner mail");
    let mut peer = door.greeted().await;
    peer.says("MAIL FROM:<a@b.test>\nRCPT TO:<x@desk.test>\r\n").await;
    peer.hears("500 5.5.2").await;
    peer.hears("503").await;
}

#[tokio::test]
async fn sizes_have_limits_and_the_session_goes_on() {
    let door = Door::open(SmtpOptions { message_bytes: 1000, line_bytes: 100, ..options() }).await;
    let mut peer = door.greeted().await;
    let line = "x".repeat(98);
    let ten = [line.as_str(); 10].join("\r\n");
    peer.sends("x@desk.test", &ten, "250").await;
    peer.sends("x@desk.test", format!("{ten}\r\n"), "552 5.3.4").await;
    peer.sends("x@desk.test", format!("{line}x"), "554 5.6.0").await;
    peer.sends("x@desk.test", format!("{ten}\r\n").repeat(100), "552").await;
    peer.asks("EHLO c", "250-mx.desk.test\r\n250-SIZE 1000\r\n250-STARTTLS\r\n").await;
    peer.asks(&format!("NOOP {}", "x".repeat(wire::COMMAND_MAX)), "500 5.5.2").await;
    peer.sends("x@desk.test", TEXT, "250").await;
    assert_eq!(door.letters().len(), 2);
}

#[tokio::test]
async fn messages_share_a_bounded_memory() {
    // A quarter is for messages on their way, the rest for putting one away.
    let options = SmtpOptions { message_bytes: 4 * PIECE, memory_bytes: 16 * PIECE, ..options() };
    let door = Door::open(options).await;
    let (mut one, mut two) = (door.greeted().await, door.greeted().await);
    let half = ["x".repeat(98).as_str(); 1600].join("\r\n");
    one.asks("MAIL FROM:<a@b.test>", "250").await;
    one.asks("RCPT TO:<x@desk.test>", "250").await;
    one.asks("DATA", "354").await;
    one.says(&half).await;
    // Held now by the first: its memory is counted as it comes, so wait until it was counted.
    let begun = Instant::now();
    loop {
        two.asks("MAIL FROM:<a@b.test>", "250").await;
        two.asks("RCPT TO:<x@desk.test>", "250").await;
        two.asks("DATA", "354").await;
        two.says(format!("{half}\r\n.\r\n")).await;
        if two.hear().await.starts_with("452 4.3.1") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "two messages do not fit");
    }
    one.says("\r\n.\r\n").await;
    one.hears("250").await;
    two.sends("x@desk.test", &half, "250").await;
}

#[tokio::test]
async fn recipients_commands_and_errors_are_counted() {
    let limits = SmtpOptions { recipients: 3, commands: 20, errors: 4, ..options() };
    let door = Door::open(limits).await;
    let mut peer = door.greeted().await;
    peer.asks("MAIL FROM:<a@b.test>", "250").await;
    for number in 0..3 {
        peer.asks(&format!("RCPT TO:<{number}@desk.test>"), "250").await;
    }
    peer.asks("RCPT TO:<3@desk.test>", "452 4.5.3").await;
    peer.asks("DATA", "354").await;
    peer.says(format!("{TEXT}.\r\n")).await;
    peer.hears("250").await;
    assert_eq!(door.letters().len(), 3);
    for _ in 0..2 {
        peer.asks("WHAT", "500").await;
    }
    peer.says("WHAT\r\nNOOP\r\n").await;
    peer.hears("500").await;
    peer.hears("421 4.7.0").await;
    peer.has_ended().await;
    let mut peer = door.greeted().await;
    for _ in 1..20 {
        peer.asks("NOOP", "250").await;
    }
    peer.asks("NOOP", "421 4.7.0").await;
    peer.has_ended().await;
}

#[tokio::test]
async fn connections_are_counted_and_silent_ones_hold_nobody_up() {
    let door =
        Door::open(SmtpOptions { connections: 6, connections_per_peer: 5, ..options() }).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(door.call().await);
    }
    let mut half = door.greeted().await;
    half.says("MAIL FR").await;
    door.call().await.hears("421 4.7.0").await;
    drop(silent.pop());
    let begun = Instant::now();
    let mut peer = loop {
        let mut peer = door.call().await;
        if peer.hear().await.starts_with("220") {
            break peer;
        }
        assert!(begun.elapsed() < PATIENCE, "a seat becomes free");
    };
    peer.asks("EHLO c", "250").await;
    peer.sends("x@desk.test", TEXT, "250").await;
    half.says("OM:<a@b.test>\r\n").await;
    half.hears("250").await;
}

#[tokio::test]
async fn time_has_limits() {
    let short = Duration::from_millis(300);
    let door = Door::open(SmtpOptions { command: short, data: 2 * short, ..options() }).await;
    let mut silent = door.call().await;
    silent.hears("220").await;
    silent.hears("421 4.4.2").await;
    silent.has_ended().await;
    // One byte now and then is not a command.
    let mut drips = door.greeted().await;
    let begun = Instant::now();
    for byte in b"NOOP NOOP NOOP NOOP NOOP" {
        tokio::time::sleep(short / 4).await;
        if drips.io.write_all(&[*byte]).await.is_err() || begun.elapsed() > 2 * short {
            break;
        }
    }
    drips.hears("421 4.4.2").await;
    // A message that comes bit by bit has a limit as a whole, and each piece has its own.
    for (pause, pieces) in [(short / 3, 50), (short * 2, 1)] {
        let mut slow = door.greeted().await;
        slow.asks("MAIL FROM:<a@b.test>", "250").await;
        slow.asks("RCPT TO:<x@desk.test>", "250").await;
        slow.asks("DATA", "354").await;
        for _ in 0..pieces {
            if slow.io.write_all(b"x\r\n").await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        slow.hears("421 4.4.2").await;
    }
    assert!(door.letters().is_empty());
}

#[tokio::test]
async fn a_connection_that_brings_nothing_has_an_end() {
    let short = Duration::from_millis(600);
    let door = Door::open(SmtpOptions { session: short, ..options() }).await;
    let mut idle = door.greeted().await;
    let begun = Instant::now();
    let said = loop {
        idle.says("NOOP\r\n").await;
        let said = idle.hear().await;
        if !said.starts_with("250") {
            break said;
        }
        assert!(begun.elapsed() < PATIENCE, "it goes on for ever");
        tokio::time::sleep(short / 8).await;
    };
    assert!(said.starts_with("421 4.4.2"), "{said}");
    idle.has_ended().await;
    // In a transaction as well; and a message that is kept begins the time anew.
    let mut slow = door.greeted().await;
    for _ in 0..4 {
        tokio::time::sleep(short / 2).await;
        slow.sends("x@desk.test", TEXT, "250").await;
    }
    slow.asks("MAIL FROM:<a@b.test>", "250").await;
    slow.hears("421 4.4.2").await;
    let door = Door::open(options()).await;
    let mut busy = door.greeted().await;
    for _ in 0..3 {
        for _ in 0..80 {
            busy.asks("RSET", "250").await;
        }
        busy.sends("x@desk.test", TEXT, "250").await;
    }
    for _ in 0..100 {
        busy.asks("VRFY x", "252").await;
    }
    busy.asks("NOOP", "421 4.7.0").await;
    busy.has_ended().await;
}

#[tokio::test]
async fn a_line_without_an_end_is_answered() {
    let door = Door::open(options()).await;
    let mut peer = door.greeted().await;
    peer.says("X".repeat(200_000)).await;
    peer.hears("500 5.5.2").await;
    peer.has_ended().await;
}

#[tokio::test]
async fn starttls_forgets_what_was_said_in_the_open() {
    let door = Door::open(options()).await;
    let mut peer = door.greeted().await;
    peer.asks("MAIL FROM:<evil@b.test>", "250").await;
    // In one write, as whoever sits on the line would put it there.
    peer.says("STARTTLS\r\nRSET\r\nEHLO evil\r\nMAIL FROM:<evil@b.test>\r\n").await;
    peer.hears("220 2.0.0").await;
    let mut peer = peer.encrypts(&door).await;
    peer.asks("RCPT TO:<x@desk.test>", "503").await;
    peer.asks("MAIL FROM:<a@b.test>", "503").await;
    let extensions = peer.asks("EHLO c", "250").await;
    assert!(!extensions.contains("STARTTLS"), "{extensions}");
    peer.asks("STARTTLS", "503").await;
    peer.sends("x@desk.test", TEXT, "250").await;
    peer.asks("QUIT", "221").await;
    let found = door.letters();
    assert!(found.len() == 1 && found[0].encrypted && found[0].sender == "ada@customer.test");
}

#[tokio::test]
async fn tls_may_be_demanded_or_missing() {
    let door = Door::open(SmtpOptions { require_tls: true, ..options() }).await;
    let mut peer = door.greeted().await;
    peer.asks("MAIL FROM:<a@b.test>", "530 5.7.0").await;
    peer.asks("STARTTLS", "220").await;
    let mut peer = peer.encrypts(&door).await;
    peer.asks("EHLO c", "250").await;
    peer.sends("x@desk.test", TEXT, "250").await;
    let door = Door::with(options(), Arc::new(|| None), RootCertStore::empty()).await;
    let mut peer = door.greeted().await;
    assert!(!peer.asks("EHLO c", "250").await.contains("STARTTLS"));
    peer.asks("STARTTLS", "454 4.7.0").await;
    // What is no handshake ends the connection.
    let door = Door::open(options()).await;
    let mut peer = door.greeted().await;
    peer.asks("STARTTLS", "220").await;
    peer.says("EHLO c\r\nQUIT\r\n").await;
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, peer.io.read_to_end(&mut rest)).await.expect("it ends");
    assert!(!rest.starts_with(b"2"), "{rest:?}");
}

#[tokio::test]
async fn a_mailroom_that_is_away_is_a_reason_to_come_again() {
    let door = Door::open(options()).await;
    let mut peer = door.greeted().await;
    peer.asks("MAIL FROM:<a@b.test>", "250").await;
    peer.asks("RCPT TO:<x@desk.test>", "250").await;
    door.shelf.away.store(true, Ordering::Relaxed);
    peer.asks("RCPT TO:<y@desk.test>", "451 4.3.0").await;
    peer.asks("DATA", "354").await;
    peer.says(format!("{TEXT}.\r\n")).await;
    peer.hears("451 4.3.0").await;
    door.shelf.away.store(false, Ordering::Relaxed);
    // One of two cannot be kept: the peer still has it, and sends it again.
    peer.asks("MAIL FROM:<a@b.test>", "250").await;
    peer.asks("RCPT TO:<x@desk.test>", "250").await;
    peer.asks("RCPT TO:<stuck@desk.test>", "250").await;
    peer.asks("DATA", "354").await;
    peer.says(format!("{TEXT}.\r\n")).await;
    peer.hears("451 4.3.0").await;
    assert_eq!(door.letters().len(), 1);
}

#[tokio::test]
async fn closing_lets_transactions_finish() {
    let door = Door::open(options()).await;
    let (mut idle, mut writing) = (door.greeted().await, door.greeted().await);
    writing.asks("MAIL FROM:<a@b.test>", "250").await;
    door.closing.cancel();
    idle.hears("421 4.3.2").await;
    idle.has_ended().await;
    let begun = Instant::now();
    while TcpStream::connect(door.addr).await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "nobody comes in any more");
        tokio::task::yield_now().await;
    }
    writing.asks("RCPT TO:<x@desk.test>", "250").await;
    writing.asks("DATA", "354").await;
    writing.says(format!("{TEXT}.\r\n")).await;
    writing.hears("250").await;
    writing.hears("421 4.3.2").await;
    writing.has_ended().await;
    drop((idle, writing));
    timeout(PATIENCE, door.serving).await.expect("it ends").expect("whole");
    assert_eq!(door.shelf.letters.lock().expect("whole").len(), 1);
}

#[tokio::test]
async fn noise_ends_a_session_and_nothing_else() {
    let door = Door::open(options()).await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from(state >> 56).expect("a byte")
    };
    for round in 0..40 {
        let mut peer = door.call().await;
        let mut noise: Vec<u8> = (0..4000).map(|_| byte()).collect();
        if round % 2 == 0 {
            let text = b"\r\n <>:@.MAILFROMRCPTODATEHLOSIZE=\"\\";
            noise.iter_mut().for_each(|one| *one = text[usize::from(*one) % text.len()]);
            noise.splice(0..0, *b"EHLO x\r\n");
        }
        let _ = peer.io.write_all(&noise).await;
        let _ = peer.io.write_all(b"\r\n.\r\n").await;
        let _ = peer.io.shutdown().await;
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, peer.io.read_to_end(&mut rest)).await.expect("it ends");
    }
    let mut peer = door.greeted().await;
    peer.sends("x@desk.test", TEXT, "250").await;
    assert_eq!(door.letters().len(), 1);
}
