"""`ecdsl show`: one stage of the compiler as text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

EXAMPLES = examples(
    "ecdsl show right_isosceles",
    "ecdsl show right_isosceles --stage numba",
    "ecdsl show observables/top/mass.obs:zeta_max --stage latex",
    "ecdsl show right_isosceles --stage graph | dot -Tsvg > plan.svg",
)


class Stage(StrEnum):
    """The stages of the compiler that can be shown."""

    ast = "ast"
    ir = "ir"
    plan = "plan"
    graph = "graph"
    numba = "numba"
    torch = "torch"
    latex = "latex"


@guarded
def show(
    *,
    name: Annotated[str, typer.Argument(help="NAME, FILE.obs:NAME or FILE.obs.")],
    stage: Annotated[Stage, typer.Option(help="Which stage.")] = Stage.ir,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print what the compiler makes of an observable, at any stage."""
    from ecdsl.cli.names import locate
    from ecdsl.project import find_project

    del quiet, verbose
    project = find_project(Path.cwd())
    found = locate(project, name)
    if stage is Stage.ast:
        from ecdsl.lang import show_ast

        print(show_ast(found.path, project.root), end="")
    else:
        from ecdsl.stages import show as show_stage

        text = show_stage(found.path, found.name, stage.value, project_root=project.root)
        print(text, end="" if text.endswith("\n") else "\n")
