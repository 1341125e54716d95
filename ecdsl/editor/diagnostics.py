"""Findings of the compiler in the editor's form, and the changes that mend them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl import resources
from ecdsl.diagnostics.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.positions import Client

# Things that can go without changing anything: editors fade them out.
_UNNECESSARY = frozenset({"W101", "W102"})


def report(item: Diagnostic, analysis: Analysis, client: Client) -> lsp.Diagnostic:
    """Return a finding for the editor."""
    start = lsp.Position(0, 0)
    link = page(item.code)
    is_warning = item.severity == "warning"
    return lsp.Diagnostic(
        range=lsp.Range(start, start) if item.span is None else client.range(item.span),
        message=_message(item),
        severity=lsp.DiagnosticSeverity.Warning if is_warning else lsp.DiagnosticSeverity.Error,
        code=item.code,
        code_description=None if link is None else lsp.CodeDescription(link),
        source="ecdsl",
        tags=[lsp.DiagnosticTag.Unnecessary] if item.code in _UNNECESSARY else None,
        related_information=[
            lsp.DiagnosticRelatedInformation(
                client.location(analysis.file_of(other.span), other.span), other.label
            )
            for other in item.related
        ],
    )


def _message(item: Diagnostic) -> str:
    """The message with its label, notes and hints below, as the command line shows them."""
    label = [item.label] if item.label else []
    notes = [f"note: {note}" for note in item.notes]
    hints = [f"help: {hint}" for hint in item.hints]
    return "\n".join([item.message, *label, *notes, *hints])


@lru_cache(maxsize=1024)
def page(code: str) -> str | None:
    """Return the address of the page that explains a code, None where it is not installed."""
    file = resources.error_pages()
    entry = catalogue().get(code)
    if entry is None or not file.is_file():
        return None
    heading = f"{entry.code}: {entry.title}".lower().replace(" ", "-")
    return f"{file.as_uri()}#{re.sub(r'[^a-z0-9_-]', '', heading)}"


def code_actions(
    analysis: Analysis, start: int, end: int, shown: Sequence[lsp.Diagnostic], client: Client
) -> list[lsp.CodeAction]:
    """Return the changes that mend the findings between two offsets.

    Args:
        analysis: Of the file.
        start: Offset of the selection's start.
        end: Offset of its end.
        shown: The findings that the editor shows there.
        client: The editor.
    """
    uri = client.uri(analysis.path)
    actions = []
    for item in analysis.findings:
        text = item.replacement
        if text is None or item.span is None or analysis.file_of(item.span) != analysis.path:
            continue
        if item.span.end < start or end < item.span.start:
            continue
        place = client.range(item.span)
        edit = lsp.WorkspaceEdit(changes={uri: [lsp.TextEdit(place, text)]})
        mended = [one for one in shown if one.code == item.code and one.range == place]
        actions.append(
            lsp.CodeAction(
                title=f"Replace `{item.span.text}` with `{text}`",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=mended or None,
                is_preferred=True,
                edit=edit,
            )
        )
    return actions
