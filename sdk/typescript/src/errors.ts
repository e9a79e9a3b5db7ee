// Errors as the contract means them: code, machine reason, facts, violated fields and how long to
// wait. There is one class for each code here, and below it one for each reason of the contract in
// generated/errors. What the transport made itself counts as UNAVAILABLE, whatever code it chose.

import { Code } from "@connectrpc/connect";
import type { GoodbyeReason } from "./generated/omnichannel/v1/stream_pb.js";

/** A field that breaks a rule. */
export interface Violation {
  /** Path of the field from the request, such as `queue.name`. */
  readonly field: string;
  /** What is wrong, for people. */
  readonly description: string;
  /** Which rule it breaks, where the server says so. */
  readonly rule?: string;
}

/** What an error is made of. */
export interface ErrorParts {
  code: Code;
  message: string;
  reason?: string;
  metadata?: Readonly<Record<string, string>>;
  violations?: readonly Violation[];
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
  goodbyeReason?: GoodbyeReason;
  local?: boolean;
  cause?: unknown;
}

/** Why something did not happen. */
export class OmnichannelError extends Error {
  override name = "OmnichannelError";
  /** Canonical code. UNAVAILABLE for whatever the transport could not do. */
  readonly code: Code;
  /**
   * Reason of the contract, such as `OFFER_EXPIRED`; empty when the error was made on the way or by
   * this client. A reason that this client does not know is here too: go by the code then.
   */
  readonly reason: string;
  /** Facts about the error; the keys of each reason are fixed. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Fields that break rules. The server lists at most 20. */
  readonly violations: readonly Violation[];
  /** How many milliseconds the server asks to wait before a repeat, at most 5 minutes. */
  readonly retryAfterMs: number | undefined;
  /** Identifier of the refused call, for support and logs. */
  readonly requestId: string | undefined;
  /** Why the server ended a stream for good, when this is such an end. */
  readonly goodbyeReason: GoodbyeReason | undefined;
  /** Whether the error was made on this side and is no answer of the server. */
  readonly local: boolean;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.reason = parts.reason ?? "";
    this.metadata = parts.metadata ?? {};
    this.violations = parts.violations ?? [];
    this.retryAfterMs = parts.retryAfterMs;
    this.requestId = parts.requestId;
    this.goodbyeReason = parts.goodbyeReason;
    this.local = parts.local ?? false;
  }

  /** Whether waiting and repeating the same call may help, provided that a repeat is safe. */
  get retryable(): boolean {
    if (this.code === Code.Unavailable) return true;
    return this.code === Code.ResourceExhausted && this.retryAfterMs !== undefined;
  }
}

/** Code CANCELLED: the caller gave up. */
export class Cancelled extends OmnichannelError {
  override name = "Cancelled";
}

/** Code UNKNOWN. */
export class Unknown extends OmnichannelError {
  override name = "Unknown";
}

/** Code INVALID_ARGUMENT: the request is wrong whatever the state of things is. */
export class InvalidArgument extends OmnichannelError {
  override name = "InvalidArgument";
}

/** Code DEADLINE_EXCEEDED: the time ran out; a change may or may not have been made. */
export class DeadlineExceeded extends OmnichannelError {
  override name = "DeadlineExceeded";
}

/** Code NOT_FOUND. */
export class NotFound extends OmnichannelError {
  override name = "NotFound";
}

/** Code ALREADY_EXISTS. */
export class AlreadyExists extends OmnichannelError {
  override name = "AlreadyExists";
}

/** Code PERMISSION_DENIED. */
export class PermissionDenied extends OmnichannelError {
  override name = "PermissionDenied";
}

/** Code RESOURCE_EXHAUSTED: a limit was reached. */
export class ResourceExhausted extends OmnichannelError {
  override name = "ResourceExhausted";
}

/** Code FAILED_PRECONDITION: things are not in a state in which this is possible. */
export class FailedPrecondition extends OmnichannelError {
  override name = "FailedPrecondition";
}

/** Code ABORTED: somebody else was faster, or the server ended a stream. */
export class Aborted extends OmnichannelError {
  override name = "Aborted";
}

/** Code OUT_OF_RANGE. */
export class OutOfRange extends OmnichannelError {
  override name = "OutOfRange";
}

/** Code UNIMPLEMENTED. */
export class Unimplemented extends OmnichannelError {
  override name = "Unimplemented";
}

/** Code INTERNAL: something failed in a way that nobody foresaw. */
export class Internal extends OmnichannelError {
  override name = "Internal";
}

/** Code UNAVAILABLE: the server, or the way to it, is not there. */
export class Unavailable extends OmnichannelError {
  override name = "Unavailable";
}

/** Code DATA_LOSS. */
export class DataLoss extends OmnichannelError {
  override name = "DataLoss";
}

/** Code UNAUTHENTICATED: there is no credential, or none that counts. */
export class Unauthenticated extends OmnichannelError {
  override name = "Unauthenticated";
}

/** A class of errors. */
export type ErrorClass = new (parts: ErrorParts) => OmnichannelError;

const CODES: Readonly<Record<Code, ErrorClass>> = {
  [Code.Canceled]: Cancelled,
  [Code.Unknown]: Unknown,
  [Code.InvalidArgument]: InvalidArgument,
  [Code.DeadlineExceeded]: DeadlineExceeded,
  [Code.NotFound]: NotFound,
  [Code.AlreadyExists]: AlreadyExists,
  [Code.PermissionDenied]: PermissionDenied,
  [Code.ResourceExhausted]: ResourceExhausted,
  [Code.FailedPrecondition]: FailedPrecondition,
  [Code.Aborted]: Aborted,
  [Code.OutOfRange]: OutOfRange,
  [Code.Unimplemented]: Unimplemented,
  [Code.Internal]: Internal,
  [Code.Unavailable]: Unavailable,
  [Code.DataLoss]: DataLoss,
  [Code.Unauthenticated]: Unauthenticated,
};

/** The class of a code. */
export function classOf(code: Code): ErrorClass {
  return CODES[code] ?? Unknown;
}

/** An error that this client made itself. */
export function localError(code: Code, message: string, cause?: unknown): OmnichannelError {
  return new (classOf(code))({ code, message, local: true, cause });
}
