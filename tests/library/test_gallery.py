from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecdsl.library import entries, find
from ecdsl.library.gallery import index, page
from ecdsl.library.picture import picture

if TYPE_CHECKING:
    from collections.abc import Callable

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
FAMILIES = {key: tuple(group) for key, group in groupby(entries(), lambda e: e.family)}


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_every_observable_has_a_picture(entry) -> None:
    image = (GALLERY / "images" / f"{entry.name}.png").read_bytes()

    assert image.startswith(b"\x89PNG")
    assert 1_000 < len(image) < 40_000


def test_no_picture_is_left_over() -> None:
    found = {path.stem for path in (GALLERY / "images").iterdir()}

    assert found == {entry.name for entry in entries()}


@pytest.mark.parametrize("family", FAMILIES)
def test_page_is_up_to_date(family: str, golden: Callable[[Path, str], None]) -> None:
    golden(GALLERY / f"{family}.md", page(family, FAMILIES[family]))


def test_index_is_up_to_date(golden: Callable[[Path, str], None]) -> None:
    golden(GALLERY / "index.md", index(tuple(FAMILIES.items())))


@pytest.mark.parametrize("name", ["eec_ends", "triangle_plane", "triangle_sides", "aeec"])
def test_draws_any_axes(name: str, spectrum: Callable, few: Callable) -> None:
    filled = spectrum(name, few(find(name).sample, 8))

    assert picture(filled).startswith(b"\x89PNG")
