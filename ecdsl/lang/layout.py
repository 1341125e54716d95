"""Cut a source into the lines of its canonical layout: which tokens and comments share a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lark.lexer import Token

from ecdsl.lang.tokens import cut, lex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.diagnostics import Source

OPEN = {"LPAR", "LSQB"}
CLOSE = {"RPAR", "RSQB"}


@dataclass
class Row:
    """One line.

    Attributes:
        level: How many braces it stands in.
        starts: Whether a declaration or a statement starts here.
        continues: Whether it belongs to a statement that started on a line before.
        blank: Whether a blank line stands before it.
        tokens: What it holds.
        comment: What follows the tokens, or all of the line where there are none.
    """

    level: int
    starts: bool = False
    continues: bool = False
    blank: bool = False
    tokens: list[Token] = field(default_factory=list)
    comment: str = ""


def rows(source: Source) -> list[Row]:
    """Return the lines of a source that has no syntax errors.

    Statements, the closing brace of a block and comments of their own start a line; what goes on
    a statement does where the author broke it. Semicolons are left out: a line ends a statement.
    """
    tokens, _ = lex(source)
    pieces, _ = cut(source, tokens)
    layout = _Layout({start for piece in pieces for start in _starts(piece.tokens)})
    for token in _with_comments(source, tokens):
        layout.take(token)
    return layout.finish()


def _starts(tokens: list[Token]) -> Iterator[int]:
    """Yield where the declarations and statements among some tokens start."""
    before = "_NEWLINE"
    for token in tokens:
        if before in {"_NEWLINE", "SEMICOLON", "LBRACE"} and token.type != "RBRACE":
            yield token.start_pos
        before = token.type


def _with_comments(source: Source, tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens and, from the gaps between them, the comments."""
    end = 0
    for token in tokens:
        if comment := source.text[end : token.start_pos].strip():
            yield Token("COMMENT", comment)
        yield token
        end = token.end_pos
    if comment := source.text[end:].strip():
        yield Token("COMMENT", comment)


class _Layout:
    """The state of `rows`: the open brackets, and the comments that wait for what they precede."""

    def __init__(self, starts: set[int]) -> None:
        self._starts = starts
        self._level = 0
        self._newlines = 0
        self._waiting: list[Row] = []
        self._after_block = False
        self._head = 0
        self.rows: list[Row] = []

    def take(self, token: Token) -> None:
        """Put a token or a comment on its line."""
        match token.type:
            case "_NEWLINE":
                self._newlines += 1
                return
            case "SEMICOLON":
                return
            case "COMMENT":
                self._comment(str(token))
            case "LBRACE":
                self._open_block(token)
            case "RBRACE":
                self._close_block(token)
            case _:
                self._word(token)
        self._newlines = 0

    def finish(self) -> list[Row]:
        """Put the comments after the last declaration at the end and return the lines."""
        self._release(continues=False)
        return self.rows

    def _comment(self, text: str) -> None:
        """Put a comment behind what its line holds, or let it wait for what follows."""
        last = self.rows[-1] if self.rows and not self._waiting else Row(0)
        if self._newlines == 0 and last.tokens and not last.comment:
            last.comment = text
        else:
            self._waiting.append(Row(0, blank=self._newlines > 1, comment=text))

    def _word(self, token: Token) -> None:
        """Put a token on the line at hand, or on a new one where it starts or was broken."""
        starts = token.start_pos in self._starts
        if starts and self._level == 0:
            self._head = len(self.rows)
        if starts or self._newlines:
            blank = starts and self._newlines > 1
            self._release(continues=not starts)
            self._append(Row(self._level, starts, not starts, blank))
        self.rows[-1].tokens.append(token)

    def _open_block(self, token: Token) -> None:
        self.rows[-1].tokens.append(token)
        self.rows[self._head].blank = True
        self._level += 1
        self._release(continues=False)

    def _close_block(self, token: Token) -> None:
        self._release(continues=False)
        self._level -= 1
        if not self._at_brace():
            self._append(Row(self._level))
        self.rows[-1].tokens.append(token)
        self._after_block = True

    def _release(self, *, continues: bool) -> None:
        """Put the comments that wait before what comes next."""
        for row in self._waiting:
            row.level, row.continues = self._level, continues
            row.blank = row.blank and not continues
            self._append(row)
        self._waiting.clear()

    def _append(self, row: Row) -> None:
        """Add a line: a blank one stands before it after a block, none where a block starts."""
        row.blank = self._after_block or (row.blank and not self._at_brace())
        self._after_block = False
        self.rows.append(row)

    def _at_brace(self) -> bool:
        """Whether the last line is the one that opened the block at hand."""
        return bool(self.rows) and [token.type for token in self.rows[-1].tokens[-1:]] == ["LBRACE"]
