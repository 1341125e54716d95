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
)


class Stage(StrEnum):
    """The stages of the compiler that can be shown."""

    ast = "ast"
    ir = "ir"
    plan = "plan"
    numba = "numba"
    torch = "torch"
    latex = "latex"
    graph = "graph"


@guarded
def show(
    *,
    name: Annotated[str, typer.Argument(help="NAME, FILE.obs:NAME or FILE.obs.")],
    stage: Annotated[Stage, typer.Option(help="Which stage.")] = Stage.ir,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print what the compiler makes of an observable, at any stage."""
    from ecdsl import compiler
    from ecdsl.project import find_project

    del quiet, verbose
    print(compiler.show(name, stage.value, project_root=find_project(Path.cwd()).root))
