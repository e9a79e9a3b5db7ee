//! The SMTP client against a server on a real socket that behaves as badly as a test asks it to:
//! what is said over the wire, what each ending means for the mail, and what is never said.

use crate::server::listen;
use channels::http::Egress;
use channels::provider::{BounceClass, DeliveryReason, EnhancedCode};
use channels::smtp::{
    Login, MailNotSent, MailRefusal, MailUnknown, Relay, Security, SmtpClient, SmtpClientError,
    SmtpOptions, Step,
};
use channels::{Delivery, MailOutcome, MailRequest};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;

const PATIENCE: Duration = Duration::from_secs(30);
/// What a server says at most that does not stop.
const FLOOD: usize = 1 << 20;
const PRIVATE: Egress = Egress { allow_http: true, allow_private: true };

/// What the server does at a step instead of agreeing.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    SayAndClose(&'static str),
    Close,
    Hang,
    /// Says this over and over, as much as a bounded server may, and then nothing.
    Repeat(&'static str),
}

/// Steps are named by their verbs; `HI` is the greeting and `.` the end of the mail.
#[derive(Clone, Default)]
struct Script {
    acts: Vec<(&'static str, Act)>,
    /// What EHLO offers before and after TLS.
    offers: Vec<&'static str>,
    implicit: bool,
}

impl Script {
    fn at(step: &'static str, act: Act) -> Self {
        Self { acts: vec![(step, act)], ..Self::default() }
    }

    fn offering(offers: &[&'static str]) -> Self {
        Self { offers: offers.to_vec(), ..Self::default() }
    }

    fn act(&self, step: &str) -> Option<Act> {
        self.acts.iter().find(|(known, _)| *known == step).map(|(_, act)| *act)
    }
}

struct Server {
    port: u16,
    said: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
    roots: Vec<u8>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(script: Script) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = certified.signing_key.serialize_der().try_into().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = listen().await;
        let port = listener.local_addr().unwrap().port();
        let said = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&said);
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (script, seen, acceptor) =
                    (script.clone(), Arc::clone(&seen), acceptor.clone());
                tokio::spawn(async move {
                    let _ = connection(stream, script, &seen, acceptor).await;
                });
            }
        });
        Self { port, said, task, roots: certified.cert.pem().into_bytes() }
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn client(&self) -> SmtpClient {
        self.client_with(|_| ())
    }

    fn client_with(&self, change: impl FnOnce(&mut SmtpOptions)) -> SmtpClient {
        let mut options = SmtpOptions {
            egress: PRIVATE,
            timeout: Duration::from_secs(10),
            hello: "desk.example".to_owned(),
            extra_roots_pem: Some(self.roots.clone()),
            ..SmtpOptions::default()
        };
        change(&mut options);
        SmtpClient::new(&options).unwrap()
    }

    fn request(&self, security: Security) -> MailRequest {
        MailRequest {
            relay: Relay {
                host: "localhost".to_owned(),
                port: self.port,
                security,
                login: None,
                own: false,
            },
            sender: Some("help@desk.example".to_owned()),
            recipient: "ann@customer.example".to_owned(),
            message: b"Subject: x\r\n\r\nHello\r\n.\r\n..dots\r\n".as_slice().into(),
        }
    }
}

async fn connection(
    stream: TcpStream,
    script: Script,
    seen: &Mutex<Vec<String>>,
    acceptor: TlsAcceptor,
) -> std::io::Result<()> {
    if script.implicit {
        let stream = acceptor.accept(stream).await?;
        session(stream, &script, seen, true).await.map(drop)
    } else {
        let Some(stream) = session(stream, &script, seen, true).await? else { return Ok(()) };
        let stream = acceptor.accept(stream).await?;
        session(stream, &script, seen, false).await.map(drop)
    }
}

/// One session; the stream comes back if it is to go over to TLS.
async fn session<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    script: &Script,
    seen: &Mutex<Vec<String>>,
    greets: bool,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    if greets && perform(&mut stream, script, "HI", "220 relay.example\r\n").await? {
        return Ok(None);
    }
    let mut mail: Option<String> = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            seen.lock().unwrap().push("(gone)".to_owned());
            return Ok(None);
        }
        let line = line.trim_end_matches("\r\n").to_owned();
        if let Some(text) = &mut mail {
            if line != "." {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push('\n');
                continue;
            }
            seen.lock().unwrap().push(mail.take().unwrap());
            if perform(&mut stream, script, ".", "250 2.0.0 Ok: queued as 4Fq1X2\r\n").await? {
                return Ok(None);
            }
            continue;
        }
        seen.lock().unwrap().push(line.clone());
        let verb = line.split(' ').next().unwrap().to_uppercase();
        let agreed = match verb.as_str() {
            "EHLO" => {
                let offers = script.offers.iter().map(|offer| format!("250-{offer}\r\n"));
                format!("250-relay.example\r\n{}250 HELP\r\n", offers.collect::<String>())
            }
            "DATA" => "354 go on\r\n".to_owned(),
            "STARTTLS" => "220 go on\r\n".to_owned(),
            "AUTH" => "235 2.7.0 welcome\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 2.1.0 fine\r\n".to_owned(),
        };
        if perform(&mut stream, script, &verb, &agreed).await? {
            return Ok(None);
        }
        if verb == "DATA" {
            mail = Some(String::new());
        }
        if verb == "STARTTLS" && script.act("STARTTLS").is_none() {
            return Ok(Some(stream.into_inner()));
        }
    }
}

/// Whether the session is over.
async fn perform<S: AsyncWrite + Unpin>(
    stream: &mut S,
    script: &Script,
    step: &str,
    agreed: &str,
) -> std::io::Result<bool> {
    let (text, over) = match script.act(step) {
        None => (agreed, false),
        Some(Act::Say(text)) => (text, false),
        Some(Act::SayAndClose(text)) => (text, true),
        Some(Act::Close) => ("", true),
        Some(Act::Hang) => {
            tokio::time::sleep(PATIENCE).await;
            ("", true)
        }
        Some(Act::Repeat(text)) => {
            let much = text.repeat(FLOOD / text.len());
            stream.write_all(much.as_bytes()).await?;
            stream.flush().await?;
            tokio::time::sleep(PATIENCE).await;
            ("", true)
        }
    };
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await?;
    if over {
        stream.shutdown().await?;
    }
    Ok(over)
}

async fn outcome(script: Script) -> MailOutcome {
    let server = Server::start(script).await;
    server.client().send(server.request(Security::None)).await
}

const fn refused(step: Step, code: u16, enhanced: Option<EnhancedCode>) -> MailOutcome {
    MailOutcome::Refused(MailRefusal { step, code, enhanced })
}

#[tokio::test]
async fn a_mail_is_handed_over_in_one_session() {
    let server = Server::start(Script::default()).await;
    let outcome = server.client().send(server.request(Security::None)).await;
    assert_eq!(outcome, MailOutcome::Accepted { queue_id: Some("4Fq1X2".to_owned()) });
    assert_eq!(
        server.said(),
        [
            "EHLO desk.example",
            "MAIL FROM:<help@desk.example>",
            "RCPT TO:<ann@customer.example>",
            "DATA",
            "Subject: x\n\nHello\n.\n..dots\n",
            "QUIT",
        ]
    );
    assert_eq!(
        Delivery::from(&outcome),
        Delivery::Accepted { external_id: Some("4Fq1X2".to_owned()), delivered: false }
    );
}

#[tokio::test]
async fn a_mail_without_a_sender_says_so() {
    let server = Server::start(Script::default()).await;
    let request = MailRequest { sender: None, ..server.request(Security::None) };
    assert!(matches!(server.client().send(request).await, MailOutcome::Accepted { .. }));
    assert_eq!(server.said()[1], "MAIL FROM:<>");
}

#[tokio::test]
async fn over_tls_in_each_of_its_ways() {
    for (security, script) in [
        (Security::Implicit, Script { implicit: true, ..Script::default() }),
        (Security::StartTls, Script::offering(&["SIZE 1000", "STARTTLS"])),
        (Security::Opportunistic, Script::offering(&["starttls"])),
        (Security::Opportunistic, Script::offering(&["8BITMIME"])),
    ] {
        let server = Server::start(script).await;
        let outcome = server.client().send(server.request(security)).await;
        assert!(matches!(outcome, MailOutcome::Accepted { .. }), "{security:?}: {outcome:?}");
        let said = server.said();
        assert_eq!(said.contains(&"STARTTLS".to_owned()), said.len() == 8, "{said:?}");
    }
}

#[tokio::test]
async fn tls_that_is_required_is_had_or_nothing_is_said() {
    let cases = [
        (Script::offering(&["8BITMIME"]), MailOutcome::NotSent(MailNotSent::TlsNotOffered)),
        (
            Script {
                acts: vec![("STARTTLS", Act::Say("454 4.7.0 not now\r\n"))],
                ..Script::offering(&["STARTTLS"])
            },
            refused(Step::StartTls, 454, Some(EnhancedCode::new(4, 7, 0))),
        ),
        (
            // Words pushed in behind the answer, to be taken for the relay's own after TLS.
            Script {
                acts: vec![("STARTTLS", Act::Say("220 go on\r\n250 trust me\r\n"))],
                ..Script::offering(&["STARTTLS"])
            },
            MailOutcome::NotSent(MailNotSent::Protocol),
        ),
        (
            Script {
                acts: vec![("STARTTLS", Act::Say("220 go on\r\n"))],
                ..Script::offering(&["STARTTLS"])
            },
            // It goes on in the clear: no handshake.
            MailOutcome::NotSent(MailNotSent::ConnectTimeout),
        ),
    ];
    for (script, expected) in cases {
        let server = Server::start(script).await;
        let client = server.client_with(|options| options.timeout = Duration::from_secs(30));
        let outcome = client.send(server.request(Security::StartTls)).await;
        let tls_failed = outcome == MailOutcome::NotSent(MailNotSent::Tls);
        let hung = expected == MailOutcome::NotSent(MailNotSent::ConnectTimeout);
        assert!(outcome == expected || (hung && tls_failed), "{outcome:?}");
        assert!(server.said().iter().all(|line| !line.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn a_certificate_must_be_for_the_name_and_known() {
    let server = Server::start(Script::offering(&["STARTTLS"])).await;
    let tls = MailOutcome::NotSent(MailNotSent::Tls);
    let unknown = server.client_with(|options| options.extra_roots_pem = None);
    assert_eq!(unknown.send(server.request(Security::StartTls)).await, tls);
    assert_eq!(unknown.send(server.request(Security::Opportunistic)).await, tls);
    let mut request = server.request(Security::StartTls);
    request.relay.host = "127.0.0.1".to_owned();
    assert_eq!(server.client().send(request).await, tls);
    assert!(server.said().iter().all(|line| !line.starts_with("MAIL")));
}

fn with_login(server: &Server, security: Security) -> MailRequest {
    let mut request = server.request(security);
    request.relay.login =
        Some(Login { user: "desk".to_owned(), password: "hunter2-secret".to_owned().into() });
    request
}

#[tokio::test]
async fn a_login_is_sent_over_tls_only() {
    let offers = ["STARTTLS", "AUTH PLAIN LOGIN"];
    let server = Server::start(Script::offering(&offers)).await;
    let outcome = server.client().send(with_login(&server, Security::None)).await;
    assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::LoginInClear));
    assert!(matches!(Delivery::from(&outcome), Delivery::CredentialsBad { .. }));
    assert!(server.said().iter().all(|line| !line.starts_with("AUTH")));

    let outcome = server.client().send(with_login(&server, Security::StartTls)).await;
    assert!(matches!(outcome, MailOutcome::Accepted { .. }), "{outcome:?}");
    assert!(server.said().iter().any(|line| line == "AUTH PLAIN AGRlc2sAaHVudGVyMi1zZWNyZXQ="));

    let told = server.client_with(|options| options.login_in_clear = true);
    let outcome = told.send(with_login(&server, Security::None)).await;
    assert!(matches!(outcome, MailOutcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_login_that_is_not_believed_is_a_matter_of_credentials() {
    let wrong = Script {
        acts: vec![("AUTH", Act::Say("535 5.7.8 wrong hunter2-secret\r\n"))],
        ..Script::offering(&["STARTTLS", "AUTH PLAIN"])
    };
    let server = Server::start(wrong).await;
    let outcome = server.client().send(with_login(&server, Security::StartTls)).await;
    assert_eq!(outcome, refused(Step::Login, 535, Some(EnhancedCode::new(5, 7, 8))));
    let mut reason = DeliveryReason::new("CREDENTIALS_REFUSED", Some(535));
    reason.enhanced = Some(EnhancedCode::new(5, 7, 8));
    assert_eq!(Delivery::from(&outcome), Delivery::CredentialsBad { reason });
    assert!(!format!("{outcome:?}").contains("hunter2"));

    let none = Server::start(Script::offering(&["STARTTLS", "AUTH CRAM-MD5"])).await;
    let outcome = none.client().send(with_login(&none, Security::StartTls)).await;
    assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::LoginNotOffered));

    let first = outcome_of_step("MAIL", "530 5.7.0 log in first\r\n").await;
    assert!(matches!(Delivery::from(&first), Delivery::CredentialsBad { .. }), "{first:?}");
}

async fn outcome_of_step(step: &'static str, answer: &'static str) -> MailOutcome {
    outcome(Script::at(step, Act::Say(answer))).await
}

#[tokio::test]
async fn every_refusal_has_its_meaning() {
    use BounceClass::{Blocked, Hard, Soft};
    for (step, answer, retried, code, class) in [
        ("HI", "554 go away\r\n", false, "RELAY_REFUSED", None),
        ("HI", "421 too busy\r\n", true, "TRY_LATER", None),
        ("EHLO", "550 no\r\n", false, "RELAY_REFUSED", None),
        ("MAIL", "451 4.3.0 later\r\n", true, "TRY_LATER", None),
        ("MAIL", "550 5.7.1 not you\r\n", false, "RELAY_REFUSED", None),
        ("RCPT", "550 5.1.1 no such user\r\n", false, "BOUNCE_HARD", Some(Hard)),
        ("RCPT", "550-5.1.1 no\r\n550 5.1.1 user\r\n", false, "BOUNCE_HARD", Some(Hard)),
        ("RCPT", "550 no such user\r\n", false, "BOUNCE_HARD", Some(Hard)),
        ("RCPT", "552 5.2.2 full\r\n", false, "BOUNCE_SOFT", Some(Soft)),
        ("RCPT", "554 5.7.1 relay access denied\r\n", false, "BOUNCE_BLOCKED", Some(Blocked)),
        ("RCPT", "554 no\r\n", false, "BOUNCE_BLOCKED", Some(Blocked)),
        ("RCPT", "452 4.2.2 full\r\n", true, "TRY_LATER", Some(Soft)),
        ("RCPT", "450 4.7.1 greylisted\r\n", true, "TRY_LATER", Some(Blocked)),
        ("RCPT", "451 4.3.0 trouble\r\n", true, "TRY_LATER", None),
        ("RCPT", "421 4.1.1 closing\r\n", true, "TRY_LATER", None),
        ("DATA", "451 no\r\n", true, "TRY_LATER", None),
        ("DATA", "554 5.5.1 no\r\n", false, "RELAY_REFUSED", None),
        (".", "554 5.7.1 spam\r\n", false, "BOUNCE_BLOCKED", Some(Blocked)),
        (".", "550 5.1.1 after all not\r\n", false, "BOUNCE_HARD", Some(Hard)),
        (".", "552 5.3.4 too large\r\n", false, "RELAY_REFUSED", None),
        (".", "451 4.3.2 later\r\n", true, "TRY_LATER", None),
        (".", "554 5.6.0 not so\r\n", false, "RELAY_REFUSED", None),
        // A code of another class than the answer is no code.
        ("RCPT", "450 5.1.1 odd\r\n", true, "TRY_LATER", Some(Soft)),
    ] {
        let outcome = outcome_of_step(step, answer).await;
        let (reason, again) = match Delivery::from(&outcome) {
            Delivery::RetryAfter { reason, after: None } => (reason, true),
            Delivery::Refused { reason } => (reason, false),
            other => panic!("{step} {answer}: {other:?}"),
        };
        assert_eq!(again, retried, "{step} {answer}");
        assert_eq!(reason.code, code, "{step} {answer}");
        assert_eq!(reason.bounce.map(|bounce| bounce.class), class, "{step} {answer}");
        assert_eq!(reason.status, answer[..3].parse().ok(), "{step} {answer}");
        let mut words = answer[..answer.len() - 2].split(['-', ' ']);
        let (reply, enhanced) = (words.next().unwrap(), words.next().unwrap());
        let agrees = enhanced.contains('.') && enhanced[..1] == reply[..1];
        let detail = if agrees { enhanced } else { reply };
        assert_eq!(reason.told(), format!("{code} {detail}"), "the most precise code is kept");
    }
}

#[tokio::test]
async fn what_is_lost_before_the_last_dot_was_not_sent() {
    for step in ["HI", "EHLO", "MAIL", "RCPT", "DATA"] {
        let lost = outcome(Script::at(step, Act::Close)).await;
        assert_eq!(lost, MailOutcome::NotSent(MailNotSent::ConnectionLost), "{step}");
        assert!(matches!(Delivery::from(&lost), Delivery::RetryAfter { .. }));
    }
    for (step, answer) in [
        ("HI", "hello there\r\n"),
        ("EHLO", "999 what\r\n"),
        ("RCPT", "+OK pop3\r\n"),
        ("MAIL", "250-never\r\n500 mixed\r\n"),
    ] {
        let garbled = outcome(Script::at(step, Act::SayAndClose(answer))).await;
        assert_eq!(garbled, MailOutcome::NotSent(MailNotSent::Protocol), "{step} {answer}");
    }
}

#[tokio::test]
async fn what_is_lost_after_the_last_dot_is_unknown() {
    let lost = MailOutcome::Unknown(MailUnknown::ConnectionLost);
    for act in [Act::Close, Act::SayAndClose("25"), Act::SayAndClose("what?\r\n")] {
        let outcome = outcome(Script::at(".", act)).await;
        assert_eq!(outcome, lost);
        assert!(matches!(Delivery::from(&outcome), Delivery::Unknown { .. }));
    }
}

#[tokio::test]
async fn silence_ends_with_the_time_and_says_on_which_side_of_the_dot() {
    for (step, expected) in [
        ("HI", MailOutcome::NotSent(MailNotSent::Timeout)),
        ("RCPT", MailOutcome::NotSent(MailNotSent::Timeout)),
        ("DATA", MailOutcome::NotSent(MailNotSent::Timeout)),
        (".", MailOutcome::Unknown(MailUnknown::Timeout)),
    ] {
        let server = Server::start(Script::at(step, Act::Hang)).await;
        let client = server.client_with(|options| options.timeout = Duration::from_secs(1));
        let started = Instant::now();
        let outcome = client.send(server.request(Security::None)).await;
        assert_eq!(outcome, expected, "{step}");
        assert!(started.elapsed() < Duration::from_secs(5), "{step}");
    }
}

/// An answer without an end, in one line or in many, is not waited for and not kept.
#[tokio::test]
async fn a_relay_that_does_not_stop_is_not_listened_to() {
    let garbled = MailOutcome::NotSent(MailNotSent::Protocol);
    for answer in ["220 and so on", "250-and so on\r\n"] {
        for step in ["HI", "EHLO", "MAIL", "RCPT", "DATA", "."] {
            let outcome = outcome(Script::at(step, Act::Repeat(answer))).await;
            let lost = MailOutcome::Unknown(MailUnknown::ConnectionLost);
            assert_eq!(
                outcome,
                if step == "." { lost } else { garbled.clone() },
                "{step} {answer}"
            );
        }
        for security in [Security::Implicit, Security::StartTls] {
            let implicit = security == Security::Implicit;
            let acts = vec![("MAIL", Act::Repeat(answer))];
            let script = Script { acts, offers: vec!["STARTTLS"], implicit };
            let server = Server::start(script).await;
            let outcome = server.client().send(server.request(security)).await;
            assert_eq!(outcome, garbled, "{security:?} {answer}");
        }
    }
}

#[tokio::test]
async fn a_relay_that_does_not_say_goodbye_has_the_mail() {
    for act in [Act::Hang, Act::Close, Act::Say("500 no\r\n")] {
        let outcome = outcome(Script::at("QUIT", act)).await;
        assert!(matches!(outcome, MailOutcome::Accepted { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn only_a_queue_id_of_a_harmless_form_is_kept() {
    for (answer, expected) in [
        ("250 OK id=1vMabc-0001Xy-2Z\r\n", Some("1vMabc-0001Xy-2Z")),
        ("250 2.0.0 Ok: queued as 9A1B2C3D.\r\n", Some("9A1B2C3D")),
        ("250 queued as <script>alert(1)</script>\r\n", None),
        ("250 Ok: queued as ann@customer.example\r\n", None),
        ("250 Ok\r\n", None),
    ] {
        let outcome = outcome_of_step(".", answer).await;
        let queue_id = expected.map(str::to_owned);
        assert_eq!(outcome, MailOutcome::Accepted { queue_id }, "{answer}");
    }
}

#[tokio::test]
async fn relays_inside_are_not_spoken_to() {
    let server = Server::start(Script::default()).await;
    let strict = server.client_with(|options| options.egress = Egress::STRICT);
    let cases = [
        ("127.0.0.1", server.port, MailNotSent::Port),
        ("127.0.0.1", 25, MailNotSent::Address),
        ("::1", 25, MailNotSent::Address),
        ("localhost", 587, MailNotSent::Address),
        ("169.254.169.254", 25, MailNotSent::Address),
        ("0x7f.1", 25, MailNotSent::Malformed),
    ];
    for (host, port, expected) in cases {
        let mut request = server.request(Security::None);
        (request.relay.host, request.relay.port) = (host.to_owned(), port);
        let outcome = strict.send(request).await;
        assert_eq!(outcome, MailOutcome::NotSent(expected), "{host}:{port}");
        assert!(matches!(Delivery::from(&outcome), Delivery::Refused { .. }));
    }
    assert!(server.said().is_empty());
    let mut request = server.request(Security::None);
    request.relay.host = "169.254.169.254".to_owned();
    let outcome = server.client().send(request).await;
    assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::Address));
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_not_said() {
    let server = Server::start(Script::default()).await;
    let client = server.client();
    for message in [
        &b"Subject: x\r\n\r\nHello\n.\r\nMAIL FROM:<evil@x.example>\r\n"[..],
        b"a\r\n\r\nb\r.\r\nc\r\n",
        b"a\r\n.\nb\r\n",
        b"no end",
        b"a\n",
        b"",
        b"\n",
        b"a\r\r\n",
        b"a\0b\r\n",
    ] {
        let request = MailRequest { message: message.into(), ..server.request(Security::None) };
        let outcome = client.send(request).await;
        assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::Malformed), "{message:?}");
    }
    for address in
        ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "", "a@b.example SIZE=1"]
    {
        let mut request = server.request(Security::None);
        request.recipient = address.to_owned();
        let outcome = client.send(request).await;
        assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::Malformed), "{address}");
    }
    assert!(server.said().is_empty());
}

#[tokio::test]
async fn addresses_beyond_ascii_need_a_relay_that_takes_them() {
    for (offers, taken) in [(&["SMTPUTF8"][..], true), (&[][..], false)] {
        let server = Server::start(Script::offering(offers)).await;
        let recipient = "grüße@customer.example".to_owned();
        let request = MailRequest { recipient, ..server.request(Security::None) };
        let outcome = server.client().send(request).await;
        assert_eq!(matches!(outcome, MailOutcome::Accepted { .. }), taken, "{outcome:?}");
        let named = server.said().iter().any(|line| line.ends_with("> SMTPUTF8"));
        assert_eq!(named, taken);
    }
}

#[tokio::test]
async fn nobody_at_the_door_is_said_as_it_is() {
    let server = Server::start(Script::default()).await;
    let client = server.client();
    let mut request = server.request(Security::None);
    request.relay.port = 1;
    let outcome = client.send(request.clone()).await;
    assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::Connect));
    request.relay.host = "no-such-host.invalid".to_owned();
    let outcome = client.send(request).await;
    assert_eq!(outcome, MailOutcome::NotSent(MailNotSent::Name));
}

#[test]
fn options_out_of_bounds_make_no_client() {
    let with = |change: fn(&mut SmtpOptions)| {
        let mut options = SmtpOptions::default();
        change(&mut options);
        SmtpClient::new(&options).unwrap_err()
    };
    assert_eq!(with(|o| o.timeout = Duration::ZERO), SmtpClientError::Timeout);
    assert_eq!(with(|o| o.timeout = Duration::from_secs(76)), SmtpClientError::Timeout);
    assert_eq!(with(|o| o.hello = "a b".to_owned()), SmtpClientError::Hello);
    assert_eq!(with(|o| o.hello = "x\r\nQUIT".to_owned()), SmtpClientError::Hello);
    assert_eq!(with(|o| o.extra_roots_pem = Some(b"no".to_vec())), SmtpClientError::Roots);
}

#[tokio::test]
async fn the_operators_own_relay_may_be_near_and_a_tenants_may_not() {
    let server = Server::start(Script::default()).await;
    let client = server.client_with(|options| options.egress = Egress::STRICT);
    let request = server.request(Security::None);
    let refused = client.send(request.clone()).await;
    assert!(matches!(refused, MailOutcome::NotSent(MailNotSent::Port)), "{refused:?}");
    let own = Relay { own: true, ..request.relay.clone() };
    let taken = client.send(MailRequest { relay: own, ..request }).await;
    assert!(matches!(taken, MailOutcome::Accepted { .. }), "{taken:?}");
}
