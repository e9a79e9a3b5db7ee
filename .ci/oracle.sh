#!/usr/bin/env bash
# Asks the official validators, the Python and the TypeScript one, for their verdicts on a corpus of
# encoded messages: `.ci/oracle.sh FOLDER`, where the folder holds descriptors.binpb and
# corpus.jsonl; python.jsonl and typescript.jsonl are written beside them. Both run at once. What
# they need is installed by `.ci/tools.sh`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?the folder with descriptors.binpb and corpus.jsonl}
python=tools/python/bin/python
for needed in "$python" tools/node_modules/@bufbuild/protovalidate/package.json; do
    [[ -e $needed ]] && continue
    echo "oracle: $needed is missing; run bash .ci/tools.sh" >&2
    exit 1
done
"$python" tests/oracle/verdicts.py "$folder/descriptors.binpb" "$folder/corpus.jsonl" \
    >"$folder/python.jsonl" &
first=$!
node tests/oracle/verdicts.cjs "$folder/descriptors.binpb" "$folder/corpus.jsonl" \
    "$PWD/tools/node_modules/@bufbuild/protovalidate/package.json" >"$folder/typescript.jsonl"
wait "$first"
