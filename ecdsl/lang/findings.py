"""Collect what is wrong in a program, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import Diagnostic, Related
from ecdsl.diagnostics.suggest import with_replacement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.diagnostics import Span


MAX_FINDINGS = 1000


class Findings:
    """Diagnostics in the order in which they were found, not more than can be read.

    A shape is checked on its own and with every correlator that it is used with, so the same
    finding comes up more than once; the second is dropped.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span | None, str], Diagnostic] = {}
        self.errors = 0

    def add(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        label: str = "",
        notes: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
        related: tuple[Related, ...] = (),
    ) -> None:
        """Note one thing that is wrong."""
        self.extend([Diagnostic(code, message, span, label, notes, hints, related)])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note several."""
        for item in diagnostics:
            key = (item.code, item.span, item.message)
            if key in self._found:
                continue
            self.errors += item.severity == "error"
            if len(self._found) < MAX_FINDINGS or self.errors == 1:
                self._found[key] = with_replacement(item)

    def follow(self) -> None:
        """Count an error that is reported elsewhere, so that what depends on it is not sound."""
        self.errors += 1

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found so far."""
        return list(self._found.values())
