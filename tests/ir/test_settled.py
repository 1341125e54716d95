"""What a lock pins: the order of what may stand in any order is free, a number is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.ir.fingerprint import observable_fingerprint
from ecdsl.ir.settled import settled
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
constant D0 = 421
correlator c {
  order   2
  over    charged
  where   pt > 1 GeV and (charge > 0 or eta > 0)
  measure hadron
  weight  pt1 * pt2 / pt_jet^2
  window  abs(id1) == D0 and q1 * q2 < 0
}
observable seen = c | {
  let    sum = 3 * z12 + mass12 / (2 * 10 GeV)
  window max(z12, mass12 / pt_jet, 0.1) < 0.5 and sum > 0.2
  delta  z12 - 0.1 within [0, 1]
  delta  deta12 within [0, 2]
  axis   x = mean(dR12, deta12): 3 bins in [0, 1]
}
"""


def fingerprint(folder: Path, text: str) -> str:
    path = folder / "some.obs"
    path.write_text(text, encoding="utf-8")
    (found,) = compile_module(path).observables
    form = settled(found.observable)
    assert settled(form) == form
    return observable_fingerprint(form)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pt1 * pt2 / pt_jet^2", "pt2 * pt1 / pt_jet^2"),
        ("charge > 0 or eta > 0", "eta > 0 or 0 < charge"),
        ("pt > 1 GeV and (charge > 0 or eta > 0)", "(charge > 0 or eta > 0) and 1000 MeV < pt"),
        ("abs(id1) == D0", "D0 == abs(id1)"),
        ("q1 * q2 < 0", "0 > q2 * q1"),
        ("3 * z12 + mass12 / (2 * 10 GeV)", "mass12 / (20 GeV) + z12 * (1 + 2)"),
        ("max(z12, mass12 / pt_jet, 0.1)", "max(max(0.1, z12), mass12 / pt_jet)"),
        ("mean(dR12, deta12)", "mean(deta12, dR12)"),
        (
            "delta  z12 - 0.1 within [0, 1]\n  delta  deta12 within [0, 2]",
            "delta  deta12 within [0, 2]\n  delta  z12 - 0.1 within [0, 1]",
        ),
    ],
)
def test_order_is_free(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    assert fingerprint(tmp_path, TEXT.replace(old, new)) == fingerprint(tmp_path, TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pt1 * pt2 / pt_jet^2", "pt1^2 / pt_jet^2"),
        ("charge > 0 or eta > 0", "charge > 0 and eta > 0"),
        ("pt > 1 GeV", "pt > 1.5 GeV"),
        ("abs(id1) == D0", "abs(id2) == D0"),
        ("q1 * q2 < 0", "q1 * q2 > 0"),
        ("z12 - 0.1 within", "0.1 - z12 within"),
        ("within [0, 2]", "within [0, 3]"),
        ("mean(dR12, deta12)", "max(dR12, deta12)"),
        ("over    charged", "over    particles"),
    ],
)
def test_meaning_is_not(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    assert fingerprint(tmp_path, TEXT.replace(old, new)) != fingerprint(tmp_path, TEXT)
