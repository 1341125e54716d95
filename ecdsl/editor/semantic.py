"""Colours by meaning: a name coloured by what it stands for, not by how it is spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl.editor.vocabulary import meaning
from ecdsl.lang import ast

if TYPE_CHECKING:
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.bindings import Use
    from ecdsl.editor.positions import Client

_TYPES = {
    "module": lsp.SemanticTokenTypes.Namespace,
    "correlator": lsp.SemanticTokenTypes.Class,
    "shape": lsp.SemanticTokenTypes.Interface,
    "observable": lsp.SemanticTokenTypes.Class,
    "derive": lsp.SemanticTokenTypes.Class,
    "measure": lsp.SemanticTokenTypes.Function,
    "parameter": lsp.SemanticTokenTypes.Parameter,
    "point": lsp.SemanticTokenTypes.Parameter,
    "let": lsp.SemanticTokenTypes.Variable,
    "side": lsp.SemanticTokenTypes.Variable,
    "constant": lsp.SemanticTokenTypes.Variable,
    "column": lsp.SemanticTokenTypes.Variable,
    "axis": lsp.SemanticTokenTypes.Property,
}
_MODIFIERS = (
    lsp.SemanticTokenModifiers.Declaration,
    lsp.SemanticTokenModifiers.DefaultLibrary,
)
LEGEND = lsp.SemanticTokensLegend(
    token_types=list(dict.fromkeys([*_TYPES.values(), lsp.SemanticTokenTypes.EnumMember])),
    token_modifiers=list(_MODIFIERS),
)
_NUMBERS = {name: k for k, name in enumerate(LEGEND.token_types)}


def semantic_tokens(analysis: Analysis, client: Client) -> lsp.SemanticTokens:
    """Return the names of a file as the protocol packs them: five numbers each, relative."""
    data: list[int] = []
    line = character = 0
    for use in analysis.index.uses.get(analysis.path, []):
        kind = _type(use)
        place = client.range(use.span)
        if kind is None or place.start.line != place.end.line:
            continue
        start = place.start
        step = start.line - line
        data.extend(
            (
                step,
                start.character - (0 if step else character),
                place.end.character - start.character,
                _NUMBERS[kind],
                _modifiers(use),
            )
        )
        line, character = start.line, start.character
    return lsp.SemanticTokens(data)


def _type(use: Use) -> str | None:
    if use.binding is not None:
        return _TYPES.get(use.binding.declared.kind)
    if meaning(use) is None:
        return None
    match use.node:
        case ast.Call():
            return lsp.SemanticTokenTypes.Function
        case ast.Name() | ast.Word():
            return lsp.SemanticTokenTypes.Variable
        case _:
            return lsp.SemanticTokenTypes.EnumMember


def _modifiers(use: Use) -> int:
    """The bits of the modifiers, in the order of the legend."""
    return (use.role == "declares") | (use.binding is None) << 1
