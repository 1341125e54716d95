"""The entry point of the console script: registers the commands, one per file."""

from __future__ import annotations

from typing import Annotated

import typer

from ecdsl.cli import (
    calibrate,
    check,
    compile,  # noqa: A004 - a module named after its command
    explain,
    fill,
    fmt,
    infer,
    library,
    lock,
    lsp,
    new,
    report,
    scan,
    show,
    simulate,
    train,
    validate,
)
from ecdsl.cli.options import examples

app = typer.Typer(
    name="ecdsl",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "ecdsl compile && ecdsl infer",
        "ecdsl check observables",
        "ecdsl show right_isosceles --stage latex",
    ),
)

app.command("check", epilog=check.EXAMPLES)(check.check)
app.command("fmt", epilog=fmt.EXAMPLES)(fmt.fmt)
app.command("compile", epilog=compile.EXAMPLES)(compile.compile_)
app.command("lock", epilog=lock.EXAMPLES)(lock.lock)
app.command("new", epilog=new.EXAMPLES)(new.new)
app.command("show", epilog=show.EXAMPLES)(show.show)
app.command("explain", epilog=explain.EXAMPLES)(explain.explain)
app.command("library", epilog=library.EXAMPLES)(library.library)
app.command("lsp", epilog=lsp.EXAMPLES)(lsp.lsp)
app.command("simulate", epilog=simulate.EXAMPLES)(simulate.simulate)
app.command("fill", epilog=fill.EXAMPLES)(fill.fill)
app.command("train", epilog=train.EXAMPLES)(train.train)
app.command("validate", epilog=validate.EXAMPLES)(validate.validate)
app.command("infer", epilog=infer.EXAMPLES)(infer.infer)
app.command("calibrate", epilog=calibrate.EXAMPLES)(calibrate.calibrate)
app.command("scan", epilog=scan.EXAMPLES)(scan.scan)
app.command("report", epilog=report.EXAMPLES)(report.report)


def _version(wanted: bool) -> None:
    if wanted:
        from ecdsl import __version__

        print(f"ecdsl {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Declare energy-correlator observables, compile them, and infer from them."""
    del version


def run() -> None:
    """Run the command line."""
    app()
