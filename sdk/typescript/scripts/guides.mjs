// Runs the TypeScript of the guides in docs/guides as a user would: each page as one program in
// the folder of a consumer, against a server of its own; then looks for the answers that the page
// shows.
//
//   node scripts/guides.mjs FOLDER

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How long one page may take. */
const TIMEOUT_MS = 60_000;
/** Where answers go that nobody waits for. */
const NOWHERE = "http://127.0.0.1:9/answers";

const folder = resolve(process.argv[2]);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const guides = join(root, "docs/guides");
const snippets = (job, page, rest, options) =>
  execFileSync("python3", [join(root, ".ci/snippets.py"), job, "ts", page, ...rest], options);

const names = readdirSync(guides)
  .filter((file) => file.endsWith(".md"))
  .filter((file) => readFileSync(join(guides, file), "utf8").includes("```ts\n"))
  .map((file) => file.slice(0, -".md".length));
if (names.length === 0) throw new Error("the guides have no TypeScript");
for (const name of names) {
  const program = join(folder, `guide-${name}.mts`);
  snippets("extract", join(guides, `${name}.md`), [program], { stdio: "inherit" });
}
const compiler = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url));
execFileSync(compiler, ["-p", "tsconfig.readme.json"], { cwd: folder, stdio: "inherit" });

const installed = createRequire(join(folder, "package.json")).resolve("@omnichannel/sdk/testing");
const { startServer } = await import(pathToFileURL(installed).href);
for (const name of names) {
  const server = await startServer();
  try {
    const { endpoint, apiKey } = server;
    const own = { OMNICHANNEL_ENDPOINT: endpoint, OMNICHANNEL_API_KEY: apiKey, RECEIVER: NOWHERE };
    const said = execFileSync(process.execPath, [`out/guide-${name}.mjs`], {
      cwd: folder,
      env: { ...process.env, ...own },
      timeout: TIMEOUT_MS,
      encoding: "utf8",
    });
    snippets("judge", join(guides, `${name}.md`), [], {
      input: said,
      stdio: ["pipe", "inherit", "inherit"],
    });
  } finally {
    await server.stop();
  }
}
console.log(`${names.length} guides ran`);
