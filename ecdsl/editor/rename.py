"""Give a declaration another name, in every file that refers to it.

Whether the new name can stand there is not judged by rules of its own: the files are read again
as they would become, and what the compiler then finds wrong, or what would mean something else,
is the reason to refuse.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ecdsl import resources
from ecdsl.editor.analysis import analyse, analyse_together
from ecdsl.lang.grammar import keywords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecdsl.diagnostics import Span
    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.bindings import Binding, Index, Use
    from ecdsl.editor.positions import Client

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RefusedError(Exception):
    """A name cannot be changed; the message says why."""


def renamable(use: Use | None) -> Binding:
    """Return what a rename at a name would rename.

    Raises:
        RefusedError: It is no name, or one that cannot be changed.
    """
    if use is None:
        raise RefusedError("there is no name here")
    binding = use.binding
    if binding is None:
        raise RefusedError(f"`{use.span.text}` is not declared in a file: it cannot be renamed")
    if binding.kind == "module":
        raise RefusedError("a module is named after its file: rename the file")
    if binding.kind == "side":
        raise RefusedError("shapes know a side by its name: it cannot be renamed from one of them")
    if binding.path.is_relative_to(resources.library()):
        raise RefusedError(f"`{binding.name}` belongs to the packaged library")
    return binding


def rename(
    analysis: Analysis, index: Index, binding: Binding, name: str, client: Client
) -> lsp.WorkspaceEdit:
    """Return the edits that call a declaration, or an alias of one, `name`.

    Args:
        analysis: Of the file where the rename was asked for.
        index: Of all files that may refer to the declaration.
        binding: What is renamed, one of `index`.
        name: The new name.
        client: The editor.

    Raises:
        RefusedError: `name` is no name, is taken, or would mean something else somewhere.
    """
    if name == binding.name:
        return lsp.WorkspaceEdit(changes={})
    if _NAME.fullmatch(name) is None:
        raise RefusedError(f"`{name}` is no name: letters, digits and `_`, no digit first")
    if name in keywords().values():
        raise RefusedError(f"`{name}` is a word of the language")
    # An alias goes on under its own name.
    places: dict[Path, list[Span]] = {}
    for path, use in index.of(binding):
        if use.binding is binding:
            places.setdefault(path, []).append(use.span)
    _check(analysis, index, binding, name, places)
    changes = {
        client.uri(path): [lsp.TextEdit(client.range(span), name) for span in spans]
        for path, spans in places.items()
    }
    return lsp.WorkspaceEdit(changes=changes)


def _check(
    analysis: Analysis,
    index: Index,
    binding: Binding,
    name: str,
    places: Mapping[Path, list[Span]],
) -> None:
    """Refuse a name that makes an error, or that something else is meant by."""
    before, root = analysis.overlay, analysis.root
    after = {**before, **{path: _replaced(spans, name) for path, spans in places.items()}}
    for path in places:
        known = {item.message for item in analyse(path, root, before).findings}
        for item in analyse(path, root, after).findings:
            renamed = item.message.replace(f"`{name}`", f"`{binding.name}`")
            if item.severity == "error" and not known & {item.message, renamed}:
                raise RefusedError(f"{path.name}: {item.message}")
    again = analyse_together(index.uses, root, after)
    for path in places:
        if _meanings(again, path) != _meanings(index, path):
            raise RefusedError(f"{path.name}: `{name}` already means something else there")


def _replaced(spans: list[Span], name: str) -> str:
    """Return a file's text with other names in some places."""
    text = spans[0].source.text
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + name + text[span.end :]
    return text


def _meanings(index: Index, path: Path) -> list[tuple[Path, int] | None]:
    """Return what each name of a file stands for, whatever it and the others are called."""
    order = {
        (where, use.span.start): k
        for where, uses in index.uses.items()
        for k, use in enumerate(uses)
    }
    return [
        None
        if use.binding is None
        else (use.binding.path, order.get((use.binding.path, use.binding.span.start), -1))
        for use in index.uses[path]
    ]
