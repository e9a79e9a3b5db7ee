// Runs the README as a user would: takes the first program out of the page, puts it into the folder
// of a consumer, as an ES module and as CommonJS, gives it a real server, and expects to see an
// assignment.
//
//   node scripts/readme.mjs FOLDER

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, program]) => program);
const [first, last] = [programs[0], programs.at(-1)];
const lines = first.split("\n").filter((line) => line.trim() !== "");
if (lines.length > 25) throw new Error(`the README's twenty lines are ${lines.length}`);
// CommonJS has no await outside of functions; nothing else differs.
const [imports, rest] = [lines.filter(isImport), lines.filter((line) => !isImport(line))];
const wrapped = [...imports, "void (async () => {", ...rest, "})();", ""].join("\n");
writeFileSync(join(folder, "readme.mts"), first);
writeFileSync(join(folder, "readme.cts"), wrapped);
writeFileSync(join(folder, "testing.mts"), last);
// As the page says, and then as strictly as there is.
const [, flags] = /^npx tsc (.*) first\.mts && node first\.mjs$/m.exec(page);
const own = join(folder, "first");
mkdirSync(own, { recursive: true });
writeFileSync(join(own, "first.mts"), first);
writeFileSync(join(own, "first.cts"), wrapped);
const types = fileURLToPath(new URL("../node_modules/@types", import.meta.url));
for (const name of ["typescript-lowest", "typescript"]) {
  const compiler = fileURLToPath(new URL(`../node_modules/${name}/bin/tsc`, import.meta.url));
  const compile = (cwd, ...args) =>
    execFileSync(process.execPath, [compiler, ...args], { cwd, stdio: "inherit" });
  for (const program of ["first.mts", "first.cts"]) {
    compile(own, ...flags.split(" "), "--typeRoots", types, program);
  }
  compile(folder, "-p", "tsconfig.readme.json");
}

const installed = createRequire(join(folder, "package.json")).resolve("@omnichannel/sdk/testing");
const { startServer } = await import(pathToFileURL(installed).href);
function isImport(line) {
  return line.startsWith("import ");
}

const server = await startServer();
try {
  const { endpoint, apiKey } = server;
  const env = { ...process.env, OMNICHANNEL_ENDPOINT: endpoint, OMNICHANNEL_API_KEY: apiKey };
  const run = { cwd: folder, env, timeout: 30_000, encoding: "utf8" };
  // More than once in one tenant, as people do.
  for (const module of ["first/first.mjs", "first/first.cjs", "out/readme.mjs", "out/readme.cjs"]) {
    const said = execFileSync(process.execPath, [module], run);
    const assigned = /^assigned [0-9a-f-]{36}$/m.test(said);
    if (!assigned) throw new Error(`${module}: no assignment: ${said}`);
  }
  execFileSync(process.execPath, ["out/testing.mjs"], run);
} finally {
  await server.stop();
}
