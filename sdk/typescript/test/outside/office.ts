// A server with a small contact centre in it, and what tests do there again and again.

import { after } from "node:test";
import { Client, type NodeClientOptions, v1 } from "@omnichannel/sdk";
import { type ServerOptions, startServer, type TestServer } from "@omnichannel/sdk/testing";
import { Client as WebClient, type WebClientOptions } from "@omnichannel/sdk/web";

/** What a client may run on. */
export const PLATFORMS = ["node", "web"] as const;
export type Platform = (typeof PLATFORMS)[number];

export interface Office {
  server: TestServer;
  admin: Client;
  queueId: string;
}

/** Starts a server, which ends with the tests of the file. */
export async function office(options: ServerOptions = {}): Promise<Office> {
  const server = await startServer(options);
  after(() => server.stop());
  const admin = server.tenant.client;
  // Its team has nobody in it, so that what waits there waits.
  const { team } = await admin.agents.createTeam({ team: { name: "Nobody" } });
  const teamIds = [team?.id ?? ""];
  const { queue } = await admin.routing.createQueue({ queue: { name: "Billing", teamIds } });
  return { server, admin, queueId: queue?.id ?? "" };
}

/** A client on a platform. */
export function clientOn(
  platform: Platform,
  options: NodeClientOptions & WebClientOptions,
): Client | WebClient {
  return platform === "node" ? new Client(options) : new WebClient(options);
}

/** A new agent and the key of their console. */
export async function hire(
  { server, admin }: Office,
  name: string,
  teamIds: string[] = [],
): Promise<[string, string]> {
  const { agent } = await admin.agents.createAgent({ agent: { name, teamIds } });
  const id = agent?.id ?? "";
  return [id, await server.createKey(v1.Role.AGENT, id)];
}

/** A new agent with a queue that nobody else takes from. */
export async function hireAlone(
  place: Office,
  name: string,
): Promise<{ agentId: string; apiKey: string; own: Office }> {
  const { admin } = place;
  const { team } = await admin.agents.createTeam({ team: { name } });
  const teamIds = [team?.id ?? ""];
  const { queue } = await admin.routing.createQueue({ queue: { name, teamIds } });
  const [agentId, apiKey] = await hire(place, name, teamIds);
  return { agentId, apiKey, own: { ...place, queueId: queue?.id ?? "" } };
}

/** Somebody writes; answers the interaction. */
export async function write({ admin, queueId }: Office, body: string): Promise<string> {
  const { EMAIL } = v1.ChannelKind;
  const address = `${crypto.randomUUID()}@example.org`;
  const contact = { kind: EMAIL, address };
  const made = await admin.interactions.createInteraction({
    customer: { case: "contact", value: contact },
    channel: EMAIL,
    queueId,
    body,
  });
  return made.interaction?.id ?? "";
}
