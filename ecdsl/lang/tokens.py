"""Cut a source into tokens: limits first, then brackets, newlines and declarations.

Everything here is one loop over the tokens and linear in the text, whatever the text is.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lark import UnexpectedCharacters
from lark.lexer import TextSlice, Token

from ecdsl.diagnostics import Diagnostic, Related, Source, Span
from ecdsl.lang.grammar import DECLARATIONS, STARTERS, obs_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TOKENS = 200_000
MAX_NESTING = 100
MAX_LEXICAL_ERRORS = 20

_OPEN = {"LBRACE", "LPAR", "LSQB"}
_CLOSE = {"RBRACE", "RPAR", "RSQB"}
_STARTERS = {*STARTERS, "RBRACE"}
_INFIX = {
    *("PLUS", "TIMES", "DIVIDE", "CIRCUMFLEX", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"),
    *("EQUALS", "DIFFERS", "MINUS", "EQUAL", "COLON", "COMMA", "VBAR", "AND", "OR", "DOT"),
}
_CONTINUES_BEFORE = _INFIX | {"NOT", "IN", "WITHIN"}
_CONTINUES_AFTER = _INFIX | {"WITHIN", "LBRACE"}

_LOOKALIKES = {
    **{"−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/"},
    **{"≤": "<=", "≥": ">=", "²": "^2", "³": "^3", "ζ": "zeta", "θ": "theta", "Δ": "delta"},
    **{"&": "and", "!": "not"},
}


@dataclass
class Piece:
    """The tokens of one declaration, and its brackets that are never closed."""

    tokens: list[Token] = field(default_factory=list)
    unclosed: list[Diagnostic] = field(default_factory=list)


def lex(source: Source) -> tuple[list[Token], list[Diagnostic]]:
    """Return the tokens of `source` and what is wrong with single characters, numbers or limits."""
    tokens: list[Token] = []
    found: list[Diagnostic] = []
    for item in _lex_on(source):
        if isinstance(item, Diagnostic):
            found.append(item)
            if len(found) >= MAX_LEXICAL_ERRORS:
                return [], found
            continue
        tokens.append(item)
        if item.type == "NUMBER" and not math.isfinite(float(item)):
            found.append(_infinite(source, item))
        if len(tokens) > MAX_TOKENS:
            message = f"the file has more than {MAX_TOKENS} words and symbols"
            return [], [Diagnostic("E106", message, _span(source, item), hints=(_SPLIT,))]
    return tokens, found


_SPLIT = "split it into modules and `import` them"


def _lex_on(source: Source) -> Iterator[Token | Diagnostic]:
    """Yield tokens; a character that starts none is reported and skipped."""
    start, end = 0, len(source.text)
    while start < end:
        try:
            yield from obs_parser().lex(TextSlice(source.text, start, end))
        except UnexpectedCharacters as error:
            start = error.pos_in_stream + 1
            while start < end and not source.text[start].isascii():
                start += 1
            yield _unexpected_character(Span(source, error.pos_in_stream, start))
        else:
            return


def _unexpected_character(span: Span) -> Diagnostic:
    character = span.text[0]
    plain = _LOOKALIKES.get(character) or unicodedata.normalize("NFKC", span.text)
    hints: tuple[str, ...] = ()
    replacement = None
    if plain != span.text and plain.isascii():
        hints = (f"write `{plain}`",)
        replacement = plain if len(span.text) == 1 else None
    elif character in "\"'":
        hints = ("there are no quoted texts; modules are imported by name: `from a.b import x`",)
    elif not character.isascii():
        hints = ("names, numbers and operators are written in ASCII",)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    notes = (f"this is U+{ord(character):04X} {name}".rstrip(),) if not character.isascii() else ()
    message = f"unexpected character `{shown}`"
    return Diagnostic("E103", message, span, notes=notes, hints=hints, replacement=replacement)


def _infinite(source: Source, token: Token) -> Diagnostic:
    return Diagnostic("E107", f"`{token}` is too large for a number", _span(source, token))


def _span(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos, token.end_pos)


def cut(source: Source, tokens: list[Token]) -> tuple[list[Piece], list[Diagnostic]]:
    """Cut tokens into declarations and drop the newlines that end no statement.

    A declaration starts on a new line, with a keyword or outside all braces. So an unclosed brace
    is noticed at the next declaration, and an error in one does not reach the next. The second
    part of the result says that brackets are nested too deep; there are no declarations then.
    """
    cutter = _Cutter(source)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        cutter.take(token, following)
        if cutter.too_deep is not None:
            return [], [cutter.too_deep]
    cutter.finish()
    return cutter.pieces, []


class _Cutter:
    """The state of `cut`: the open brackets and the declaration at hand."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: list[Token] = []
        self._line_start = True
        self.pieces: list[Piece] = []
        self.too_deep: Diagnostic | None = None

    def take(self, token: Token, following: Token | None) -> None:
        """Add one token."""
        if token.type == "_NEWLINE":
            self._newline(token, following)
            return
        if self._line_start and (token.type in DECLARATIONS or not self._open):
            self._close_all(token)
            self.pieces.append(Piece())
        self._line_start = False
        self._brackets(token)
        self.pieces[-1].tokens.append(token)

    def finish(self) -> None:
        """End the last declaration."""
        self._close_all(None)

    def _newline(self, newline: Token, following: Token | None) -> None:
        if not self.pieces or following is None or following.type == "_NEWLINE":
            return
        inside = bool(self._open) and self._open[-1].type != "LBRACE"
        if inside and following.type in _STARTERS:
            self._close_inner(following)
        elif inside or self._continues(following):
            return
        self._line_start = True
        tokens = self.pieces[-1].tokens
        if tokens[-1].type not in {"_NEWLINE", "LBRACE"}:
            tokens.append(newline)

    def _continues(self, following: Token) -> bool:
        """Whether a statement goes on over a newline: an operator stands before or after it."""
        tokens = self.pieces[-1].tokens
        if following.type in _STARTERS:
            return False
        return following.type in _CONTINUES_AFTER or tokens[-1].type in _CONTINUES_BEFORE

    def _brackets(self, token: Token) -> None:
        if token.type in _OPEN:
            if token.type == "LBRACE":
                self._close_inner(token)
            self._open.append(token)
            if len(self._open) > MAX_NESTING:
                self.too_deep = Diagnostic(
                    "E106",
                    f"brackets are nested more than {MAX_NESTING} deep",
                    _span(self._source, token),
                    hints=("name a part of the expression with `let`",),
                )
        elif token.type == "RBRACE":
            self._close_inner(token)
            del self._open[-1:]
        elif token.type in _CLOSE and self._open and self._open[-1].type != "LBRACE":
            self._open.pop()

    def _close_inner(self, token: Token) -> None:
        """Report round and square brackets that are still open where they cannot be."""
        while self._open and self._open[-1].type != "LBRACE":
            self._unclosed(self._open.pop(), token)

    def _close_all(self, token: Token | None) -> None:
        while self._open:
            self._unclosed(self._open.pop(), token)

    def _unclosed(self, opening: Token, where: Token | None) -> None:
        closing = {"{": "}", "(": ")", "[": "]"}[str(opening)]
        related: tuple[Related, ...] = ()
        if where is not None:
            related = (
                Related(_span(self._source, where), f"a `{closing}` is missing before this"),
            )
        self.pieces[-1].unclosed.append(
            Diagnostic(
                "E105",
                f"`{opening}` is never closed",
                _span(self._source, opening),
                label=f"no `{closing}` follows",
                hints=(f"add the missing `{closing}`",),
                related=related,
            )
        )
