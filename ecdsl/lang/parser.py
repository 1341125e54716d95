"""Parse a source: text -> tokens -> declarations -> syntax tree, with every syntax error in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lark import Token, Tree, UnexpectedToken

from ecdsl.diagnostics import Diagnostic, Source, Span
from ecdsl.lang import ast
from ecdsl.lang.build import build
from ecdsl.lang.grammar import DECLARATIONS, obs_parser
from ecdsl.lang.syntax_errors import explain
from ecdsl.lang.tokens import MAX_NESTING, Piece, cut, lex

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ERRORS = 100
MAX_ERRORS_PER_DECLARATION = 20
_EXAMPLE = """\
correlator eec {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}

observable angles = eec | {
  axis zeta = z12: 50 log bins in [1e-4, 1]
}"""


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """Return the syntax tree of `source` and its syntax errors.

    A declaration with an error is in the tree as `ast.Broken`, so that those that use it can be
    checked without complaints about it. After `MAX_ERRORS` the rest is not looked at.
    """
    whole = Span(source, 0, len(source.text))
    tokens, found = lex(source)
    pieces, too_deep = cut(source, tokens)
    found.extend(too_deep)
    if not pieces:
        return ast.File(whole, ()), found or [_nothing_declared(source)]
    bad_places = [item.span.start for item in found if item.span is not None]
    declarations: list[ast.Declaration] = []
    for piece in pieces:
        if len(found) >= MAX_ERRORS:
            break
        if _holds(piece, bad_places):
            declarations.append(_broken(source, piece))
        elif piece.unclosed:
            declarations.append(_broken(source, piece))
            found.extend(piece.unclosed)
        else:
            parsed, errors = _parse_piece(source, piece)
            deep = _too_deep(parsed)
            found.extend([*errors, *deep])
            if errors or deep:
                declarations.append(_broken(source, piece, () if deep else parsed))
            else:
                declarations.extend(parsed)
    if not declarations and not found:
        # Separators alone are no program either.
        found.append(_nothing_declared(source))
    documented = tuple(_with_doc(item, source) for item in declarations)
    return ast.File(whole, documented), _in_order(found)


def _parse_piece(
    source: Source, piece: Piece
) -> tuple[tuple[ast.Declaration, ...], list[Diagnostic]]:
    """Parse one declaration; after an error, go on without the statement it stands in."""
    tokens = piece.tokens
    errors: list[Diagnostic] = []
    while len(errors) < MAX_ERRORS_PER_DECLARATION:
        try:
            return build(_feed(tokens), source), errors
        except UnexpectedToken as error:
            place = next((i for i, token in enumerate(tokens) if token is error.token), len(tokens))
            errors.append(explain(error, source, tokens[:place]))
            shorter = _without_statement(tokens, place)
            if shorter is None:
                break
            tokens = shorter
    return (), errors


def _feed(tokens: Sequence[Token]) -> Tree[Token]:
    parser = obs_parser().parse_interactive()
    for token in tokens:
        parser.feed_token(token)
    tree: Tree[Token] = parser.feed_eof(tokens[-1] if tokens else None)
    return tree


def _without_statement(tokens: list[Token], place: int) -> list[Token] | None:
    """Drop the statement around `place`; return None where that is the declaration's head."""
    ends = {"_NEWLINE", "SEMICOLON"}
    start = min(place, len(tokens) - 1)
    if start > 0 and tokens[start].type in ends | {"RBRACE"}:
        start -= 1
    while start >= 0 and tokens[start].type not in {*ends, "LBRACE"}:
        start -= 1
    end = max(place, start + 1)
    while end < len(tokens) and tokens[end].type not in {*ends, "RBRACE"}:
        end += 1
    if start < 0 or end >= len(tokens) or end == start + 1:
        return None
    return tokens[: start + 1] + tokens[end:]


def _too_deep(parsed: Sequence[ast.Declaration]) -> list[Diagnostic]:
    """Report the first node below more others than a walk over the tree should have to descend."""
    stack: list[tuple[ast.Node, int]] = [(node, 0) for node in parsed]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_NESTING:
            message = f"expressions are nested more than {MAX_NESTING} deep"
            hint = "name a part of the expression with `let`"
            return [Diagnostic("E106", message, node.span, hints=(hint,))]
        stack.extend((child, depth + 1) for child in ast.children(node))
    return []


def _holds(piece: Piece, places: Sequence[int]) -> bool:
    start, end = piece.tokens[0].start_pos, piece.tokens[-1].end_pos
    return any(start <= place < end for place in places)


def _broken(source: Source, piece: Piece, parsed: tuple[ast.Declaration, ...] = ()) -> ast.Broken:
    first = piece.tokens[0]
    span = Span(source, first.start_pos, piece.tokens[-1].end_pos)
    begins = first.type in {*DECLARATIONS, "MEASURE"}
    named = len(piece.tokens) > 1 and begins and piece.tokens[1].type == "NAME"
    partial = _with_doc(parsed[0], source) if parsed else None
    return ast.Broken(span, str(piece.tokens[1]) if named else "", partial)


def _with_doc(declaration: ast.Declaration, source: Source) -> ast.Declaration:
    """Attach the `##` lines directly above a declaration."""
    if not isinstance(declaration, ast.Documented):
        return declaration
    return replace(declaration, doc=_doc_above(source, declaration.span))


def _doc_above(source: Source, span: Span) -> str:
    line = source.line_column(span.start)[0] - 1
    lines: list[str] = []
    while line >= 1 and source.line_text(line).lstrip().startswith("##"):
        lines.append(source.line_text(line).lstrip().removeprefix("##").strip())
        line -= 1
    return "\n".join(reversed(lines))


def _nothing_declared(source: Source) -> Diagnostic:
    return Diagnostic(
        "E102",
        "nothing is declared in this file",
        Span(source, 0, 0),
        hints=(f"a complete file is\n\n{_EXAMPLE}",),
    )


def _in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(found, key=lambda item: item.span.start if item.span else 0)
