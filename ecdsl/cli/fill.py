"""`ecdsl fill`: a histogram of an observable, with its covariance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Build, Quiet, Verbose, Workers, examples
from ecdsl.cli.output import Output, shown
from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = examples(
    "ecdsl fill zeta_max --events events.parquet -o zeta_max.json",
    "ecdsl fill right_isosceles --events a.parquet b.parquet --set n1=1.02 -o tuned.json",
)


@guarded
def fill(
    *,
    name: Annotated[str, typer.Argument(help="NAME, FILE.obs:NAME or FILE.obs.")],
    events: Annotated[list[Path], typer.Option(help="A file of jets; repeatable.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The histogram to write (UHI JSON).")],
    more: Annotated[
        list[Path] | None, typer.Argument(help="More files of jets, after --events FILE.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="PARAMETER=VALUE; repeatable.")
    ] = None,
    workers: Workers = None,
    build: Build = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Fill an observable from files of jets; errors and covariance are from whole events."""
    from ecdsl.cli.names import manifests
    from ecdsl.execute import fill as run
    from ecdsl.files import require_target
    from ecdsl.project import find_project
    from ecdsl.settings import by_name, parse_value

    output = Output(quiet, verbose)
    files = [*events, *(more or [])]
    _keep_events(out, files)
    # Known before hours of filling, not after.
    require_target(out)
    project = find_project(Path.cwd(), build=build)
    (manifest,) = manifests(project, [name], output)
    with output.progress() as progress, progress.stage(f"fill {manifest.name}") as report:
        spectrum = run(
            manifest,
            project.build,
            files,
            parameters=by_name(parse_value(s) for s in setting or []),
            workers=workers or os.cpu_count() or 1,
            progress=report,
        )
    spectrum.write(out)
    output.status(f"wrote {shown(out)}")


def _keep_events(out: Path, events: Sequence[Path]) -> None:
    if out.exists() and any(file.exists() and file.samefile(out) for file in events):
        raise data_error(
            "D324", f"{out} holds the events that are to be filled", hint="choose another name"
        )
