"""`ecdsl report`: the page of the last analysis, made again from its stored result."""

from __future__ import annotations

from pathlib import Path

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Build, Quiet, Verbose, examples
from ecdsl.cli.output import Output, shown

EXAMPLES = examples("ecdsl report", "ecdsl report --build elsewhere/build")


@guarded
def report(*, build: Build = None, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Write the HTML page and the summary plot of the last `ecdsl infer`."""
    from ecdsl.project import find_project
    from ecdsl.report.store import read_result
    from ecdsl.report.write import write_report

    project = find_project(Path.cwd(), build=build)
    for file in write_report(read_result(project.build), project.build):
        Output(quiet, verbose).status(f"wrote {shown(file)}")
