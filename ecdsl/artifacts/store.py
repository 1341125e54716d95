"""The build folder: manifests by name, kernels by fingerprint. Writes are whole or not at all."""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from ecdsl.artifacts.derived import DerivedManifest
from ecdsl.artifacts.manifest import KernelFile, Manifest
from ecdsl.diagnostics import data_error
from ecdsl.diagnostics.suggest import likely
from ecdsl.files import write_changed

# Results that live beside the manifests: no observable can have such a name.
RESULTS = ("analysis", "calibration", "scan", "validation")

M = TypeVar("M", Manifest, DerivedManifest)

_KERNELS = "kernels"
# Other results lie beside the manifests; each says in its first lines what it is.
_HEAD_LINES = 3
_KIND = re.compile(r'"schema_version": "ecdsl/([a-z]+)/')


def store_kernel(build: Path, fingerprint: str, name: str, text: str) -> KernelFile:
    """Write a generated module to `kernels/<fingerprint>/<name>` unless it is there already.

    The name says what is in it: a file with other bytes is replaced (an older ecdsl, or an edit).
    """
    path = Path(_KERNELS) / fingerprint / name
    write_changed(build / path, text)
    return KernelFile(path=path.as_posix(), sha256=_digest(text))


class Stored(NamedTuple):
    """Where a manifest lies, the hash of its bytes, and whether these were not there before."""

    path: Path
    sha256: str
    new: bool


def store_manifest(build: Path, manifest: Manifest | DerivedManifest) -> Stored:
    """Write `<name>.json`."""
    path, text = build / f"{manifest.name}.json", manifest.model_dump_json(indent=2) + "\n"
    return Stored(path, _digest(text), write_changed(path, text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def load_manifest(build: Path, name: str) -> Manifest:
    """Return the manifest of the compiled observable `name`.

    Raises:
        EcdslError: D201 where it was never compiled, D202 for a file that is not a manifest, D210
            for that of a derived observable.
    """
    path = _existing(build, name)
    if _kind(path) == "derived":
        raise data_error(
            "D210",
            f"{path}: `{name}` is a derived observable, with no kernel of its own",
            hint="fill it by name, or take one of the observables that it is made of",
        )
    return _read(Manifest, path, "D202", "a compiled observable")


def load_derived(build: Path, name: str) -> DerivedManifest:
    """Return the manifest of the compiled derived observable `name`.

    Raises:
        EcdslError: D201 where it was never compiled, D210 for that of an observable, D211 for a
            file that is not a manifest.
    """
    path = _existing(build, name)
    if _kind(path) == "observable":
        raise data_error("D210", f"{path}: `{name}` is an observable, not a derived one")
    return _read(DerivedManifest, path, "D211", "a compiled derived observable")


def _existing(build: Path, name: str) -> Path:
    path = build / f"{name}.json"
    if path.is_file():
        return path
    compiled = (p for p in sorted(build.glob("*.json")) if _kind(p) in {"observable", "derived"})
    known = [found.stem for found in compiled]
    remedy = likely(name, known, otherwise="run `ecdsl compile`")
    raise data_error(
        "D201",
        f"{path}: the observable `{name}` is not compiled",
        hint=remedy + (f"; compiled here are: {', '.join(known)}" if known else ""),
    )


def _kind(path: Path) -> str:
    """Return the kind of result that a file says it is, empty where it says none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        head = "".join(islice(file, _HEAD_LINES))
    named = _KIND.search(head)
    return named[1] if named else ""


def _read(model: type[M], path: Path, code: str, what: str) -> M:
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise data_error(
            code,
            f"{path} is not {what} of this version: {where}: {first['msg']}",
            hint="compile it again with `ecdsl compile`",
        ) from error
