//! Every business no. A refusal has a machine-readable reason, equal to a value of the contract's
//! `ErrorReason` and a heading of `docs/errors.md`, and a class that says what a caller can do. The
//! edge turns the class into a status code; nothing else does.

use crate::time::Span;
use std::fmt;

/// What kind of no it is; each is one status code on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The request itself is wrong.
    Invalid,
    /// There is no such thing for this caller.
    NotFound,
    /// It exists already.
    Exists,
    /// The thing is not in a state for this.
    State,
    /// Somebody else was first; read again.
    Conflict,
    /// The caller may not.
    Denied,
    /// The caller is not known.
    Unknown,
    /// Too much at once.
    Exhausted,
    /// A cursor is no longer held, or a size is not taken.
    Range,
    /// Not now.
    Unavailable,
    /// Nobody here can.
    Unsupported,
    /// Too late.
    Deadline,
    /// Our fault.
    Internal,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $reason:literal $class:ident $text:literal),+ $(,)?) => {
        /// The reason of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $name),+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name),+];

            /// Its name on the wire.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Reason::$name => $reason),+ }
            }

            /// What kind of no it is.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Reason::$name => Class::$class),+ }
            }

            /// A text for people, free of anything personal.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Reason::$name => $text),+ }
            }
        }
    };
}

refusals! {
    /// A field breaks a rule of the contract.
    ValidationFailed "VALIDATION_FAILED" Invalid "the request breaks the contract's rules",
    /// An update mask names a field that cannot be changed.
    FieldMaskInvalid "FIELD_MASK_INVALID" Invalid
        "the update mask names a field that does not exist or cannot be changed",
    /// A page token was made for something else or tampered with.
    PageTokenInvalid "PAGE_TOKEN_INVALID" Invalid "the page token does not belong to this request",
    /// A resume token was made for something else or tampered with.
    ResumeTokenInvalid "RESUME_TOKEN_INVALID" Invalid
        "the resume token does not belong to this stream",
    /// A request id came again with other content.
    RequestIdReused "REQUEST_ID_REUSED" Invalid "the request id was used for another request",
    /// A rule's condition cannot be judged.
    ConditionInvalid "CONDITION_INVALID" Invalid "a condition of the rule cannot be judged",
    /// A step of the plan never opens.
    PlanStepNeverOpens "PLAN_STEP_NEVER_OPENS" Invalid
        "a step of the plan has no trigger, or one that never comes true",
    /// A step of the plan changes nothing.
    PlanStepWithoutEffect "PLAN_STEP_WITHOUT_EFFECT" Invalid
        "a step of the plan changes nothing, or ends as it opens",
    /// A step of the plan waits for one agent without end.
    PlanStrands "PLAN_STRANDS" Invalid
        "a step of the plan would leave a customer waiting for one agent without end",
    /// Overflow would lead back to where it came from.
    OverflowCycle "OVERFLOW_CYCLE" Invalid
        "overflow would lead back to a queue it came from, or over too many queues",
    /// A rule's expression cannot be used.
    ExpressionInvalid "EXPRESSION_INVALID" Invalid "the expression of the rule cannot be used",
    /// Judging the rule, or the tenant's rules together, costs too much.
    RuleTooCostly "RULE_TOO_COSTLY" Exhausted
        "judging the rule, or all rules of the tenant together, costs too much",
    /// A world that cannot be simulated here.
    WorldInvalid "WORLD_INVALID" Invalid "the world cannot be simulated",
    /// There is no such thing in this tenant.
    ResourceNotFound "RESOURCE_NOT_FOUND" NotFound "there is no such resource",
    /// Another rule asks the same at the same place.
    RuleDuplicate "RULE_DUPLICATE" Exists
        "another rule has the same position and the same conditions",
    /// The name is taken.
    NameTaken "NAME_TAKEN" Exists "the name is taken",
    /// The address belongs to a customer already.
    ContactPointTaken "CONTACT_POINT_TAKEN" Exists "the address belongs to another customer",
    /// The offer ran out.
    OfferExpired "OFFER_EXPIRED" State "the offer was not answered in time",
    /// The interaction ended first.
    OfferCancelled "OFFER_CANCELLED" State "the interaction ended before the offer was answered",
    /// The offer was taken back.
    OfferRescinded "OFFER_RESCINDED" State "the offer was taken back",
    /// The offer has been answered otherwise.
    OfferAnswered "OFFER_ANSWERED" State "the offer was answered already",
    /// The agent's presence ended first.
    OfferLost "OFFER_LOST" State "the offer ended with the agent's presence",
    /// The interaction is not open.
    InteractionNotOpen "INTERACTION_NOT_OPEN" State
        "the interaction is not in a state that allows this",
    /// The interaction is not resolved.
    InteractionNotResolved "INTERACTION_NOT_RESOLVED" State "the interaction is not resolved",
    /// It was rated before.
    InteractionAlreadyRated "INTERACTION_ALREADY_RATED" State "the interaction was rated already",
    /// It is too late to reopen.
    ReopenWindowPassed "REOPEN_WINDOW_PASSED" State "the interaction can no longer be reopened",
    /// Something else still needs it.
    ResourceInUse "RESOURCE_IN_USE" State "something else still uses the resource",
    /// The channel account is switched off.
    ChannelDisabled "CHANNEL_DISABLED" State "the channel account is disabled",
    /// The conversation has no way out.
    ChannelCannotSend "CHANNEL_CANNOT_SEND" State "the conversation's channel cannot send",
    /// The mailbox is another account's.
    MailboxTaken "MAILBOX_TAKEN" Exists "the mailbox belongs to another account",
    /// Mail to the address came back; nothing is sent to it.
    ContactSuppressed "CONTACT_SUPPRESSED" State
        "nothing is sent to the address, because mail to it came back or was unwanted",
    /// The file is not all here, or a piece does not follow the one before.
    AttachmentIncomplete "ATTACHMENT_INCOMPLETE" State
        "the attachment is not complete, or the piece does not follow what is here",
    /// Too many or too large files.
    AttachmentLimit "ATTACHMENT_LIMIT" Exhausted "the attachments are too many or too large",
    /// The key speaks for no agent.
    AgentNotBound "AGENT_NOT_BOUND" State "the key names no agent; say which agent is meant",
    /// The agent cannot take it now.
    AgentUnavailable "AGENT_UNAVAILABLE" State "the agent is not available or has no room",
    /// Nothing waits that the agent may take.
    NothingToTake "NOTHING_TO_TAKE" State "nothing waits that the agent may take",
    /// The tenant is suspended.
    TenantSuspended "TENANT_SUSPENDED" State "the tenant is suspended",
    /// No rule places it and there is no default queue.
    NoQueue "NO_QUEUE" State "no rule places the interaction and there is no default queue",
    /// The queue is closed at that time.
    OutsideHours "OUTSIDE_HOURS" State "the queue is closed at that time",
    /// The customer was called back in vain as often as the queue allows.
    CallbackAttemptsUsed "CALLBACK_ATTEMPTS_USED" State
        "the customer was called back in vain as often as the queue allows",
    /// The interaction has its consult already.
    ConsultLimit "CONSULT_LIMIT" State "another agent is consulted on it already",
    /// The offer is to own the interaction.
    NotAConsult "NOT_A_CONSULT" State
        "the offer is no consult, or its agent was handed the interaction",
    /// The delivery is over, or under way.
    DeliveryNotPending "DELIVERY_NOT_PENDING" State
        "the delivery is over, or is being sent at this moment",
    /// The resource changed meanwhile.
    EtagMismatch "ETAG_MISMATCH" Conflict "the resource has changed; read it again",
    /// The role or key does not allow it.
    PermissionDenied "PERMISSION_DENIED" Denied "the credential does not allow this",
    /// Somebody else owns the interaction.
    NotInteractionOwner "NOT_INTERACTION_OWNER" Denied "the interaction belongs to another agent",
    /// It belongs to teams the caller does not lead.
    OutsideTeam "OUTSIDE_TEAM" Denied "it belongs to teams that the caller's agent does not lead",
    /// No credential came along.
    CredentialsMissing "CREDENTIALS_MISSING" Unknown "a credential is needed",
    /// The credential is wrong, expired or revoked.
    CredentialsInvalid "CREDENTIALS_INVALID" Unknown "the credential is not valid",
    /// The ledger's queue is full.
    LedgerBusy "LEDGER_BUSY" Exhausted "too many changes are waiting; try again shortly",
    /// Too many streams.
    StreamLimit "STREAM_LIMIT" Exhausted "too many streams are open",
    /// Another simulation runs.
    SimulationRunning "SIMULATION_RUNNING" Exhausted "another simulation runs; try again shortly",
    /// Too many calls in a short time.
    RateLimited "RATE_LIMITED" Exhausted "too many calls in a short time; wait before the next",
    /// The queue holds as much as it may.
    QueueFull "QUEUE_FULL" Exhausted "the queue holds as many interactions as it may",
    /// The stream's past is no longer held.
    ResumeTokenExpired "RESUME_TOKEN_EXPIRED" Range
        "the stream can no longer resume from there; take a snapshot",
    /// The log does not hold the moment.
    MomentNotHeld "MOMENT_NOT_HELD" Range "the log does not hold that moment",
    /// The moment is too far into the log.
    MomentTooFar "MOMENT_TOO_FAR" Exhausted
        "working out that moment would take in more events than one call may",
    /// The message is larger than is taken.
    MessageTooLarge "MESSAGE_TOO_LARGE" Range "the message is larger than the server takes",
    /// The method or the encoding is unknown.
    NotSupported "NOT_SUPPORTED" Unsupported
        "the server does not know the method or the encoding of the message",
    /// The database cannot be reached.
    ServiceUnavailable "SERVICE_UNAVAILABLE" Unavailable "the service cannot answer now; try again",
    /// The server is shutting down.
    Draining "DRAINING" Unavailable "the server is shutting down; another will answer",
    /// The caller's deadline passed first.
    DeadlinePassed "DEADLINE_PASSED" Deadline "the deadline passed before the change was made",
    /// A fault of the service.
    InternalError "INTERNAL_ERROR" Internal
        "the service failed; the request id identifies the case",
}

/// A field that breaks a rule, by its path in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path, such as `queue.name`.
    pub field: String,
    /// What is wrong, free of the value itself.
    pub text: String,
}

/// A business no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Stable keys and values that say more, such as `resource` and `id`.
    pub metadata: Vec<(&'static str, String)>,
    /// The fields that are wrong, if that is the matter.
    pub violations: Vec<FieldViolation>,
    /// When it may be tried again, if that helps.
    pub retry_after: Option<Span>,
}

impl Refusal {
    /// A refusal with nothing more to say.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, metadata: Vec::new(), violations: Vec::new(), retry_after: None }
    }

    /// The same refusal with one more key and value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// The same refusal, to be tried again after `span`.
    #[must_use]
    pub const fn retry_after(mut self, span: Span) -> Self {
        self.retry_after = Some(span);
        self
    }

    /// There is no such `resource`.
    #[must_use]
    pub fn not_found(resource: &'static str, id: impl fmt::Display) -> Self {
        Self::new(Reason::ResourceNotFound).with("resource", resource).with("id", id)
    }

    /// One field is wrong.
    #[must_use]
    pub fn field(field: &str, text: &str) -> Self {
        let mut refusal = Self::new(Reason::ValidationFailed);
        refusal.violations.push(FieldViolation { field: field.into(), text: text.into() });
        refusal
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.text())
    }
}

impl std::error::Error for Refusal {}
