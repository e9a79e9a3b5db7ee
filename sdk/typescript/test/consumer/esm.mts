// What a user of ES modules writes.

import { Client, type FeedItem, OfferExpiredError, OmnichannelError, v1 } from "@omnichannel/sdk";
import { tracing } from "@omnichannel/sdk/otel";
import { startServer, type TestServer } from "@omnichannel/sdk/testing";
import { type Queue, QueueSchema } from "@omnichannel/sdk/v1";
import { Client as WebClient } from "@omnichannel/sdk/web";

const client = new Client({ endpoint: "http://127.0.0.1:1", interceptors: [tracing()] });
const web = new WebClient({ endpoint: "http://127.0.0.1:1", token: async () => "token" });

export async function names(): Promise<string[]> {
  const all: string[] = [];
  for await (const queue of client.routing.listQueues({ pageSize: 10 })) all.push(queue.name);
  const one: Queue[] = await web.routing.listQueues().take(1);
  return [...all, ...one.map(({ name }) => name), QueueSchema.typeName];
}

export function told(error: unknown): string {
  if (error instanceof OfferExpiredError) return error.reason satisfies "OFFER_EXPIRED";
  return error instanceof OmnichannelError ? `${error.retryAfterMs ?? 0}` : "";
}

export function place(item: FeedItem): bigint {
  return item.type === "event" ? item.event.seq : item.seq;
}

export async function server(): Promise<TestServer> {
  const started = await startServer({ settings: { "drain.notice_seconds": 0 } });
  await started.createKey(v1.Role.AGENT);
  return started;
}

/** Mistakes that a compiler finds; never called. */
export function mistakes(): void {
  // @ts-expect-error A field that is not there.
  void client.routing.getQueue({ queueIdd: "" });
  // @ts-expect-error A stream of the contract is no call.
  void client.admin.watchFeed({});
}

client.close();
web.close();
