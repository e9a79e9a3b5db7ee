// How the pages are built: one entry, hashed names, nothing inline, so that the server's
// Content-Security-Policy can refuse everything that is not a file of ours. In development the
// calls go on to a server on this machine.

import { defineConfig } from "vite";

const SERVER = process.env["OMNICHANNEL_ENDPOINT"] ?? "http://127.0.0.1:7400";

export default defineConfig({
  appType: "spa",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Those that know light-dark().
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // The folder itself is kept by version control; scripts/build.mjs empties it.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "^/omnichannel\\.v1\\.": SERVER } },
});
