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
    from collections.abc import Callable, Mapping, Sequence

    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.spectrum import Filled

EXAMPLES = examples(
    "ecdsl fill zeta_max --events events.parquet -o zeta_max.json",
    "ecdsl fill right_isosceles --events a.parquet b.parquet --set n1=1.02 -o tuned.json",
    "ecdsl fill e3c_over_e2c --events events.parquet -o ratio.json --plot ratio.png",
)


@guarded
def fill(
    *,
    name: Annotated[str, typer.Argument(help="NAME, FILE.obs:NAME or FILE.obs.")],
    events: Annotated[list[Path], typer.Option(help="A file of jets; repeatable.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The histogram to write (UHI JSON).")],
    plot: Annotated[
        Path | None, typer.Option(help="Draw it with its errors, as PNG or SVG.")
    ] = None,
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
    """Fill an observable from files of jets; errors and covariance are from whole events.

    A derived observable (`derive`) is evaluated on the histograms of its operands, filled together.
    """
    from ecdsl.cli.names import manifest_of
    from ecdsl.files import require_target
    from ecdsl.parameter_values import by_name, parse_value
    from ecdsl.project import find_project

    output = Output(quiet, verbose)
    files = [*events, *(more or [])]
    # Known before hours of filling, not after.
    for target in (out, *([plot] if plot else [])):
        _keep_events(target, files)
        require_target(target)
    if plot:
        from ecdsl.report.filled import save_as, write_figure

        save_as(plot)
    project = find_project(Path.cwd(), build=build)
    manifest = manifest_of(project, name, output)
    with output.progress() as progress, progress.stage(f"fill {manifest.name}") as report:
        filled = _filled(
            manifest,
            project.build,
            files,
            parameters=by_name(parse_value(s) for s in setting or []),
            workers=workers or os.cpu_count() or 1,
            report=report,
        )
    for remark in filled.remarks:
        output.status(f"warning: {manifest.name}: {remark}")
    filled.write(out)
    output.status(f"wrote {shown(out)}")
    if plot:
        output.status(f"wrote {shown(write_figure(filled, plot))}")


def _filled(
    manifest: Manifest | DerivedManifest,
    build: Path,
    events: Sequence[Path],
    *,
    parameters: Mapping[str, float],
    workers: int,
    report: Callable[[int, int], None],
) -> Filled:
    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.derived.fill import fill_derived
    from ecdsl.execute import fill as fill_observable

    if isinstance(manifest, DerivedManifest):
        return fill_derived(
            manifest, build, events, parameters=parameters, workers=workers, progress=report
        )
    return fill_observable(
        manifest, build, events, parameters=parameters, workers=workers, progress=report
    )


def _keep_events(out: Path, events: Sequence[Path]) -> None:
    if out.exists() and any(file.exists() and file.samefile(out) for file in events):
        raise data_error(
            "D324", f"{out} holds the events that are to be filled", hint="choose another name"
        )
