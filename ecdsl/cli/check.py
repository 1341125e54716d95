"""`ecdsl check`: every diagnostic of some `.obs` files."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Frozen, Quiet, Verbose, examples
from ecdsl.cli.output import Output, show_diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.diagnostics import Diagnostic

EXAMPLES = examples(
    "ecdsl check",
    "ecdsl check observables/top/mass.obs",
    "ecdsl check observables --format json",
    "ecdsl check --format sarif > check.sarif",
    "ecdsl check --frozen",
)


class CheckFormat(StrEnum):
    """How diagnostics are printed."""

    text = "text"
    json = "json"
    sarif = "sarif"


@guarded
def check(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders (default: the project's).")
    ] = None,
    form: Annotated[
        CheckFormat, typer.Option("--format", help="How to print the result.")
    ] = CheckFormat.text,
    frozen: Frozen = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Report everything that is wrong with observables, without compiling them."""
    from ecdsl.checking import check_paths
    from ecdsl.cli.sources import sources
    from ecdsl.project import find_project

    project = find_project(Path.cwd())
    files = sources(project, paths or [])
    found = check_paths(files, project.root)
    if frozen and not any(d.severity == "error" for d in found):
        found += _differences(files, project.root, all_of_it=not paths)
    _print(found, form)
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    Output(quiet, verbose).status(
        f"checked {len(files)} file(s): {errors} error(s), {warnings} warning(s)"
    )
    if errors:
        raise typer.Exit(1)


def _differences(files: Sequence[Path], root: Path, *, all_of_it: bool) -> tuple[Diagnostic, ...]:
    """Return what does not mean what the lock says."""
    from ecdsl.diagnostics import EcdslError
    from ecdsl.lock import require_locked

    try:
        require_locked(files, root, all_of_it=all_of_it)
    except EcdslError as error:
        return error.diagnostics
    return ()


def _print(found: Sequence[Diagnostic], form: CheckFormat) -> None:
    """Show diagnostics to a reader on stderr, or to a program on stdout."""
    from ecdsl.diagnostics.render import to_json
    from ecdsl.diagnostics.sarif import to_sarif

    match form:
        case CheckFormat.text:
            show_diagnostics(found)
        case CheckFormat.json:
            print(json.dumps(to_json(found), indent=2))
        case CheckFormat.sarif:
            print(json.dumps(to_sarif(found), indent=2))
