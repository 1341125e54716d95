"""Diagnostics are data: what is wrong, where, and what to do about it.

EcdslError           the user's input or surroundings are wrong   exit 1
InternalError        ours: a bug in ecdsl                         exit 3
NumericalError       a numerical check failed                     exit 4
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecdsl.diagnostics.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Related:
    """A second place that explains a diagnostic, e.g. the first of two declarations."""

    span: Span
    label: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: A row of the catalogue, e.g. `"E201"`; `W...` are warnings, `D...` are about data.
        message: What is wrong, one sentence in the field's words, no full stop.
        span: The smallest piece of source that is wrong; None for surroundings (a missing file).
        label: A fragment shown under the caret.
        notes: Facts that help to understand.
        hints: Actions that mend it, text that can be pasted where possible.
        related: Other places that matter.
        replacement: What the text of `span` should be, where that is certain and not a guess.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    replacement: str | None = None

    @property
    def severity(self) -> Severity:
        """`"warning"` for codes that start with W, else `"error"`."""
        return "warning" if self.code.startswith("W") else "error"


class EcdslError(Exception):
    """The user's input or surroundings are wrong; carries every finding, not only the first."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[EcdslError], tuple[tuple[Diagnostic, ...]]]:
        """Cross from a worker process whole: exceptions pickle their message alone."""
        return type(self), (self.diagnostics,)


class NumericalError(Exception):
    """A numerical check failed that is nobody's typo; the message says which check."""


class InternalError(Exception):
    """A bug in ecdsl: an invariant of the compiler does not hold."""


def data_error(
    code: str, message: str, *, hint: str = "", notes: tuple[str, ...] = ()
) -> EcdslError:
    """Return an error about surroundings (files, data) rather than about a place in a source."""
    return EcdslError([Diagnostic(code, message, hints=(hint,) if hint else (), notes=notes)])
