"""The build folder: manifests by name, kernels by fingerprint. Writes are whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecdsl.artifacts.manifest import KernelFile, Manifest
from ecdsl.diagnostics import data_error
from ecdsl.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

_KERNELS = "kernels"


def store_kernel(build: Path, fingerprint: str, name: str, text: str) -> KernelFile:
    """Write a generated module to `kernels/<fingerprint>/<name>` unless it is there already.

    The name says what is in it: a file with other bytes is replaced (an older ecdsl, or an edit).
    """
    path = Path(_KERNELS) / fingerprint / name
    data = text.encode()
    file = KernelFile(path=path.as_posix(), sha256=hashlib.sha256(data).hexdigest())
    target = build / path
    if not target.is_file() or target.read_bytes() != data:
        write_atomic(target, data)
    return file


def store_manifest(build: Path, manifest: Manifest) -> tuple[Path, bool]:
    """Write `<name>.json`; return its path and whether it is new (not the same bytes as before)."""
    path = build / f"{manifest.name}.json"
    text = manifest.model_dump_json(indent=2) + "\n"
    if path.is_file() and path.read_bytes() == text.encode():
        return path, False
    return write_atomic(path, text), True


def load_manifest(build: Path, name: str) -> Manifest:
    """Return the manifest of the compiled observable `name`.

    Raises:
        EcdslError: D201 where it was never compiled, D202 for a file that is not a manifest.
    """
    path = build / f"{name}.json"
    if not path.is_file():
        known = ", ".join(manifest.name for manifest in list_manifests(build))
        raise data_error(
            "D201",
            f"{path}: the observable `{name}` is not compiled",
            hint="run `ecdsl compile`" + (f"; compiled here are: {known}" if known else ""),
        )
    return _read(path)


def list_manifests(build: Path) -> tuple[Manifest, ...]:
    """Return every manifest of a build folder, by name."""
    return tuple(_read(path) for path in sorted(build.glob("*.json")) if _is_manifest(path))


def _is_manifest(path: Path) -> bool:
    # Other results live beside the manifests; each says what it is in its first line or two.
    with path.open(encoding="utf-8", errors="replace") as file:
        return '"ecdsl/observable/' in "".join(_head(file))


def _head(lines: Iterator[str]) -> Iterator[str]:
    for _, line in zip(range(3), lines, strict=False):
        yield line


def _read(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise data_error(
            "D202",
            f"{path} is not a compiled observable of this version: {where}: {first['msg']}",
            hint="compile it again with `ecdsl compile`",
        ) from error
