// Runs the README as a user would: takes the first program out of the page, puts it into the folder
// of a consumer, as an ES module and as CommonJS, gives it a real server, and expects to see an
// assignment.
//
//   node scripts/readme.mjs FOLDER

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
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
for (const name of ["typescript-lowest", "typescript"]) {
  const compiler = fileURLToPath(new URL(`../node_modules/${name}/bin/tsc`, import.meta.url));
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.readme.json"], {
    cwd: folder,
    stdio: "inherit",
  });
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
  for (const module of ["out/readme.mjs", "out/readme.cjs"]) {
    // Each with a tenant of its own, in which it is the first.
    env.OMNICHANNEL_API_KEY = (await server.createTenant()).apiKey;
    const said = execFileSync(process.execPath, [module], run);
    const assigned = /^assigned [0-9a-f-]{36}$/m.test(said);
    if (!assigned) throw new Error(`${module}: no assignment: ${said}`);
  }
  execFileSync(process.execPath, ["out/testing.mjs"], run);
} finally {
  await server.stop();
}
