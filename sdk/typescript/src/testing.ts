// A real server for an integrator's own tests: the binary itself, on an embedded database in a
// folder of its own, with a clock that can be moved, so that a whole day passes in a second.
// Node only.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { localError } from "./errors.js";
import { Role } from "./generated/omnichannel/v1/admin_pb.js";
import { Client, type NodeClientOptions } from "./node.js";

/** Ports that are tried: below those that connections going out are given. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const PORT_TRIES = 100;

/** How long a server may take to start. */
const START_TIMEOUT_MS = 30_000;
/** How long a server may take to end before it is killed. */
const STOP_TIMEOUT_MS = 20_000;
/** How often a server that starts is asked whether it is ready. */
const ASK_EVERY_MS = 25;
/** How much of a server's log is shown when it does not start. */
const LOG_SHOWN = 4000;

/** How to start a server. */
export interface ServerOptions {
  /** The binary. Default: the variable OMNICHANNEL_BINARY, else `omnichannel` on PATH. */
  binary?: string;
  /** The port. Default: a free one. */
  port?: number;
  /** More settings, by their keys in the configuration file, such as `drain.notice_seconds`. */
  settings?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** A tenant that was made for a test. */
export interface TestTenant {
  /** Identifier of the tenant. */
  readonly id: string;
  /** Key of its first admin. */
  readonly apiKey: string;
  /** A client with that key. */
  readonly client: Client;
}

/** How far to move the clock; the parts add up. */
export interface Advance {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}

/** Starts a server with a tenant in it. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const binary = found(options.binary);
  const folder = await mkdtemp(join(tmpdir(), "omnichannel-"));
  const server = new TestServer(folder, binary, options.port ?? (await freePort()));
  try {
    await server.prepare(options.settings ?? {});
    await server.start();
    await server.furnish();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** A server that runs for a test. */
export class TestServer {
  /** Address of the server. */
  readonly endpoint: string;
  readonly #folder: string;
  readonly #binary: string;
  readonly #port: number;
  readonly #clients: Client[] = [];
  #running: Running | undefined;
  #adminKey = "";
  #tenant: TestTenant | undefined;
  #tenants = 0;
  /** How far the clock was moved, in seconds. */
  #ahead = 0;

  /** @internal */
  constructor(folder: string, binary: string, port: number) {
    this.#folder = folder;
    this.#binary = binary;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  /** Key of the platform's admin. */
  get adminKey(): string {
    return this.#adminKey;
  }

  /** The tenant that is there from the beginning. */
  get tenant(): TestTenant {
    if (this.#tenant === undefined) throw localError(Code.FailedPrecondition, "not started");
    return this.#tenant;
  }

  /** Key of the first tenant's admin. */
  get apiKey(): string {
    return this.tenant.apiKey;
  }

  /** A client with a key, by default that of the first tenant's admin; closed with the server. */
  client(options: Partial<NodeClientOptions> = {}): Client {
    const key = options.token === undefined ? { apiKey: this.apiKey } : {};
    return this.#client({ ...key, ...options });
  }

  /** Makes another tenant. */
  async createTenant(name?: string): Promise<TestTenant> {
    this.#tenants += 1;
    const platform = this.#client({ apiKey: this.#adminKey });
    const tenant = { name: name ?? `test ${this.#tenants}` };
    const made = await platform.admin.createTenant({ tenant });
    const client = this.#client({ apiKey: made.key });
    return { id: made.tenant?.id ?? "", apiKey: made.key, client };
  }

  /** Makes a key of the first tenant, for an agent's console where an agent is named. */
  async createKey(role: Role, agentId = ""): Promise<string> {
    const apiKey = { name: `test ${Role[role]}`, role, agentId };
    const made = await this.tenant.client.admin.createApiKey({ apiKey });
    return made.key;
  }

  /**
   * Moves the server's clock ahead. What is due happens as if the time had passed. A server that is
   * started again goes on with the clock as it was moved.
   */
  async advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Advance): Promise<void> {
    const total = Math.ceil(seconds + 60 * (minutes + 60 * (hours + 24 * days)));
    await this.#shift(total);
    this.#ahead += total;
  }

  async #shift(seconds: number): Promise<void> {
    const path = `/debug/shift?seconds=${seconds}`;
    const answer = await fetch(`${this.endpoint}${path}`, { method: "POST" });
    if (!answer.ok) throw localError(Code.Internal, `the clock was not moved: ${answer.status}`);
  }

  /** Ends the server in order, as SIGTERM does, and starts it again on the same data. */
  async restart(): Promise<void> {
    await this.#end("SIGTERM");
    await this.start();
  }

  /** Tells the server to shut down in order and does not wait for it. */
  drain(): void {
    this.#running?.child.kill("SIGTERM");
  }

  /** Kills the server as a power cut would; `start` starts it again on the same data. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Starts the server after it was killed. */
  async start(): Promise<void> {
    await this.#running?.exited;
    const log = await open(join(this.#folder, "log"), "a");
    const child = spawn(this.#binary, ["serve", "--config", this.#config], {
      stdio: ["ignore", log.fd, log.fd],
      env: environment(),
    });
    this.#running = watched(child, this.#folder);
    await log.close();
    await this.#ready(child);
    if (this.#ahead > 0) await this.#shift(this.#ahead);
  }

  /** Ends the server and removes what it kept. */
  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await this.#end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Same as `stop`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @internal */
  async prepare(settings: NonNullable<ServerOptions["settings"]>): Promise<void> {
    const all = {
      listen: `127.0.0.1:${this.#port}`,
      "database.url": `sqlite:${join(this.#folder, "data.sqlite")}`,
      "time.shift_allowed": true,
      "egress.allow_http": true,
      "egress.allow_private": true,
      "drain.notice_seconds": 0,
      ...settings,
    };
    const lines = Object.entries(all).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    await writeFile(this.#config, lines.join(""));
    const token = ["token", "--config", this.#config, "--role", "platform-admin"];
    const { stdout } = await promisify(execFile)(this.#binary, token, { env: environment() });
    this.#adminKey = stdout.trim();
  }

  /** @internal */
  async furnish(): Promise<void> {
    this.#tenant = await this.createTenant();
  }

  get #config(): string {
    return join(this.#folder, "config.toml");
  }

  #client(options: Partial<NodeClientOptions>): Client {
    const client = new Client({ endpoint: this.endpoint, ...options });
    this.#clients.push(client);
    return client;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const due = performance.now() + START_TIMEOUT_MS;
    while (child.exitCode === null && performance.now() < due) {
      const answer = await fetch(`${this.endpoint}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    const log = await readFile(join(this.#folder, "log"), "utf8").catch(() => "");
    const text = `the server does not start: ${log.slice(-LOG_SHOWN)}`;
    throw localError(Code.Unavailable, text);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.child.kill(signal);
    const late = setTimeout(() => running.child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await running.exited;
    clearTimeout(late);
  }
}

/** A process, and when it has ended. */
interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

/**
 * Waits for the end of its input, which is the end of whoever started it, however that came about;
 * then ends the server and removes what it kept.
 */
const GUARD = 'trap "" INT TERM HUP; read -r _; kill -9 "$1"; rm -rf "$2"';

/** A process that does not outlive ours, not even when ours is killed. */
function watched(child: ChildProcess, folder: string): Running {
  const pid = String(child.pid ?? "");
  const guard = spawn("sh", ["-c", GUARD, "sh", pid, folder], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.once("error", () => {});
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  const exited = new Promise<void>((resolve) => {
    const over = () => {
      guard.kill("SIGKILL");
      resolve();
    };
    child.once("exit", over);
    child.once("error", over);
  });
  return { child, exited };
}

/** The variables of this process without those that would set the server up. */
function environment(): NodeJS.ProcessEnv {
  const ours = ([name]: [string, unknown]) => !name.startsWith("OMNICHANNEL_");
  return Object.fromEntries(Object.entries(process.env).filter(ours));
}

function found(binary: string | undefined): string {
  const named = binary ?? process.env["OMNICHANNEL_BINARY"];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const there = folders.map((folder) => join(folder, "omnichannel")).find(isExecutable);
  if (there !== undefined) return there;
  const text = "no binary: set OMNICHANNEL_BINARY or put omnichannel on PATH";
  throw localError(Code.FailedPrecondition, text);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORT_TRIES; tried += 1) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (await isFree(port)) return port;
  }
  throw localError(Code.ResourceExhausted, "no port is free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
