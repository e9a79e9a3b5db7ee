// One class for each reason of the contract, below the class of its code.

import { documentation, leading, pascal } from "./text.mjs";

// INTERNAL_ERROR is InternalError, and no InternalErrorError.
function className(reason) {
  return `${pascal(reason.replace(/_ERROR$/, ""))}Error`;
}

export function errorsOf({ registry }) {
  const declared = registry.getEnum("omnichannel.v1.ErrorReason").values;
  const reasons = declared
    .filter((value) => value.number !== 0)
    .map((value) => {
      const name = value.name.replace("ERROR_REASON_", "");
      const comment = leading(value);
      const code = /Code\s+([A-Z_]+)\./.exec(comment)?.[1];
      if (code === undefined) throw new Error(`${name} does not say its code`);
      return { name, comment, kind: className(name), base: pascal(code) };
    });
  const bases = [...new Set(reasons.map((reason) => reason.base))].sort();
  const out = ["// This file is @generated from the contract.", ""];
  out.push(`import { ${bases.join(", ")} } from "../errors.js";`, "");
  for (const { name, comment, kind, base } of reasons) {
    out.push(documentation(comment));
    out.push(`export class ${kind} extends ${base} {`);
    out.push(`  override name = "${kind}";`);
    out.push(`  declare readonly reason: "${name}";`);
    out.push("}", "");
  }
  out.push("/** The class of each reason. */", "export const REASONS = {");
  for (const { name, kind } of reasons) out.push(`  ${name}: ${kind},`);
  out.push("} as const;", "");
  out.push("/** The number of each reason, as errors inside a stream carry it. */");
  out.push("export const REASON_NUMBERS: Readonly<Record<number, ReasonName>> = {");
  for (const value of declared) {
    if (value.number === 0) continue;
    out.push(`  ${value.number}: "${value.name.replace("ERROR_REASON_", "")}",`);
  }
  out.push("};", "");
  out.push("/** The reasons of the contract this package was built from. */");
  out.push("export type ReasonName = keyof typeof REASONS;", "");
  return out.join("\n");
}
