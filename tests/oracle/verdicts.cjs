// Verdicts of the official TypeScript validator: reads a descriptor set and a corpus of encoded
// messages, writes for each line which rules it breaks and where.
"use strict";

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const [descriptors, corpus, packages] = process.argv.slice(2);
const installed = createRequire(packages);
const { createFileRegistry, fromBinary } = installed("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = installed("@bufbuild/protobuf/wkt");
const { createValidator } = installed("@bufbuild/protovalidate");

// Where a rule is broken, with the key of a map entry left out.
function pathOf(violation) {
  let text = "";
  for (const element of violation.field) {
    if (element.kind === "list_sub") text += `[${element.index}]`;
    else if (element.kind === "map_sub") text += "[*]";
    else text += (text ? "." : "") + element.name;
  }
  return text;
}

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)),
);
const validator = createValidator({ registry });
for (const line of readFileSync(corpus, "utf8").split("\n").filter(Boolean)) {
  const { type, bytes } = JSON.parse(line);
  const schema = registry.getMessage(type);
  const message = fromBinary(schema, Buffer.from(bytes, "base64"));
  const result = validator.validate(schema, message);
  const told =
    result.kind === "error"
      ? { failed: String(result.error) }
      : { broken: (result.violations ?? []).map((one) => [pathOf(one), one.ruleId]) };
  console.log(JSON.stringify(told));
}
