"""What is remembered of observables is what would be found again, at its new place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl.checking import judgement
from ecdsl.editor import judging
from ecdsl.editor.analysis import analyse
from ecdsl.editor.judging import Judge

if TYPE_CHECKING:
    import pytest

    from ecdsl.lang import LoweredObservable

TEXT = """\
correlator pair {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}

observable wide = pair | {
  window z12 < 2
  axis   zeta = z12: 50 bins in [0, 1]
}
"""


def lowered(text: str) -> LoweredObservable:
    path = Path("/nowhere/judged.obs")
    (item,) = analyse(path, None, {path: text}).observables
    return item


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged_again(_: object) -> None:
        raise AssertionError("it was judged again")

    monkeypatch.setattr(judging, "judgement", judged_again)


def test_an_observable_that_moved_keeps_its_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge()
    before = judge.findings(lowered(TEXT))
    item = lowered("# a line\n\n" + TEXT.replace("window z12", "window   z12"))
    wanted = tuple(judgement([item]))
    forbid(monkeypatch)

    after = judge.findings(item)

    assert [one.code for one in before] == ["W310"]
    assert after == wanted
    assert after[0].span is not None
    assert after[0].span.text == "z12 < 2"


def test_what_changed_is_judged_again() -> None:
    judge = Judge()
    judge.findings(lowered(TEXT))

    sound = TEXT.replace("  window z12 < 2\n", "")
    assert judge.findings(lowered(sound)) == ()
    assert len(judge.findings(lowered(TEXT.replace("< 2", "< 3")))) == 1


def test_another_wording_of_the_same_is_judged_again() -> None:
    judge = Judge()
    judge.findings(lowered(TEXT))
    item = lowered(TEXT.replace("z12 < 2", "2 > z12"))

    assert judge.findings(item) == tuple(judgement([item]))
