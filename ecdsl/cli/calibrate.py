"""`ecdsl calibrate`: do the intervals cover, on events they were not made from?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import (
    Build,
    Format,
    FormatOption,
    LikelihoodOption,
    Quiet,
    Verbose,
    Workers,
    examples,
)
from ecdsl.cli.output import Output, shown

EXAMPLES = examples(
    "ecdsl calibrate",
    "ecdsl calibrate zeta_max --format json",
    "ecdsl calibrate --likelihood tuples",
)


@guarded
def calibrate(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Observables (default: all of the project's).")
    ] = None,
    likelihood: LikelihoodOption = None,
    form: FormatOption = Format.text,
    workers: Workers = None,
    build: Build = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Test the coverage of the intervals with pseudo-experiments on independent events."""
    from ecdsl import analysis
    from ecdsl.cli.names import manifests
    from ecdsl.project import find_project
    from ecdsl.report.calibration import coverage_json, print_coverage, write_calibration

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build).with_likelihood(likelihood)
    chosen = manifests(project, names or [], output)
    with output.progress() as progress:
        result = analysis.calibrate(
            project, chosen, project.build, workers=workers, progress=progress
        )
    written = write_calibration(result, project.build)
    if form is Format.json:
        print(json.dumps(coverage_json(result.coverage), indent=2))
    else:
        print_coverage(result.coverage)
    for file in written:
        output.status(f"wrote {shown(file)}")
