"""What a `.obs` file was compiled from and into: what is still so needs no compiler.

`build/sources/<key>.json` holds a `Record` for each file. It is believed only while all of it is
true: the texts that were read, the places in which imports were found and not found, the compiler
itself and the bytes of every artifact. Anything else, also a damaged record, is compiled anew.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ecdsl import resources
from ecdsl.artifacts.compiled import Compiled, CompiledDerived, CompiledObservable, CompileReport
from ecdsl.artifacts.toolchain import toolchain
from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.files import read_regular, write_changed
from ecdsl.packages import Packages

if TYPE_CHECKING:
    from collections.abc import Mapping

C = TypeVar("C", bound=Compiled)

SCHEMA: Final = "ecdsl/source/1"

_FOLDER = "sources"
# More than a source may hold, and than generated code ever does.
_MAX_BYTES = 1 << 22


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reads(_Frozen):
    """What the front end looked at.

    Attributes:
        texts: The hash of each text, by the resolved path of its file.
        places: Where each file lies that an import was looked for at; None where nothing is.
        packages: The folder of each installed package that was asked for.
    """

    texts: dict[str, str]
    places: dict[str, str | None]
    packages: dict[str, str]


class Record(_Frozen):
    """One compiled `.obs` file.

    Attributes:
        toolchain: The compiler.
        observables: The hashes of the files of each observable, by path in the build folder.
        derived: Likewise of each derived observable.
        warnings: What is suspicious in the file and in what it imports.
    """

    schema_version: Literal["ecdsl/source/1"] = SCHEMA
    toolchain: str
    reads: Reads
    observables: dict[str, dict[str, str]]
    derived: dict[str, dict[str, str]]
    warnings: tuple[Diagnostic, ...]


def text_digest(text: str) -> str:
    """Return the hash of a source's text."""
    return _digest(text.encode())


def remember(
    build: Path, path: Path, project_root: Path | None, reads: Reads, report: CompileReport
) -> None:
    """Write the record of a file that has been compiled."""
    record = Record(
        toolchain=toolchain(),
        reads=reads,
        observables={c.name: dict(c.files) for c in report.observables},
        derived={c.name: dict(c.files) for c in report.derived},
        warnings=report.warnings,
    )
    write_changed(_place(build, path, project_root), record.model_dump_json() + "\n")


def recall(build: Path, path: Path, project_root: Path | None) -> CompileReport | None:
    """Return what compiling a file would report, None where it has to be compiled to know.

    Args:
        build: The build folder.
        path: The `.obs` file.
        project_root: As for `ecdsl.compiler.compile_paths`.
    """
    start = time.perf_counter()
    try:
        record = Record.model_validate_json(_place(build, path, project_root).read_bytes())
    except (OSError, ValidationError):
        return None
    files = [*record.observables.values(), *record.derived.values()]
    if not (
        record.toolchain == toolchain()
        and all(_says(Path(text), digest) for text, digest in record.reads.texts.items())
        and all(found_at(Path(place)) == file for place, file in record.reads.places.items())
        and _same_packages(record.reads.packages)
        and all(_holds(build / name, digest) for of in files for name, digest in of.items())
    ):
        return None
    seconds = time.perf_counter() - start
    return CompileReport(
        _cached(CompiledObservable, build, record.observables, seconds),
        _cached(CompiledDerived, build, record.derived, seconds),
        record.warnings,
    )


def found_at(place: Path) -> str | None:
    """Return the file that lies at a place in which an import is looked for, links followed."""
    with suppress(OSError):
        return str(place.resolve()) if place.exists() else None
    return None


def _place(build: Path, path: Path, project_root: Path | None) -> Path:
    """Return where the record of a file lies: the same path in another project is another one."""
    roots = [project_root, project_root / "observables"] if project_root else []
    places = [path, *roots, resources.library()]
    key = json.dumps([str(place.resolve()) for place in places])
    return build / _FOLDER / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _says(path: Path, digest: str) -> bool:
    """Tell whether a source still has a text; the mark that Windows puts first is no part of it."""
    return _digest(_content(path).removeprefix(codecs.BOM_UTF8)) == digest


def _holds(path: Path, digest: str) -> bool:
    return _digest(_content(path)) == digest


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(path: Path) -> bytes:
    with suppress(OSError):
        return read_regular(path, _MAX_BYTES) or b""
    return b""


def _same_packages(known: Mapping[str, str]) -> bool:
    packages = Packages()
    try:
        found = {name: packages.find(name) for name in known}
    except EcdslError:
        return False
    return known == {name: str(package.folder) for name, package in found.items() if package}


def _cached(
    kind: type[C], build: Path, made: Mapping[str, Mapping[str, str]], seconds: float
) -> tuple[C, ...]:
    return tuple(
        kind(name, build / f"{name}.json", "cached", seconds, files) for name, files in made.items()
    )
