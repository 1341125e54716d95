r"""Offsets of a text as lines and characters of the language server protocol, and back.

Lines end with `\n`, `\r\n` or `\r` (LSP 3.17, "Text Documents"); characters are counted in the
units that client and server agreed on, UTF-16 code units unless the client offers another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecdsl.diagnostics import Span

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Positions:
    """The positions of one text.

    Attributes:
        text: The text.
        encoding: What a position's `character` counts.
    """

    text: str
    encoding: str = lsp.PositionEncodingKind.Utf16

    @cached_property
    def _lines(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Where each line starts, and where it ends without its line end."""
        ends = [(match.start(), match.end()) for match in _LINE_END.finditer(self.text)]
        starts = (0, *(end for _, end in ends))
        return starts, (*(start for start, _ in ends), len(self.text))

    def position(self, offset: int) -> lsp.Position:
        """Return the position of the character at `offset`."""
        starts, ends = self._lines
        line = bisect_right(starts, max(offset, 0)) - 1
        before = self.text[starts[line] : min(max(offset, 0), ends[line])]
        return lsp.Position(line, self._units(before))

    def offset(self, position: lsp.Position) -> int:
        """Return the offset of a position; one that does not exist is the nearest before it."""
        starts, ends = self._lines
        if position.line >= len(starts):
            return len(self.text)
        offset, units = starts[position.line], 0
        while offset < ends[position.line] and units < position.character:
            units += self._units(self.text[offset])
            offset += 1
        return offset

    def range(self, start: int, end: int) -> lsp.Range:
        """Return the range of the characters `[start, end)`."""
        return lsp.Range(self.position(start), self.position(end))

    def _units(self, text: str) -> int:
        # An editor can send half of a surrogate pair, which is no text but must not stop us.
        if self.encoding == lsp.PositionEncodingKind.Utf32:
            return len(text)
        if self.encoding == lsp.PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=64)
def _positions(text: str, encoding: str) -> Positions:
    return Positions(text, encoding)


@dataclass(frozen=True)
class Client:
    """How the editor counts characters and spells addresses.

    Attributes:
        uri: The address of a file.
        encoding: What a position's `character` counts.
    """

    uri: Callable[[Path], str]
    encoding: str = lsp.PositionEncodingKind.Utf16

    def positions(self, text: str) -> Positions:
        """Return the positions of a text."""
        return _positions(text, self.encoding)

    def range(self, span: Span) -> lsp.Range:
        """Return where a span stands in its file."""
        return self.positions(span.source.text).range(span.start, span.end)

    def location(self, path: Path, span: Span) -> lsp.Location:
        """Return where a span of the file `path` stands."""
        return lsp.Location(self.uri(path), self.range(span))
