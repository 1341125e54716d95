"""Every code has a page, and the examples on it are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecdsl.checking import check_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.diagnostics.catalogue import catalogue, entry_page, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics.catalogue import Entry

PACKAGE = Path(__file__).parents[2] / "ecdsl"
ENTRIES = catalogue()
EXAMPLES = [entry for entry in ENTRIES.values() if entry.wrong]

STATEMENTS = {
    "order": "order 3",
    "over": "over particles",
    "measure": "measure ee",
    "weight": "weight E1 * E2 * E3 / Q^3",
    "sides": "sides z1 <= z2 <= z3",
}

TRIANGLES = "\n".join(["correlator triangles {", *STATEMENTS.values(), "}", ""])


def program(piece: str) -> str:
    """Put a piece of a program where it belongs."""
    first = piece.split(maxsplit=1)[0]
    if first in {"#", "correlator"}:
        return piece
    if first in {"shape", "observable"} or "\nobservable" in piece:
        return f"{TRIANGLES}{piece}\n"
    if first in {"import", "from"}:
        return f"{piece}\n{program('let unused = z12')}"
    if first in {"constant", "column", "derive"} or piece.startswith("measure chord"):
        return f"{piece}\n{program('let unused = z12')}"
    statements = dict(STATEMENTS)
    if first == "points":
        statements["sides"] = ""
    axis = "" if first == "axis" else "axis zeta = z12: 10 bins in [0, 1]"
    if first in {*statements, "per", "where", "hardest", "points", "accept"}:
        statements[first], piece = piece, ""
    correlator = "\n".join(statements.values())
    return f"correlator c {{\n{correlator}\n}}\nobservable o = c | {{\n{axis}\n{piece}\n}}\n"


def codes(text: str, folder: Path) -> set[str]:
    path = folder / "some.obs"
    path.write_text(text, encoding="utf-8")
    return {item.code for item in check_paths([path])}


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.code)
def test_wrong_example_has_the_code_and_right_example_has_none(
    entry: Entry, tmp_path: Path
) -> None:
    assert entry.code in codes(program(entry.wrong), tmp_path)
    assert not {code for code in codes(program(entry.right), tmp_path) if code[0] != "W"}


def test_every_code_that_is_raised_has_a_page() -> None:
    raised = {
        code
        for path in PACKAGE.rglob("*.py")
        if not path.name.startswith("codes_")
        for code in re.findall(r'"([DEW][0-9]{3})"', path.read_text(encoding="utf-8"))
    }

    assert raised - set(ENTRIES) == set()


def test_pages_are_complete() -> None:
    for entry in ENTRIES.values():
        assert entry.title
        assert entry.why.endswith(".")
        assert entry.text.endswith(".")
        assert bool(entry.wrong) == bool(entry.right)
        assert entry_page(entry).startswith(f"# {entry.code}: {entry.title}")


def test_pages_about_programs_show_one() -> None:
    about_files = {"E101", "E106", "E402", "E403", "E405", "E406", "E410", "E411"}
    without = {entry.code for entry in ENTRIES.values() if not entry.wrong and entry.code[0] != "D"}

    assert without <= about_files


def test_page_is_found_in_small_letters() -> None:
    assert page("e304") == page("E304")


def test_unknown_code_names_one_alike() -> None:
    with pytest.raises(EcdslError, match="D111"):
        page("E999; rm -rf /")


def test_reference_page_is_up_to_date(golden: Callable[[Path, str], None]) -> None:
    kinds = {"E": "Programs", "W": "Warnings", "D": "Surroundings and data"}
    parts = ["# Diagnostics", "Each has a page, which `ecdsl explain CODE` shows too."]
    for letter, title in kinds.items():
        parts.append(f"## {title}")
        pages = (entry_page(entry) for code, entry in ENTRIES.items() if code[0] == letter)
        parts.extend(f"##{text}" for text in pages)
    golden(PACKAGE.parent / "docs/reference/errors.md", "\n\n".join(parts) + "\n")
