"""`ecdsl explain`: the page of a diagnostic, or the list of them."""

from __future__ import annotations

from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

EXAMPLES = examples("ecdsl explain E301", "ecdsl explain D104", "ecdsl explain | grep side")


@guarded
def explain(
    *,
    code: Annotated[
        str | None,
        typer.Argument(help="A code as diagnostics show it, e.g. E301 (default: list them)."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Explain a diagnostic: why it exists, a wrong and a right example."""
    from ecdsl.diagnostics.catalogue import listing, page

    del quiet, verbose
    print(listing() if code is None else page(code))
