"""`ecdsl train`: the shared surrogate of each correlator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Build, Quiet, Verbose, Workers, examples
from ecdsl.cli.output import Output

EXAMPLES = examples("ecdsl train", "ecdsl train --model unweighted --preset published")


@guarded
def train(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Observables (default: all of the project's).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="flow, dense, histogram, spline, unweighted or zuko.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="fast, full or published.")] = None,
    workers: Workers = None,
    build: Build = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train the surrogate that all observables of one correlator share; resumes where stopped."""
    from ecdsl import analysis
    from ecdsl.cli.names import manifests
    from ecdsl.project import find_project

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build).with_surrogate(model=model, preset=preset)
    chosen = manifests(project, names or [], output)
    with output.progress() as progress:
        trained = analysis.train(project, chosen, project.build, workers=workers, progress=progress)
    for surrogate in trained:
        print(
            f"{surrogate.correlator_fingerprint[:12]}  {surrogate.model}-{surrogate.preset}"
            f"  {surrogate.n_tuples:,} tuples, thinned: variance x {surrogate.inflation:.2f}"
            f"  validation loss {surrogate.validation_loss[-1]:.4f}"
        )
