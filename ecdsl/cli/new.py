"""`ecdsl new`: a project, or a file of one, to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

EXAMPLES = examples("ecdsl new top_mass", "ecdsl new wide_angle --observable")


@guarded
def new(
    *,
    name: Annotated[
        Path, typer.Argument(help="The project's folder, or the name of an observable.")
    ],
    observable: Annotated[
        bool, typer.Option("--observable", help="Add only observables/NAME.obs to this project.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Start a project with settings and an example that compiles; nothing is overwritten."""
    from ecdsl.cli.output import Output, shown
    from ecdsl.project import project_root
    from ecdsl.scaffold import new_observable, new_project

    if observable:
        written = new_observable(project_root(Path.cwd()) or Path.cwd(), str(name))
    else:
        written = new_project(name)
    for path in written:
        print(shown(path))
    folder = "" if observable or name.resolve() == Path.cwd() else f"cd {name} && "
    Output(quiet, verbose).status(f"next: {folder}ecdsl check && ecdsl compile")
