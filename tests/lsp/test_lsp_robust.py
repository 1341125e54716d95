"""No text and no position makes a request fail: mutated programs, nonsense, every feature."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp

from ecdsl import resources
from ecdsl.checking import judgement
from ecdsl.editor import navigation
from ecdsl.editor.analysis import Analysis, analyse, analyse_together
from ecdsl.editor.completion import complete
from ecdsl.editor.diagnostics import code_actions, report
from ecdsl.editor.hover import hover
from ecdsl.editor.positions import Client
from ecdsl.editor.rename import RefusedError, renamable, rename
from ecdsl.editor.semantic import semantic_tokens
from ecdsl.editor.signature import signature_help

if TYPE_CHECKING:
    from lsp_client import Editor

CLIENT = Client(Path.as_uri)
BASES = [
    path.read_text(encoding="utf-8")
    for name in ("top/mass.obs", "shapes/triangles.obs", "std/e3c.obs")
    for path in [resources.library() / name]
] + [
    "measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)\ncolumn x in GeV\nconstant c = 1 GeV\n"
    "correlator p {\n  order 2\n  over subjets(algorithm = kt, R = 0.1)\n  where pt > c\n"
    "  measure chord\n  weight E1 * E2 / Q^2\n  sides s\n  window q1 != q2\n}\n"
    "observable o = p | {\n  let t = s / 2\n  axis a = t: edges [0, 0.1, 1]\n}\n"
    "derive d = o / reflect(o)\n",
]
WORDS = """
{ } ( ) [ ] | = , ; : . ^ + - * / < <= > >= == != # ## 1 0.5 1e999 GeV in as and not import from
correlator shape observable derive measure axis window let delta within weight sides z1 z12 top
top_eeec n1 width o p é 😀
"""
ODD = ("\n", "\r\n", "\r", "\u2028", "\0", "\ud83d", "e\u0301")
PIECES = st.sampled_from([*WORDS.split(), *ODD]) | st.text(max_size=3)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program with a few pieces taken out and others put in."""
    text = draw(st.sampled_from(BASES) | st.text(max_size=40))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 12, len(text))))
        text = text[:start] + draw(PIECES) + text[end:]
    return text


def everything(analysis: Analysis, offset: int, name: str) -> None:
    """Ask for all that the server can be asked for at one offset."""
    text = analysis.source.text
    for item in [*analysis.findings, *judgement(analysis.observables)]:
        found = report(item, analysis, CLIENT)
        assert (found.range.start.line, found.range.start.character) <= (
            found.range.end.line,
            found.range.end.character,
        )
    code_actions(analysis, 0, len(text), [], CLIENT)
    hover(analysis, offset, CLIENT)
    navigation.definition(analysis, offset, CLIENT)
    navigation.highlights(analysis, offset, CLIENT)
    navigation.symbols(analysis, CLIENT)
    complete(analysis, offset, CLIENT, snippets=True)
    signature_help(analysis, offset)
    data = semantic_tokens(analysis, CLIENT).data
    assert all(number >= 0 for number in data), "tokens follow each other"
    with suppress(RefusedError):
        binding = renamable(analysis.index.at(analysis.path, offset))
        index = analyse_together([analysis.path], None, analysis.overlay)
        again = index.at(analysis.path, binding.span.start)
        if again is not None and again.binding is not None:
            rename(analysis, index, again.binding, name, CLIENT)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=programs(), name=PIECES, data=st.data())
def test_no_text_breaks_a_feature(text: str, name: str, data: st.DataObject) -> None:
    path = Path("/nowhere/fuzz.obs")
    analysis = analyse(path, None, {path: text})
    offset = data.draw(st.integers(0, len(text)))

    everything(analysis, offset, name)


REQUESTS = (
    lsp.TEXT_DOCUMENT_HOVER,
    lsp.TEXT_DOCUMENT_DEFINITION,
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT,
    lsp.TEXT_DOCUMENT_COMPLETION,
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=programs(), line=st.integers(0, 40), character=st.integers(0, 99))
def test_no_text_breaks_the_server(editor: Editor, text: str, line: int, character: int) -> None:
    # What is no text cannot be sent at all: half a surrogate pair has no UTF-8.
    uri = editor.open("fuzz.obs", text.encode("utf-8", "replace").decode("utf-8"))

    for method in REQUESTS:
        editor.at(method, uri, (line, character))
    context = lsp.ReferenceContext(include_declaration=True)
    editor.at(lsp.TEXT_DOCUMENT_REFERENCES, uri, (line, character), context=context)
    editor.of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, uri)
    editor.of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, uri)
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    editor.of(lsp.TEXT_DOCUMENT_FORMATTING, uri, options=options)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "shape a {\n" + "let x = 1 + " * 8_000,
        "observable a = b | c(" * 2_000,
        "#" * 500_000,
        "import " + "a." * 10_000,
        "\n" * 30_000,
    ],
    ids=["brackets", "operators", "observables", "comment", "dots", "lines"],
)
def test_hostile_texts_cost_little(text: str) -> None:
    path = Path("/nowhere/hostile.obs")
    analysis = analyse(path, None, {path: text})

    everything(analysis, len(text) // 2, "x")
    everything(analysis, len(text), "x")
