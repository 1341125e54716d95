"""Where in a program a cursor stands, told from the tokens before it, whatever comes after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lark import UnexpectedToken

from ecdsl.diagnostics import Source
from ecdsl.lang.grammar import DECLARATIONS, obs_parser, spellings
from ecdsl.lang.tokens import cut, lex

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from lark.lexer import Token

_WORD = re.compile(r"[A-Za-z_][\w.]*\Z|\Z")
_LINE = re.compile(r"[\r\n]")
_OPEN = frozenset({"LBRACE", "LPAR", "LSQB"})
_CLOSE = frozenset({"RBRACE", "RPAR", "RSQB"})
_ENDS = frozenset({"_NEWLINE", "SEMICOLON"})


@dataclass(frozen=True)
class Cursor:
    """The place of a cursor.

    Attributes:
        start: Where the word that is being written starts.
        head: The tokens of the declaration up to and with its opening brace; all of them where
            there is none.
        block: The tokens after the opening brace, None outside of braces.
        statement: Those of the statement at hand; outside of braces the same as `head`.
        accepted: The terminals that can stand here.
    """

    start: int
    head: tuple[Token, ...]
    block: tuple[Token, ...] | None
    statement: tuple[Token, ...]
    accepted: Set[str]

    @property
    def declaration(self) -> str:
        """The terminal that starts the declaration, empty between declarations."""
        return self.head[0].type if self.head else ""

    @property
    def keyword(self) -> str:
        """The terminal that starts the statement, empty at its start."""
        return self.statement[0].type if self.statement else ""

    @property
    def before(self) -> str:
        """The terminal directly before the cursor, empty at the start of a statement."""
        return self.statement[-1].type if self.statement else ""

    @property
    def arguments(self) -> list[list[Token]] | None:
        """The tokens of each argument up to the one at hand; None outside of round brackets."""
        opening = called(self.statement)
        if opening is None:
            return None
        found: list[list[Token]] = [[]]
        depth = 0
        for token in self.statement[opening + 1 :]:
            depth += (token.type in _OPEN) - (token.type in _CLOSE)
            if depth == 0 and token.type == "COMMA":
                found.append([])
            else:
                found[-1].append(token)
        return found


def find_cursor(text: str, offset: int, *, in_number: bool = False) -> Cursor | None:
    """Return where a cursor stands, None in a comment and, unless asked for, in a number."""
    line = max((match.end() for match in _LINE.finditer(text, 0, offset)), default=0)
    if "#" in text[line:offset]:
        return None
    word = _WORD.search(text, line, offset)
    start = offset if word is None else word.start()
    if not in_number and start == offset and re.search(r"[\w.]\Z", text[line:offset]):
        return None
    tokens = _tokens(text, start)
    brace = next((k for k in _open_brackets(tokens) if tokens[k].type == "LBRACE"), None)
    if brace is None:
        head, block, statement = tokens, None, tokens
    else:
        head, block = tokens[: brace + 1], tokens[brace + 1 :]
        ends = [k for k, token in enumerate(block) if token.type in _ENDS]
        statement = block[ends[-1] + 1 :] if ends else block
    accepted = _accepted((*head, *statement) if block is not None else head)
    return Cursor(start, head, block, statement, accepted)


def called(tokens: Sequence[Token]) -> int | None:
    """Return the place of the round bracket that is open at the end, if it is the innermost."""
    places = _open_brackets(tokens)
    return places[-1] if places and tokens[places[-1]].type == "LPAR" else None


def _open_brackets(tokens: Sequence[Token]) -> list[int]:
    """Return the places of the brackets that are open at the end, the innermost last."""
    places: list[int] = []
    for place, token in enumerate(tokens):
        if token.type in _OPEN:
            places.append(place)
        elif token.type in _CLOSE and places:
            places.pop()
    return places


def _tokens(text: str, start: int) -> tuple[Token, ...]:
    """Return the tokens of the declaration at hand before `start`."""
    words = "|".join(re.escape(spellings()[name]) for name in DECLARATIONS)
    pattern = re.compile(rf"(?m)(?:^|(?<=\r))[ \t]*(?:{words})\b")
    begin = max((match.start() for match in pattern.finditer(text, 0, start)), default=0)
    # A name where the cursor is tells which newlines before it end a statement.
    source = Source("", text[begin:start] + "_")
    pieces, _ = cut(source, lex(source)[0])
    return tuple(pieces[-1].tokens[:-1]) if pieces else ()


def _accepted(tokens: Sequence[Token]) -> Set[str]:
    parser = obs_parser().parse_interactive()
    try:
        for token in tokens:
            parser.feed_token(token)
    except UnexpectedToken:
        return frozenset()
    accepted: set[str] = parser.accepts()
    return accepted
