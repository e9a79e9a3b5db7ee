//! What a session answers: fixed texts, each with its code and its enhanced code (RFC 3463), so
//! that nothing a peer has said is ever said back. The line end is put by the wire.

pub(super) const OK: &str = "250 2.0.0 OK";
pub(super) const SENDER_OK: &str = "250 2.1.0 Sender noted";
pub(super) const RECIPIENT_OK: &str = "250 2.1.5 Recipient noted";
pub(super) const GO_ON: &str = "354 Send the message; a dot alone on a line ends it";
pub(super) const KEPT: &str = "250 2.6.0 The message is kept";
pub(super) const BYE: &str = "221 2.0.0 Bye";
pub(super) const HELP: &str = "214 2.0.0 This server only takes mail for mailboxes it has";
pub(super) const PERHAPS: &str = "252 2.1.5 Send some mail and see";
pub(super) const BEGIN_TLS: &str = "220 2.0.0 Begin TLS";

pub(super) const CLOSING: &str = "421 4.3.2 The server is shutting down, come again";
pub(super) const BUSY: &str = "421 4.3.2 Too many connections, come again";
pub(super) const PEER_BUSY: &str = "421 4.7.0 Too many connections from your address";
pub(super) const TOO_SLOW: &str = "421 4.4.2 That took too long";
pub(super) const TOO_LONG_IDLE: &str = "421 4.4.2 Too long without a message, come again";
pub(super) const TOO_MANY_ERRORS: &str = "421 4.7.0 Too many errors";
pub(super) const TOO_MANY_COMMANDS: &str = "421 4.7.0 Enough for one connection, come again";

pub(super) const CLOSED: &str = "450 4.2.1 This mailbox takes nothing for now, try again";
pub(super) const LATER: &str = "451 4.3.0 It cannot be kept now, try again";
pub(super) const NO_ROOM: &str = "452 4.3.1 No room for it now, try again";
pub(super) const TOO_MANY_RECIPIENTS: &str = "452 4.5.3 Too many recipients, send the rest again";
pub(super) const NO_TLS: &str = "454 4.7.0 TLS is not available";

pub(super) const NOT_A_COMMAND: &str = "500 5.5.1 There is no such command";
pub(super) const BAD_LINE: &str = "500 5.5.2 A command is text and ends with CR and LF";
pub(super) const LONG_COMMAND: &str = "500 5.5.2 That line is too long";
pub(super) const BAD_ARGUMENT: &str = "501 5.5.4 The command is not as it should be";
pub(super) const NOT_OFFERED: &str = "502 5.5.1 That is not offered here";
pub(super) const OUT_OF_ORDER: &str = "503 5.5.1 Not now: the order of commands is wrong";
pub(super) const BARE: &str = "521 5.5.2 A message has no CR or LF apart from line ends";
pub(super) const NOT_SMTP: &str = "521 5.5.1 This is not the beginning of an SMTP session";
pub(super) const TLS_FIRST: &str = "530 5.7.0 STARTTLS first";
pub(super) const NOBODY: &str = "550 5.1.1 There is no such mailbox";
pub(super) const TOO_LARGE: &str = "552 5.3.4 The message is too large";
pub(super) const BAD_SENDER: &str = "553 5.1.7 That is not the address of a sender";
pub(super) const BAD_RECIPIENT: &str = "553 5.1.3 That is not the address of a mailbox";
pub(super) const NOT_ASCII: &str = "553 5.6.7 Such an address needs SMTPUTF8";
pub(super) const NO_RECIPIENTS: &str = "554 5.5.1 No recipient was accepted";
pub(super) const LONG_LINE: &str = "554 5.6.0 The message has a line that is too long";
pub(super) const REFUSED: &str = "554 5.6.0 The message is not accepted";
pub(super) const BAD_PARAMETER: &str = "555 5.5.4 There is no such parameter";
