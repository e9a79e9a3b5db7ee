// Names and comments as the generated files write them.

// SOME_NAME as SomeName.
export function pascal(name) {
  const words = name.toLowerCase().split("_");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

// A comment of the contract as documentation, indented.
export function documentation(comment, indent = "") {
  const lines = comment.trimEnd().split("\n");
  const body = lines.map((line) => `${indent} *${line.trimEnd().replaceAll("*/", "*\\/")}`);
  return [`${indent}/**`, ...body, `${indent} */`].join("\n");
}

// The comment that stands before a thing in the contract.
export function leading(desc) {
  const file = desc.kind === "enum_value" ? desc.parent.file : (desc.file ?? desc.parent.file);
  const path = pathOf(desc).join();
  const info = file.proto.sourceCodeInfo?.location ?? [];
  const place = info.find((location) => location.path.join() === path);
  const text = place?.leadingComments ?? "";
  if (text.trim() === "") throw new Error(`no comment at ${desc.toString()}`);
  return text;
}

// Where a thing is in its file's descriptor.
function pathOf(desc) {
  const at = (list, proto) => list.indexOf(proto);
  switch (desc.kind) {
    case "enum_value":
      return [
        5,
        at(desc.parent.file.proto.enumType, desc.parent.proto),
        2,
        at(desc.parent.proto.value, desc.proto),
      ];
    case "service":
      return [6, at(desc.file.proto.service, desc.proto)];
    case "rpc":
      return [
        6,
        at(desc.parent.file.proto.service, desc.parent.proto),
        2,
        at(desc.parent.proto.method, desc.proto),
      ];
    default:
      throw new Error(`no path for ${desc.kind}`);
  }
}
