// This file is @generated from the contract.

import { Aborted, AlreadyExists, DeadlineExceeded, FailedPrecondition, Internal, InvalidArgument, NotFound, OutOfRange, PermissionDenied, ResourceExhausted, Unauthenticated, Unavailable, Unimplemented } from "../errors.js";

/**
 * The request breaks a rule of the contract, or values of it contradict each other. All
 * violations come at once in a BadRequest detail, at most 20. Code INVALID_ARGUMENT. Metadata:
 * violations.
 */
export class ValidationFailedError extends InvalidArgument {
  override name = "ValidationFailedError";
  declare readonly reason: "VALIDATION_FAILED";
}

/**
 * The update mask names a path that does not exist, is output only or is nested, or has more
 * than 32 paths. Code INVALID_ARGUMENT. Metadata: path.
 */
export class FieldMaskInvalidError extends InvalidArgument {
  override name = "FieldMaskInvalidError";
  declare readonly reason: "FIELD_MASK_INVALID";
}

/**
 * The page token was not made by this RPC for this tenant with these filters, or was altered.
 * Code INVALID_ARGUMENT. No metadata.
 */
export class PageTokenInvalidError extends InvalidArgument {
  override name = "PageTokenInvalidError";
  declare readonly reason: "PAGE_TOKEN_INVALID";
}

/**
 * The resume token was not made for this stream, tenant and filter, or was altered. Code
 * INVALID_ARGUMENT. No metadata.
 */
export class ResumeTokenInvalidError extends InvalidArgument {
  override name = "ResumeTokenInvalidError";
  declare readonly reason: "RESUME_TOKEN_INVALID";
}

/**
 * The `request_id` was used within 24 hours for a call with other content. Code
 * INVALID_ARGUMENT. Metadata: request_id.
 */
export class RequestIdReusedError extends InvalidArgument {
  override name = "RequestIdReusedError";
  declare readonly reason: "REQUEST_ID_REUSED";
}

/**
 * A condition of a routing rule makes no sense: wrong number of values, a key where none
 * belongs, a value that is not of the field's kind, an operator that does not fit the field, or
 * a pattern that is wrong or too large. Code INVALID_ARGUMENT. Metadata: index, at.
 */
export class ConditionInvalidError extends InvalidArgument {
  override name = "ConditionInvalidError";
  declare readonly reason: "CONDITION_INVALID";
}

/**
 * There is no such resource in the caller's tenant. Resources of other tenants are answered in
 * the same way. Code NOT_FOUND. Metadata: resource, id.
 */
export class ResourceNotFoundError extends NotFound {
  override name = "ResourceNotFoundError";
  declare readonly reason: "RESOURCE_NOT_FOUND";
}

/**
 * Another resource of the same kind has this name or external identifier. Code ALREADY_EXISTS.
 * Metadata: resource, field.
 */
export class NameTakenError extends AlreadyExists {
  override name = "NameTakenError";
  declare readonly reason: "NAME_TAKEN";
}

/**
 * The address belongs to a customer already. Code ALREADY_EXISTS. Metadata: customer_id.
 */
export class ContactPointTakenError extends AlreadyExists {
  override name = "ContactPointTakenError";
  declare readonly reason: "CONTACT_POINT_TAKEN";
}

/**
 * The offer ended because nobody answered in time. Code FAILED_PRECONDITION. Metadata:
 * offer_id, state.
 */
export class OfferExpiredError extends FailedPrecondition {
  override name = "OfferExpiredError";
  declare readonly reason: "OFFER_EXPIRED";
}

/**
 * The offer ended because the interaction ended. Code FAILED_PRECONDITION. Metadata: offer_id,
 * state.
 */
export class OfferCancelledError extends FailedPrecondition {
  override name = "OfferCancelledError";
  declare readonly reason: "OFFER_CANCELLED";
}

/**
 * The offer was taken back by routing, a transfer or a supervisor. Code FAILED_PRECONDITION.
 * Metadata: offer_id, state.
 */
export class OfferRescindedError extends FailedPrecondition {
  override name = "OfferRescindedError";
  declare readonly reason: "OFFER_RESCINDED";
}

/**
 * The offer was already answered in another way: accepting a declined offer, or declining an
 * accepted one. Code FAILED_PRECONDITION. Metadata: offer_id, state.
 */
export class OfferAnsweredError extends FailedPrecondition {
  override name = "OfferAnsweredError";
  declare readonly reason: "OFFER_ANSWERED";
}

/**
 * The offer ended because the agent's session was lost and did not return in time. Code
 * FAILED_PRECONDITION. Metadata: offer_id, state.
 */
export class OfferLostError extends FailedPrecondition {
  override name = "OfferLostError";
  declare readonly reason: "OFFER_LOST";
}

/**
 * The interaction is not in a status in which this is possible, for instance closed. Code
 * FAILED_PRECONDITION. Metadata: interaction_id, status.
 */
export class InteractionNotOpenError extends FailedPrecondition {
  override name = "InteractionNotOpenError";
  declare readonly reason: "INTERACTION_NOT_OPEN";
}

/**
 * The call needs a resolved interaction. Code FAILED_PRECONDITION. Metadata: interaction_id,
 * status.
 */
export class InteractionNotResolvedError extends FailedPrecondition {
  override name = "InteractionNotResolvedError";
  declare readonly reason: "INTERACTION_NOT_RESOLVED";
}

/**
 * The interaction has a rating; the first one stands. Code FAILED_PRECONDITION. Metadata:
 * interaction_id.
 */
export class InteractionAlreadyRatedError extends FailedPrecondition {
  override name = "InteractionAlreadyRatedError";
  declare readonly reason: "INTERACTION_ALREADY_RATED";
}

/**
 * The interaction was resolved too long ago to be reopened. Code FAILED_PRECONDITION. Metadata:
 * interaction_id.
 */
export class ReopenWindowPassedError extends FailedPrecondition {
  override name = "ReopenWindowPassedError";
  declare readonly reason: "REOPEN_WINDOW_PASSED";
}

/**
 * The resource cannot be taken away because others need it. Code FAILED_PRECONDITION. Metadata:
 * resource, id, used_by.
 */
export class ResourceInUseError extends FailedPrecondition {
  override name = "ResourceInUseError";
  declare readonly reason: "RESOURCE_IN_USE";
}

/**
 * The channel account is disabled. Code FAILED_PRECONDITION. Metadata: channel_account_id.
 */
export class ChannelDisabledError extends FailedPrecondition {
  override name = "ChannelDisabledError";
  declare readonly reason: "CHANNEL_DISABLED";
}

/**
 * There is no way to send on this conversation: it has no channel account, or the account has
 * no address to send to. Code FAILED_PRECONDITION. Metadata: conversation_id.
 */
export class ChannelCannotSendError extends FailedPrecondition {
  override name = "ChannelCannotSendError";
  declare readonly reason: "CHANNEL_CANNOT_SEND";
}

/**
 * The call acts for the caller's own agent and the API key names none. Code
 * FAILED_PRECONDITION. No metadata.
 */
export class AgentNotBoundError extends FailedPrecondition {
  override name = "AgentNotBoundError";
  declare readonly reason: "AGENT_NOT_BOUND";
}

/**
 * The tenant is suspended. Code FAILED_PRECONDITION. No metadata.
 */
export class TenantSuspendedError extends FailedPrecondition {
  override name = "TenantSuspendedError";
  declare readonly reason: "TENANT_SUSPENDED";
}

/**
 * No routing rule takes the interaction and the tenant has no default queue. Code
 * FAILED_PRECONDITION. No metadata.
 */
export class NoQueueError extends FailedPrecondition {
  override name = "NoQueueError";
  declare readonly reason: "NO_QUEUE";
}

/**
 * The resource was changed since the caller read it. Code ABORTED. Metadata: resource, id.
 */
export class EtagMismatchError extends Aborted {
  override name = "EtagMismatchError";
  declare readonly reason: "ETAG_MISMATCH";
}

/**
 * The role or the scopes of the API key do not include the permission of this call. Code
 * PERMISSION_DENIED. Metadata: permission.
 */
export class PermissionDeniedError extends PermissionDenied {
  override name = "PermissionDeniedError";
  declare readonly reason: "PERMISSION_DENIED";
}

/**
 * Only the agent who owns the interaction, or to whom the offer was made, may do this. Code
 * PERMISSION_DENIED. Metadata: interaction_id.
 */
export class NotInteractionOwnerError extends PermissionDenied {
  override name = "NotInteractionOwnerError";
  declare readonly reason: "NOT_INTERACTION_OWNER";
}

/**
 * The call carries no credential. Code UNAUTHENTICATED. No metadata.
 */
export class CredentialsMissingError extends Unauthenticated {
  override name = "CredentialsMissingError";
  declare readonly reason: "CREDENTIALS_MISSING";
}

/**
 * The credential is malformed, unknown, expired or revoked; which of these is not told. Code
 * UNAUTHENTICATED. No metadata.
 */
export class CredentialsInvalidError extends Unauthenticated {
  override name = "CredentialsInvalidError";
  declare readonly reason: "CREDENTIALS_INVALID";
}

/**
 * More changes wait for this tenant than the queue holds. Nothing was done. Code
 * RESOURCE_EXHAUSTED. Metadata: lane.
 */
export class LedgerBusyError extends ResourceExhausted {
  override name = "LedgerBusyError";
  declare readonly reason: "LEDGER_BUSY";
}

/**
 * The server, the tenant or the key has as many open streams as allowed. Code
 * RESOURCE_EXHAUSTED. Metadata: limit.
 */
export class StreamLimitError extends ResourceExhausted {
  override name = "StreamLimitError";
  declare readonly reason: "STREAM_LIMIT";
}

/**
 * The queue holds as many waiting interactions as its `max_size` allows. Code
 * RESOURCE_EXHAUSTED. Metadata: queue_id, max_size.
 */
export class QueueFullError extends ResourceExhausted {
  override name = "QueueFullError";
  declare readonly reason: "QUEUE_FULL";
}

/**
 * The events after the resume token or sequence are no longer kept, or the log was rewound.
 * Code OUT_OF_RANGE. Metadata: oldest_seq.
 */
export class ResumeTokenExpiredError extends OutOfRange {
  override name = "ResumeTokenExpiredError";
  declare readonly reason: "RESUME_TOKEN_EXPIRED";
}

/**
 * A part the server depends on, such as the database, does not answer. Nothing is known to have
 * been done. Code UNAVAILABLE. No metadata.
 */
export class ServiceUnavailableError extends Unavailable {
  override name = "ServiceUnavailableError";
  declare readonly reason: "SERVICE_UNAVAILABLE";
}

/**
 * This server is about to stop and takes no new streams or calls. Code UNAVAILABLE. No
 * metadata.
 */
export class DrainingError extends Unavailable {
  override name = "DrainingError";
  declare readonly reason: "DRAINING";
}

/**
 * The caller's deadline passed first. A change may or may not have been made. Code
 * DEADLINE_EXCEEDED. No metadata.
 */
export class DeadlinePassedError extends DeadlineExceeded {
  override name = "DeadlinePassedError";
  declare readonly reason: "DEADLINE_PASSED";
}

/**
 * The server failed in a way it did not foresee. A change may or may not have been made. Code
 * INTERNAL. Metadata: error_id.
 */
export class InternalError extends Internal {
  override name = "InternalError";
  declare readonly reason: "INTERNAL_ERROR";
}

/**
 * A transfer or a route to an agent who is not available or has no room, or an agent in that
 * state takes their next work. Code FAILED_PRECONDITION. Metadata: agent_id, condition.
 */
export class AgentUnavailableError extends FailedPrecondition {
  override name = "AgentUnavailableError";
  declare readonly reason: "AGENT_UNAVAILABLE";
}

/**
 * A message of the request is larger than the server takes. Nothing was done. Code
 * OUT_OF_RANGE. Metadata: max_bytes.
 */
export class MessageTooLargeError extends OutOfRange {
  override name = "MessageTooLargeError";
  declare readonly reason: "MESSAGE_TOO_LARGE";
}

/**
 * The server does not know the method, or not the encoding of the message. Nothing was done.
 * Code UNIMPLEMENTED. No metadata.
 */
export class NotSupportedError extends Unimplemented {
  override name = "NotSupportedError";
  declare readonly reason: "NOT_SUPPORTED";
}

/**
 * Another channel account, of this tenant or another, has the mailbox. Code ALREADY_EXISTS. No
 * metadata.
 */
export class MailboxTakenError extends AlreadyExists {
  override name = "MailboxTakenError";
  declare readonly reason: "MAILBOX_TAKEN";
}

/**
 * Nothing is sent to the address, because mail to it came back or its owner called it unwanted.
 * Code FAILED_PRECONDITION. Metadata: contact_point_id.
 */
export class ContactSuppressedError extends FailedPrecondition {
  override name = "ContactSuppressedError";
  declare readonly reason: "CONTACT_SUPPRESSED";
}

/**
 * The file is not complete, or the piece does not begin where the one before ended or goes
 * beyond the size told. Code FAILED_PRECONDITION. Metadata: attachment_id, received.
 */
export class AttachmentIncompleteError extends FailedPrecondition {
  override name = "AttachmentIncompleteError";
  declare readonly reason: "ATTACHMENT_INCOMPLETE";
}

/**
 * The files of the message are too many or too large together, or too many wait for a message.
 * Code RESOURCE_EXHAUSTED. Metadata: max_bytes.
 */
export class AttachmentLimitError extends ResourceExhausted {
  override name = "AttachmentLimitError";
  declare readonly reason: "ATTACHMENT_LIMIT";
}

/**
 * The interaction, agent or customer belongs to teams that the caller's agent does not lead or,
 * for reads of an agent, is not in. Code PERMISSION_DENIED. Metadata: resource, id.
 */
export class OutsideTeamError extends PermissionDenied {
  override name = "OutsideTeamError";
  declare readonly reason: "OUTSIDE_TEAM";
}

/**
 * The delivery is over, or is being sent at this moment, so that it can be neither retried nor
 * cancelled. Code FAILED_PRECONDITION. Metadata: delivery_id, state.
 */
export class DeliveryNotPendingError extends FailedPrecondition {
  override name = "DeliveryNotPendingError";
  declare readonly reason: "DELIVERY_NOT_PENDING";
}

/**
 * The key, the tenant or the address calls more often than its rate allows. Nothing was done;
 * RetryInfo says how long to wait. Code RESOURCE_EXHAUSTED. Metadata: limit.
 */
export class RateLimitedError extends ResourceExhausted {
  override name = "RateLimitedError";
  declare readonly reason: "RATE_LIMITED";
}

/**
 * Another routing rule has the same position and the same conditions or expression. Code
 * ALREADY_EXISTS. Metadata: routing_rule_id.
 */
export class RuleDuplicateError extends AlreadyExists {
  override name = "RuleDuplicateError";
  declare readonly reason: "RULE_DUPLICATE";
}

/**
 * The expression of a routing rule cannot be read, names something that is not there, has a
 * part of the wrong type, or is beyond its bounds. Code INVALID_ARGUMENT. Metadata: problem,
 * part, at.
 */
export class ExpressionInvalidError extends InvalidArgument {
  override name = "ExpressionInvalidError";
  declare readonly reason: "EXPRESSION_INVALID";
}

/**
 * Judging the routing rule, or all rules of the tenant together, costs more than it may. Code
 * RESOURCE_EXHAUSTED. Metadata: weight, max.
 */
export class RuleTooCostlyError extends ResourceExhausted {
  override name = "RuleTooCostlyError";
  declare readonly reason: "RULE_TOO_COSTLY";
}

/**
 * A step of a routing plan has no trigger, or one that never comes true: a clock that counts from
 * a step which time and failed offers do not open, or absence for a step of one agent. Code
 * INVALID_ARGUMENT. Metadata: index.
 */
export class PlanStepNeverOpensError extends InvalidArgument {
  override name = "PlanStepNeverOpensError";
  declare readonly reason: "PLAN_STEP_NEVER_OPENS";
}

/**
 * A step of a routing plan is like the one before it, or the next one ends it as it opens. Code
 * INVALID_ARGUMENT. Metadata: index.
 */
export class PlanStepWithoutEffectError extends InvalidArgument {
  override name = "PlanStepWithoutEffectError";
  declare readonly reason: "PLAN_STEP_WITHOUT_EFFECT";
}

/**
 * From a step of a routing plan on, only one agent would be asked, and no later step opens by
 * time. Code INVALID_ARGUMENT. Metadata: index.
 */
export class PlanStrandsError extends InvalidArgument {
  override name = "PlanStrandsError";
  declare readonly reason: "PLAN_STRANDS";
}

/**
 * The overflow of a queue would lead back to a queue on its way, or over more than 8 queues. Code
 * INVALID_ARGUMENT. Metadata: queue_id.
 */
export class OverflowCycleError extends InvalidArgument {
  override name = "OverflowCycleError";
  declare readonly reason: "OVERFLOW_CYCLE";
}

/**
 * The queue is closed at the time at which the customer is to be called back. Code
 * FAILED_PRECONDITION. Metadata: queue_id, opens_at.
 */
export class OutsideHoursError extends FailedPrecondition {
  override name = "OutsideHoursError";
  declare readonly reason: "OUTSIDE_HOURS";
}

/**
 * The customer was called back in vain as often as the queue allows. Code FAILED_PRECONDITION.
 * Metadata: interaction_id, max.
 */
export class CallbackAttemptsUsedError extends FailedPrecondition {
  override name = "CallbackAttemptsUsedError";
  declare readonly reason: "CALLBACK_ATTEMPTS_USED";
}

/**
 * The log does not hold that moment: it lies ahead, before the log begins, or before its oldest
 * entry. Code OUT_OF_RANGE. Metadata: head_seq.
 */
export class MomentNotHeldError extends OutOfRange {
  override name = "MomentNotHeldError";
  declare readonly reason: "MOMENT_NOT_HELD";
}

/**
 * Working out that moment would take in more events than one call may; asking again goes on from
 * reached_seq, if that is told. Code RESOURCE_EXHAUSTED. Metadata: max, reached_seq.
 */
export class MomentTooFarError extends ResourceExhausted {
  override name = "MomentTooFarError";
  declare readonly reason: "MOMENT_TOO_FAR";
}

/**
 * Another simulation of the tenant runs, or as many as the server runs at a time. Code
 * RESOURCE_EXHAUSTED. Metadata: limit.
 */
export class SimulationRunningError extends ResourceExhausted {
  override name = "SimulationRunningError";
  declare readonly reason: "SIMULATION_RUNNING";
}

/**
 * The world of a simulation cannot be read, means nothing, or is too large. Code
 * INVALID_ARGUMENT. Metadata: problem.
 */
export class WorldInvalidError extends InvalidArgument {
  override name = "WorldInvalidError";
  declare readonly reason: "WORLD_INVALID";
}

/**
 * Another agent is consulted on the interaction already. Code FAILED_PRECONDITION. Metadata:
 * interaction_id, offer_id, max.
 */
export class ConsultLimitError extends FailedPrecondition {
  override name = "ConsultLimitError";
  declare readonly reason: "CONSULT_LIMIT";
}

/**
 * The offer is no consult: it is to own the interaction, or its agent was handed it. Code
 * FAILED_PRECONDITION. Metadata: offer_id.
 */
export class NotAConsultError extends FailedPrecondition {
  override name = "NotAConsultError";
  declare readonly reason: "NOT_A_CONSULT";
}

/**
 * Nothing waits to be taken that the agent may take. Code FAILED_PRECONDITION. Metadata: waiting,
 * condition.
 */
export class NothingToTakeError extends FailedPrecondition {
  override name = "NothingToTakeError";
  declare readonly reason: "NOTHING_TO_TAKE";
}

/** The class of each reason. */
export const REASONS = {
  VALIDATION_FAILED: ValidationFailedError,
  FIELD_MASK_INVALID: FieldMaskInvalidError,
  PAGE_TOKEN_INVALID: PageTokenInvalidError,
  RESUME_TOKEN_INVALID: ResumeTokenInvalidError,
  REQUEST_ID_REUSED: RequestIdReusedError,
  CONDITION_INVALID: ConditionInvalidError,
  RESOURCE_NOT_FOUND: ResourceNotFoundError,
  NAME_TAKEN: NameTakenError,
  CONTACT_POINT_TAKEN: ContactPointTakenError,
  OFFER_EXPIRED: OfferExpiredError,
  OFFER_CANCELLED: OfferCancelledError,
  OFFER_RESCINDED: OfferRescindedError,
  OFFER_ANSWERED: OfferAnsweredError,
  OFFER_LOST: OfferLostError,
  INTERACTION_NOT_OPEN: InteractionNotOpenError,
  INTERACTION_NOT_RESOLVED: InteractionNotResolvedError,
  INTERACTION_ALREADY_RATED: InteractionAlreadyRatedError,
  REOPEN_WINDOW_PASSED: ReopenWindowPassedError,
  RESOURCE_IN_USE: ResourceInUseError,
  CHANNEL_DISABLED: ChannelDisabledError,
  CHANNEL_CANNOT_SEND: ChannelCannotSendError,
  AGENT_NOT_BOUND: AgentNotBoundError,
  TENANT_SUSPENDED: TenantSuspendedError,
  NO_QUEUE: NoQueueError,
  ETAG_MISMATCH: EtagMismatchError,
  PERMISSION_DENIED: PermissionDeniedError,
  NOT_INTERACTION_OWNER: NotInteractionOwnerError,
  CREDENTIALS_MISSING: CredentialsMissingError,
  CREDENTIALS_INVALID: CredentialsInvalidError,
  LEDGER_BUSY: LedgerBusyError,
  STREAM_LIMIT: StreamLimitError,
  QUEUE_FULL: QueueFullError,
  RESUME_TOKEN_EXPIRED: ResumeTokenExpiredError,
  SERVICE_UNAVAILABLE: ServiceUnavailableError,
  DRAINING: DrainingError,
  DEADLINE_PASSED: DeadlinePassedError,
  INTERNAL_ERROR: InternalError,
  AGENT_UNAVAILABLE: AgentUnavailableError,
  MESSAGE_TOO_LARGE: MessageTooLargeError,
  NOT_SUPPORTED: NotSupportedError,
  MAILBOX_TAKEN: MailboxTakenError,
  CONTACT_SUPPRESSED: ContactSuppressedError,
  ATTACHMENT_INCOMPLETE: AttachmentIncompleteError,
  ATTACHMENT_LIMIT: AttachmentLimitError,
  OUTSIDE_TEAM: OutsideTeamError,
  DELIVERY_NOT_PENDING: DeliveryNotPendingError,
  RATE_LIMITED: RateLimitedError,
  RULE_DUPLICATE: RuleDuplicateError,
  EXPRESSION_INVALID: ExpressionInvalidError,
  RULE_TOO_COSTLY: RuleTooCostlyError,
  PLAN_STEP_NEVER_OPENS: PlanStepNeverOpensError,
  PLAN_STEP_WITHOUT_EFFECT: PlanStepWithoutEffectError,
  PLAN_STRANDS: PlanStrandsError,
  OVERFLOW_CYCLE: OverflowCycleError,
  OUTSIDE_HOURS: OutsideHoursError,
  CALLBACK_ATTEMPTS_USED: CallbackAttemptsUsedError,
  MOMENT_NOT_HELD: MomentNotHeldError,
  MOMENT_TOO_FAR: MomentTooFarError,
  SIMULATION_RUNNING: SimulationRunningError,
  WORLD_INVALID: WorldInvalidError,
  CONSULT_LIMIT: ConsultLimitError,
  NOT_A_CONSULT: NotAConsultError,
  NOTHING_TO_TAKE: NothingToTakeError,
} as const;

/** The number of each reason, as errors inside a stream carry it. */
export const REASON_NUMBERS: Readonly<Record<number, ReasonName>> = {
  1: "VALIDATION_FAILED",
  2: "FIELD_MASK_INVALID",
  3: "PAGE_TOKEN_INVALID",
  4: "RESUME_TOKEN_INVALID",
  5: "REQUEST_ID_REUSED",
  6: "CONDITION_INVALID",
  7: "RESOURCE_NOT_FOUND",
  8: "NAME_TAKEN",
  9: "CONTACT_POINT_TAKEN",
  10: "OFFER_EXPIRED",
  11: "OFFER_CANCELLED",
  12: "OFFER_RESCINDED",
  13: "OFFER_ANSWERED",
  14: "OFFER_LOST",
  15: "INTERACTION_NOT_OPEN",
  16: "INTERACTION_NOT_RESOLVED",
  17: "INTERACTION_ALREADY_RATED",
  18: "REOPEN_WINDOW_PASSED",
  19: "RESOURCE_IN_USE",
  20: "CHANNEL_DISABLED",
  21: "CHANNEL_CANNOT_SEND",
  22: "AGENT_NOT_BOUND",
  23: "TENANT_SUSPENDED",
  24: "NO_QUEUE",
  25: "ETAG_MISMATCH",
  26: "PERMISSION_DENIED",
  27: "NOT_INTERACTION_OWNER",
  28: "CREDENTIALS_MISSING",
  29: "CREDENTIALS_INVALID",
  30: "LEDGER_BUSY",
  31: "STREAM_LIMIT",
  32: "QUEUE_FULL",
  33: "RESUME_TOKEN_EXPIRED",
  34: "SERVICE_UNAVAILABLE",
  35: "DRAINING",
  36: "DEADLINE_PASSED",
  37: "INTERNAL_ERROR",
  38: "AGENT_UNAVAILABLE",
  39: "MESSAGE_TOO_LARGE",
  40: "NOT_SUPPORTED",
  41: "MAILBOX_TAKEN",
  42: "CONTACT_SUPPRESSED",
  43: "ATTACHMENT_INCOMPLETE",
  44: "ATTACHMENT_LIMIT",
  45: "OUTSIDE_TEAM",
  46: "DELIVERY_NOT_PENDING",
  47: "RATE_LIMITED",
  50: "RULE_DUPLICATE",
  51: "EXPRESSION_INVALID",
  52: "RULE_TOO_COSTLY",
  60: "PLAN_STEP_NEVER_OPENS",
  61: "PLAN_STEP_WITHOUT_EFFECT",
  62: "PLAN_STRANDS",
  63: "OVERFLOW_CYCLE",
  70: "OUTSIDE_HOURS",
  71: "CALLBACK_ATTEMPTS_USED",
  85: "MOMENT_NOT_HELD",
  86: "MOMENT_TOO_FAR",
  87: "SIMULATION_RUNNING",
  88: "WORLD_INVALID",
  90: "CONSULT_LIMIT",
  91: "NOT_A_CONSULT",
  93: "NOTHING_TO_TAKE",
};

/** The reasons of the contract this package was built from. */
export type ReasonName = keyof typeof REASONS;
