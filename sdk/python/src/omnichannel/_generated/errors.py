# Generated from the contract by tools/generate.py. Do not edit.
"""One exception for each error reason of the contract."""

from omnichannel._error import (
    OmnichannelError,
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)


class ValidationFailedError(InvalidArgument):
    """The request breaks a rule of the contract, or values of it contradict each other. All
    violations come at once in a BadRequest detail, at most 20. Code INVALID_ARGUMENT. Metadata:
    violations.
    """


class FieldMaskInvalidError(InvalidArgument):
    """The update mask names a path that does not exist, is output only or is nested, or has more
    than 32 paths. Code INVALID_ARGUMENT. Metadata: path.
    """


class PageTokenInvalidError(InvalidArgument):
    """The page token was not made by this RPC for this tenant with these filters, or was altered.
    Code INVALID_ARGUMENT. No metadata.
    """


class ResumeTokenInvalidError(InvalidArgument):
    """The resume token was not made for this stream, tenant and filter, or was altered. Code
    INVALID_ARGUMENT. No metadata.
    """


class RequestIdReusedError(InvalidArgument):
    """The `request_id` was used within 24 hours for a call with other content. Code
    INVALID_ARGUMENT. Metadata: request_id.
    """


class ConditionInvalidError(InvalidArgument):
    """A condition of a routing rule makes no sense: wrong number of values, a key where none
    belongs, a value that is not of the field's kind, an operator that does not fit the field, or
    a pattern that is wrong or too large. Code INVALID_ARGUMENT. Metadata: index, at.
    """


class ResourceNotFoundError(NotFound):
    """There is no such resource in the caller's tenant. Resources of other tenants are answered in
    the same way. Code NOT_FOUND. Metadata: resource, id.
    """


class NameTakenError(AlreadyExists):
    """Another resource of the same kind has this name or external identifier. Code ALREADY_EXISTS.
    Metadata: resource, field.
    """


class ContactPointTakenError(AlreadyExists):
    """The address belongs to a customer already. Code ALREADY_EXISTS. Metadata: customer_id.
    """


class OfferExpiredError(FailedPrecondition):
    """The offer ended because nobody answered in time. Code FAILED_PRECONDITION. Metadata:
    offer_id, state.
    """


class OfferCancelledError(FailedPrecondition):
    """The offer ended because the interaction ended. Code FAILED_PRECONDITION. Metadata: offer_id,
    state.
    """


class OfferRescindedError(FailedPrecondition):
    """The offer was taken back by routing, a transfer or a supervisor. Code FAILED_PRECONDITION.
    Metadata: offer_id, state.
    """


class OfferAnsweredError(FailedPrecondition):
    """The offer was already answered in another way: accepting a declined offer, or declining an
    accepted one. Code FAILED_PRECONDITION. Metadata: offer_id, state.
    """


class OfferLostError(FailedPrecondition):
    """The offer ended because the agent's session was lost and did not return in time. Code
    FAILED_PRECONDITION. Metadata: offer_id, state.
    """


class InteractionNotOpenError(FailedPrecondition):
    """The interaction is not in a status in which this is possible, for instance closed. Code
    FAILED_PRECONDITION. Metadata: interaction_id, status.
    """


class InteractionNotResolvedError(FailedPrecondition):
    """The call needs a resolved interaction. Code FAILED_PRECONDITION. Metadata: interaction_id,
    status.
    """


class InteractionAlreadyRatedError(FailedPrecondition):
    """The interaction has a rating; the first one stands. Code FAILED_PRECONDITION. Metadata:
    interaction_id.
    """


class ReopenWindowPassedError(FailedPrecondition):
    """The interaction was resolved too long ago to be reopened. Code FAILED_PRECONDITION. Metadata:
    interaction_id.
    """


class ResourceInUseError(FailedPrecondition):
    """The resource cannot be taken away because others need it. Code FAILED_PRECONDITION. Metadata:
    resource, id, used_by.
    """


class ChannelDisabledError(FailedPrecondition):
    """The channel account is disabled. Code FAILED_PRECONDITION. Metadata: channel_account_id.
    """


class ChannelCannotSendError(FailedPrecondition):
    """There is no way to send on this conversation: it has no channel account, or the account has
    no address to send to. Code FAILED_PRECONDITION. Metadata: conversation_id.
    """


class AgentNotBoundError(FailedPrecondition):
    """The call acts for the caller's own agent and the API key names none. Code
    FAILED_PRECONDITION. No metadata.
    """


class TenantSuspendedError(FailedPrecondition):
    """The tenant is suspended. Code FAILED_PRECONDITION. No metadata."""


class NoQueueError(FailedPrecondition):
    """No routing rule takes the interaction and the tenant has no default queue. Code
    FAILED_PRECONDITION. No metadata.
    """


class EtagMismatchError(Aborted):
    """The resource was changed since the caller read it. Code ABORTED. Metadata: resource, id.
    """


class PermissionDeniedError(PermissionDenied):
    """The role or the scopes of the API key do not include the permission of this call. Code
    PERMISSION_DENIED. Metadata: permission.
    """


class NotInteractionOwnerError(PermissionDenied):
    """Only the agent who owns the interaction, or to whom the offer was made, may do this. Code
    PERMISSION_DENIED. Metadata: interaction_id.
    """


class CredentialsMissingError(Unauthenticated):
    """The call carries no credential. Code UNAUTHENTICATED. No metadata."""


class CredentialsInvalidError(Unauthenticated):
    """The credential is malformed, unknown, expired or revoked; which of these is not told. Code
    UNAUTHENTICATED. No metadata.
    """


class LedgerBusyError(ResourceExhausted):
    """More changes wait for this tenant than the queue holds. Nothing was done. Code
    RESOURCE_EXHAUSTED. Metadata: lane.
    """


class StreamLimitError(ResourceExhausted):
    """The server, the tenant or the key has as many open streams as allowed. Code
    RESOURCE_EXHAUSTED. Metadata: limit.
    """


class QueueFullError(ResourceExhausted):
    """The queue holds as many waiting interactions as its `max_size` allows. Code
    RESOURCE_EXHAUSTED. Metadata: queue_id, max_size.
    """


class ResumeTokenExpiredError(OutOfRange):
    """The events after the resume token or sequence are no longer kept, or the log was rewound.
    Code OUT_OF_RANGE. Metadata: oldest_seq.
    """


class ServiceUnavailableError(Unavailable):
    """A part the server depends on, such as the database, does not answer. Nothing is known to have
    been done. Code UNAVAILABLE. No metadata.
    """


class DrainingError(Unavailable):
    """This server is about to stop and takes no new streams or calls. Code UNAVAILABLE. No
    metadata.
    """


class DeadlinePassedError(DeadlineExceeded):
    """The caller's deadline passed first. A change may or may not have been made. Code
    DEADLINE_EXCEEDED. No metadata.
    """


class InternalError(Internal):
    """The server failed in a way it did not foresee. A change may or may not have been made. Code
    INTERNAL. Metadata: error_id.
    """


class AgentUnavailableError(FailedPrecondition):
    """A transfer or a route to an agent who is not available or has no room, or an agent in that
    state takes their next work. Code FAILED_PRECONDITION. Metadata: agent_id, condition.
    """


class MessageTooLargeError(OutOfRange):
    """A message of the request is larger than the server takes. Nothing was done. Code
    OUT_OF_RANGE. Metadata: max_bytes.
    """


class NotSupportedError(Unimplemented):
    """The server does not know the method, or not the encoding of the message. Nothing was done.
    Code UNIMPLEMENTED. No metadata.
    """


class MailboxTakenError(AlreadyExists):
    """Another channel account, of this tenant or another, has the mailbox. Code ALREADY_EXISTS. No
    metadata.
    """


class ContactSuppressedError(FailedPrecondition):
    """Nothing is sent to the address, because mail to it came back or its owner called it unwanted.
    Code FAILED_PRECONDITION. Metadata: contact_point_id.
    """


class AttachmentIncompleteError(FailedPrecondition):
    """The file is not complete, or the piece does not begin where the one before ended or goes
    beyond the size told. Code FAILED_PRECONDITION. Metadata: attachment_id, received.
    """


class AttachmentLimitError(ResourceExhausted):
    """The files of the message are too many or too large together, or too many wait for a message.
    Code RESOURCE_EXHAUSTED. Metadata: max_bytes.
    """


class OutsideTeamError(PermissionDenied):
    """The interaction, agent or customer belongs to teams that the caller's agent does not lead or,
    for reads of an agent, is not in. Code PERMISSION_DENIED. Metadata: resource, id.
    """


class DeliveryNotPendingError(FailedPrecondition):
    """The delivery is over, or is being sent at this moment, so that it can be neither retried nor
    cancelled. Code FAILED_PRECONDITION. Metadata: delivery_id, state.
    """


class RateLimitedError(ResourceExhausted):
    """The key, the tenant or the address calls more often than its rate allows. Nothing was done;
    RetryInfo says how long to wait. Code RESOURCE_EXHAUSTED. Metadata: limit.
    """


class RuleDuplicateError(AlreadyExists):
    """Another routing rule has the same position and the same conditions or expression. Code
    ALREADY_EXISTS. Metadata: routing_rule_id.
    """


class ExpressionInvalidError(InvalidArgument):
    """The expression of a routing rule cannot be read, names something that is not there, has a
    part of the wrong type, or is beyond its bounds. Code INVALID_ARGUMENT. Metadata: problem,
    part, at.
    """


class RuleTooCostlyError(ResourceExhausted):
    """Judging the routing rule, or all rules of the tenant together, costs more than it may. Code
    RESOURCE_EXHAUSTED. Metadata: weight, max.
    """


class PlanStepNeverOpensError(InvalidArgument):
    """A step of a routing plan has no trigger, or one that never comes true: a clock that counts from
    a step which time and failed offers do not open, or absence for a step of one agent. Code
    INVALID_ARGUMENT. Metadata: index.
    """


class PlanStepWithoutEffectError(InvalidArgument):
    """A step of a routing plan is like the one before it, or the next one ends it as it opens. Code
    INVALID_ARGUMENT. Metadata: index.
    """


class PlanStrandsError(InvalidArgument):
    """From a step of a routing plan on, only one agent would be asked, and no later step opens by
    time. Code INVALID_ARGUMENT. Metadata: index.
    """


class OverflowCycleError(InvalidArgument):
    """The overflow of a queue would lead back to a queue on its way, or over more than 8 queues. Code
    INVALID_ARGUMENT. Metadata: queue_id.
    """


class OutsideHoursError(FailedPrecondition):
    """The queue is closed at the time at which the customer is to be called back. Code
    FAILED_PRECONDITION. Metadata: queue_id, opens_at.
    """


class CallbackAttemptsUsedError(FailedPrecondition):
    """The customer was called back in vain as often as the queue allows. Code FAILED_PRECONDITION.
    Metadata: interaction_id, max.
    """


class MomentNotHeldError(OutOfRange):
    """The log does not hold that moment: it lies ahead, before the log begins, or before its oldest
    entry. Code OUT_OF_RANGE. Metadata: head_seq.
    """


class MomentTooFarError(ResourceExhausted):
    """Working out that moment would take in more events than one call may; asking again goes on from
    reached_seq, if that is told. Code RESOURCE_EXHAUSTED. Metadata: max, reached_seq.
    """


class SimulationRunningError(ResourceExhausted):
    """Another simulation of the tenant runs, or as many as the server runs at a time. Code
    RESOURCE_EXHAUSTED. Metadata: limit.
    """


class WorldInvalidError(InvalidArgument):
    """The world of a simulation cannot be read, means nothing, or is too large. Code
    INVALID_ARGUMENT. Metadata: problem.
    """


class ConsultLimitError(FailedPrecondition):
    """Another agent is consulted on the interaction already. Code FAILED_PRECONDITION. Metadata:
    interaction_id, offer_id, max.
    """


class NotAConsultError(FailedPrecondition):
    """The offer is no consult: it is to own the interaction, or its agent was handed it. Code
    FAILED_PRECONDITION. Metadata: offer_id.
    """


class NothingToTakeError(FailedPrecondition):
    """Nothing waits to be taken that the agent may take. Code FAILED_PRECONDITION. Metadata: waiting,
    condition.
    """


BY_REASON: dict[str, type[OmnichannelError]] = {
    "VALIDATION_FAILED": ValidationFailedError,
    "FIELD_MASK_INVALID": FieldMaskInvalidError,
    "PAGE_TOKEN_INVALID": PageTokenInvalidError,
    "RESUME_TOKEN_INVALID": ResumeTokenInvalidError,
    "REQUEST_ID_REUSED": RequestIdReusedError,
    "CONDITION_INVALID": ConditionInvalidError,
    "RESOURCE_NOT_FOUND": ResourceNotFoundError,
    "NAME_TAKEN": NameTakenError,
    "CONTACT_POINT_TAKEN": ContactPointTakenError,
    "OFFER_EXPIRED": OfferExpiredError,
    "OFFER_CANCELLED": OfferCancelledError,
    "OFFER_RESCINDED": OfferRescindedError,
    "OFFER_ANSWERED": OfferAnsweredError,
    "OFFER_LOST": OfferLostError,
    "INTERACTION_NOT_OPEN": InteractionNotOpenError,
    "INTERACTION_NOT_RESOLVED": InteractionNotResolvedError,
    "INTERACTION_ALREADY_RATED": InteractionAlreadyRatedError,
    "REOPEN_WINDOW_PASSED": ReopenWindowPassedError,
    "RESOURCE_IN_USE": ResourceInUseError,
    "CHANNEL_DISABLED": ChannelDisabledError,
    "CHANNEL_CANNOT_SEND": ChannelCannotSendError,
    "AGENT_NOT_BOUND": AgentNotBoundError,
    "TENANT_SUSPENDED": TenantSuspendedError,
    "NO_QUEUE": NoQueueError,
    "ETAG_MISMATCH": EtagMismatchError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "NOT_INTERACTION_OWNER": NotInteractionOwnerError,
    "CREDENTIALS_MISSING": CredentialsMissingError,
    "CREDENTIALS_INVALID": CredentialsInvalidError,
    "LEDGER_BUSY": LedgerBusyError,
    "STREAM_LIMIT": StreamLimitError,
    "QUEUE_FULL": QueueFullError,
    "RESUME_TOKEN_EXPIRED": ResumeTokenExpiredError,
    "SERVICE_UNAVAILABLE": ServiceUnavailableError,
    "DRAINING": DrainingError,
    "DEADLINE_PASSED": DeadlinePassedError,
    "INTERNAL_ERROR": InternalError,
    "AGENT_UNAVAILABLE": AgentUnavailableError,
    "MESSAGE_TOO_LARGE": MessageTooLargeError,
    "NOT_SUPPORTED": NotSupportedError,
    "MAILBOX_TAKEN": MailboxTakenError,
    "CONTACT_SUPPRESSED": ContactSuppressedError,
    "ATTACHMENT_INCOMPLETE": AttachmentIncompleteError,
    "ATTACHMENT_LIMIT": AttachmentLimitError,
    "OUTSIDE_TEAM": OutsideTeamError,
    "DELIVERY_NOT_PENDING": DeliveryNotPendingError,
    "RATE_LIMITED": RateLimitedError,
    "RULE_DUPLICATE": RuleDuplicateError,
    "EXPRESSION_INVALID": ExpressionInvalidError,
    "RULE_TOO_COSTLY": RuleTooCostlyError,
    "PLAN_STEP_NEVER_OPENS": PlanStepNeverOpensError,
    "PLAN_STEP_WITHOUT_EFFECT": PlanStepWithoutEffectError,
    "PLAN_STRANDS": PlanStrandsError,
    "OVERFLOW_CYCLE": OverflowCycleError,
    "OUTSIDE_HOURS": OutsideHoursError,
    "CALLBACK_ATTEMPTS_USED": CallbackAttemptsUsedError,
    "MOMENT_NOT_HELD": MomentNotHeldError,
    "MOMENT_TOO_FAR": MomentTooFarError,
    "SIMULATION_RUNNING": SimulationRunningError,
    "WORLD_INVALID": WorldInvalidError,
    "CONSULT_LIMIT": ConsultLimitError,
    "NOT_A_CONSULT": NotAConsultError,
    "NOTHING_TO_TAKE": NothingToTakeError,
}

__all__ = [
    "ValidationFailedError",
    "FieldMaskInvalidError",
    "PageTokenInvalidError",
    "ResumeTokenInvalidError",
    "RequestIdReusedError",
    "ConditionInvalidError",
    "ResourceNotFoundError",
    "NameTakenError",
    "ContactPointTakenError",
    "OfferExpiredError",
    "OfferCancelledError",
    "OfferRescindedError",
    "OfferAnsweredError",
    "OfferLostError",
    "InteractionNotOpenError",
    "InteractionNotResolvedError",
    "InteractionAlreadyRatedError",
    "ReopenWindowPassedError",
    "ResourceInUseError",
    "ChannelDisabledError",
    "ChannelCannotSendError",
    "AgentNotBoundError",
    "TenantSuspendedError",
    "NoQueueError",
    "EtagMismatchError",
    "PermissionDeniedError",
    "NotInteractionOwnerError",
    "CredentialsMissingError",
    "CredentialsInvalidError",
    "LedgerBusyError",
    "StreamLimitError",
    "QueueFullError",
    "ResumeTokenExpiredError",
    "ServiceUnavailableError",
    "DrainingError",
    "DeadlinePassedError",
    "InternalError",
    "AgentUnavailableError",
    "MessageTooLargeError",
    "NotSupportedError",
    "MailboxTakenError",
    "ContactSuppressedError",
    "AttachmentIncompleteError",
    "AttachmentLimitError",
    "OutsideTeamError",
    "DeliveryNotPendingError",
    "RateLimitedError",
    "RuleDuplicateError",
    "ExpressionInvalidError",
    "RuleTooCostlyError",
    "PlanStepNeverOpensError",
    "PlanStepWithoutEffectError",
    "PlanStrandsError",
    "OverflowCycleError",
    "OutsideHoursError",
    "CallbackAttemptsUsedError",
    "MomentNotHeldError",
    "MomentTooFarError",
    "SimulationRunningError",
    "WorldInvalidError",
    "ConsultLimitError",
    "NotAConsultError",
    "NothingToTakeError",
    "BY_REASON",
]
