"""Hover, definition, references, outline, colours and signatures, within and across files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lsp_client import find
from lsprotocol import types as lsp

if TYPE_CHECKING:
    from lsp_client import Editor

SHAPES = """\
## Side ratios, each open to one side by `width`.
shape ratio(n1 in [1, 3] = 1, width in (0, 0.05] = 0.01) {
  let gap = z2 - n1 * z1
  delta gap within [0, width]
  axis zeta = z1
}
"""
LIBRARY = """\
constant m_top = 172.5 GeV

## Three particles of an e+e- event.
correlator triple_eec {
  order   3
  over    particles
  where   pt > 1 GeV
  measure ee
  weight  E1 * E2 * E3 / Q^3
  sides   z1 <= z2 <= z3
}
"""
MAIN = """\
from lib.correlators import triple_eec, m_top
import shapes
from shapes import ratio as sides_in_ratio

## Right-angled triangles.
observable right = triple_eec | sides_in_ratio(n1 = 1) {
  axis zeta: 20 log bins in [1e-3, 0.3]
}

observable same = triple_eec | shapes.ratio {
  axis zeta: 20 log bins in [1e-3, 0.3]
}

observable heavy = triple_eec | {
  window mass(1, 2) > m_top / 2 and max(z12, z23) < 0.5
  axis far = z3: 20 bins in [0, 1]
}

derive both = right + same
"""


@pytest.fixture(scope="module")
def main(editor: Editor) -> str:
    editor.write("shapes.obs", SHAPES)
    editor.write("lib/correlators.obs", LIBRARY)
    editor.write("main.obs", MAIN)
    uri = editor.open("main.obs")
    editor.codes(uri, [])
    return uri


def hover(editor: Editor, uri: str, text: str, needle: str, occurrence: int = 1) -> str:
    found = editor.at(lsp.TEXT_DOCUMENT_HOVER, uri, find(text, needle, occurrence))
    return "" if found is None else found.contents.value


def test_hover_of_an_observable_has_doc_formula_and_plain_text(editor: Editor, main: str) -> None:
    text = hover(editor, main, MAIN, "‸right =")

    assert "observable right = triple_eec | sides_in_ratio(n1 = 1) {" in text
    assert "Right-angled triangles." in text
    assert r"$$" + "\n" + r"\frac{d\Sigma}{d\zeta} = \left\langle" in text
    assert "delta z2 - n1*z1 within [0, width]" in text


def test_hover_of_derived_arithmetic_has_its_formula(editor: Editor, main: str) -> None:
    assert r"\mathrm{both} = \mathrm{right} + \mathrm{same}" in hover(
        editor, main, MAIN, "derive ‸both"
    )


def test_hover_across_an_import_shows_the_declaration(editor: Editor, main: str) -> None:
    text = hover(editor, main, MAIN, "= ‸triple_eec")

    assert "weight  E1 * E2 * E3 / Q^3" in text
    assert "Three particles of an e+e- event." in text


def test_hover_through_an_alias_shows_what_it_stands_for(editor: Editor, main: str) -> None:
    text = hover(editor, main, MAIN, "| sides_‸in_ratio")

    assert "shape ratio(n1 in [1, 3] = 1" in text


def test_hover_of_a_parameter_shows_its_range(editor: Editor, main: str) -> None:
    text = hover(editor, main, MAIN, "(‸n1 = 1)")

    assert "n1 in [1, 3] = 1" in text
    assert "parameter of `ratio`" in text


@pytest.mark.parametrize(
    ("name", "needle", "kind"),
    [
        ("shapes.obs", "let ‸gap", "let of `ratio`: a pure number, a distance"),
        ("shapes.obs", "axis ‸zeta", "axis of `ratio`: a pure number, a distance"),
        ("shapes.obs", "(‸n1", "parameter of `ratio`: a pure number"),
        ("lib/correlators.obs", "constant ‸m_top", "GeV"),
    ],
)
def test_hover_tells_the_type(editor: Editor, main: str, name: str, needle: str, kind: str) -> None:
    del main
    text = {"shapes.obs": SHAPES, "lib/correlators.obs": LIBRARY}[name]

    assert f"\n\n{kind}" in hover(editor, editor.open(name), text, needle)


@pytest.mark.parametrize(
    ("needle", "meaning"),
    [
        ("‸z12,", "distance of particles 1 and 2"),
        ("‸max(", "`max(x, ...)`: largest argument"),
        ("‸mass(1", "invariant mass of i and j"),
        ("‸z3:", "sides   z1 <= z2 <= z3"),
        ("> ‸m_top", "constant m_top = 172.5 GeV"),
        ("import ‸shapes", "- shape `ratio`"),
    ],
)
def test_hover_of_a_name_in_an_expression(
    editor: Editor, main: str, needle: str, meaning: str
) -> None:
    assert meaning in hover(editor, main, MAIN, needle)


def test_hover_in_where_speaks_of_one_constituent(editor: Editor, main: str) -> None:
    del main
    uri = editor.open("lib/correlators.obs")

    assert "transverse momentum" in hover(editor, uri, LIBRARY, "where   ‸pt")


@pytest.mark.parametrize(
    ("name", "needle", "doc"),
    [
        ("lib/correlators.obs", "over    ‸particles", "all particles"),
        ("lib/correlators.obs", "measure ‸ee", "(1 - cos theta_ij) / 2"),
        ("shapes.obs", "= ‸z2 -", "one of the ordered `sides`"),
    ],
)
def test_hover_of_settings_and_of_sides(
    editor: Editor, main: str, name: str, needle: str, doc: str
) -> None:
    del main
    text = {"shapes.obs": SHAPES, "lib/correlators.obs": LIBRARY}[name]

    assert doc in hover(editor, editor.open(name), text, needle)


@pytest.mark.parametrize("needle", ["‸0.3]", "‸window", "observable‸ right", "‸GeV"])
def test_hover_of_anything_else_is_nothing(editor: Editor, main: str, needle: str) -> None:
    text = MAIN if needle != "‸GeV" else LIBRARY
    uri = main if text is MAIN else editor.open("lib/correlators.obs")

    assert hover(editor, uri, text, needle) == ""


@pytest.mark.parametrize(
    ("needle", "file", "target"),
    [
        ("= ‸triple_eec |", "lib/correlators.obs", "correlator ‸triple_eec"),
        ("| ‸sides_in", "shapes.obs", "shape ‸ratio"),
        ("shapes.‸ratio", "shapes.obs", "shape ‸ratio"),
        ("| ‸shapes", "shapes.obs", "‸## Side"),
        ("(‸n1", "shapes.obs", "(‸n1"),
        ("‸zeta:", "shapes.obs", "axis ‸zeta"),
        ("> ‸m_top", "lib/correlators.obs", "constant ‸m_top"),
        ("= ‸z3", "lib/correlators.obs", "<= ‸z3"),
        ("from ‸lib", "lib/correlators.obs", "‸constant"),
        ("import ‸triple", "lib/correlators.obs", "correlator ‸triple_eec"),
        ("= ‸right +", "main.obs", "observable ‸right"),
    ],
)
def test_definition(editor: Editor, main: str, needle: str, file: str, target: str) -> None:
    texts = {"shapes.obs": SHAPES, "lib/correlators.obs": LIBRARY, "main.obs": MAIN}

    found = editor.at(lsp.TEXT_DOCUMENT_DEFINITION, main, find(MAIN, needle))

    assert found.uri == editor.uri(file)
    start = found.range.start
    assert (start.line, start.character) == find(texts[file], target)


def test_a_name_of_the_language_has_no_definition(editor: Editor, main: str) -> None:
    assert editor.at(lsp.TEXT_DOCUMENT_DEFINITION, main, find(MAIN, "‸max(")) is None


def places(found: list[lsp.Location]) -> set[tuple[str, int]]:
    return {(item.uri.rsplit("/", 1)[1], item.range.start.line) for item in found}


def test_references_reach_files_that_are_not_open(editor: Editor, main: str) -> None:
    del main
    uri = editor.open("shapes.obs")
    context = lsp.ReferenceContext(include_declaration=False)

    found = editor.at(
        lsp.TEXT_DOCUMENT_REFERENCES, uri, find(SHAPES, "shape ‸ratio"), context=context
    )

    assert places(found) == {("main.obs", 2), ("main.obs", 5), ("main.obs", 9)}


def test_references_can_hold_the_declaration(editor: Editor, main: str) -> None:
    context = lsp.ReferenceContext(include_declaration=True)

    found = editor.at(lsp.TEXT_DOCUMENT_REFERENCES, main, find(MAIN, "‸zeta:"), context=context)

    assert places(found) == {("main.obs", 6), ("main.obs", 10), ("shapes.obs", 4)}


def test_highlights_are_those_of_this_file(editor: Editor, main: str) -> None:
    found = editor.at(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, main, find(MAIN, "= ‸right +"))

    assert [(item.range.start.line, item.kind) for item in found] == [
        (5, lsp.DocumentHighlightKind.Write),
        (18, lsp.DocumentHighlightKind.Read),
    ]


def test_outline(editor: Editor, main: str) -> None:
    del main
    uri = editor.open("shapes.obs")

    (shape,) = editor.of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, uri)

    assert (shape.name, shape.detail) == ("ratio", "shape")
    inside = [(item.detail, item.name) for item in shape.children]
    assert inside == [
        ("parameter", "n1"), ("parameter", "width"), ("let", "gap"), ("axis", "zeta")
    ]  # fmt: skip


def test_a_syntax_error_leaves_the_other_symbols_and_those_beside_it(editor: Editor) -> None:
    broken = SHAPES.replace("delta gap", "delta gap )")
    uri = editor.open("broken.obs", broken + "\nshape (\n" + SHAPES.replace("ratio", "second"))
    editor.diagnostics(uri, bool)

    found = editor.of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, uri)

    assert [item.name for item in found] == ["ratio", "second"]
    assert [item.name for item in found[0].children] == ["n1", "width", "gap", "zeta"]
    assert "parameter of `ratio`" in hover(editor, uri, broken, "- ‸n1")


def test_signature_of_a_shape_marks_the_argument(editor: Editor, main: str) -> None:
    text = MAIN.replace("(n1 = 1)", "(n1 = 1, width = ")
    uri = editor.open("calling.obs", text)
    del main

    found = editor.at(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, uri, find(text, "width = ‸"))

    (signature,) = found.signatures
    assert signature.label == "ratio(n1 in [1, 3] = 1, width in (0, 0.05] = 0.01)"
    assert found.active_parameter == 1


def test_signature_of_a_function(editor: Editor, main: str) -> None:
    found = editor.at(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, main, find(MAIN, "z12, ‸z23"))

    assert found.signatures[0].label == "max(x, ...)"
    assert found.active_parameter == 1


def test_colours_tell_what_names_stand_for(editor: Editor, main: str) -> None:
    legend = editor.capabilities.semantic_tokens_provider.legend
    data = editor.of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, main).data

    lines = MAIN.split("\n")
    line = character = 0
    found = {}
    for step, shift, length, kind, modifiers in zip(*[iter(data)] * 5, strict=True):
        line, character = line + step, shift + (0 if step else character)
        word = lines[line][character : character + length]
        names = [name for k, name in enumerate(legend.token_modifiers) if modifiers >> k & 1]
        found[word] = (legend.token_types[kind], *names)
    assert found["lib.correlators"] == ("namespace",)
    assert found["triple_eec"] == ("class",)
    assert found["n1"] == ("parameter",)
    assert found["max"] == ("function", "defaultLibrary")
    assert found["z12"] == ("variable", "defaultLibrary")
    assert found["far"] == ("property", "declaration")
