"""What must hold whatever the events are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from arrays import jets_of
from oracle import charged, pick

if TYPE_CHECKING:
    from collections.abc import Callable


def share(jets, *, cut: float = 0.0) -> np.ndarray:
    return np.array([pick(jet, jet.pt > cut).pt.sum() / jet.jet_pt for jet in jets])


@pytest.mark.parametrize(
    ("name", "order", "cut"),
    [
        ("jet_eec", 2, 0),
        ("jet_e3c", 3, 0),
        ("jet_e4c", 4, 0),
        ("pe3c", 3, 0),
        ("cms_e3c", 3, 1),
        ("jet_profile", 1, 0),
    ],
)
def test_all_tuples_of_a_jet_weigh_the_sum_of_pt(
    name: str, order: int, cut: float, spectrum: Callable, few: Callable
) -> None:
    """sum over all N-tuples of prod pT_i / pT_jet^N = (sum pT / pT_jet)^N."""
    file = few("pp_dijet", 8)

    total = spectrum(name, file).sums.sum()

    np.testing.assert_allclose(total, (share(jets_of(file), cut=cut) ** order).sum(), rtol=1e-9)


@pytest.mark.parametrize(("name", "order"), [("eec", 2), ("eec_angle", 2), ("e3c", 3)])
def test_all_tuples_of_an_event_weigh_the_energy(
    name: str, order: int, spectrum: Callable, few: Callable
) -> None:
    """(sum E / Q)^N: 1 without neutrinos."""
    file = few("ee_hadrons", 8)

    total = spectrum(name, file).sums.sum()

    energies = np.array([jet.energy.sum() / jet.Q for jet in jets_of(file)])
    np.testing.assert_allclose(total, (energies**order).sum(), rtol=1e-9)
    assert np.all(energies < 1 + 1e-6)


def test_transverse_energies_weigh_one_per_event(spectrum: Callable, few: Callable) -> None:
    file = few("pp_jets", 300)

    total = spectrum("teec", file).sums.sum()

    selected = [(jet.pt > 60) & (np.abs(jet.eta) < 2.4) for jet in jets_of(file)]
    assert total == pytest.approx(sum(mask.any() for mask in selected), rel=1e-9)


def test_signs_add_up(spectrum: Callable, few: Callable) -> None:
    file = few("pp_dijet", 8)
    opposite, like, weighted, blind = (
        spectrum(name, file).sums
        for name in ("opposite_sign", "like_sign", "charge_weighted", "charge_blind")
    )

    np.testing.assert_allclose(like + opposite, blind, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(like - opposite, weighted, rtol=1e-9, atol=1e-12)


def test_charges_and_their_cube_add_up(spectrum: Callable, few: Callable) -> None:
    """(sum q x)^3 = sum over distinct triplets + pairs + singles, by inclusion and exclusion."""
    file = few("pp_dijet", 8)
    total = 0.0
    for jet in jets_of(file):
        some = charged(jet)
        one = some.charge * some.pt / jet.jet_pt
        total += one.sum() ** 3 - 3 * one.sum() * (one**2).sum() + 2 * (one**3).sum()

    assert spectrum("charge_odd", file).sums.sum() == pytest.approx(total, rel=1e-9)


def test_asymmetry_is_antisymmetric(spectrum: Callable) -> None:
    values = spectrum("aeec").to_hist().values()

    np.testing.assert_allclose(values, -values[::-1], atol=1e-9 * np.abs(values).max())
