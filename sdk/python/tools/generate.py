"""Makes everything of the package that follows from the contract: messages and stubs by protoc and
its plugins, and from the same descriptors the table of methods, the services of both clients and
one exception for each error reason. The same sources give the same bytes.

    generate.py            writes into src/omnichannel
    generate.py --check    writes elsewhere, compares, and fails where something differs

The oldest tools that the package supports make the code, because code made by newer ones would
refuse older runtimes; check.sh knows their versions. Rules of validation are taken out of the
descriptors: the server keeps them, and the package would otherwise need theirs at run time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import contract
import emit
import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PACKAGE = HERE.parent / "src" / "omnichannel"
FOLDERS = ("v1", "_generated")
COMMON_PROTOS = Path(grpc_tools.__file__).parent / "_proto"
PLUGINS = Path(sys.executable).parent


def run_protoc(*arguments: str) -> None:
    """Runs the compiler that comes with grpcio-tools."""
    plugins = [
        f"--plugin=protoc-gen-{name}={PLUGINS / f'protoc-gen-{name}'}"
        for name in ("mypy", "mypy_grpc")
    ]
    if protoc.main(["protoc", *plugins, *arguments]) != 0:
        raise SystemExit("protoc failed")


def write_messages(descriptors: Path, package: Path) -> None:
    """Messages, stubs and their types; the import path is the path of the protos."""
    root = str(package.parent)
    with contract.opened(descriptors) as files:
        names = [file.name for file in files.file if file.package == contract.PACKAGE]
        services = [file.name for file in files.file if file.service]
    common = f"--descriptor_set_in={descriptors}"
    run_protoc(common, f"--python_out={root}", f"--mypy_out=quiet:{root}", *names)
    run_protoc(common, f"--grpc_python_out={root}", f"--mypy_grpc_out=quiet:{root}", *services)


def write_all(package: Path) -> None:
    """Writes all generated files below a package folder."""
    for folder in FOLDERS:
        (package / folder).mkdir(parents=True, exist_ok=True)
        for old in (package / folder).glob("*.py*"):
            if old.is_file():
                old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        whole, bare = Path(temporary) / "whole", Path(temporary) / "bare"
        protos = sorted((ROOT / "proto" / "omnichannel" / "v1").glob("*.proto"))
        run_protoc(
            f"-I{ROOT / 'proto'}",
            f"-I{ROOT / 'third_party'}",
            f"-I{COMMON_PROTOS}",
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={whole}",
            *[str(proto) for proto in protos],
        )
        contract.without_rules(whole, bare)
        write_messages(bare, package)
        shape = contract.read(bare)
    for path, text in emit.files(shape).items():
        (package / path).write_text(text, encoding="utf-8")


def generated(package: Path) -> dict[str, bytes]:
    """All generated files below a package folder."""
    found = {"errors.py": (package / "errors.py").read_bytes()}
    for folder in FOLDERS:
        for path in sorted((package / folder).glob("*.py*")):
            if path.is_file():
                found[f"{folder}/{path.name}"] = path.read_bytes()
    return found


def check() -> None:
    """Fails where the committed files are not what the contract gives."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary) / "omnichannel"
        write_all(fresh)
        expected, committed = generated(fresh), generated(PACKAGE)
    differing = sorted(
        name
        for name in expected.keys() | committed.keys()
        if expected.get(name) != committed.get(name)
    )
    if differing:
        raise SystemExit("stale, run check.sh generate: " + ", ".join(differing))
    print(f"{len(expected)} generated files are as the contract gives them")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    elif sys.argv[1:] == []:
        write_all(PACKAGE)
    else:
        raise SystemExit(__doc__)
