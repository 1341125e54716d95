"""Turn diagnostics into text or JSON: the only place that does.

error[E201]: unknown name `z45`
  --> observables/shape.obs:3:10
   |
 3 |   axis x = z45
   |            ^^^ not a name of the correlator
   |
   = note: ...
   = help: ...
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.diagnostics.model import Diagnostic, Related, Severity
    from ecdsl.diagnostics.spans import Span

_TAB = 4
_WIDEST = 160
_LONGEST = 2000
_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"
_SEVERITY_COLOR: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}


def render(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Return diagnostics as text, one block each, with the source line and a caret.

    Args:
        diagnostics: In the order in which they are shown.
        color: Whether the text is for a terminal that shows ANSI colours.
    """
    return "\n\n".join(_Block(item, color).text() for item in diagnostics)


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as JSON objects; lines and columns count from 1, ends are exclusive.

    A diagnostic about surroundings has a `file` of None and no position.
    """
    return [
        {
            "code": item.code,
            "severity": item.severity,
            "message": item.message,
            **_position(item.span),
            "hints": list(item.hints),
        }
        for item in diagnostics
    ]


def _position(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


class _Block:
    """The lines of one diagnostic."""

    def __init__(self, item: Diagnostic, color: bool) -> None:
        self._item = item
        self._color = color
        spans = [related.span for related in item.related]
        spans.extend([item.span] if item.span is not None else [])
        numbers = [span.source.line_column(span.start)[0] for span in spans]
        self._width = len(str(max(numbers, default=1)))
        self._lines: list[str] = []

    def text(self) -> str:
        item = self._item
        severity = self._paint(_SEVERITY_COLOR[item.severity], f"{item.severity}[{item.code}]")
        self._lines.append(severity + self._paint(_BOLD, f": {_printable(item.message)}"))
        if item.span is not None:
            self._excerpt(item.span, item.label, "-->", "^", _SEVERITY_COLOR[item.severity])
        for related in item.related:
            self._related(related)
        if item.span is not None and (item.notes or item.hints):
            self._lines.append(self._gutter())
        for note in item.notes:
            self._remark("note", note)
        for hint in item.hints:
            self._remark("help", hint)
        return "\n".join(self._lines)

    def _related(self, related: Related) -> None:
        self._excerpt(related.span, related.label, ":::", "-", _BLUE)

    def _excerpt(self, span: Span, label: str, arrow: str, mark: str, color: str) -> None:
        """The place, the source line, and the marks under what is meant."""
        line, column = span.source.line_column(span.start)
        place = f"{span.source.name}:{line}:{column}"
        self._lines.append(f"{' ' * self._width}{self._paint(_BLUE, arrow)} {_printable(place)}")
        self._lines.append(self._gutter())
        source = span.source.line_text(line)
        end = min(column - 1 + max(span.end - span.start, 1), max(len(source), column))
        shown, start, length = _window(source, column - 1, end)
        number = self._paint(_BLUE, f"{line:>{self._width}} |")
        self._lines.append(f"{number} {shown}".rstrip())
        marks = self._paint(color, f"{mark * length} {_printable(label)}".rstrip())
        self._lines.append(f"{self._gutter()} {' ' * start}{marks}")

    def _remark(self, word: str, text: str) -> None:
        first, *rest = text.split("\n")
        indent = " " * (self._width + 1)
        self._lines.append(
            f"{indent}{self._paint(_BLUE, '=')} {self._paint(_BOLD, word)}: {_printable(first)}"
        )
        self._lines.extend(f"{indent}{' ' * 8}{_printable(line)}".rstrip() for line in rest)

    def _gutter(self) -> str:
        return self._paint(_BLUE, " " * (self._width + 1) + "|")

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_RESET}" if self._color and text else text


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the visible part of a line, and where in it the marks start and how many there are.

    A very long line is cut around the marks; columns are those of a terminal.
    """
    cut = max(0, start - _WIDEST // 2) if len(line) > _WIDEST else 0
    last = min(len(line), cut + _WIDEST)
    head = "..." if cut else ""
    tail = "..." if last < len(line) else ""
    before, marked = _cells(line[cut:start]), _cells(line[start : min(end, last)])
    return (
        head + _cells(line[cut:last]) + tail,
        len(head) + _columns(before),
        max(_columns(marked), 1),
    )


def _cells(text: str) -> str:
    return _printable(text.replace("\t", " " * _TAB))


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - combining


def _printable(text: str) -> str:
    """Show control characters as a replacement, so that no source can steer a terminal.

    A name of a megabyte is cut: who reads a finding wants to see the next one, too.
    """
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
