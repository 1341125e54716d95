"""The notebook magic `%%obs`: a cell of `.obs` text, and below it its formulae and plots.

    %load_ext ecdsl

    %%obs --events events.parquet
    from top.correlators import top_eeec
    observable zeta_max = top_eeec | { axis zeta = max(z12, z23, z31): 60 log bins in [1e-3, 0.3] }

The observables are variables of the notebook afterwards: `zeta_max.fill("other.parquet")`. What is
wrong with the cell is shown as the command line shows it, and then nothing is defined.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import display

from ecdsl.api import compile_file, default_build, opened
from ecdsl.diagnostics import EcdslError
from ecdsl.diagnostics.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from ecdsl.api import DerivedObservable, Observable
    from ecdsl.diagnostics import Diagnostic

# What diagnostics call the cell; imports are looked up beside it, in the notebook's folder.
CELL = "cell.obs"


@dataclass(frozen=True)
class Shown:
    """An observable as a notebook displays it.

    Attributes:
        name: The name it was declared under.
        formula: LaTeX.
        picture: PNG of the histogram, where events were given.
    """

    name: str
    formula: str
    picture: bytes | None

    def _repr_markdown_(self) -> str:
        return f"**`{self.name}`**\n\n$$\n{self.formula}\n$$"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the observable in every form a notebook may choose from."""
        bundle: dict[str, Any] = {
            "text/plain": self.name,
            "text/markdown": self._repr_markdown_(),
        }
        return bundle if self.picture is None else bundle | {"image/png": self.picture}


@dataclass(frozen=True)
class Cell:
    """The result of a cell: its observables in the order in which they were declared."""

    observables: tuple[Shown, ...]

    def _repr_markdown_(self) -> str:
        return "\n\n".join(shown._repr_markdown_() for shown in self.observables)

    def _ipython_display_(self) -> None:
        """Show each formula and below it its plot: of one bundle a notebook shows one form only."""
        for shown in self.observables:
            formula = {"text/plain": shown.name, "text/markdown": shown._repr_markdown_()}
            display(formula, raw=True)
            if shown.picture is not None:
                display({"image/png": shown.picture}, raw=True)


def obs(line: str, cell: str, shell: InteractiveShell) -> Cell | None:
    """Compile a cell of observables, show their formulae and, of events, their histograms."""
    arguments = _parser().parse_args(shlex.split(line))
    build = arguments.build or default_build()
    try:
        report = compile_file(Path.cwd() / CELL, build=build, text=cell)
        found = opened(report, build)
        shown = tuple(_shown(observable, arguments.events) for observable in found.values())
    except EcdslError as error:
        _print(error.diagnostics)
        return None
    _print(report.warnings)
    shell.push(found)
    return Cell(shown)


def _shown(observable: Observable | DerivedObservable, events: Sequence[Path]) -> Shown:
    return Shown(observable.name, observable.formula, _picture(observable, events))


def _picture(observable: Observable | DerivedObservable, events: Sequence[Path]) -> bytes | None:
    if not events:
        return None
    from ecdsl.library.picture import picture

    return picture(observable.fill(*events))


def _print(diagnostics: Sequence[Diagnostic]) -> None:
    if diagnostics:
        print(render(diagnostics, color=True), file=sys.stderr)


def _parser() -> MagicArgumentParser:
    parser = MagicArgumentParser(prog="%%obs", description=obs.__doc__)
    parser.add_argument(
        "--events", nargs="+", type=Path, default=[], help="Parquet files of jets to plot."
    )
    parser.add_argument(
        "--build", type=Path, help="Where artifacts go (default: the user's cache)."
    )
    return parser


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register `%%obs`; `%load_ext ecdsl` calls this."""

    def magic(line: str, cell: str) -> Cell | None:
        return obs(line, cell, shell)

    magic.__doc__ = _parser().format_help()
    shell.register_magic_function(magic, "cell", "obs")
