"""What is shown over a name: its declaration, its documentation, its formula or its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl.backends.latex import formula
from ecdsl.backends.latex_derived import derived_formula
from ecdsl.editor.type_words import type_of
from ecdsl.editor.vocabulary import meaning
from ecdsl.ir.text import print_observable

if TYPE_CHECKING:
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.bindings import Binding
    from ecdsl.editor.positions import Client

_MAX_LINES = 40


def hover(analysis: Analysis, offset: int, client: Client) -> lsp.Hover | None:
    """Return what is known of the name at an offset."""
    use = analysis.index.at(analysis.path, offset)
    if use is None:
        return None
    text = meaning(use) if use.binding is None else explain(use.binding.declared, analysis)
    if text is None:
        return None
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, text)
    return lsp.Hover(content, client.range(use.span))


def explain(binding: Binding, analysis: Analysis) -> str:
    """Return a declaration as Markdown."""
    if binding.kind == "module":
        return _module(binding, analysis)
    parts = [_code(binding.node.span.text)]
    what = f"{binding.kind} of `{binding.parent}`" if binding.parent else ""
    facts = [fact for fact in (what, type_of(binding, analysis.index)) if fact]
    if facts:
        parts.append(": ".join(facts))
    doc = getattr(binding.node, "doc", "")
    if doc:
        parts.append(_paragraphs(doc))
    if binding.path == analysis.path:
        parts.extend(_formula(binding, analysis))
    return "\n\n".join(parts)


def _formula(binding: Binding, analysis: Analysis) -> list[str]:
    """The formula to be typeset and, for editors that cannot, the meaning as plain text."""
    for item in analysis.observables:
        if item.span == binding.node.span:
            plain = print_observable(item.observable).rstrip()
            return [f"$$\n{formula(item.observable)}\n$$", f"```text\n{plain}\n```"]
    for other in analysis.derived:
        if other.span == binding.node.span:
            return [f"$$\n{derived_formula(other.derived)}\n$$"]
    return []


def _module(binding: Binding, analysis: Analysis) -> str:
    names = analysis.index.names.get(binding.path, {})
    rows = [
        f"- {item.declared.kind} `{name}`" for name, item in names.items() if item.kind != "module"
    ]
    return "\n".join([f"module `{binding.path}`", "", *rows[:_MAX_LINES]])


def _code(text: str) -> str:
    lines = text.splitlines()
    if len(lines) > _MAX_LINES:
        lines = [*lines[:_MAX_LINES], "..."]
    # A text with three backquotes in a comment would end the block.
    shown = "\n".join(lines).replace("```", "'''")
    return f"```obs\n{shown}\n```"


def _paragraphs(doc: str) -> str:
    """Keep the author's line ends, which Markdown would join."""
    return "  \n".join(doc.splitlines())
