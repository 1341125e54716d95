"""The signature of what is being called: a shape with its parameters, or a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl.editor.cursor import called, find_cursor
from ecdsl.editor.vocabulary import parameters, signature
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark.lexer import Token

    from ecdsl.editor.analysis import Analysis


def signature_help(analysis: Analysis, offset: int) -> lsp.SignatureHelp | None:
    """Return the signature of the innermost call that an offset stands in."""
    cursor = find_cursor(analysis.source.text, offset, in_number=True)
    if cursor is None:
        return None
    opening = called(cursor.statement)
    if not opening or cursor.arguments is None:
        return None
    callee, active = cursor.statement[:opening], len(cursor.arguments) - 1
    if cursor.block is None and cursor.declaration == "OBSERVABLE":
        first = str(cursor.arguments[-1][0]) if cursor.arguments[-1] else ""
        return _shape(analysis, callee, first, active)
    row = FUNCTIONS.get(str(callee[-1]))
    if row is None:
        return None
    names = parameters(row)
    return _help(signature(row), row.doc, names, min(active, len(names) - 1))


def _shape(
    analysis: Analysis, callee: Sequence[Token], first: str, active: int
) -> lsp.SignatureHelp | None:
    bars = [k for k, token in enumerate(callee) if token.type == "VBAR"]
    name = "".join(callee[bars[-1] + 1 :]) if bars else ""
    found = analysis.index.names.get(analysis.path, {}).get(name)
    node = found.declared.node if found is not None else None
    if not isinstance(node, ast.Shape):
        return None
    texts = [item.span.text for item in node.parameters]
    names = [item.name.text for item in node.parameters]
    # An argument by name is that parameter, wherever it stands.
    active = names.index(first) if first in names else active
    return _help(f"{node.name.text}({', '.join(texts)})", node.doc, texts, active)


def _help(label: str, doc: str, names: Sequence[str], active: int) -> lsp.SignatureHelp:
    shown = [lsp.ParameterInformation(name) for name in names]
    information = lsp.SignatureInformation(label, doc or None, shown)
    return lsp.SignatureHelp([information], 0, active)
