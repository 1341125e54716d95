"""`ecdsl validate`: is the surrogate right, on events that it never saw?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Build, Format, FormatOption, Quiet, Verbose, Workers, examples
from ecdsl.cli.output import Output, shown

EXAMPLES = examples("ecdsl validate", "ecdsl validate zeta_max --model dense --format json")


@guarded
def validate(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Observables (default: all of the project's).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="flow, dense, histogram, spline, unweighted or zuko.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="fast, full or published.")] = None,
    form: FormatOption = Format.text,
    workers: Workers = None,
    build: Build = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge a surrogate by held-out events: chi2, and the shift of the parameter it causes."""
    from ecdsl import analysis
    from ecdsl.cli.names import manifests
    from ecdsl.project import find_project
    from ecdsl.report.validation import print_validation, write_validation

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build).with_surrogate(model=model, preset=preset)
    chosen = manifests(project, names or [], output)
    with output.progress() as progress:
        result = analysis.validate(
            project, chosen, project.build, workers=workers, progress=progress
        )
    written = write_validation(result, project.build)
    if form is Format.json:
        rows = [row.model_dump(mode="json") for shape in result.shapes for row in shape.rows]
        print(json.dumps(rows, indent=2))
    else:
        print_validation(result)
    for file in written:
        output.status(f"wrote {shown(file)}")
