"""Dynamic subjets as they are published (arXiv:2406.08577), with everything computed anew."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.backends.reference.geometry import between, eta_phi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecdsl.backends.reference.geometry import Vector
    from ecdsl.ir.nodes import Measure


@dataclass(frozen=True)
class Branch:
    """A particle, or what Cambridge/Aachen made of two branches.

    Attributes:
        momentum: (px, py, pz, E) in GeV.
        parts: The two branches; none for a particle.
        split: Their distance z.
        peak: The largest distance at which anything was merged so far.
    """

    momentum: Vector
    parts: tuple[Branch, ...] = ()
    split: float = 0.0
    peak: float = 0.0

    def subjets(self, cut: float) -> list[Vector]:
        """Return what it is made of when nothing merged at distances up to `cut` is told apart."""
        if not self.parts or self.peak <= cut:
            return [self.momentum]
        return [momentum for part in self.parts for momentum in part.subjets(cut)]

    def splittings(self) -> Iterator[Branch]:
        """Yield it and all branches below that are made of two."""
        if self.parts:
            yield self
            for part in self.parts:
                yield from part.splittings()


def clustered(momenta: Sequence[Vector], measure: Measure) -> Branch:
    """Return the jet as Cambridge/Aachen clusters it: the two nearest are merged, again and again.

    Distances are those of the measure. With `ee` momenta are added; with `hadron` transverse
    momenta are, at the mean pseudorapidity and azimuth, so that what weights look at adds up.
    """
    branches = [Branch(momentum) for momentum in momenta]
    peak = 0.0
    while len(branches) > 1:
        split, i, j = min(
            (_distance(branches[i].momentum, branches[j].momentum, measure), i, j)
            for i, j in combinations(range(len(branches)), 2)
        )
        peak = max(peak, split)
        parts = branches[i], branches[j]
        merged = _merged(*(part.momentum for part in parts), measure=measure)
        branches[i] = Branch(merged, parts, split, peak)
        del branches[j]
    return branches[0]


def _distance(p: Vector, q: Vector, measure: Measure) -> float:
    if measure == "ee":
        return float(between("angle", p, q))
    return float(between("deta", p, q) ** 2 + between("dphi", p, q) ** 2)


def _merged(p: Vector, q: Vector, *, measure: Measure) -> Vector:
    if measure == "ee":
        return p + q
    (p_eta, p_phi), (q_eta, q_phi) = eta_phi(p), eta_phi(q)
    p_pt, q_pt = np.hypot(p[0], p[1]), np.hypot(q[0], q[1])
    pt = p_pt + q_pt
    q_phi -= 2 * np.pi * np.round((q_phi - p_phi) / (2 * np.pi))
    eta, phi = (p_pt * p_eta + q_pt * q_eta) / pt, (p_pt * p_phi + q_pt * q_phi) / pt
    return np.array([np.cos(phi), np.sin(phi), np.sinh(eta), np.cosh(eta)]) * float(pt)
