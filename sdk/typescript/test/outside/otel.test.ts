// Traces: a span for each call, whose context travels, and nothing personal in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NotFound } from "@omnichannel/sdk";
import { tracing } from "@omnichannel/sdk/otel";
import { type Span, type Tracer, trace } from "@opentelemetry/api";
import { office } from "./office.js";

interface Seen {
  name: string;
  status: unknown;
  ended: boolean;
}

function recording(seen: Seen[]): Tracer {
  const startSpan = (name: string): Span => {
    const one: Seen = { name, status: undefined, ended: false };
    seen.push(one);
    const none = trace.wrapSpanContext({ traceId: "", spanId: "", traceFlags: 0 });
    return Object.assign(Object.create(none) as Span, {
      setAttribute: (key: string, value: unknown) => {
        if (key === "rpc.grpc.status_code") one.status = value;
      },
      end: () => {
        one.ended = true;
      },
    });
  };
  return { startSpan, startActiveSpan: () => assert.fail("not used") };
}

test("calls and streams have spans", async () => {
  const { server } = await office();
  const seen: Seen[] = [];
  const client = server.client({ interceptors: [tracing(recording(seen))] });
  await client.admin.getServerInfo();
  const queueId = "0190b6f0-0000-7000-8000-000000000000";
  await assert.rejects(client.routing.getQueue({ queueId }), NotFound);
  const feed = client.feed({ fromSeq: 1n });
  await feed.next();
  const opened = { name: "omnichannel.v1.AdminService/WatchFeed", status: 0, ended: true };
  assert.deepEqual(seen[2], opened, "over when the stream is open");
  feed.close();
  client.close();
  assert.deepEqual(seen.slice(0, 2), [
    { name: "omnichannel.v1.AdminService/GetServerInfo", status: 0, ended: true },
    { name: "omnichannel.v1.RoutingService/GetQueue", status: 5, ended: true },
  ]);
});
