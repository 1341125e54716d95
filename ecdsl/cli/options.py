"""Flags that mean the same on every command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecdsl.settings import Beside

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only results and errors.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say also times, and show our own tracebacks.")
]
Build = Annotated[
    Path | None,
    typer.Option("--build", "-b", help="Where outputs go (default: the project's build/)."),
]
Frozen = Annotated[
    bool, typer.Option("--frozen", help="Refuse what does not mean what ecdsl.lock says.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes to use (default: one per core)."),
]


class Format(StrEnum):
    """How a result is printed."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]


LikelihoodOption = Annotated[
    Beside | None,
    typer.Option(
        "--likelihood",
        help="Beside the binned one: the ratio estimator, the Gaussian ansatz, the published"
        " product over tuples, which is not calibrated, or the published fit of histograms"
        " (default: what the settings say).",
    ),
]


def examples(*lines: str) -> str:
    """Return the epilog of a command's help: one example per line."""
    shown = (line.replace("[", r"\[") for line in lines)
    return "\n".join(["[bold]Examples[/bold]", *(f"  $ {line}" for line in shown)])
