"""The one layout of a source: what `ecdsl fmt` writes.

The tokens stay as they are and only what stands between them changes, so a new statement of the
language needs nothing here. What the author decides stays: comments, single blank lines, and where
an expression goes on in the next line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import EcdslError, InternalError, Source
from ecdsl.lang import ast
from ecdsl.lang.layout import Row, rows
from ecdsl.lang.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lark.lexer import Token

_STEP = 2
_TIGHT_AFTER = {"LPAR", "LSQB", "DOT", "CIRCUMFLEX"}
_TIGHT_BEFORE = {"RPAR", "RSQB", "COMMA", "COLON", "DOT", "CIRCUMFLEX"}
_TIGHT_PAIRS = {("NAME", "LPAR"), ("LBRACE", "RBRACE")}


def format_source(text: str, name: str = "source.obs") -> str:
    """Return a source in the canonical layout.

    Formatting twice is formatting once, the syntax tree stays equal, and every comment stays with
    the statement that it stood before or behind.

    Args:
        text: The source.
        name: What diagnostics call it.

    Raises:
        EcdslError: Every syntax error of the source.
    """
    source = Source(name, text)
    tree, errors = parse(source)
    if errors:
        raise EcdslError(errors)
    result = "".join(f"{line}\n" for line in _lines(rows(source), _signs(tree)))
    if parse(Source(name, result))[0] != tree:
        raise InternalError(f"formatting {name} would change its meaning")
    return result


def _signs(tree: ast.File) -> set[int]:
    """Return where the minus is a sign, not a difference."""
    found: set[int] = set()
    stack: list[ast.Node] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Minus):
            found.add(node.span.start)
        stack.extend(ast.children(node))
    return found


def _lines(found: Sequence[Row], signs: set[int]) -> Iterator[str]:
    """Yield the lines of the result."""
    widths = _keyword_widths(found)
    texts = [
        " " * _indent(row) + _text(row, signs, width)
        for row, width in zip(found, widths, strict=True)
    ]
    columns = _comment_columns(found, texts)
    for place, (row, text, column) in enumerate(zip(found, texts, columns, strict=True)):
        if row.blank and place > 0:
            yield ""
        yield f"{text:<{column}}{row.comment}" if row.comment else text


def _indent(row: Row) -> int:
    """Statements stand in their block, what goes on a statement further in, by its brackets."""
    if row.starts or not row.continues:
        return _STEP * row.level
    closing = bool(row.tokens) and row.tokens[0].type in {"RPAR", "RSQB"}
    return _STEP * (row.level + (row.depth - closing if row.depth else 2))


def _text(row: Row, signs: set[int], width: int) -> str:
    """Return the tokens of a row with the spaces between them.

    Args:
        row: The row.
        signs: Where a minus is a sign.
        width: The column in which the second token starts at least.
    """
    text = ""
    before: Token | None = None
    for token in row.tokens:
        if before is not None and not _is_tight(before, token, signs):
            text = f"{text:<{width}} " if before is row.tokens[0] else f"{text} "
        text += str(token)
        before = token
    return text


def _is_tight(before: Token, token: Token, signs: set[int]) -> bool:
    """Whether no space stands between two tokens."""
    return (
        before.type in _TIGHT_AFTER
        or token.type in _TIGHT_BEFORE
        or (before.type, token.type) in _TIGHT_PAIRS
        or before.start_pos in signs
    )


def _keyword_widths(found: Sequence[Row]) -> list[int]:
    """Return for each row how wide its keyword is set: one width in a block, none outside."""
    widths = [0] * len(found)
    start = 0
    for place in range(len(found) + 1):
        if place < len(found) and found[place].level > 0:
            continue
        block = found[start:place]
        width = max((len(row.tokens[0]) for row in block if row.starts), default=0)
        widths[start:place] = [width if row.starts else 0 for row in block]
        start = place + 1
    return widths


def _comment_columns(found: Sequence[Row], texts: Sequence[str]) -> list[int]:
    """Return for each row where its comment starts: one column behind neighbouring lines."""
    columns = [len(text) for text in texts]
    start = 0
    for place in range(len(found) + 1):
        if place < len(found) and found[place].tokens and found[place].comment:
            continue
        column = max((len(text) for text in texts[start:place]), default=0) + 2
        columns[start:place] = [column] * (place - start)
        start = place + 1
    return columns
