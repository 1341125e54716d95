from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events.batch import JetBatch, concatenate, precedence, select, take_jets, validate
from ecdsl.ir import nodes as ir

if TYPE_CHECKING:
    from numpy.typing import NDArray


def batch() -> JetBatch:
    """Three jets of two events; the second jet is empty."""
    return JetBatch(
        offsets=np.array([0, 2, 2, 5]),
        px=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        py=np.zeros(5),
        pz=np.zeros(5),
        energy=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        charge=np.array([0.0, 1.0, -1.0, 0.0, 1.0]),
        scale=np.array([10.0, 10.0, 20.0]),
        event=np.array([4, 4, 9]),
        labels={"mt": np.array([170.0, 170.0, 180.0])},
        constituents=ir.Particles(),
    )


def spoiled(column: str, row: int, value: float) -> JetBatch:
    values: NDArray[np.float64] = getattr(batch(), column).copy()
    values[row] = value
    changes: dict[str, Any] = {column: values}
    return replace(batch(), **changes)


def test_events_are_counted_within_the_batch() -> None:
    index, n_events = batch().event_index()
    assert index.tolist() == [0, 0, 1]
    assert n_events == 2


def test_an_empty_batch_has_no_events() -> None:
    index, n_events = take_jets(batch(), np.zeros(3, dtype=bool)).event_index()
    assert len(index) == 0
    assert n_events == 0


def test_a_physical_batch_is_valid() -> None:
    assert validate(batch(), "test").n_jets == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200, -1e20])
@pytest.mark.parametrize("column", ["px", "py", "pz", "energy"])
def test_momenta_must_be_finite(column: str, value: float) -> None:
    with pytest.raises(EcdslError, match="D301: jets: event 9, constituent 1 has"):
        validate(spoiled(column, 3, value), "jets")


@pytest.mark.parametrize("value", [-4.0, 3.9])
def test_energies_below_the_momentum_are_refused(value: float) -> None:
    with pytest.raises(EcdslError, match="D302"):
        validate(spoiled("energy", 3, value), "jets")


def test_rounding_of_massless_particles_is_accepted() -> None:
    validate(spoiled("energy", 3, 4.0 * (1 - 1e-7)), "jets")


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_the_scale_must_be_positive(value: float) -> None:
    with pytest.raises(EcdslError, match="D303: jets: event 9"):
        validate(spoiled("scale", 2, value), "jets")


def test_jets_are_selected_by_their_label() -> None:
    chosen = select(batch(), {"mt": 180.0})
    assert chosen.offsets.tolist() == [0, 3]
    assert chosen.px.tolist() == [3.0, 4.0, 5.0]
    assert chosen.charge is not None
    assert chosen.charge.tolist() == [-1.0, 0.0, 1.0]
    assert chosen.event.tolist() == [9]


def test_a_label_value_that_does_not_occur_selects_nothing() -> None:
    assert select(batch(), {"mt": 175.0}).n_jets == 0


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(EcdslError, match=r"D313.*theirs are: mt"):
        select(batch(), {"mtop": 170.0})


def test_parts_of_a_batch_make_the_batch() -> None:
    whole = batch()
    parts = [take_jets(whole, np.arange(3) < 2), take_jets(whole, np.arange(3) >= 2)]
    again = concatenate(parts)
    for column in ("offsets", "px", "energy", "charge", "scale", "event"):
        np.testing.assert_array_equal(getattr(again, column), getattr(whole, column))
    np.testing.assert_array_equal(again.labels["mt"], whole.labels["mt"])


@pytest.mark.parametrize("values", [2, 1000])
def test_the_order_of_constituents_is_that_of_their_columns(values: int) -> None:
    """Whether many of them are equally hard, or few."""
    random = np.random.default_rng(values)
    offsets = np.concatenate(([0], np.cumsum(random.integers(0, 20, 300))))
    px, py, pz, energy, charge = random.integers(0, values, (5, offsets[-1])).astype(float)
    some = replace(batch(), offsets=offsets, px=px, py=py, pz=pz, energy=energy, charge=charge)
    hardness = np.hypot(px, py)
    for first in (None, hardness):
        keys = np.stack([hardness if first is not None else energy, energy, px, py, pz, charge])
        expected = [
            row
            for start, stop in pairwise(offsets)
            for row in sorted(range(start, stop), key=lambda row: tuple(-keys[:, row]))
        ]
        assert precedence(some, first).tolist() == expected
