// One class of calls for each service: unary calls as promises, listings as things to iterate over.
// Streams are not here; they have classes of their own that outlive a lost connection.

import { documentation, leading } from "./text.mjs";

// The one list of an answer that comes in pages; none for other answers.
function listed(method) {
  const paged = method.input.fields.some((field) => field.name === "page_token");
  if (!paged) return undefined;
  const lists = method.output.fields.filter((field) => field.fieldKind === "list");
  if (lists.length !== 1 || lists[0].listKind !== "message") {
    throw new Error(`${method.output.name} needs exactly one list of messages`);
  }
  return lists[0];
}

// Whether the call makes sense without a word: nothing in its request is required.
function optional(method) {
  return method.input.fields.length === 0 || listed(method) !== undefined;
}

function call(method, uses) {
  const service = method.parent.name;
  const request = `Request<typeof ${method.input.name}Schema>`;
  uses(method.input, `${method.input.name}Schema`, "type");
  uses(method.output, method.output.name, "type");
  const parameters = `request: ${request}${optional(method) ? " = {}" : ""}, options?: CallOptions`;
  const rpc = `${service}.method.${method.localName}`;
  const out = [documentation(leading(method), "  ")];
  const list = listed(method);
  if (list !== undefined) {
    const item = list.message.name;
    uses(list.message, item, "type");
    out.push(`  ${method.localName}(${parameters}): Listing<${item}, ${method.output.name}> {`);
    out.push(`    return this.#caller.list(${rpc}, "${list.localName}", request, options);`);
  } else {
    out.push(`  ${method.localName}(${parameters}): Promise<${method.output.name}> {`);
    out.push(`    return this.#caller.unary(${rpc}, request, options);`);
  }
  out.push("  }");
  return out.join("\n");
}

export function callsOf({ files }) {
  const imports = new Map();
  const uses = (desc, name) => {
    const from = `./${desc.file.name}_pb.js`;
    imports.set(from, (imports.get(from) ?? new Set()).add(name));
  };
  const values = [];
  const classes = [];
  for (const service of files.flatMap((file) => file.services)) {
    values.push(`import { ${service.name} } from "./${service.file.name}_pb.js";`);
    const name = service.name.replace(/Service$/, "Calls");
    const unary = service.methods.filter((method) => method.methodKind === "unary");
    const methods = unary.map((method) => call(method, uses));
    classes.push(
      [
        documentation(leading(service)),
        `export class ${name} {`,
        "  readonly #caller: Caller;",
        "",
        "  /** @internal */",
        "  constructor(caller: Caller) {",
        "    this.#caller = caller;",
        "  }",
        "",
        methods.join("\n\n"),
        "}",
        "",
      ].join("\n"),
    );
  }
  const types = [...imports].sort().map(([from, names]) => {
    return `import type { ${[...names].sort().join(", ")} } from "${from}";`;
  });
  return [
    "// This file is @generated from the contract.",
    "",
    'import type { CallOptions, Caller, Request } from "../caller.js";',
    'import type { Listing } from "../pages.js";',
    ...types,
    ...values,
    "",
    ...classes,
  ].join("\n");
}
