//! What exists and which changes are legal: the nouns of the house, their life cycles, the facts
//! the log records and the refusals a caller may meet. Pure and synchronous: no clock, no chance,
//! no I/O.
//!
//! Glossary (one word per idea)
//!
//! | word | meaning |
//! |---|---|
//! | tenant | a company that uses the service; nothing is read or written without one |
//! | customer | a person or organisation that writes or calls; has contact points |
//! | contact point | one address of a customer on one kind of channel |
//! | channel kind | e-mail, webhook, ... |
//! | channel account | a tenant's configured mailbox or endpoint on a kind of channel |
//! | provider | the code that speaks a kind of channel |
//! | conversation | all that is said between a contact point and an account; by mail, one thread |
//! | interaction | one unit of work inside a conversation: what is routed, owned and measured |
//! | tag, label | a word on an interaction, sealed; the same as caps count it, by its blind index |
//! | message | one thing said, in either direction, or an internal note |
//! | attachment | a file that belongs to a message |
//! | relay | the mail server by which mail leaves |
//! | participant | an address seen in the mail of a conversation |
//! | suppression | that nothing is sent to a contact point any more, because mail to it came back |
//! | agent, team, skill | who answers, with whom, and what they know, at a level from 1 to 10 |
//! | queue | where an interaction waits; says which agents serve it and how one is chosen |
//! | rule | intake: turns what arrives into a queue, a priority and skills |
//! | plan, step | how the search for an agent widens while an interaction waits |
//! | calendar | when a tenant works: weekly windows, dated exceptions, a time zone |
//! | schedule, duty | when agents work, and what that says of one of them now |
//! | time off | when one agent is away, whatever their schedule says |
//! | SLA policy, target | a promise of times, and one of them |
//! | escalation policy, level | what sets a ladder off, and one of its steps up |
//! | ladder | how far one interaction was escalated by its policy |
//! | clock | how far one interaction has used up one target |
//! | offer | an agent being asked to take an interaction; accepted, it becomes a leg |
//! | leg | one agent's stretch of an interaction; the live *owner* leg says whose it is |
//! | consult | an agent being asked to advise an interaction's owner; accepted, a leg |
//! | presence | what an agent intends, and what routing may rely on (effective status) |
//! | event | a fact that was committed; the tenant's log is the ordered list of them |
//! | command | a wish to change something; becomes events or a refusal |
//! | refusal | a business no, with a machine-readable reason |

pub mod agent;
pub mod calendar;
pub mod channel;
pub mod customer;
pub mod escalation;
pub mod event;
pub mod id;
pub mod interaction;
pub mod mail;
pub mod message;
pub mod offer;
pub mod plan;
pub mod queue;
pub mod refusal;
pub mod rule;
pub mod schedule;
pub mod sealed;
pub mod sla;
pub mod tenant;
pub mod time;
pub mod time_off;
