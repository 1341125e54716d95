"""What a command shows besides its result: status, warnings and progress, all on stderr."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import Progress as Bars

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.progress import Progress


def show_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to stderr, in colour on a terminal (unless NO_COLOR is set)."""
    from ecdsl.diagnostics.render import render

    if diagnostics:
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        print(render(diagnostics, color=color), file=sys.stderr)


def shown(path: Path) -> Path:
    """Return a path as short as it can be written from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@dataclass(frozen=True)
class Output:
    """How much a command says: `quiet` only errors, `verbose` also times per stage."""

    quiet: bool
    verbose: bool

    def status(self, text: str) -> None:
        """Say in one line what was done."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def warnings(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Show warnings."""
        if not self.quiet:
            show_diagnostics(diagnostics)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show stages as bars on a terminal; in a pipe only where `verbose`, one line each."""
        if self.quiet:
            yield Silent()
        elif sys.stderr.isatty():
            with _bars() as bars:
                yield _BarStages(bars)
        elif self.verbose:
            yield _LineStages()
        else:
            yield Silent()


@dataclass(frozen=True)
class _BarStages:
    bars: Bars

    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[int, int], None]]:
        task = self.bars.add_task(title, total=None)

        def update(done: int, total: int) -> None:
            self.bars.update(task, completed=done, total=total)

        yield update
        total = next(t.total for t in self.bars.tasks if t.id == task) or 1
        self.bars.update(task, completed=total, total=total)
        self.bars.stop_task(task)


@dataclass(frozen=True)
class _LineStages:
    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[int, int], None]]:
        start = time.perf_counter()
        yield lambda _done, _total: None
        print(f"{title}: {time.perf_counter() - start:.1f} s", file=sys.stderr)


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description:<32}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
