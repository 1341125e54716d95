"""The rendered diagnostics of broken programs, pinned: what a user reads is part of the design."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.diagnostics.catalogue import catalogue
from ecdsl.diagnostics.render import render
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics import Diagnostic

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests/corpus/invalid").glob("*.obs"))

# Codes that need more than one readable file: test_modules.py; or that only the passes report.
ELSEWHERE = {"E101", "E403", "E405", "E406", "E410", "E411", "E320", "E321", "E330"}


def diagnostics(path: Path) -> list[Diagnostic]:
    try:
        return list(compile_module(path, ROOT).warnings)
    except EcdslError as error:
        return list(error.diagnostics)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_diagnostic_is_the_pinned_one(path: Path, golden: Callable[[Path, str], None]) -> None:
    found = diagnostics(path)

    assert path.stem.split("_")[0] in {item.code for item in found}
    golden(path.with_suffix(".expected"), render(found) + "\n")


def test_every_code_of_the_language_has_a_case() -> None:
    codes = {code for code in catalogue() if code[0] in "EW"}

    assert {path.stem.split("_")[0] for path in CASES} == codes - ELSEWHERE
