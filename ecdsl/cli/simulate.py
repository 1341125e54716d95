"""`ecdsl simulate`: real events, clustered to jets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, Workers, examples
from ecdsl.cli.output import Output

EXAMPLES = examples(
    "ecdsl simulate -o events.parquet --param mt=170:180:0.5 --jets 3000",
    "ecdsl simulate -o data.parquet --param mt=173.37 --jets 10000 --seed 7",
    "ecdsl simulate -o lep.parquet --process ee-hadrons --jets 10000",
)

Held = Literal["particles", "charged", "subjets"]


@guarded
def simulate(
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The parquet file to write.")],
    process: Annotated[
        str | None,
        typer.Option(help="ee-ttbar, ee-hadrons, pp-dijet, or a Pythia command file."),
    ] = None,
    scale: Annotated[float | None, typer.Option(help="Collision energy Q in GeV.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE or a grid NAME=LO:HI:STEP; repeatable.")
    ] = None,
    jets: Annotated[
        int | None, typer.Option(min=1, help="Jets (or whole events) per label.")
    ] = None,
    constituents: Annotated[
        Held | None, typer.Option(help="What is kept of each jet; subjets are C/A, R = 0.1.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the whole sample.")] = None,
    workers: Workers = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Simulate events and cluster them to jets; an interrupted run goes on where it stopped."""
    from ecdsl.events.process import constituents_of, load_process
    from ecdsl.events.simulate import simulate as run
    from ecdsl.parameter_values import by_name, parse_parameter
    from ecdsl.project import find_project

    output = Output(quiet, verbose)
    default = find_project(Path.cwd()).simulation
    # The project's scale, parameters and constituents belong to the project's process.
    scale = default.scale if scale is None and process is None else scale
    held = default.constituents if constituents is None and process is None else constituents
    parameters = default.parameters if process is None else {}
    name = process or default.process
    with output.progress() as progress, progress.stage("simulate") as report:
        summary = run(
            out,
            process=load_process(name, scale=scale),
            labels=by_name(parse_parameter(p) for p in param) if param else parameters,
            jets=jets or default.jets,
            seed=default.seed if seed is None else seed,
            workers=workers or os.cpu_count() or 1,
            constituents=constituents_of(held, name),
            progress=report,
        )
    made = "already there" if summary.n_reused == summary.n_shards else "wrote"
    output.status(f"{made}: {out} ({summary.n_jets:,} jets of {summary.n_events:,} events)")
