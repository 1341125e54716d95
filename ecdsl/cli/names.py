"""NAME on the command line: an observable of the project, `FILE.obs:NAME` or `FILE.obs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ecdsl.artifacts.manifest import Manifest
from ecdsl.artifacts.record import recall
from ecdsl.diagnostics import Diagnostic, EcdslError, data_error
from ecdsl.diagnostics.suggest import likely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.cli.output import Output
    from ecdsl.lang import CompiledModule
    from ecdsl.project import Project


class Declared(NamedTuple):
    """An observable and the file that declares it."""

    path: Path
    name: str


def locate(project: Project, name: str) -> Declared:
    """Find the observable that `name` means.

    Raises:
        EcdslError: D106 for a name that is not declared, D107 for one that is not unique; what is
            wrong with a file that would have to be read.
    """
    stem, is_file, inner = name.partition(".obs")
    paths = (Path(f"{stem}.obs"),) if is_file else project.sources
    found, errors = _declared(paths, project)
    wanted = inner.removeprefix(":") if is_file else name
    matching = [d for d in found if d.name == wanted or (is_file and not wanted)]
    if len(matching) == 1:
        return matching[0]
    if len(matching) > 1:
        choices = ", ".join(f"{d.path}:{d.name}" for d in matching)
        raise data_error("D107", f"`{name}` means several observables", hint=f"name one: {choices}")
    if errors:
        # The name may be declared in a file that cannot be read.
        raise EcdslError(errors)
    names = [d.name for d in found]
    known = f"declared: {', '.join(names)}" if names else "no observable is declared there"
    where = paths[0] if len(paths) == 1 else paths[0].parent
    raise data_error(
        "D106",
        f"no observable `{wanted}` in {where}",
        hint=likely(wanted, names, otherwise=known),
    )


class Chosen(NamedTuple):
    """What a command works on, and the derived observables of the same files."""

    observables: tuple[Manifest, ...]
    derived: tuple[DerivedManifest, ...]


def manifests(project: Project, names: Sequence[str], output: Output) -> tuple[Manifest, ...]:
    """Compile what `names` need (nothing is done twice) and return the manifests, in order.

    Without names these are the observables that the project's settings list, else all it declares.

    Raises:
        EcdslError: As `locate`, D212 for a derived observable, and what is wrong with the sources.
    """
    return choose(project, names, output).observables


def choose(project: Project, names: Sequence[str], output: Output) -> Chosen:
    """Return `manifests`, and the derived observables that their files declare.

    Raises:
        EcdslError: As `manifests`.
    """
    wanted = [locate(project, name) for name in names or project.inference.observables]
    paths = tuple(dict.fromkeys(d.path for d in wanted)) or project.sources
    compiled = _compiled(project, paths, output)
    named = tuple(_observable(compiled[d]) for d in dict.fromkeys(wanted))
    observables = named or tuple(m for m in compiled.values() if isinstance(m, Manifest))
    for manifest in observables:
        resolution = manifest.observable.correlator.resolution
        if resolution is not None:
            output.status(
                f"warning: {manifest.name} sums over dynamic subjets (resolution {resolution:g}):"
                f" `ecdsl fill {manifest.name}` measures how far that is off"
            )
    return Chosen(
        observables=observables,
        derived=tuple(m for m in compiled.values() if not isinstance(m, Manifest)),
    )


def manifest_of(project: Project, name: str, output: Output) -> Manifest | DerivedManifest:
    """Compile what `name` needs and return its manifest, whichever kind of observable it is.

    Raises:
        EcdslError: As `locate`, and what is wrong with the sources.
    """
    wanted = locate(project, name)
    return _compiled(project, (wanted.path,), output)[wanted]


def _compiled(
    project: Project, paths: Sequence[Path], output: Output
) -> dict[Declared, Manifest | DerivedManifest]:
    from ecdsl.compiler import compile_paths

    found: dict[Declared, Manifest | DerivedManifest] = {}
    for path in paths:
        report = compile_paths((path,), build=project.build, project_root=project.root)
        output.warnings(report.warnings)
        # Read at once: another file may declare the same name.
        found |= {Declared(path, c.name): c.manifest for c in report.observables}
        found |= {Declared(path, c.name): c.manifest for c in report.derived}
    return found


def _observable(manifest: Manifest | DerivedManifest) -> Manifest:
    """Return the manifest of what is no derived observable."""
    if isinstance(manifest, Manifest):
        return manifest
    operands = " ".join(operand.name for operand in manifest.operands)
    raise data_error(
        "D212",
        f"`{manifest.name}` is a derived observable, arithmetic of histograms: there are no tuples"
        " that a surrogate could learn, and its bins are no sums over events",
        hint=f"name what it is made of ({operands}), or fill it: `ecdsl fill {manifest.name}`",
    )


def _declared(
    paths: Sequence[Path], project: Project
) -> tuple[list[Declared], tuple[Diagnostic, ...]]:
    found: list[Declared] = []
    errors: list[Diagnostic] = []
    for path in paths:
        known = recall(project.build, path, project.root) or _read(path, project.root, errors)
        items = (*known.observables, *known.derived) if known else ()
        found.extend(Declared(path, item.name) for item in items)
    return found, tuple(errors)


def _read(path: Path, project_root: Path, errors: list[Diagnostic]) -> CompiledModule | None:
    """Return what a file declares; add to `errors` where it cannot be known."""
    from ecdsl.lang import compile_module

    try:
        return compile_module(path, project_root)
    except EcdslError as error:
        errors.extend(error.diagnostics)
        return None
