// What a debugger and an editor make of the installed package: every compiled file has a map beside
// it that leads to a source which came along, traces name that source, and an editor goes from a
// program's text to it.
//
//   node scripts/maps.mjs FOLDER

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** How long an editor may take to answer everything. */
const TIMEOUT_MS = 60_000;
/** Fewer maps than this, and something was not looked at. */
const MAPS_LEAST = 200;

const folder = resolve(process.argv[2]);
const installed = join(folder, "node_modules/@omnichannel/sdk");
/** Where programs go, away from those of the other checks. */
const own = join(folder, "maps");
const linesOf = (file) => readFileSync(file, "utf8").split("\n");

/** What one map says that does not hold. */
function wrongIn(file) {
  const text = readFileSync(file, "utf8");
  const [, named] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(text) ?? [];
  if (named !== `${basename(file)}.map`) return [`it names no map of its own: ${named}`];
  const map = JSON.parse(readFileSync(`${file}.map`, "utf8"));
  const wrong = [];
  if (map.version !== 3 || map.file !== basename(file)) wrong.push("it is of something else");
  if (map.sources.length !== 1) wrong.push(`it has ${map.sources.length} sources`);
  for (const source of [map.sourceRoot ?? "", ...map.sources]) {
    if (isAbsolute(source) || source.includes(":")) wrong.push(`${source} is on one machine only`);
  }
  const source = join(dirname(file), map.sourceRoot ?? "", map.sources[0] ?? "");
  if (relative(join(installed, "src"), source).startsWith("..")) wrong.push(`${source} is outside`);
  if (!existsSync(source)) return [...wrong, `${source} did not come along`];
  const length = linesOf(source).length;
  const entries = new SourceMap(map);
  const led = text.split("\n").map((_, line) => entries.findEntry(line, 0).originalLine ?? 0);
  if (led.some((line) => line >= length)) wrong.push("it leads past the end of its source");
  if (map.mappings === "") wrong.push("it leads nowhere");
  return wrong;
}

const files = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" }).map(
  (name) => join(installed, "dist", name),
);
const compiled = files.filter((name) => /\.(js|d\.ts)$/.test(name));
const wrong = compiled.flatMap((file) =>
  wrongIn(file).map((what) => `${relative(installed, file)}: ${what}`),
);
assert.deepEqual(wrong, []);
const maps = files.filter((name) => name.endsWith(".map"));
assert.equal(maps.length, compiled.length, "a map belongs to nothing");
assert.ok(maps.length > MAPS_LEAST, `${maps.length} maps`);

// A mistake of the caller, found where nothing was sent yet, and one found while a call is on.
const body = `
  try {
    new Client({ endpoint: "http://elsewhere.example", apiKey: "key" });
  } catch (error) {
    console.log(error.stack);
  }
  const client = new Client({ endpoint: "http://127.0.0.1:1", apiKey: "key" });
  client.close();
  client.admin.getServerInfo().catch((error) => console.log(error.stack));
`;
const expected = [
  ["config.ts", 'throw refused("a credential goes unencrypted'],
  ["client.ts", 'throw localError(Code.FailedPrecondition, "the client is closed")'],
];
const programs = {
  "trace.mjs": `import { Client } from "@omnichannel/sdk";${body}`,
  "trace.cjs": `const { Client } = require("@omnichannel/sdk");${body}`,
};
mkdirSync(own, { recursive: true });
for (const [name, text] of Object.entries(programs)) {
  writeFileSync(join(own, name), text);
  const run = { cwd: own, encoding: "utf8", timeout: TIMEOUT_MS };
  const trace = execFileSync(process.execPath, ["--enable-source-maps", name], run);
  for (const [source, said] of expected) {
    const path = join(installed, "src", source);
    const line = linesOf(path).findIndex((one) => one.includes(said)) + 1;
    assert.ok(line > 0, `${source} has no line with ${said}`);
    assert.ok(trace.includes(`${path}:${line}:`), `${name} names no ${source}:${line}:\n${trace}`);
  }
  assert.ok(!trace.includes(`${installed}/dist/`), `${name} names compiled files:\n${trace}`);
}

/** Asks an editor's server of the compiler. */
class Editor {
  #server = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("../node_modules/typescript-lowest/lib/tsserver.js", import.meta.url)),
      "--disableAutomaticTypingAcquisition",
    ],
    { cwd: own, stdio: ["pipe", "pipe", "inherit"], timeout: TIMEOUT_MS },
  );
  #waiting = new Map();
  #seq = 0;

  constructor() {
    createInterface({ input: this.#server.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      const said = JSON.parse(line);
      if (said.type === "response") this.#waiting.get(said.request_seq)?.(said);
    });
    this.#server.on("exit", () => {
      for (const answer of this.#waiting.values()) answer({ message: "the editor has ended" });
    });
  }

  tell(command, args) {
    this.#seq += 1;
    const message = { seq: this.#seq, type: "request", command, arguments: args };
    this.#server.stdin.write(`${JSON.stringify(message)}\n`);
    return this.#seq;
  }

  /** Where what stands at a place is defined. */
  async definition(args) {
    const said = await new Promise((answer) => {
      this.#waiting.set(this.tell("definition", args), answer);
    });
    const { success, body: found, message } = said;
    assert.ok(success, message);
    return found;
  }

  end() {
    this.#server.kill();
  }
}

const editor = new Editor();
const text = `
  const client = new Client({ endpoint: "" });
  const session = client.agentSession();
  void session.takeNext();
  void client.agents.takeNext({});
  const error = OfferExpiredError;
  const queue = v1.QueueSchema;
`;
const goals = [
  ["Client", "node.ts", "export class Client"],
  ["agentSession", "client.ts", "agentSession("],
  ["session.takeNext", "session.ts", "async takeNext("],
  ["agents.takeNext", "generated/calls.ts", "takeNext("],
  ["OfferExpiredError", "generated/errors.ts", "export class OfferExpiredError"],
  ["QueueSchema", "generated/omnichannel/v1/routing_pb.ts", "export const QueueSchema"],
];
const names = ["Client", "OfferExpiredError", "v1"];
const aliases = names.map((name) => ` import ${name} = sdk.${name};`).join("");
const imports = {
  "edited.mts": `import { ${names} } from "@omnichannel/sdk";`,
  "edited.cts": `import sdk = require("@omnichannel/sdk");${aliases}`,
};
try {
  for (const [name, first] of Object.entries(imports)) {
    const file = join(own, name);
    const content = first + text;
    writeFileSync(file, content);
    editor.tell("open", { file, fileContent: content });
    for (const [word, source, line] of goals) {
      const before = content.slice(0, content.lastIndexOf(word) + word.length - 1).split("\n");
      const place = { file, line: before.length, offset: before.at(-1).length + 1 };
      const found = await editor.definition(place);
      const path = join(installed, "src", source);
      const lines = found.filter((one) => one.file === path).map((one) => one.start.line);
      const told = `${name}: ${word} is not found in ${source}, but in ${JSON.stringify(found)}`;
      assert.ok(lines.length > 0, told);
      assert.ok(
        lines.some((at) => linesOf(path)[at - 1].includes(line)),
        told,
      );
    }
  }
} finally {
  editor.end();
}
console.log(`${maps.length} maps lead to their sources`);
