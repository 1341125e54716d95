"""A fix that the editor offers mends what it is offered for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecdsl.editor.analysis import analyse

INVALID = Path(__file__).parents[1] / "corpus" / "invalid"


def fixable() -> list[Path]:
    return [
        path
        for path in sorted(INVALID.glob("*.obs"))
        if any(item.replacement is not None for item in analyse(path, INVALID, {}).findings)
    ]


@pytest.mark.parametrize("path", fixable(), ids=lambda path: path.stem)
def test_a_replacement_takes_its_finding_away(path: Path) -> None:
    before = analyse(path, INVALID, {})
    for item in before.findings:
        if item.replacement is None or item.span is None:
            continue
        text = before.source.text
        mended = text[: item.span.start] + item.replacement + text[item.span.end :]

        after = analyse(path, INVALID, {path: mended})

        assert (item.code, item.message) not in {(one.code, one.message) for one in after.findings}


def test_there_are_fixes() -> None:
    assert len(fixable()) > 5
