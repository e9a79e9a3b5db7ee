// Builds the client if it is not built, then the pages into `dist`, and beside each file that gains
// by it the same one packed, as browsers take it. What was there before goes; the file that keeps
// the folder under version control stays.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const dist = new URL("../dist/", import.meta.url);
const sdk = new URL("../../sdk/typescript/", import.meta.url);

if (!existsSync(new URL("dist/esm/web.js", sdk))) {
  const npm = { cwd: fileURLToPath(sdk), stdio: /** @type {const} */ ("inherit") };
  if (!existsSync(new URL("node_modules/typescript", sdk))) execFileSync("npm", ["ci"], npm);
  execFileSync(process.execPath, ["scripts/build.mjs"], npm);
}
for (const name of readdirSync(dist)) {
  if (name !== ".gitignore") rmSync(new URL(name, dist), { recursive: true });
}
await build({ root: fileURLToPath(new URL("..", import.meta.url)), logLevel: "warn" });

/** A packed file must be smaller by at least this share to be worth a place. */
const GAIN_LEAST = 0.1;

for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  if (!/\.(html|js|css|svg)$/.test(name)) continue;
  const plain = readFileSync(new URL(name, dist));
  const packed = { br: brotliCompressSync(plain), gz: gzipSync(plain, { level: 9 }) };
  for (const [ending, content] of Object.entries(packed)) {
    if (content.length > plain.length * (1 - GAIN_LEAST)) continue;
    writeFileSync(new URL(`${name}.${ending}`, dist), content);
  }
}
