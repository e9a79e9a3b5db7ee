"""Verdicts of the official Python validator: reads a descriptor set and a corpus of encoded
messages, writes for each line which rules it breaks and where."""

import base64
import json
import sys

import protovalidate
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def path_of(violation):
    """Where a rule is broken, with the key of a map entry left out."""
    text = ""
    for element in violation.proto.field.elements:
        text += ("." if text else "") + element.field_name
        kind = element.WhichOneof("subscript") if hasattr(element, "WhichOneof") else None
        if kind is None and hasattr(element, "subscript"):
            kind = element.subscript.field if element.subscript else None
        if kind == "index":
            text += f"[{index_of(element)}]"
        elif kind:
            text += "[*]"
    return text


def index_of(element):
    """The index of a list item, in either of the two runtimes."""
    if hasattr(element, "WhichOneof"):
        return element.index
    return element.subscript.value


def main(descriptors, corpus):
    """Judges every message of the corpus."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet()
    with open(descriptors, "rb") as source:
        files.ParseFromString(source.read())
    for file in files.file:
        pool.Add(file)
    with open(corpus, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            named = pool.FindMessageTypeByName(case["type"])
            message = message_factory.GetMessageClass(named)()
            message.ParseFromString(base64.b64decode(case["bytes"]))
            try:
                found = protovalidate.collect_violations(message)
                told = {"broken": [[path_of(one), one.proto.rule_id] for one in found]}
            except (protovalidate.CompilationError, protovalidate.EvaluationError) as error:
                told = {"failed": str(error)}
            print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
