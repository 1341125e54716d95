"""`ecdsl scan`: which shape says most about the parameter, and how sure is that?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Build, Format, FormatOption, Quiet, Verbose, Workers, examples
from ecdsl.cli.output import Output, shown

EXAMPLES = examples(
    "ecdsl scan",
    "ecdsl scan right_isosceles --over n1=1:3:0.25 --over n2=1:3:0.25",
    "ecdsl scan right_isosceles --over n1=1:2:0.5 --over n2=1:3:0.5 --trials 40",
    "ecdsl scan --bound",
    "ecdsl scan --merit width",
    "ecdsl scan --events templates.parquet --merit tuple --format json",
)


@guarded
def scan(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Observables (default: all of the project's).")
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(help="A shape parameter's values, NAME=LO:HI:STEP or NAME=VALUE; repeatable."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="Events on a grid of the inferred parameter (default: simulated)."),
    ] = None,
    at: Annotated[
        float | None, typer.Option(help="Where in its range (default: the middle of the prior).")
    ] = None,
    merit: Annotated[
        Literal["event", "tuple", "width", "information"],
        typer.Option(
            help="Rank by what whole events say, or single tuples as if independent; or the leading"
            " shapes by the width of learned posteriors, or the information that these hold."
        ),
    ] = "event",
    trials: Annotated[
        int,
        typer.Option(min=0, help="Shapes to try between the grid's points, where it is best."),
    ] = 0,
    bound: Annotated[
        bool,
        typer.Option("--bound", help="Also what the full correlator and all constituents allow."),
    ] = False,
    form: FormatOption = Format.text,
    workers: Workers = None,
    build: Build = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Rank shapes by the width of the measurement they allow, all filled from the same events."""
    from ecdsl import analysis
    from ecdsl.cli.names import manifests
    from ecdsl.parameter_values import by_name, parse_parameter
    from ecdsl.project import find_project
    from ecdsl.report.scan import print_scan, write_scan

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build)
    grid = by_name(parse_parameter(p) for p in over or [])
    chosen = manifests(project, names or [], output)
    with output.progress() as progress:
        result = analysis.scan(
            project,
            chosen,
            project.build,
            grid=grid,
            events=events,
            at=at,
            merit=merit,
            trials=trials,
            bound=bound,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
    written = write_scan(result, project.build)
    if form is Format.json:
        print(result.model_dump_json(indent=2))
    else:
        print_scan(result)
    if result.left_out:
        output.status(
            f"{len(result.left_out)} shapes could not be judged (see {shown(written[0])})"
        )
    for file in written:
        output.status(f"wrote {shown(file)}")
