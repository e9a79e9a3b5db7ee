// Makes src/generated from the contract: messages and services by protoc-gen-es, and three files of
// our own beside them: one class for each error reason, why each call may be repeated, and one
// class of calls for each service. The same contract always gives the same bytes.
//
//   node scripts/generate.mjs           write src/generated
//   node scripts/generate.mjs --check   fail if what is committed differs from a fresh one

import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createFileRegistry, fromBinary, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { callsOf } from "./generate/calls.mjs";
import { errorsOf } from "./generate/errors.mjs";
import { policiesOf } from "./generate/policies.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(HERE, "../..");
const COMMITTED = join(HERE, "src/generated");
const BUF = process.env.BUF ?? join(ROOT, "tools/node_modules/.bin/buf");
const PACKAGE = "omnichannel.v1";

function buf(...args) {
  return execFileSync(BUF, args, { cwd: ROOT, maxBuffer: 64 << 20 });
}

function describe() {
  const bytes = buf("build", "--path", "proto/omnichannel", "-o", "-");
  const set = fromBinary(FileDescriptorSetSchema, bytes);
  const registry = createFileRegistry(set);
  const files = [...registry.files].filter((file) => file.proto.package === PACKAGE);
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { registry, files, option: getOption };
}

function write(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const template = relative(ROOT, join(HERE, "buf.gen.yaml"));
  const made = mkdtempSync(join(tmpdir(), "omnichannel-generate-"));
  try {
    buf("generate", "--template", template, "-o", made);
    cpSync(join(made, "sdk/typescript/src/generated"), folder, { recursive: true });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  const contract = describe();
  writeFileSync(join(folder, "errors.ts"), errorsOf(contract));
  writeFileSync(join(folder, "policies.ts"), policiesOf(contract));
  writeFileSync(join(folder, "calls.ts"), callsOf(contract));
  const modules = readdirSync(join(folder, "omnichannel/v1")).sort();
  const exported = modules.map((name) => {
    return `export * from "./omnichannel/v1/${name.replace(/\.ts$/, ".js")}";\n`;
  });
  const head = "// This file is @generated from the contract.\n\n";
  writeFileSync(join(folder, "v1.ts"), head + exported.join(""));
}

function texts(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), "omnichannel-fresh-"));
  try {
    write(fresh);
    const [have, want] = [texts(COMMITTED), texts(fresh)];
    const names = new Set([...have.keys(), ...want.keys()]);
    const stale = [...names].filter((name) => have.get(name) !== want.get(name));
    if (stale.length > 0) {
      console.error(`src/generated is stale (npm run generate): ${stale.join(", ")}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (!existsSync(BUF)) {
  console.error(`no buf at ${relative(ROOT, BUF)}: run .ci/tools.sh or set BUF`);
  process.exitCode = 1;
} else if (process.argv[2] === "--check") {
  check();
} else {
  write(COMMITTED);
}
