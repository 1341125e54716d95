"""The names of the language: what a particle, a pair and the event offer to an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["E", "pt", "Q", "z", "theta", "dR", "side"]

ENERGIES: dict[str, str] = {"E": "energy of particle i", "pt": "transverse momentum of particle i"}
PAIRS: dict[str, str] = {
    "z": "distance of particles i and j in the correlator's measure",
    "theta": "angle between i and j in radians (measure ee)",
    "dR": "distance sqrt(dEta^2 + dPhi^2) of i and j (measure hadron)",
}
_MEASURE_OF: dict[str, str] = {"theta": "ee", "dR": "hadron"}

_SINGLE = re.compile(r"(E|pt)(0|[1-9][0-9]{0,3})")
_DOUBLE = re.compile(r"(z|theta|dR)([0-9])([0-9])")


@dataclass(frozen=True)
class Quantity:
    """Something that an expression can read off a tuple.

    Attributes:
        kind: What it is; a `side` is the k-th shortest distance.
        indices: Particle numbers from 1, in the order written, or the rank of a side.
    """

    kind: Kind
    indices: tuple[int, ...] = ()

    @property
    def energy(self) -> int:
        """Its power of GeV."""
        return 1 if self.kind in {"E", "pt", "Q"} else 0

    @property
    def is_angular(self) -> bool:
        """Whether it is fixed by directions alone."""
        return self.energy == 0

    @property
    def measure(self) -> str | None:
        """The measure it belongs to, None for any."""
        return _MEASURE_OF.get(self.kind)


def named(text: str, sides: Sequence[str] = ()) -> Quantity | None:
    """Return the quantity called `text`, or None; its indices may be beyond the order."""
    if text in sides:
        return Quantity("side", (sides.index(text) + 1,))
    if text == "Q":
        return Quantity("Q")
    if match := _SINGLE.fullmatch(text):
        return Quantity(match[1], (int(match[2]),))  # type: ignore[arg-type]  # by the pattern
    if match := _DOUBLE.fullmatch(text):
        return Quantity(match[1], (int(match[2]), int(match[3])))  # type: ignore[arg-type]  # same
    return None


def provided(order: int, measure: str, sides: Sequence[str]) -> list[str]:
    """Return every name that a correlator provides, for hints and completion."""
    singles = [f"{kind}{i}" for kind in ENERGIES for i in range(1, order + 1)]
    kinds = [kind for kind in PAIRS if _MEASURE_OF.get(kind, measure) == measure]
    doubles = [f"{k}{i}{j}" for k in kinds for i, j in combinations(range(1, order + 1), 2)]
    return [*singles, "Q", *doubles, *sides]
