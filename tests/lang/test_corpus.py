"""The rendered diagnostics of broken programs, pinned: what a user reads is part of the design."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecdsl.checking import check_paths
from ecdsl.diagnostics.catalogue import catalogue
from ecdsl.diagnostics.render import render

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests/corpus/invalid").glob("*.obs"))

# Codes that need files which no repository holds (too large, devices, packages), and their tests.
ELSEWHERE = {
    "test_modules.py": {"E101", "E403", "E405", "E406"},
    "test_packages.py": {"E410", "E411"},
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_diagnostic_is_the_pinned_one(path: Path, golden: Callable[[Path, str], None]) -> None:
    found = check_paths([path], ROOT)

    assert path.stem.split("_")[0] in {item.code for item in found}
    golden(path.with_suffix(".expected"), render(list(found)) + "\n")


def test_every_code_of_the_language_has_a_case() -> None:
    codes = {code for code in catalogue() if code[0] in "EW"}

    found = {path.stem.split("_")[0] for path in CASES}
    for name, others in ELSEWHERE.items():
        text = (Path(__file__).parent / name).read_text(encoding="utf-8")
        assert all(f'"{code}"' in text for code in others)
        found |= others
    assert found == codes
    assert len(found) >= 60
