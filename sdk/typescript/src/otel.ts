// Traces of calls by OpenTelemetry, for those who have it: a span for each, whose context travels
// to the server; and a span for each opening of a live stream, which ends when the stream is open,
// so that a stream held for hours is not one span. Only `@omnichannel/sdk/otel` needs
// `@opentelemetry/api`.

import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { VERSION } from "./version.js";

/** An interceptor that traces; for `interceptors` of a client. */
export function tracing(
  tracer: Tracer = trace.getTracer("@omnichannel/sdk", VERSION),
): Interceptor {
  return (next) => async (request) => {
    const { service, method } = request;
    const name = `${service.typeName}/${method.name}`;
    const attributes = {
      "rpc.system": "grpc",
      "rpc.service": service.typeName,
      "rpc.method": method.name,
    };
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
    const within = trace.setSpan(context.active(), span);
    propagation.inject(within, request.header, {
      set: (header, key, value) => header.set(key, value),
    });
    try {
      const response = await context.with(within, () => next(request));
      if (!response.stream) {
        end(span);
        return response;
      }
      return { ...response, message: traced(response.message, span) };
    } catch (error) {
      end(span, error);
      throw error;
    }
  };
}

async function* traced<T>(
  messages: AsyncIterable<T>,
  span: Span,
): AsyncGenerator<T, void, undefined> {
  let over = false;
  const finish = (error?: unknown) => {
    if (!over) end(span, error);
    over = true;
  };
  try {
    for await (const message of messages) {
      if (isHello(message)) finish();
      yield message;
    }
  } catch (error) {
    finish(error);
    throw error;
  } finally {
    finish();
  }
}

/** Whether a message is the first frame of a live stream. */
function isHello(message: unknown): boolean {
  return (message as { frame?: { frame?: { case?: string } } }).frame?.frame?.case === "hello";
}

function end(span: Span, error?: unknown): void {
  const code = error === undefined ? 0 : ConnectError.from(error).code;
  span.setAttribute("rpc.grpc.status_code", code);
  // What was said in a refusal stays out of traces; its code says enough.
  if (code !== 0) span.setStatus({ code: SpanStatusCode.ERROR, message: Code[code] ?? "" });
  span.end();
}
