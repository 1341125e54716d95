"""`ecdsl compile`: `.obs` files to artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Frozen, Quiet, Verbose, examples
from ecdsl.cli.output import Output, shown

EXAMPLES = examples(
    "ecdsl compile",
    "ecdsl compile observables/top/mass.obs -o build",
    "ecdsl compile --frozen",
)


@guarded
def compile_(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders (default: the project's).")
    ] = None,
    build: Annotated[
        Path | None, typer.Option("-o", "--build", "-b", help="Where artifacts go.")
    ] = None,
    frozen: Frozen = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compile observables to artifacts; what is already there is kept."""
    from ecdsl.cli.sources import sources
    from ecdsl.compiler import compile_paths
    from ecdsl.project import find_project

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build)
    files = sources(project, paths or [])
    if frozen:
        from ecdsl.lock import require_locked

        require_locked(files, project.root, all_of_it=not paths)
    report = compile_paths(files, build=project.build, project_root=project.root)
    output.warnings(report.warnings)
    for observable in (*report.observables, *report.derived):
        time = f"  {observable.seconds:.2f} s" if verbose else ""
        print(
            f"{observable.status:<7} {observable.name:<24} {shown(observable.manifest_path)}{time}"
        )
