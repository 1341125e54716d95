"""`ecdsl check`: every diagnostic of some `.obs` files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Format, FormatOption, Quiet, Verbose, examples
from ecdsl.cli.output import Output, show_diagnostics

EXAMPLES = examples(
    "ecdsl check",
    "ecdsl check observables/top/mass.obs",
    "ecdsl check observables --format json",
)


@guarded
def check(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders (default: the project's).")
    ] = None,
    form: FormatOption = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Report everything that is wrong with observables, without compiling them."""
    from ecdsl.cli.sources import sources
    from ecdsl.diagnostics import Diagnostic, EcdslError
    from ecdsl.diagnostics.render import to_json
    from ecdsl.lang import compile_module
    from ecdsl.project import find_project

    project = find_project(Path.cwd())
    found: list[Diagnostic] = []
    files = sources(project, paths or [])
    for file in files:
        try:
            found.extend(compile_module(file, project.root).warnings)
        except EcdslError as error:
            found.extend(error.diagnostics)
    if form is Format.json:
        print(json.dumps(to_json(found), indent=2))
    else:
        show_diagnostics(found)
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    Output(quiet, verbose).status(
        f"checked {len(files)} file(s): {errors} error(s), {warnings} warning(s)"
    )
    if errors:
        raise typer.Exit(1)
