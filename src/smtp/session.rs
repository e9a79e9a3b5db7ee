//! One connection from its banner to its end: commands in the order RFC 5321 has them, each bounded
//! in length, number and time. What a peer says is neither said back nor written into a log.

use super::body::{Body, Fault};
use super::wire::{Line, Wire};
use super::{Answer, COPIES, House, Letter, POSTMASTER, reply};
use crate::metrics;
use smtp_proto::{Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_SMTPUTF8};
use smtp_proto::{MailFrom, RcptTo, Request};
use std::borrow::Cow;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::bytes::{Buf, Bytes};
use tokio_util::sync::CancellationToken;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long one letter may take to be kept.
const KEEP: Duration = Duration::from_secs(60);

/// How many commands that lead to no message may come before one is kept.
const IDLE_MAX: u32 = 100;

/// What MAIL may say; the rest is not offered.
const MAIL_FLAGS: u64 = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_SMTPUTF8;

/// Memory is counted in pieces of this size.
pub(super) const PIECE: usize = 64 << 10;

type Command<'a> = Request<Cow<'a, str>>;

/// What follows a command.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Go,
    End,
    Tls,
}

/// A message on its way in.
struct Transaction {
    sender: String,
    recipients: Vec<String>,
}

/// One connection.
pub(super) struct Session {
    house: Arc<House>,
    wire: Wire,
    peer: IpAddr,
    encrypted: bool,
    greeted: bool,
    transaction: Option<Transaction>,
    commands: u32,
    errors: u32,
    /// Commands that led to no message since one was kept.
    idle: u32,
    /// By when the next message is to be kept.
    until: Instant,
}

impl Session {
    pub(super) fn new(house: Arc<House>, wire: Wire, peer: IpAddr) -> Self {
        let until = Instant::now() + house.options.session;
        Self {
            idle: 0,
            until,
            house,
            wire,
            peer,
            encrypted: false,
            greeted: false,
            transaction: None,
            commands: 0,
            errors: 0,
        }
    }

    /// Speaks until one side ends it. When the server closes, a transaction under way may finish.
    pub(super) async fn hold(mut self, closing: CancellationToken) {
        let banner = format!("220 {} ESMTP", self.house.options.hostname);
        self.wire.say(&banner);
        loop {
            let next = match self.listen(&closing).await {
                Ok(line) => self.answer(line).await,
                Err(goodbye) => {
                    self.wire.say(goodbye);
                    Next::End
                }
            };
            match next {
                Next::Go => {}
                Next::End => return self.wire.close().await,
                Next::Tls => match self.encrypt().await {
                    Some(encrypted) => self = encrypted,
                    None => return,
                },
            }
        }
    }

    /// The next line, or what is said when there will be none.
    async fn listen(&mut self, closing: &CancellationToken) -> Result<Line, &'static str> {
        let idle = self.transaction.is_none();
        let slow = Instant::now() + self.house.options.command;
        let line = timeout_at(slow.min(self.until), self.wire.line());
        tokio::select! {
            biased;
            () = closing.cancelled(), if idle => Err(reply::CLOSING),
            line = line => match line {
                Ok(Ok(line)) => Ok(line),
                // A broken connection hears nothing any more.
                Ok(Err(_)) => Ok(Line::Ended),
                Err(_) if self.until < slow => Err(reply::TOO_LONG_IDLE),
                Err(_) => Err(reply::TOO_SLOW),
            },
        }
    }

    /// Answers a command that leads to no message.
    fn nothing(&mut self, said: &str) -> Next {
        self.idle += 1;
        if self.idle > IDLE_MAX {
            return self.goodbye(reply::TOO_MANY_COMMANDS);
        }
        self.say(said)
    }

    async fn answer(&mut self, line: Line) -> Next {
        self.commands += 1;
        if self.commands > self.house.options.commands {
            return self.goodbye(reply::TOO_MANY_COMMANDS);
        }
        let line = match line {
            Line::Whole(line) => line,
            Line::Bad => return self.fault(reply::BAD_LINE),
            Line::TooLong => return self.fault(reply::LONG_COMMAND),
            Line::Endless => return self.goodbye(reply::LONG_COMMAND),
            Line::Ended => return Next::End,
        };
        match Request::parse(&mut line.iter()) {
            Ok(command) => self.obey(command, &line).await,
            Err(error) => self.misunderstood(&error),
        }
    }

    fn misunderstood(&mut self, error: &Error) -> Next {
        let said = match error {
            // A browser that was made to speak to this port begins so.
            Error::UnknownCommand if !self.greeted => return self.goodbye(reply::NOT_SMTP),
            Error::UnknownCommand => reply::NOT_A_COMMAND,
            Error::InvalidSenderAddress => reply::BAD_SENDER,
            Error::InvalidRecipientAddress => reply::BAD_RECIPIENT,
            Error::UnsupportedParameter { .. } => reply::BAD_PARAMETER,
            _ => reply::BAD_ARGUMENT,
        };
        self.fault(said)
    }

    async fn obey(&mut self, command: Command<'_>, line: &[u8]) -> Next {
        match command {
            Request::Ehlo { .. } => self.greet(true),
            Request::Helo { .. } => self.greet(false),
            Request::Mail { from } => self.mail(from),
            Request::Rcpt { to } => self.recipient(to, line).await,
            Request::Data => self.data().await,
            Request::Rset => {
                self.transaction = None;
                self.nothing(reply::OK)
            }
            Request::Noop { .. } => self.nothing(reply::OK),
            Request::Help { .. } => self.nothing(reply::HELP),
            Request::Vrfy { .. } => self.nothing(reply::PERHAPS),
            Request::Quit => self.goodbye(reply::BYE),
            Request::StartTls => self.start_tls(line),
            // Bytes of a message would follow, which must not be taken for commands.
            Request::Bdat { .. } | Request::Burl { .. } => self.goodbye(reply::NOT_OFFERED),
            _ => self.fault(reply::NOT_OFFERED),
        }
    }

    fn greet(&mut self, extended: bool) -> Next {
        self.greeted = true;
        self.transaction = None;
        let options = &self.house.options;
        if !extended {
            self.wire.say(&format!("250 {}", options.hostname));
            return Next::Go;
        }
        self.wire.say(&format!("250-{}", options.hostname));
        self.wire.say(&format!("250-SIZE {}", options.message_bytes));
        if !self.encrypted && (self.house.tls)().is_some() {
            self.wire.say("250-STARTTLS");
        }
        for extension in ["PIPELINING", "8BITMIME", "SMTPUTF8"] {
            self.wire.say(&format!("250-{extension}"));
        }
        self.wire.say("250 ENHANCEDSTATUSCODES");
        Next::Go
    }

    fn mail(&mut self, from: MailFrom<Cow<'_, str>>) -> Next {
        let options = &self.house.options;
        if options.require_tls && !self.encrypted {
            return self.fault(reply::TLS_FIRST);
        }
        if !self.greeted || self.transaction.is_some() {
            return self.fault(reply::OUT_OF_ORDER);
        }
        let MailFrom { address, flags, size, .. } = &from;
        let offered =
            MailFrom { address: address.clone(), flags: *flags, size: *size, ..Default::default() };
        if flags & !MAIL_FLAGS != 0 || from != offered {
            return self.fault(reply::BAD_PARAMETER);
        }
        if *size > options.message_bytes {
            return self.fault(reply::TOO_LARGE);
        }
        if !address.is_ascii() && flags & MAIL_SMTPUTF8 == 0 {
            return self.fault(reply::NOT_ASCII);
        }
        let sender = from.address.into_owned();
        self.transaction = Some(Transaction { sender, recipients: Vec::new() });
        self.say(reply::SENDER_OK)
    }

    async fn recipient(&mut self, to: RcptTo<Cow<'_, str>>, line: &[u8]) -> Next {
        let Some(transaction) = &mut self.transaction else {
            return self.fault(reply::OUT_OF_ORDER);
        };
        if to.flags != 0 || to.orcpt.is_some() || to.rrvs != 0 {
            return self.fault(reply::BAD_PARAMETER);
        }
        let mut address = to.address.into_owned();
        if address.is_empty() && names_postmaster(line) {
            POSTMASTER.clone_into(&mut address);
        }
        // One mailbox gets one letter, under the longest of its names: a token makes it long.
        let mut same = transaction.recipients.iter_mut().filter(|known| same(known, &address));
        if let Some(known) = same.next() {
            if known.len() < address.len() {
                *known = address;
            }
            return self.say(reply::RECIPIENT_OK);
        }
        if transaction.recipients.len() >= self.house.options.recipients {
            return self.fault(reply::TOO_MANY_RECIPIENTS);
        }
        let known = self.house.mailroom.knows(&address);
        match timeout(self.house.options.command, known).await {
            Ok(Answer::Yes) => {
                transaction.recipients.push(address);
                self.say(reply::RECIPIENT_OK)
            }
            Ok(Answer::Nobody) => self.fault(reply::NOBODY),
            Ok(Answer::Refused) => self.fault(reply::REFUSED),
            Ok(Answer::Closed) => self.say(reply::CLOSED),
            Ok(Answer::Later) | Err(_) => self.say(reply::LATER),
        }
    }

    async fn data(&mut self) -> Next {
        match &self.transaction {
            None => return self.fault(reply::OUT_OF_ORDER),
            Some(transaction) if transaction.recipients.is_empty() => {
                return self.fault(reply::NO_RECIPIENTS);
            }
            Some(_) => self.wire.say(reply::GO_ON),
        }
        let begun = Instant::now();
        let read = timeout_at(begun + self.house.options.data, self.body()).await;
        self.until += begun.elapsed();
        let Some(transaction) = self.transaction.take() else { return Next::End };
        match read {
            Err(_) => self.goodbye(reply::TOO_SLOW),
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                self.goodbye(reply::TOO_SLOW)
            }
            Ok(Err(_)) => Next::End,
            Ok(Ok((body, room))) => match body.fault() {
                None => self.keep(transaction, body.into_bytes().into(), room).await,
                Some(Fault::Bare) => {
                    tracing::info!("a mail with a bare CR or LF was refused");
                    self.goodbye(reply::BARE)
                }
                Some(Fault::TooLarge) => self.fault(reply::TOO_LARGE),
                Some(Fault::LongLine) => self.fault(reply::LONG_LINE),
                Some(Fault::NoRoom) => self.say(reply::NO_ROOM),
            },
        }
    }

    /// Reads a message to its end, or until it is clear that its end cannot be told.
    async fn body(&mut self) -> io::Result<(Body, Room)> {
        let options = &self.house.options;
        let mut body = Body::new(options.message_bytes, options.line_bytes);
        let mut room = Room { house: Arc::clone(&self.house), permit: None };
        loop {
            let more = timeout(options.command, self.wire.more()).await;
            let more = more.map_err(|_| io::ErrorKind::TimedOut)??;
            if more.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let (taken, ended) = body.feed(more);
            more.advance(taken);
            if !room.covers(body.held()) {
                body.refuse(Fault::NoRoom);
            }
            if body.fault().is_some() {
                // Nothing of it is held any more: others may have its place before it ends.
                room.permit = None;
            }
            if ended || body.fault() == Some(Fault::Bare) {
                return Ok((body, room));
            }
        }
    }

    /// Puts a letter into each mailbox; only when all are kept has the peer done its duty.
    async fn keep(&mut self, transaction: Transaction, text: Bytes, _room: Room) -> Next {
        let Transaction { sender, recipients } = transaction;
        let (bytes, count) = (text.len(), recipients.len());
        let mut said = reply::KEPT;
        let pieces = u32::try_from(COPIES * bytes.div_ceil(PIECE)).unwrap_or(u32::MAX);
        let pieces = pieces.clamp(1, self.house.copies_pieces);
        let copies = timeout(KEEP, Arc::clone(&self.house.copies).acquire_many_owned(pieces)).await;
        let Ok(Ok(_copies)) = copies else { return self.say(reply::NO_ROOM) };
        for recipient in recipients {
            let letter = Letter {
                sender: sender.clone(),
                recipient,
                peer: self.peer,
                encrypted: self.encrypted,
                text: text.clone(),
            };
            match timeout(KEEP, self.house.mailroom.keep(letter)).await {
                Ok(Answer::Yes) => {}
                // With others in the same transaction the peer asks anew for each.
                Ok(Answer::Nobody) if count == 1 => said = reply::NOBODY,
                Ok(Answer::Refused) if count == 1 => said = reply::REFUSED,
                Ok(Answer::Closed) if count == 1 => said = reply::CLOSED,
                _ => said = reply::LATER,
            }
        }
        if said == reply::KEPT {
            (self.idle, self.until) = (0, Instant::now() + self.house.options.session);
        }
        metrics::mail(said);
        tracing::info!(bytes, recipients = count, kept = said == reply::KEPT, "a mail came in");
        // Only what no later try will change counts as an error.
        if said.starts_with('5') { self.fault(said) } else { self.say(said) }
    }

    fn start_tls(&mut self, line: &[u8]) -> Next {
        if self.encrypted {
            return self.fault(reply::OUT_OF_ORDER);
        }
        if line.trim_ascii().len() != "STARTTLS".len() {
            return self.fault(reply::BAD_ARGUMENT);
        }
        if (self.house.tls)().is_none() {
            return self.fault(reply::NO_TLS);
        }
        self.wire.say(reply::BEGIN_TLS);
        Next::Tls
    }

    /// Begins anew on an encrypted connection: nothing that was said before counts.
    async fn encrypt(self) -> Option<Self> {
        let config = (self.house.tls)()?;
        let Self { house, wire, peer, commands, errors, idle, until, .. } = self;
        let handshake = async {
            let io = wire.upgrade().await?;
            TlsAcceptor::from(config).accept(io).await
        };
        let io = timeout(HANDSHAKE, handshake).await.ok()?.ok()?;
        let fresh = Self::new(house, Wire::new(Box::new(io)), peer);
        Some(Self { encrypted: true, commands, errors, idle, until, ..fresh })
    }

    fn say(&mut self, said: &str) -> Next {
        self.wire.say(said);
        Next::Go
    }

    fn goodbye(&mut self, said: &str) -> Next {
        self.wire.say(said);
        Next::End
    }

    /// Says what is wrong; whoever is wrong too often is shown out.
    fn fault(&mut self, said: &str) -> Next {
        self.errors += 1;
        self.wire.say(said);
        if self.errors < self.house.options.errors {
            return Next::Go;
        }
        self.goodbye(reply::TOO_MANY_ERRORS)
    }
}

/// Whether the recipient of a command is the postmaster: the parser gives nobody for it.
fn names_postmaster(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.is_some_and(|(address, _)| address.trim() == POSTMASTER)
}

/// Whether two addresses are of one mailbox: they differ in a tag behind a plus sign at most.
fn same(one: &str, other: &str) -> bool {
    let bare = |address: &str| {
        let (local, domain) = address.rsplit_once('@')?;
        let local = local.split('+').next()?;
        Some((local.to_lowercase(), domain.to_lowercase()))
    };
    bare(one).is_some_and(|bare_one| bare(other) == Some(bare_one))
}

/// The memory that a message takes of what all messages may take together.
struct Room {
    house: Arc<House>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Whether there is memory for so many bytes; then it is taken.
    fn covers(&mut self, bytes: usize) -> bool {
        let needed = bytes.div_ceil(PIECE);
        let taken = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(needed.saturating_sub(taken)).unwrap_or(u32::MAX);
        if missing == 0 {
            return true;
        }
        let Ok(more) = Arc::clone(&self.house.memory).try_acquire_many_owned(missing) else {
            return false;
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            permit => *permit = Some(more),
        }
        true
    }
}
