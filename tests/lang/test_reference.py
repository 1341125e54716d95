"""The programs in the language reference compile, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecdsl.diagnostics.catalogue import catalogue
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import compile_module, show_ast
from ecdsl.lang.check_bins import SPACINGS
from ecdsl.lang.check_correlator import ALGORITHMS, CONSTITUENTS, TUPLES
from ecdsl.lang.grammar import keywords
from ecdsl.lang.quantities import MEMBERS, PAIRS, PER_JET, SINGLES, SUMS

PAGE = (Path(__file__).parents[2] / "docs/reference/language.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```obs\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("text", PROGRAMS)
def test_program_compiles(text: str, tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_text(text, encoding="utf-8")

    found = compile_module(path)

    assert found.observables
    assert {item.code for item in found.warnings} <= {"W110"}


def test_every_function_is_listed() -> None:
    for name in FUNCTIONS:
        assert f"`{name}`" in PAGE


def test_every_name_is_listed() -> None:
    names = [f"{name}1" for name in MEMBERS] + [f"{name}12" for name in PAIRS]
    names += [*PER_JET, *SUMS, *SINGLES, *SPACINGS, *ALGORITHMS, *CONSTITUENTS, *TUPLES]

    missing = [name for name in names if not re.search(rf"\b{name}\b", PAGE)]

    assert missing == []


def test_every_word_of_the_language_is_listed() -> None:
    page = catalogue()["E108"].text

    for word in keywords().values():
        assert re.search(rf"\b{word}\b", PAGE), word
        assert f"`{word}`" in page, word


def test_tree_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_text("shape any {\n  window 2 * z12 <= 5 GeV\n}\n", encoding="utf-8")

    assert show_ast(path) == "\n".join(
        [
            "File",
            "  Shape",
            "    Word text='any'",
            "    Body",
            "      Window",
            "        Comparison rest=<=",
            "          Product factors=* *",
            "            Number value=2.0",
            "            Name text='z12'",
            "          Number value=5.0 unit='GeV'",
        ]
    )
