"""What the interpreter sums over: jets cut out of flat columns, one constituent after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.backends.reference.geometry import between, momentum_mass
from ecdsl.diagnostics import InternalError
from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Between, Particles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ecdsl.backends.reference.geometry import Vector
    from ecdsl.ir.nodes import Correlator, Expr, LegName

BEAM = np.array([0.0, 0.0, 1.0, 1.0])


@dataclass(frozen=True)
class Particle:
    """A constituent: (px, py, pz, E) in GeV, and its charge and species where they are known."""

    momentum: Vector
    charge: float = np.nan
    pdgid: float = np.nan


@dataclass(frozen=True)
class Jet:
    """A jet, or a whole event: its constituents and what is known of it as a whole.

    `counted` are those that its sums run over, where `particles` are subjets of some of them.
    """

    particles: tuple[Particle, ...]
    momentum: Vector
    scale: float
    columns: Mapping[str, float]
    row: int
    counted: tuple[Particle, ...] = ()

    def leg(self, name: LegName) -> Vector:
        """Return the momentum of a leg that is no particle."""
        return self.momentum if name == "jet" else BEAM

    def quantity(self, name: str) -> float:
        """Return a property of the jet, or a sum over its constituents."""
        px, py, pz, energy = self.momentum
        match name:
            case "energy":
                return float(energy)
            case "pt":
                return float(np.hypot(px, py))
            case "mass":
                return momentum_mass(self.momentum)
            case "eta":
                return float(np.arcsinh(pz / np.hypot(px, py)))
            case "energy_sum" | "pt_sum" | "et_sum":
                what = name.removesuffix("_sum")
                return sum(member(particle, what) for particle in self.counted or self.particles)
            case _:
                raise InternalError(f"a jet has no {name}")


def member(particle: Particle, quantity: str) -> float:
    """Return a property of one constituent."""
    px, py, pz, energy = particle.momentum
    pt, p = np.hypot(px, py), np.sqrt(px**2 + py**2 + pz**2)
    match quantity:
        case "energy":
            return float(energy)
        case "pt":
            return float(pt)
        case "et":
            return float(energy * pt / p)
        case "eta":
            return float(np.arcsinh(pz / pt))
        case "mass":
            return momentum_mass(particle.momentum)
        case "charge":
            return particle.charge
        case "pdgid":
            return particle.pdgid
        case _:
            raise InternalError(f"a particle has no {quantity}")


def distance(correlator: Correlator, p: Vector, q: Vector) -> np.float64:
    """Return the distance of two momenta in the correlator's measure."""
    if correlator.distance is not None:

        def leaf(expr: Expr) -> NDArray[np.float64]:
            if not isinstance(expr, Between):
                raise InternalError(f"{expr!r} is no distance of two points")
            return np.asarray(between(expr.quantity, p, q))

        return np.float64(evaluate(correlator.distance, leaf))
    if correlator.measure == "ee":
        return between("angle", p, q)
    return between("deta", p, q) ** 2 + between("dphi", p, q) ** 2


def distances(jet: Jet, correlator: Correlator) -> NDArray[np.float64]:
    """Return (n, n) the distances of a jet's constituents."""
    momenta = [particle.momentum for particle in jet.particles]
    return np.array([[distance(correlator, p, q) for q in momenta] for p in momenta])


def cut(
    *,
    offsets: NDArray[np.int64],
    momenta: NDArray[np.float64],
    charge: NDArray[np.float64] | None,
    pdgid: NDArray[np.int64] | None,
    jet: NDArray[np.float64],
    scale: NDArray[np.float64],
    columns: Mapping[str, NDArray[np.float64]],
    event: NDArray[np.int64],
) -> list[Jet]:
    """Return the jets of flat columns: momenta (4, n_constituents), jet (4, n_jets)."""
    return [
        Jet(
            particles=tuple(
                Particle(
                    momenta[:, row],
                    np.nan if charge is None else float(charge[row]),
                    np.nan if pdgid is None else float(pdgid[row]),
                )
                for row in range(offsets[k], offsets[k + 1])
            ),
            momentum=jet[:, k],
            scale=float(scale[k]),
            columns={name: float(values[k]) for name, values in columns.items()},
            row=int(event[k]),
        )
        for k in range(len(offsets) - 1)
    ]


def grouped(jets: Sequence[Jet], correlator: Correlator) -> list[Jet]:
    """Return what tuples are drawn from: each jet, or all jets of an event together."""
    if correlator.group == "event":
        rows = dict.fromkeys(jet.row for jet in jets)
        return [_together([jet for jet in jets if jet.row == row]) for row in rows]
    return list(jets)


def charged(jet: Jet, correlator: Correlator) -> Jet:
    """Return the jet with its charged particles only, where the correlator sums over these."""
    wanted = correlator.constituents
    if isinstance(wanted, Particles) and wanted.charged:
        return with_particles(jet, [p for p in jet.particles if p.charge != 0])
    return jet


def with_particles(jet: Jet, particles: Sequence[Particle]) -> Jet:
    """Return the same jet with other constituents."""
    return Jet(tuple(particles), jet.momentum, jet.scale, jet.columns, jet.row)


def resolved(jet: Jet, subjets: Sequence[Particle]) -> Jet:
    """Return the same jet with subjets that stand for some of its constituents."""
    return replace(jet, particles=tuple(subjets), counted=jet.particles)


def _together(jets: Sequence[Jet]) -> Jet:
    particles = tuple(particle for jet in jets for particle in jet.particles)
    momentum = np.sum([jet.momentum for jet in jets], axis=0)
    return Jet(particles, momentum, jets[0].scale, jets[0].columns, jets[0].row)
