"""`ecdsl explain`: the page of a diagnostic."""

from __future__ import annotations

from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

EXAMPLES = examples("ecdsl explain E301", "ecdsl explain D104")


@guarded
def explain(
    *,
    code: Annotated[str, typer.Argument(help="A code as diagnostics show it, e.g. E301.")],
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Explain a diagnostic: why it exists, a wrong and a right example."""
    from ecdsl.api import explain as page

    del quiet, verbose
    print(page(code))
