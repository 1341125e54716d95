"""What can be written at a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl.editor.candidates import Candidate, keyword, names
from ecdsl.editor.cursor import find_cursor
from ecdsl.lang.grammar import keywords, units

if TYPE_CHECKING:
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.cursor import Cursor
    from ecdsl.editor.positions import Client

_KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "function": lsp.CompletionItemKind.Function,
    "quantity": lsp.CompletionItemKind.Value,
    "setting": lsp.CompletionItemKind.EnumMember,
    "module": lsp.CompletionItemKind.Module,
    "correlator": lsp.CompletionItemKind.Class,
    "shape": lsp.CompletionItemKind.Interface,
    "observable": lsp.CompletionItemKind.Variable,
    "derive": lsp.CompletionItemKind.Variable,
    "parameter": lsp.CompletionItemKind.TypeParameter,
    "let": lsp.CompletionItemKind.Variable,
    "axis": lsp.CompletionItemKind.Property,
    "constant": lsp.CompletionItemKind.Constant,
    "column": lsp.CompletionItemKind.Field,
    "measure": lsp.CompletionItemKind.Function,
}
# Names come before keywords: where both can stand, the names are what is looked for.
_ORDER = {"keyword": "2", "function": "1"}


def complete(
    analysis: Analysis, offset: int, client: Client, *, snippets: bool
) -> list[lsp.CompletionItem]:
    """Return what can be written at an offset.

    Args:
        analysis: Of the file.
        offset: Of the cursor.
        client: The editor.
        snippets: Whether it takes texts with places to fill in.
    """
    text = analysis.source.text
    cursor = find_cursor(text, offset)
    if cursor is None:
        return []
    found = [*_keywords(cursor), *names(cursor, analysis)]
    place = client.positions(text).range(cursor.start, offset)
    unique = {item.label: item for item in reversed(found)}
    return [_item(item, place, snippets=snippets) for item in reversed(unique.values())]


def _keywords(cursor: Cursor) -> list[Candidate]:
    """The words of the language that the grammar takes here; units only behind a number."""
    takes_units = cursor.before == "NUMBER" or cursor.declaration == "COLUMN"
    return [
        keyword(name, text)
        for name, text in keywords().items()
        if name in cursor.accepted and (takes_units or name not in units())
    ]


def _item(item: Candidate, place: lsp.Range, *, snippets: bool) -> lsp.CompletionItem:
    is_snippet = snippets and bool(item.snippet)
    documentation = lsp.MarkupContent(lsp.MarkupKind.Markdown, item.doc) if item.doc else None
    return lsp.CompletionItem(
        label=item.label,
        kind=_KINDS.get(item.kind, lsp.CompletionItemKind.Text),
        detail=item.detail or item.kind,
        documentation=documentation,
        sort_text=_ORDER.get(item.kind, "0") + item.label,
        text_edit=lsp.TextEdit(place, item.snippet if is_snippet else item.label),
        insert_text_format=lsp.InsertTextFormat.Snippet if is_snippet else None,
    )
