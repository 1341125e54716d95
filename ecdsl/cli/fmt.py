"""`ecdsl fmt`: the one layout of `.obs` files."""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

if TYPE_CHECKING:
    from ecdsl.diagnostics import Diagnostic, Source

EXAMPLES = examples(
    "ecdsl fmt",
    "ecdsl fmt observables/top/mass.obs --diff",
    "ecdsl fmt --check observables",
    "ecdsl fmt - < mass.obs",
)
STDIN = Path("-")


@guarded
def fmt(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, folders or - for stdin (default: the project's observables)."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name what would change, and end with 1.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Lay out .obs files in the one canonical way; their meaning and comments stay."""
    from ecdsl.cli.output import Output, show_diagnostics
    from ecdsl.diagnostics import EcdslError
    from ecdsl.lang.format import format_source

    files = _files(paths or [])
    changed = 0
    found: list[Diagnostic] = []
    for file in files:
        try:
            source = _read(file)
            text = format_source(source.text, source.name)
        except EcdslError as error:
            found.extend(error.diagnostics)
            continue
        changed += text != source.text
        if check or diff:
            _show(source, text, names=check, lines=diff)
        else:
            _write(file, source, text)
    show_diagnostics(found)
    word = "would change" if check or diff else "changed"
    Output(quiet, verbose).status(f"{word} {changed} of {len(files)} file(s)")
    if found or (check and changed):
        raise typer.Exit(1)


def _files(paths: list[Path]) -> tuple[Path, ...]:
    """Return what to lay out: without paths the project's observables, never the packaged ones."""
    from ecdsl.cli.sources import obs_files
    from ecdsl.project import OBSERVABLES, project_root

    paths = paths or [(project_root(Path.cwd()) or Path.cwd()) / OBSERVABLES]
    return tuple(f for path in paths for f in ([path] if path == STDIN else obs_files(path)))


def _read(file: Path) -> Source:
    from ecdsl.lang.modules import decoded, read_source

    if file == STDIN:
        return decoded(sys.stdin.buffer.read(), "<stdin>")
    return read_source(file, Path.cwd())


def _show(source: Source, text: str, *, names: bool, lines: bool) -> None:
    if text == source.text:
        return
    if names:
        print(source.name)
    if lines:
        before, after = source.text.split("\n"), text.split("\n")
        print(*unified_diff(before, after, source.name, source.name, lineterm=""), sep="\n")


def _write(file: Path, source: Source, text: str) -> None:
    """Replace a file that changes; what came from stdin goes to stdout."""
    from ecdsl.files import write_atomic

    if file == STDIN:
        sys.stdout.write(text)
    elif text != source.text:
        write_atomic(file, text)
