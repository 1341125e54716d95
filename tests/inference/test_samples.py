from __future__ import annotations

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.inference.samples import LabelledRows, checked


def sample(value: float, n: int = 50, n_bins: int = 3) -> LabelledRows:
    return LabelledRows(value, np.random.default_rng(int(value)).random((n, n_bins)))


def test_samples_come_back_in_ascending_order() -> None:
    ordered = checked([sample(173), sample(171), sample(172)])
    assert [s.value for s in ordered] == [171, 172, 173]


@pytest.mark.parametrize(
    ("samples", "code", "words"),
    [
        ([sample(171), sample(172)], "D501", "at least 3 simulated values"),
        ([], "D501", "found 0: none"),
        ([sample(171), sample(171), sample(172)], "D501", "same parameter value"),
        ([sample(171), sample(172), sample(173, n=9)], "D502", "the sample at 173: 9 events"),
        ([sample(171), sample(172), sample(173, n_bins=4)], "D504", "(events, 3 bins)"),
        ([sample(171), sample(172), sample(173, n_bins=0)], "D504", "(50, 0)"),
        ([LabelledRows(m, np.ones((50, 3))) for m in (1.0, 2.0, 3.0)], "D503", "says nothing"),
        ([sample(171), sample(172), LabelledRows(np.nan, np.ones((50, 3)))], "D504", "finite"),
    ],
)
def test_unusable_samples_are_refused(samples: list[LabelledRows], code: str, words: str) -> None:
    with pytest.raises(EcdslError) as caught:
        checked(samples)
    assert caught.value.diagnostics[0].code == code
    assert words in caught.value.diagnostics[0].message


@pytest.mark.parametrize("scales", [(1.0,), (0.98, 1.02)])
def test_every_nuisance_needs_three_values_too(scales: tuple[float, ...]) -> None:
    rows = np.random.default_rng(1).random((50, 3))
    grid = [LabelledRows(m, rows, (s,)) for m in (171.0, 172.0, 173.0) for s in scales]
    with pytest.raises(EcdslError, match="3 simulated values of each parameter"):
        checked(grid)
    line = [LabelledRows(m, rows, (m / 172,)) for m in (171.0, 172.0, 173.0)]
    with pytest.raises(EcdslError, match="and a grid of them"):
        checked(line)


def test_a_value_that_is_not_finite_is_named_by_event_and_bin() -> None:
    rows = np.ones((50, 3))
    rows[7, 2] = np.inf
    with pytest.raises(EcdslError, match="event 7 has inf in bin 2"):
        checked([sample(171), sample(172), LabelledRows(173, rows)])
