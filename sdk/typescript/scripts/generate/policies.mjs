// Why each call may be repeated, in the words of its method option.

import { documentation } from "./text.mjs";

const REPEATS = { 1: "read", 2: "requestId", 3: "natural", 4: "stream" };

export function policiesOf({ registry, files, option }) {
  const policy = registry.getExtension("omnichannel.v1.policy");
  const out = ["// This file is @generated from the contract.", ""];
  out.push(documentation(" Why a call may be repeated."));
  out.push('export type Repeat = "read" | "requestId" | "natural" | "stream" | "never";', "");
  out.push(documentation(" Why each RPC may be repeated, by its full name."));
  out.push("export const REPEATS: Readonly<Record<string, Repeat>> = {");
  for (const service of files.flatMap((file) => file.services)) {
    for (const method of service.methods) {
      const repeat = REPEATS[option(method, policy).idempotency];
      if (repeat === undefined) throw new Error(`${method.name} says no idempotency`);
      const unary = method.methodKind === "unary";
      if (unary === (repeat === "stream")) throw new Error(`${method.name} is no ${repeat}`);
      out.push(`  "${service.typeName}.${method.name}": "${repeat}",`);
    }
  }
  out.push("};", "");
  return out.join("\n");
}
