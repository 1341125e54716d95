"""`ecdsl lsp`: the language server of editors."""

from __future__ import annotations

from typing import Annotated

import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.options import Quiet, Verbose, examples

EXAMPLES = examples("ecdsl lsp", "ecdsl lsp --verbose 2> lsp.log")


@guarded
def lsp(
    *,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Speak over stdin and stdout: the only way there is.")
    ] = True,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Serve an editor: diagnostics, hover, definitions, completion, rename, formatting."""
    import logging

    from ecdsl.editor.server import serve

    del stdio, quiet
    # The protocol has stdout; an editor shows stderr as the log of the server.
    logging.basicConfig(level=logging.DEBUG if verbose else logging.CRITICAL)
    if not serve():
        raise typer.Exit(1)
