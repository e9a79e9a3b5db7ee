// From what a call or a stream ended with to an error of ours. An answer of the server carries one
// ErrorInfo; whatever has none was made on the way or on this side.

import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  classOf,
  type ErrorParts,
  localError,
  OmnichannelError,
  type Violation,
} from "./errors.js";
import { REASON_NUMBERS, REASONS } from "./generated/errors.js";
import type { ErrorDetail } from "./generated/omnichannel/v1/error_reason_pb.js";
import { type Goodbye, GoodbyeReason } from "./generated/omnichannel/v1/stream_pb.js";

/** Longest wait that a server may ask for; more is taken as this. */
const WAIT_MAX_MS = 300_000;

/** A span of the contract as milliseconds to wait: none when negative, bounded. */
export function waitOf(span: Duration | undefined): number | undefined {
  if (span === undefined) return undefined;
  const wait = durationMs(span);
  return wait < 0 ? undefined : Math.min(wait, WAIT_MAX_MS);
}

function made(parts: ErrorParts): OmnichannelError {
  const known = REASONS[(parts.reason ?? "") as keyof typeof REASONS];
  return new (known ?? classOf(parts.code))(parts);
}

/** What a call or a stream of the transport ended with. */
export function errorOf(reason: unknown, signal?: AbortSignal): OmnichannelError {
  if (reason instanceof OmnichannelError) return reason;
  if (signal?.aborted) return localError(Code.Canceled, "the caller gave up", signal.reason);
  const failed = ConnectError.from(reason);
  const parts: ErrorParts = { code: failed.code, message: failed.rawMessage };
  for (const detail of failed.details) {
    // What was put in on this side is no answer of the server.
    if ("type" in detail) readDetail(parts, detail.type, detail.value);
  }
  if (parts.reason === undefined) {
    parts.local = true;
    parts.cause = failed;
    parts.code = localCode(failed.code);
  }
  return made(parts);
}

/**
 * The code of an error without a reason. One lost connection has many: UNAVAILABLE, CANCELLED,
 * ABORTED, INTERNAL and UNKNOWN, by transport and by the moment.
 */
function localCode(code: Code): Code {
  switch (code) {
    case Code.Canceled:
    case Code.Aborted:
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      return Code.Unavailable;
    default:
      return code;
  }
}

/** An error inside a stream. */
export function errorOfDetail(detail: ErrorDetail): OmnichannelError {
  return made({
    code: detail.code as Code,
    message: detail.message,
    reason: detail.reason === 0 ? "" : (REASON_NUMBERS[detail.reason] ?? String(detail.reason)),
    metadata: detail.metadata,
    violations: detail.violations,
    retryAfterMs: waitOf(detail.retryDelay),
  });
}

/** The end of a stream that the server told not to open again. */
export function errorOfGoodbye(goodbye: Goodbye): OmnichannelError {
  const name = GoodbyeReason[goodbye.reason] ?? String(goodbye.reason);
  const message = `the server ended the stream: ${name}`;
  return made({ code: Code.Aborted, message, goodbyeReason: goodbye.reason });
}

/** Takes one detail of a status; kinds that we do not know are passed over. */
function readDetail(parts: ErrorParts, type: string, value: Uint8Array): void {
  switch (type) {
    case "google.rpc.ErrorInfo":
      readInfo(parts, value);
      return;
    case "google.rpc.RetryInfo":
      for (const [, bytes] of fields(value, 1)) parts.retryAfterMs = waitOf(readDuration(bytes));
      return;
    case "google.rpc.RequestInfo":
      for (const [, bytes] of fields(value, 1)) parts.requestId = text(bytes);
      return;
    case "google.rpc.BadRequest":
      parts.violations = [...fields(value, 1)].map(([, bytes]) => readViolation(bytes));
      return;
    default:
  }
}

function readInfo(parts: ErrorParts, value: Uint8Array): void {
  const metadata: Record<string, string> = {};
  for (const [field, bytes] of fields(value, 1, 3)) {
    if (field === 1) parts.reason = text(bytes);
    else {
      const entry = strings(bytes);
      metadata[entry.get(1) ?? ""] = entry.get(2) ?? "";
    }
  }
  parts.reason ??= "";
  parts.metadata = metadata;
}

function readViolation(value: Uint8Array): Violation {
  const told = strings(value);
  const [field, description, rule] = [told.get(1) ?? "", told.get(2) ?? "", told.get(3)];
  return rule === undefined ? { field, description } : { field, description, rule };
}

/** A duration without its wrapper. */
function readDuration(value: Uint8Array): Duration {
  const reader = new BinaryReader(value);
  let [seconds, nanos] = [0n, 0];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) seconds = BigInt(reader.int64());
    else if (field === 2) nanos = reader.int32();
    else reader.skip(wire, field);
  }
  return { $typeName: "google.protobuf.Duration", seconds, nanos };
}

/** The length-delimited fields of these numbers. */
function* fields(value: Uint8Array, ...wanted: number[]): Generator<[number, Uint8Array]> {
  const reader = new BinaryReader(value);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (wanted.includes(field) && wire === 2) yield [field, reader.bytes()];
    else reader.skip(wire, field);
  }
}

function strings(value: Uint8Array): Map<number, string> {
  return new Map([...fields(value, 1, 2, 3)].map(([field, bytes]) => [field, text(bytes)]));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
