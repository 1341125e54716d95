"""NAME on the command line: an observable of the project, `FILE.obs:NAME` or `FILE.obs`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl.diagnostics import EcdslError, data_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.cli.output import Output
    from ecdsl.project import Project


def manifests(project: Project, names: Sequence[str], output: Output) -> tuple[Manifest, ...]:
    """Compile what `names` need (nothing is done twice) and return the manifests, in order.

    Without names these are the observables that the project's settings list, else all it declares.

    Raises:
        EcdslError: D106 for a name that is not declared, D107 for a file that declares several.
    """
    wanted = names or project.inference.observables or declared(project.sources, project, output)
    return tuple(_manifest(project, name, output) for name in wanted)


def declared(sources: Sequence[Path], project: Project, output: Output) -> tuple[str, ...]:
    """Compile `sources` and return the names of their observables."""
    from ecdsl.compiler import compile_paths

    report = compile_paths(sources, build=project.build, project_root=project.root)
    output.warnings(report.warnings)
    return tuple(observable.name for observable in report.observables)


def _manifest(project: Project, name: str, output: Output) -> Manifest:
    from ecdsl.artifacts.store import load_manifest

    file, found, inner = name.partition(".obs")
    if not found:
        known = declared(project.sources, project, output)
        return load_manifest(project.build, _one_of(known, name, project.origin))
    known = declared((Path(f"{file}.obs"),), project, output)
    if inner:
        return load_manifest(project.build, _one_of(known, inner.removeprefix(":"), f"{file}.obs"))
    if len(known) != 1:
        raise data_error(
            "D107",
            f"{name} declares {len(known)} observables",
            hint=f"name one: {', '.join(f'{name}:{k}' for k in known)}" if known else "",
        )
    return load_manifest(project.build, known[0])


def _one_of(known: Sequence[str], name: str, where: str) -> str:
    if name in known:
        return name
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"declared: {', '.join(known) or 'nothing'}"
    raise _unknown(name, where, hint)


def _unknown(name: str, where: str, hint: str) -> EcdslError:
    return data_error("D106", f"no observable '{name}' in {where}", hint=hint)
