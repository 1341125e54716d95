"""`ecdsl.lock`: what the observables of a project mean, so that no change of it goes unnoticed.

`ecdsl lock` writes the fingerprint of every observable and the contents of the modules that
installed packages and the packaged library supply. With `--frozen` a command refuses to work with
anything else. Comments, layout, names of parameters and files and the order of declarations, terms
and windows are not part of a meaning, and neither are the versions of packages as long as their
modules are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ecdsl.artifacts.derived import derived_fingerprint
from ecdsl.checking import heading, load_checked
from ecdsl.diagnostics import Diagnostic, EcdslError, data_error
from ecdsl.files import write_changed
from ecdsl.ir.fingerprint import correlator_fingerprint, observable_fingerprint
from ecdsl.ir.settled import settled
from ecdsl.lang.contents import contents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.diagnostics import Span
    from ecdsl.ir.nodes import Observable
    from ecdsl.lang import CompiledModule

FILE: Final = "ecdsl.lock"
SCHEMA: Final = "ecdsl/lock/2"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Meaning(_Model):
    """What one name stands for.

    Attributes:
        file: Where it is declared; for the reader, it may move.
        fingerprint: Of the declared form (`ecdsl.ir.settled`): of the text alone, where that of the
            compiled artifact is of the canonical form, which an algebra system makes.
        correlators: The same of each correlator in it.
    """

    file: str
    fingerprint: str
    correlators: tuple[str, ...]


class Module(_Model):
    """A module that a package supplies.

    Attributes:
        package: The distribution, e.g. `ecdsl` for the packaged library.
        version: Of the distribution, for the reader.
        digest: Of the words of the module.
    """

    package: str
    version: str
    digest: str


class Lock(_Model):
    """The content of `ecdsl.lock`.

    Attributes:
        observables: By name, derived ones included.
        modules: By dotted name.
        files: Digests of the project's own files: not binding, they tell where a change came from.
    """

    schema_version: Literal["ecdsl/lock/2"] = SCHEMA
    ecdsl: str
    observables: dict[str, Meaning]
    modules: dict[str, Module]
    files: dict[str, str]


@dataclass(frozen=True)
class Found:
    """What the sources say now, and where each name is declared."""

    lock: Lock
    spans: dict[str, Span]


def survey(sources: Sequence[Path], project_root: Path | None) -> Found:
    """Return the lock that fits some sources.

    Args:
        sources: The `.obs` files.
        project_root: As for `check_paths`.

    Raises:
        EcdslError: What is wrong with the sources; D209 for names that stand for two things.
    """
    modules: dict[str, Module] = {}
    files: dict[str, str] = {}
    observables, spans = _meanings(load_checked(sources, project_root))
    for path in sources:
        for content in contents(path, project_root):
            if content.package:
                modules[content.name] = Module(
                    package=content.package, version=content.version, digest=content.digest
                )
            else:
                files[content.name] = content.digest
    lock = Lock(
        ecdsl=version("ecdsl"),
        observables=dict(sorted(observables.items())),
        modules=dict(sorted(modules.items())),
        files=dict(sorted(files.items())),
    )
    return Found(lock, spans)


def write_lock(root: Path, lock: Lock) -> tuple[Path, bool]:
    """Write `ecdsl.lock`; return its path and whether it changed."""
    path = root / FILE
    return path, write_changed(path, lock.model_dump_json(indent=2) + "\n")


def read_lock(root: Path) -> Lock:
    """Return the lock of a project.

    Raises:
        EcdslError: D120 where there is none, D121 for a file that is not one.
    """
    path = root / FILE
    if not path.is_file():
        raise data_error(
            "D120", f"there is no {FILE} in {root}", hint="run `ecdsl lock` and commit the file"
        )
    try:
        return Lock.model_validate_json(path.read_bytes())
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "the file"
        raise data_error(
            "D121", f"{path}: {where}: {detail['msg']}", hint="run `ecdsl lock` to write it again"
        ) from None


def require_locked(sources: Sequence[Path], project_root: Path, *, all_of_it: bool) -> None:
    """Refuse sources that do not mean what the project's lock says.

    Args:
        sources: The `.obs` files.
        project_root: The folder of the lock.
        all_of_it: Whether these are all files of the project, so that nothing may be missing.

    Raises:
        EcdslError: As `read_lock` and `survey`; D122 for another meaning, D123 for another module
            of a package, D124 for names that are on one side only.
    """
    locked = read_lock(project_root)
    found = survey(sources, project_root)
    differences = [*_changed(locked, found), *_modules(locked, found.lock)]
    if all_of_it:
        gone = [name for name in locked.observables if name not in found.lock.observables]
        differences += [_stale(f"{FILE} holds `{name}`, which is not declared") for name in gone]
    if differences:
        raise EcdslError(differences)


def _meanings(
    modules: Sequence[CompiledModule],
) -> tuple[dict[str, Meaning], dict[str, Span]]:
    """Return what each name means and where it is declared."""
    found: dict[str, Meaning] = {}
    observables = [item for module in modules for item in module.observables]
    derivations = [item for module in modules for item in module.derived]
    spans = {item.name: item.span for item in derivations}
    for item in observables:
        found[item.name] = _meaning(item.span.source.name, item.observable)
        spans[item.name] = heading(item)
    for derivation in derivations:
        file, derived = derivation.span.source.name, derivation.derived
        operands = [_meaning(file, operand) for operand in derived.operands]
        found[derived.name] = Meaning(
            file=file,
            fingerprint=derived_fingerprint(derived.expr, [m.fingerprint for m in operands]),
            correlators=tuple(sorted({key for m in operands for key in m.correlators})),
        )
    return found, spans


def _meaning(file: str, observable: Observable) -> Meaning:
    form = settled(observable)
    return Meaning(
        file=file,
        fingerprint=observable_fingerprint(form),
        correlators=(correlator_fingerprint(form.correlator),),
    )


def _changed(locked: Lock, found: Found) -> list[Diagnostic]:
    differences = []
    for name, now in found.lock.observables.items():
        before = locked.observables.get(name)
        if before is None:
            differences.append(_stale(f"`{name}` is not in {FILE}", found.spans[name]))
        elif before.fingerprint != now.fingerprint:
            differences.append(
                Diagnostic(
                    "D122",
                    f"`{name}` does not mean what {FILE} says",
                    found.spans[name],
                    label=f"locked {before.fingerprint}, now {now.fingerprint}",
                    notes=(_what(before, now), *_where(locked, found.lock)),
                    hints=("if the new meaning is intended, run `ecdsl lock` and commit the file",),
                )
            )
    return differences


def _what(before: Meaning, now: Meaning) -> str:
    if before.correlators != now.correlators:
        return "its correlator is another, and so may be its surrogate"
    return "its correlator is the same; its shape, bins or parameter values are others"


def _where(locked: Lock, now: Lock) -> list[str]:
    """Name the files and modules that differ; any of them may have changed the meaning."""
    before = locked.files | {name: m.digest for name, m in locked.modules.items()}
    after = now.files | {name: m.digest for name, m in now.modules.items()}
    differing = [name for name, digest in after.items() if before.get(name) != digest]
    notes = [f"changed since then: {', '.join(differing)}"] if differing else []
    if locked.ecdsl != now.ecdsl:
        notes.append(f"locked with ecdsl {locked.ecdsl}, this is {now.ecdsl}")
    return notes


def _modules(locked: Lock, now: Lock) -> list[Diagnostic]:
    differences = []
    for name, module in now.modules.items():
        before = locked.modules.get(name)
        if before is None:
            message = f"module `{name}` of {module.package} {module.version} is not in {FILE}"
            differences.append(_stale(message))
        elif (before.package, before.digest) != (module.package, module.digest):
            was, now_ = (f"{m.package} {m.version}" for m in (before, module))
            differences.append(
                Diagnostic(
                    "D123",
                    f"module `{name}` of {now_} is not the one that was locked, of {was}",
                    notes=(f"locked {before.digest}, now {module.digest}",),
                    hints=(f"install {was} again, or run `ecdsl lock` to accept the change",),
                )
            )
    return differences


def _stale(message: str, span: Span | None = None) -> Diagnostic:
    return Diagnostic("D124", message, span, hints=("run `ecdsl lock` and commit the file",))
