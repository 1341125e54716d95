"""`ecdsl library`: the published observables that come with the package."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Format, FormatOption, Quiet, Verbose, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.library import Entry

EXAMPLES = examples(
    "ecdsl library",
    "ecdsl library charge",
    "ecdsl library 2004.11381",
    "ecdsl library jet_eec",
)


@guarded
def library(
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="The name of an observable to show, or words to search for."),
    ] = None,
    form: FormatOption = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the published observables of the library, search them, or show one."""
    from ecdsl.library import find, search

    del quiet, verbose
    wanted = words or []
    found = search(wanted)
    named = [entry for entry in found if wanted in ([entry.name], [entry.full_name])]
    if not found:
        # Words that describe nothing may be a name that is misspelt.
        find(" ".join(wanted))
    if form is Format.json:
        print(json.dumps([_as_json(entry) for entry in named or found], indent=2))
    elif named:
        _show(named[0])
    else:
        _list(found)


def _list(found: Sequence[Entry]) -> None:
    from rich.table import Table
    from rich.text import Text

    from ecdsl.report.tables import print_table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("module", no_wrap=True)
    table.add_column("name", no_wrap=True, style="bold")
    table.add_column("what it is", overflow="fold")
    table.add_column("reference", overflow="fold")
    for entry in found:
        cells = (entry.module, entry.name, entry.description, entry.reference)
        table.add_row(*map(Text, cells))
    print_table(table)


def _show(entry: Entry) -> None:
    from ecdsl.library import formula, sample

    lines = [
        entry.full_name,
        entry.description,
        "",
        entry.text,
        "",
        f"formula    {formula(entry)}",
        f"reference  {entry.reference}",
        f"sample     {sample(entry.sample)}",
        f"import     from {entry.module} import {entry.name}",
        f"file       {entry.path}",
    ]
    print("\n".join(lines))


def _as_json(entry: Entry) -> dict[str, str | bool]:
    return {**asdict(entry), "path": str(entry.path)}
