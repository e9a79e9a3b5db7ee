// Fails if what a browser loads would pull in anything of Node: follows the imports of the
// browser's entry through this package.

import { readFileSync } from "node:fs";

const seen = new Set();
const wrong = [];

function follow(url) {
  if (seen.has(url.href)) return;
  seen.add(url.href);
  const text = readFileSync(url, "utf8");
  for (const [, from] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
    if (from.startsWith(".")) follow(new URL(from, url));
    else if (from.startsWith("node:") || from.endsWith("connect-node")) {
      wrong.push(`${url.pathname} imports ${from}`);
    }
  }
}

follow(new URL("../dist/esm/web.js", import.meta.url));
if (wrong.length > 0 || seen.size < 20) {
  console.error(wrong.join("\n") || "the entry was not followed");
  process.exitCode = 1;
}
