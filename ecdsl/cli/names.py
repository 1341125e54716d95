"""NAME on the command line: an observable of the project, `FILE.obs:NAME` or `FILE.obs`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ecdsl.diagnostics import Diagnostic, EcdslError, data_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.cli.output import Output
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
    found, errors = _declared(paths, project.root)
    wanted = inner.removeprefix(":") if is_file else name
    matching = [d for d in found if d.name == wanted or (is_file and not wanted)]
    if len(matching) == 1:
        return matching[0]
    if len(matching) > 1:
        choices = ", ".join(f"{d.path}:{d.name}" for d in matching)
        raise data_error("D107", f"'{name}' means several observables", hint=f"name one: {choices}")
    if errors:
        # The name may be declared in a file that cannot be read.
        raise EcdslError(errors)
    names = [d.name for d in found]
    close = get_close_matches(wanted, names, n=1)
    known = f"declared: {', '.join(names)}" if names else "no observable is declared there"
    where = paths[0] if len(paths) == 1 else paths[0].parent
    raise data_error(
        "D106",
        f"no observable '{wanted}' in {where}",
        hint=f"did you mean '{close[0]}'?" if close else known,
    )


def manifests(project: Project, names: Sequence[str], output: Output) -> tuple[Manifest, ...]:
    """Compile what `names` need (nothing is done twice) and return the manifests, in order.

    Without names these are the observables that the project's settings list, else all it declares.

    Raises:
        EcdslError: As `locate`, and what is wrong with the sources.
    """
    from ecdsl.compiler import compile_paths

    wanted = [locate(project, name) for name in names or project.inference.observables]
    paths = tuple(dict.fromkeys(d.path for d in wanted)) or project.sources
    found: dict[Declared, Manifest] = {}
    for path in paths:
        report = compile_paths((path,), build=project.build, project_root=project.root)
        output.warnings(report.warnings)
        found |= {Declared(path, c.name): c.manifest for c in report.observables}
    return tuple(found[d] for d in dict.fromkeys(wanted) or found)


def _declared(
    paths: Sequence[Path], project_root: Path
) -> tuple[list[Declared], tuple[Diagnostic, ...]]:
    from ecdsl.lang import compile_module

    found: list[Declared] = []
    errors: list[Diagnostic] = []
    for path in paths:
        try:
            lowered = compile_module(path, project_root).observables
        except EcdslError as error:
            errors.extend(error.diagnostics)
        else:
            found.extend(Declared(path, item.observable.name) for item in lowered)
    return found, tuple(errors)
