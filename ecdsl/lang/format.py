"""The one layout of a source: what `ecdsl fmt` writes.

The tokens stay as they are and only what stands between them changes, so a new statement of the
language needs nothing here. What the author decides stays: comments, single blank lines, and where
an expression goes on in the next line.
"""

from __future__ import annotations

from itertools import accumulate, groupby, takewhile
from typing import TYPE_CHECKING

from ecdsl.diagnostics import EcdslError, InternalError, Source
from ecdsl.lang import ast
from ecdsl.lang.layout import CLOSE, OPEN, Row, rows
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
    found = rows(source)
    result = "".join(f"{line}\n" for line in _lines(found, _signs(tree)))
    if _said(rows(Source(name, result))) != _said(found):
        raise InternalError(f"formatting {name} would change its meaning")
    return result


def _said(found: Sequence[Row]) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return what the parser sees, the tokens and which of them start statements; and comments."""
    tokens = [
        (str(token), row.starts and place == 0)
        for row in found
        for place, token in enumerate(row.tokens)
    ]
    return tokens, [row.comment for row in found if row.comment]


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
    cells = [_cells(row, signs) for row in found]
    for run in _blocks(found):
        _align(cells, run, 0)
    for run in _axes(found):
        for column in range(1, len(cells[run[0]]) - 1):
            _align(cells, run, column)
    texts = [
        " " * indent + " ".join(row) for indent, row in zip(_indents(found), cells, strict=True)
    ]
    columns = _comment_columns(found, texts)
    for place, (row, text, column) in enumerate(zip(found, texts, columns, strict=True)):
        if row.blank and place > 0:
            yield ""
        yield f"{text:<{column}}{row.comment}" if row.comment else text


def _indents(found: Sequence[Row]) -> Iterator[int]:
    """Yield how far in each line stands.

    Statements stand in their block. What goes on a statement stands further in than the line that
    opened its bracket; a line that starts with closing brackets stands below the one it closes.
    """
    opened: list[int] = []
    for row in found:
        indent = _STEP * row.level
        closing = len(list(takewhile(lambda token: token.type in CLOSE, row.tokens)))
        if row.continues:
            indent = opened[-1] + _STEP if opened else indent + 2 * _STEP
        if closing:
            indent = opened[-closing]
        yield indent
        for token in row.tokens:
            if token.type in OPEN:
                opened.append(indent)
            elif token.type in CLOSE:
                opened.pop()


def _cells(row: Row, signs: set[int]) -> list[str]:
    """Return the tokens of a line with their spaces, cut where columns may be aligned.

    A statement is cut behind its keyword, an axis also before its `=` and behind its `:`.
    """
    stops = {1} if row.starts and row.level > 0 else set()
    if _form(row):
        stops |= {place for place, token in enumerate(row.tokens) if token.type == "EQUAL"}
        stops |= {place + 1 for place, token in enumerate(row.tokens) if token.type == "COLON"}
    cells: list[list[str]] = [[]]
    for place, token in enumerate(row.tokens):
        if place in stops:
            cells.append([])
        elif place > 0 and not _is_tight(row.tokens[place - 1], token, signs):
            cells[-1].append(" ")
        cells[-1].append(str(token))
    return ["".join(cell) for cell in cells]


def _form(row: Row) -> tuple[str, ...]:
    """Return what an axis consists of, nothing for other lines."""
    if not row.starts or row.tokens[0].type != "AXIS" or row.tokens[-1].type == "COLON":
        return ()
    return tuple(token.type for token in row.tokens if token.type in {"AXIS", "EQUAL", "COLON"})


def _is_tight(before: Token, token: Token, signs: set[int]) -> bool:
    """Whether no space stands between two tokens."""
    return (
        before.type in _TIGHT_AFTER
        or token.type in _TIGHT_BEFORE
        or (before.type, token.type) in _TIGHT_PAIRS
        or before.start_pos in signs
    )


def _blocks(found: Sequence[Row]) -> Iterator[list[int]]:
    """Yield the statements of each block: their values start in one column."""
    numbers = list(accumulate(row.level == 0 for row in found))
    statements = [place for place, row in enumerate(found) if row.starts and row.level > 0]
    for _, run in groupby(statements, key=numbers.__getitem__):
        yield list(run)


def _axes(found: Sequence[Row]) -> Iterator[list[int]]:
    """Yield neighbouring axes of one form: they are set as a table."""
    for form, run in groupby(range(len(found)), key=lambda place: _form(found[place])):
        if form:
            yield list(run)


def _align(cells: list[list[str]], run: Sequence[int], column: int) -> None:
    """Make a column equally wide in some lines."""
    width = max(len(cells[place][column]) for place in run)
    for place in run:
        cells[place][column] = cells[place][column].ljust(width)


def _comment_columns(found: Sequence[Row], texts: Sequence[str]) -> list[int]:
    """Return for each line where its comment starts: one column behind neighbouring lines."""
    columns = [len(text) for text in texts]
    behind = [bool(row.tokens and row.comment) for row in found]
    for is_behind, run in groupby(range(len(found)), key=behind.__getitem__):
        places = list(run)
        if is_behind:
            width = max(len(texts[place]) for place in places) + 2
            for place in places:
                columns[place] = width
    return columns
