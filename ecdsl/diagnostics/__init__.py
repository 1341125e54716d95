"""Findings with a code, a place and a remedy, and the one renderer that turns them into text."""

from __future__ import annotations

from ecdsl.diagnostics.model import (
    Diagnostic,
    EcdslError,
    InternalError,
    NumericalError,
    Related,
    data_error,
)
from ecdsl.diagnostics.spans import Source, Span

__all__ = [
    "Diagnostic",
    "EcdslError",
    "InternalError",
    "NumericalError",
    "Related",
    "Source",
    "Span",
    "data_error",
]
