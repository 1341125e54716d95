"""`ecdsl infer`: from events to posteriors and the report."""

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
    Frozen,
    LikelihoodOption,
    Quiet,
    Verbose,
    Workers,
    examples,
)
from ecdsl.cli.output import Output, shown

EXAMPLES = examples(
    "ecdsl compile && ecdsl infer",
    "ecdsl infer zeta_max --format json",
    "ecdsl infer --events observed.parquet",
    "ecdsl infer zeta_max --likelihood tuples",
)


@guarded
def infer(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Observables (default: all of the project's).")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="The observed jets (default: a held-out simulation)."),
    ] = None,
    likelihood: LikelihoodOption = None,
    form: FormatOption = Format.text,
    workers: Workers = None,
    build: Build = None,
    frozen: Frozen = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Infer the parameter from each observable: posteriors, intervals, coverage and a report."""
    from ecdsl import analysis
    from ecdsl.cli.names import choose
    from ecdsl.project import find_project
    from ecdsl.report.store import write_result
    from ecdsl.report.tables import (
        posterior_json,
        print_budget,
        print_nuisances,
        print_posteriors,
    )
    from ecdsl.report.write import write_report

    output = Output(quiet, verbose)
    project = find_project(Path.cwd(), build=build).with_likelihood(likelihood)
    if frozen:
        from ecdsl.lock import require_locked

        require_locked(project.sources, project.root, all_of_it=True)
    chosen = choose(project, names or [], output)
    with output.progress() as progress:
        result = analysis.run(
            project,
            chosen.observables,
            project.build,
            derived=chosen.derived,
            events=events,
            workers=workers,
            progress=progress,
        )
    written = (write_result(result, project.build), *write_report(result, project.build))
    if form is Format.json:
        print(json.dumps(posterior_json(result), indent=2))
    else:
        print_posteriors(result)
        print_budget(result)
        print_nuisances(result)
    for warning in result.warnings:
        output.status(f"warning: {warning}")
    for file in written:
        output.status(f"wrote {shown(file)}")
