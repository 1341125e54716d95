"""Completion, rename and formatting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lsp_client import find
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from ecdsl.lang.format import format_source

if TYPE_CHECKING:
    from lsp_client import Editor

LIBRARY = """\
## Pairs of charged particles.
correlator pair {
  order   2
  over    charged
  measure hadron
  weight  pt1 * pt2 / Q^2
}

constant cut = 1 GeV

## A slice.
shape slice(width in (0, 0.1] = 0.01) {
  let   half = width / 2
  delta z12 - width within [0, half]
  axis  radius = z12
}
"""
HEAD = "from lib import pair, slice, cut\nimport lib\n\n"
SEEN = HEAD + (
    "observable seen = pair | slice(width = 0.02) {\n  axis radius: 20 bins in [0, 1]\n}\n"
)


@pytest.fixture(scope="module", autouse=True)
def library(editor: Editor) -> str:
    editor.write("sub/deep.obs", LIBRARY)
    return editor.write("lib.obs", LIBRARY)


def labels(editor: Editor, text: str, name: str = "typing.obs") -> list[str]:
    """What can be written at the `‸` of a text, best first."""
    return [item.label for item in items(editor, text, name)]


def items(editor: Editor, text: str, name: str = "typing.obs") -> list[lsp.CompletionItem]:
    lines = text.partition("‸")[0].split("\n")
    place = len(lines) - 1, len(lines[-1])
    uri = editor.open(name, text.replace("‸", ""))
    found = editor.at(lsp.TEXT_DOCUMENT_COMPLETION, uri, place)
    return sorted(found, key=lambda item: item.sort_text)


def test_between_declarations_there_are_declarations(editor: Editor) -> None:
    found = labels(editor, SEEN + "\n‸")

    assert set(found) >= {"correlator", "shape", "observable", "derive", "import", "from"}
    assert "weight" not in found
    assert "z12" not in found


def test_a_declaration_brings_its_statements(editor: Editor) -> None:
    (item,) = [item for item in items(editor, "corr‸") if item.label == "correlator"]

    assert item.insert_text_format == lsp.InsertTextFormat.Snippet
    assert "weight  ${5:E1 * E2 / Q^2}" in item.text_edit.new_text


def test_in_a_correlator_there_are_its_statements(editor: Editor) -> None:
    found = labels(editor, "correlator a {\n  order 2\n  ‸\n}\n")

    assert set(found) >= {"over", "measure", "weight", "where", "sides"}
    assert not {"axis", "correlator", "E1"} & set(found)


@pytest.mark.parametrize(
    ("statement", "some"),
    [
        ("over ‸", {"particles", "charged", "subjets"}),
        ("over subjets(algorithm = ‸", {"cambridge", "kt", "antikt"}),
        ("over subjets(‸", {"algorithm", "R"}),
        ("measure ‸", {"ee", "hadron", "chord"}),
        ("tuples ‸", {"distinct", "all", "sets"}),
        ("accept ‸", {"W110", "W301"}),
        ("per ‸", {"jet", "event"}),
        ("where ‸", {"pt", "charge", "pt_jet", "cut", "abs"}),
        ("weight ‸", {"E1", "E2", "Q", "sqrt", "cut"}),
    ],
)
def test_settings_of_a_correlator(editor: Editor, statement: str, some: set[str]) -> None:
    measure = "measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)\n"
    text = f"{HEAD}{measure}correlator a {{\n  order 2\n  {statement}\n}}\n"

    found = set(labels(editor, text))

    assert some <= found
    assert not {"weight", "observable"} & found


def test_names_follow_order_and_measure(editor: Editor) -> None:
    found = labels(editor, HEAD + "observable a = pair | {\n  axis x = ‸\n}\n")

    assert {"pt2", "z12", "dR12", "mass12", "abs"} <= set(found)
    assert not {"pt3", "z13", "theta12"} & set(found)
    assert found.index("z12") < found.index("abs")


def test_names_of_a_shape_are_its_own_too(editor: Editor) -> None:
    text = HEAD + "shape a(w in (0, 1] = 0.5) {\n  let b = 2 * w\n  window z12 < ‸\n}\n"

    assert {"w", "b", "z12", "cut"} <= set(labels(editor, text))


def test_items_say_what_they_are(editor: Editor) -> None:
    found = {i.label: i for i in items(editor, HEAD + "observable a = pair | {\n  axis x = ‸\n}\n")}

    assert "transverse momentum of particle 2" in found["pt2"].documentation.value
    assert found["median"].detail == "median(x, y, z)"


def test_correlators_and_shapes_of_an_observable(editor: Editor) -> None:
    assert {"pair", "lib.pair"} == set(labels(editor, HEAD + "observable a = ‸"))
    assert {"slice", "lib.slice"} <= set(labels(editor, HEAD + "observable a = pair | ‸"))


def test_a_dotted_name_is_completed_as_a_whole(editor: Editor) -> None:
    text = HEAD + "observable a = pair | lib.sl‸"

    (item,) = [item for item in items(editor, text) if item.label == "lib.slice"]

    assert item.text_edit.range.start.character == len("observable a = pair | ")


def test_arguments_of_a_shape(editor: Editor) -> None:
    assert "width" in labels(editor, HEAD + "observable a = pair | slice(‸")
    assert "width" not in labels(editor, HEAD + "observable a = pair | slice(width = ‸")


def test_axes_of_a_shape_and_spacings(editor: Editor) -> None:
    text = HEAD + "observable a = pair | slice {\n  axis ‸\n}\n"

    assert labels(editor, text) == ["radius"]
    spaced = text.replace("axis ‸", "axis radius: 20 ‸")
    assert {"linear", "log", "symlog", "logit", "bins"} <= set(labels(editor, spaced))


def test_arithmetic_of_histograms(editor: Editor) -> None:
    found = labels(editor, SEEN + "derive twice = ‸")

    assert set(found) == {"seen", "reflect", "normalize", "density"}


def test_points_and_primitives_of_a_measure(editor: Editor) -> None:
    found = labels(editor, "measure chord(a, b) = sqrt(1 - ‸")

    assert {"a", "b", "cos", "dphi", "sqrt"} <= set(found)
    assert "z12" not in found


def test_modules_and_their_names(editor: Editor) -> None:
    assert {"lib", "sub.deep", "top.correlators"} <= set(labels(editor, "from ‸"))
    assert {"lib", "sub.deep"} <= set(labels(editor, "import ‸"))
    assert labels(editor, "from lib import ‸") == ["cut", "pair", "slice"]
    assert labels(editor, "from lib import pair, s‸\n" + SEEN) == ["cut", "pair", "slice"]


@pytest.mark.parametrize(
    "text",
    [
        "# corr‸",
        "shape ‸",
        HEAD + "observable a = pair | {\n  axis x = 1‸\n}\n",
        HEAD + "observable a = pair | {\n  let ‸\n}\n",
        "from lib import pair as ‸",
    ],
)
def test_nothing_is_offered_where_anything_can_stand(editor: Editor, text: str) -> None:
    assert labels(editor, text) == []


# --- rename --------------------------------------------------------------------------------------


def rename(editor: Editor, uri: str, place: tuple[int, int], name: str) -> dict[str, list[str]]:
    """The lines that a rename changes, by the name of their file."""
    edit = editor.at(lsp.TEXT_DOCUMENT_RENAME, uri, place, new_name=name)
    return {
        file.rsplit("/", 1)[1]: sorted(
            f"{item.range.start.line}:{item.range.start.character}:{item.new_text}"
            for item in edits
        )
        for file, edits in edit.changes.items()
    }


def refusal(editor: Editor, uri: str, place: tuple[int, int], name: str) -> str:
    with pytest.raises(JsonRpcException) as caught:
        rename(editor, uri, place, name)
    assert caught.value.code == lsp.LSPErrorCodes.RequestFailed
    return str(caught.value.message)


def test_rename_reaches_the_files_that_import(editor: Editor) -> None:
    editor.write("seen.obs", SEEN)
    uri = editor.open("lib.obs")

    assert rename(editor, uri, find(LIBRARY, "correlator ‸pair"), "two") == {
        "lib.obs": ["1:11:two"],
        "seen.obs": ["0:16:two", "3:18:two"],
    }


def test_rename_from_a_use_in_another_file(editor: Editor) -> None:
    uri = editor.open("seen.obs", SEEN)

    assert rename(editor, uri, find(SEEN, "slice(‸width"), "gap") == {
        "lib.obs": ["11:12:gap", "12:15:gap", "13:14:gap"],
        "seen.obs": ["3:31:gap"],
    }
    assert rename(editor, uri, find(SEEN, "axis ‸radius"), "dR")["lib.obs"] == ["14:8:dR"]


def test_rename_in_one_file(editor: Editor) -> None:
    uri = editor.open("lib.obs")

    edits = rename(editor, uri, find(LIBRARY, "‸half"), "most")

    assert edits == {"lib.obs": ["12:8:most", "13:31:most"]}


def test_an_alias_is_renamed_alone(editor: Editor) -> None:
    text = (
        "from lib import pair as two\nobservable a = two | {\n  axis x = z12: 2 bins in [0, 1]\n}"
    )
    uri = editor.open("aliased.obs", text)

    assert rename(editor, uri, find(text, "= ‸two"), "deux") == {
        "aliased.obs": ["0:24:deux", "1:15:deux"]
    }
    edits = rename(editor, editor.open("lib.obs"), find(LIBRARY, "correlator ‸pair"), "duo")
    assert edits["aliased.obs"] == ["0:16:duo"]


@pytest.mark.parametrize(
    ("needle", "name", "reason"),
    [
        ("correlator ‸pair", "slice", "is declared twice"),
        ("correlator ‸pair", "2pair", "is no name"),
        ("correlator ‸pair", "observable", "is a word of the language"),
        ("correlator ‸pair", "", "is no name"),
        ("‸half", "width", "`width`"),
        ("‸half", "z12", "`z12`"),
        ("(‸width", "sqrt", "`sqrt`"),
        ("weight  ‸pt1", "p", "is not declared in a file"),
        ("order   ‸2", "p", "there is no name here"),
    ],
)
def test_a_rename_is_refused_with_the_reason(
    editor: Editor, needle: str, name: str, reason: str
) -> None:
    uri = editor.open("lib.obs")

    assert reason in refusal(editor, uri, find(LIBRARY, needle), name)


def test_a_rename_that_an_importing_file_cannot_bear_is_refused(editor: Editor) -> None:
    editor.write("seen.obs", SEEN)
    uri = editor.open("lib.obs")

    reason = refusal(editor, uri, find(LIBRARY, "correlator ‸pair"), "seen")

    assert reason.startswith("seen.obs: ")


def test_a_rename_that_would_capture_another_name_is_refused(editor: Editor) -> None:
    text = "shape a(w in (0, 1] = 0.5) {\n  window z12 < w * z1\n  axis x = z12\n}\n"
    uri = editor.open("capture.obs", text)

    assert "means something else" in refusal(editor, uri, find(text, "(‸w"), "z1")


def test_prepare_rename_tells_range_or_reason(editor: Editor) -> None:
    uri = editor.open("lib.obs")

    found = editor.at(lsp.TEXT_DOCUMENT_PREPARE_RENAME, uri, find(LIBRARY, "correlator pa‸ir"))

    assert found == lsp.Range(lsp.Position(1, 11), lsp.Position(1, 15))
    with pytest.raises(JsonRpcException, match="not declared in a file"):
        editor.at(lsp.TEXT_DOCUMENT_PREPARE_RENAME, uri, find(LIBRARY, "‸z12 -"))


def test_the_packaged_library_is_not_renamed(editor: Editor) -> None:
    text = "from top.correlators import top_eeec\n"
    uri = editor.open("packaged.obs", text)

    assert "packaged library" in refusal(editor, uri, find(text, "‸top_eeec"), "mine")


# --- formatting ----------------------------------------------------------------------------------


def test_formatting_is_that_of_fmt(editor: Editor) -> None:
    text = "correlator   pair{order 2;over particles\n measure ee\n weight E1*E2/Q^2}\n"
    uri = editor.open("messy.obs", text)
    options = lsp.FormattingOptions(tab_size=4, insert_spaces=True)

    (edit,) = editor.of(lsp.TEXT_DOCUMENT_FORMATTING, uri, options=options)

    assert edit.new_text == format_source(text)
    assert edit.range == lsp.Range(lsp.Position(0, 0), lsp.Position(3, 0))
    editor.change(uri, edit.new_text)
    assert not editor.of(lsp.TEXT_DOCUMENT_FORMATTING, uri, options=options)


def test_a_text_with_errors_is_left_alone(editor: Editor) -> None:
    uri = editor.open("wrong.obs", "correlator {")
    options = lsp.FormattingOptions(tab_size=4, insert_spaces=True)

    assert not editor.of(lsp.TEXT_DOCUMENT_FORMATTING, uri, options=options)
