"""How long work tells how far it is, without knowing whether anyone looks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Progress(Protocol):
    """Announces stages; the command line shows them, a library call may stay silent."""

    def stage(self, title: str) -> AbstractContextManager[Callable[[int, int], None]]:
        """Open a stage, e.g. `"simulate"`; call what it yields with (done, total)."""


class Silent:
    """A `Progress` that shows nothing."""

    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[int, int], None]]:
        """Open a stage that nobody watches."""
        del title
        yield lambda _done, _total: None
