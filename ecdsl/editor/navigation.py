"""From a name to its declaration and to its uses, and the outline of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl.editor.bindings import kind_of, name_of
from ecdsl.lang import ast

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.bindings import Binding, Index
    from ecdsl.editor.positions import Client

_SYMBOLS = {
    "correlator": lsp.SymbolKind.Class,
    "shape": lsp.SymbolKind.Interface,
    "observable": lsp.SymbolKind.Object,
    "parameter": lsp.SymbolKind.TypeParameter,
    "let": lsp.SymbolKind.Variable,
    "axis": lsp.SymbolKind.Property,
    "side": lsp.SymbolKind.Field,
    "constant": lsp.SymbolKind.Constant,
    "column": lsp.SymbolKind.Field,
}
_OTHER = lsp.SymbolKind.Function


def definition(analysis: Analysis, offset: int, client: Client) -> lsp.Location | None:
    """Return where the name at an offset is declared; an import leads to its file."""
    use = analysis.index.at(analysis.path, offset)
    if use is None or use.binding is None:
        return None
    binding = use.binding.declared
    return client.location(binding.path, binding.span)


def references(
    index: Index, binding: Binding, client: Client, *, with_declaration: bool
) -> list[lsp.Location]:
    """Return every place that refers to a declaration, through aliases too."""
    return [
        client.location(path, use.span)
        for path, use in index.of(binding.declared)
        if with_declaration or use.role == "refers"
    ]


def highlights(analysis: Analysis, offset: int, client: Client) -> list[lsp.DocumentHighlight]:
    """Return the places in this file that refer to what the name at an offset does."""
    use = analysis.index.at(analysis.path, offset)
    if use is None or use.binding is None:
        return []
    kinds = {"declares": lsp.DocumentHighlightKind.Write, "refers": lsp.DocumentHighlightKind.Read}
    return [
        lsp.DocumentHighlight(client.range(other.span), kinds[other.role])
        for path, other in analysis.index.of(use.binding.declared)
        if path == analysis.path
    ]


def symbols(analysis: Analysis, client: Client) -> list[lsp.DocumentSymbol]:
    """Return the outline of a file: its declarations and what they declare."""
    return [
        found
        for node in analysis.tree.declarations
        if (found := _symbol(node, analysis, client)) is not None
    ]


def _symbol(node: ast.Declaration, analysis: Analysis, client: Client) -> lsp.DocumentSymbol | None:
    known = node.partial if isinstance(node, ast.Broken) and node.partial is not None else node
    if isinstance(known, ast.Import | ast.FromImport):
        return None
    if isinstance(known, ast.Broken):
        return _broken(known, client) if known.name else None
    word = name_of(known)
    if word is None:
        return None
    members = [
        _entry(item.kind, item.name, (_whole(item), item.span), client)
        for item in analysis.index.members(known).values()
    ]
    return _entry(kind_of(known), word.text, (node.span, word.span), client, members)


def _whole(member: Binding) -> Span:
    """A side or a point is one word of many; anything else is its statement."""
    return member.span if member.kind in {"side", "point"} else member.node.span


def _broken(node: ast.Broken, client: Client) -> lsp.DocumentSymbol:
    """The outline keeps a declaration of which nothing but the name is known."""
    kind = node.span.text.split(maxsplit=1)[0]
    return _entry(kind, node.name, (node.span, node.span), client)


def _entry(
    kind: str,
    name: str,
    places: tuple[Span, Span],
    client: Client,
    members: list[lsp.DocumentSymbol] | None = None,
) -> lsp.DocumentSymbol:
    """An entry at two places: the whole declaration, and the name in it."""
    whole, selection = places
    return lsp.DocumentSymbol(
        name=name,
        kind=_SYMBOLS.get(kind, _OTHER),
        range=client.range(whole),
        selection_range=client.range(selection),
        detail=kind,
        children=members or None,
    )
