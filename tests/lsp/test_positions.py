"""Offsets as positions: units of three encodings, three line ends, positions that do not exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from ecdsl.editor.positions import Positions

ENCODINGS = [item.value for item in lsp.PositionEncodingKind]
TEXT = "# 😀 é é\r\nx"  # an emoji of two UTF-16 units, a letter with a combining accent


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 8), ("utf-16", 6), ("utf-32", 5)])
def test_characters_are_counted_in_the_agreed_units(encoding: str, character: int) -> None:
    positions = Positions("# 😀 é\n", encoding)
    offset = positions.text.index("\n")

    assert offset == 5
    # é is two bytes in UTF-8 and the emoji four.
    wanted = character if encoding != "utf-8" else len("# 😀 é".encode())
    assert positions.position(offset) == lsp.Position(0, wanted)


def test_combining_characters_count_each() -> None:
    text = "e\u0301x"

    assert Positions(text).position(2) == lsp.Position(0, 2)
    assert Positions(text, "utf-8").position(2) == lsp.Position(0, 3)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_protocol_says(end: str) -> None:
    positions = Positions(f"a{end}b")

    assert positions.position(1 + len(end)) == lsp.Position(1, 0)
    assert positions.offset(lsp.Position(0, 99)) == 1


def test_other_line_separators_end_no_line() -> None:
    assert Positions("a\u2028b\x0bc\x0cd").position(6) == lsp.Position(0, 6)


@pytest.mark.parametrize("place", [(0, 3), (9, 9), (0, 2**31 - 1), (2**31 - 1, 0)])
def test_positions_beyond_the_text_are_its_nearest(place: tuple[int, int]) -> None:
    assert Positions("ab").offset(lsp.Position(*place)) == 2


def test_half_a_surrogate_pair_is_survived() -> None:
    for encoding in ENCODINGS:
        assert Positions("a\ud83d b", encoding).position(4).line == 0


@given(st.text(st.sampled_from("ab é😀\u0301\n\r\u2028\ud800"), max_size=30), st.data())
def test_back_and_forth(text: str, data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(ENCODINGS))
    positions = Positions(text, encoding)
    offset = data.draw(st.integers(0, len(text)))
    place = positions.position(offset)

    back = positions.offset(place)

    # Only within `\r\n` is an offset no position.
    assert back == offset or text[back:offset] == "\r"
    assert positions.position(back) == place
