"""The names of the language: what particles, pairs, legs, the jet and the event offer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Sequence

Leg = Literal["jet", "beam"]

MEMBERS: Final[dict[str, str]] = {
    "E": "energy of particle i, in GeV",
    "pt": "transverse momentum of particle i, in GeV",
    "et": "transverse energy E sin(theta) of particle i, in GeV",
    "eta": "pseudorapidity of particle i",
    "mass": "mass of particle i, in GeV",
    "q": "charge of particle i, in units of e",
    "id": "PDG number of particle i",
}
PAIRS: Final[dict[str, str]] = {
    "z": "distance of particles i and j in the correlator's measure",
    "theta": "angle between i and j in radians (measure ee)",
    "dR": "distance sqrt(dEta^2 + dPhi^2) of i and j (measure hadron)",
    "deta": "absolute difference of the pseudorapidities of i and j",
    "dphi": "absolute difference of the azimuths of i and j, in radians",
    "mass": "invariant mass of i and j, in GeV",
}
TRIPLES: Final[dict[str, str]] = {
    "triple": "triple product of three directions, n1 . (n2 x n3)",
    "azimuth": "azimuth of the third particle about the first, counted from the second, in radians",
}
PER_JET: Final[dict[str, str]] = {
    "Q": "hard scale of the event, in GeV",
    "E_jet": "energy of the jet, in GeV",
    "pt_jet": "transverse momentum of the jet, in GeV",
    "mass_jet": "mass of the jet, in GeV",
    "eta_jet": "pseudorapidity of the jet",
}
SUMS: Final[dict[str, str]] = {
    "E_sum": "sum of the energies of all that is summed over, in GeV",
    "pt_sum": "sum of their transverse momenta, in GeV",
    "et_sum": "sum of their transverse energies, in GeV",
}
# What `where` can ask of the one constituent that it looks at, and the kind of each.
SINGLES: Final[dict[str, str]] = {
    **{kind: kind for kind in ("E", "pt", "et", "eta", "mass")},
    **{"charge": "q", "pdgid": "id"},
}
LEGS: Final = ("jet", "beam")
# What lies between the two points of a user's measure.
PRIMITIVES: Final = ("cos", "theta", "deta", "dphi", "dR")
CALLS: Final = (*PAIRS, *TRIPLES)
SPECIES: Final = frozenset({"q", "id"})

_MEASURE_OF: Final = {"theta": "ee", "dR": "hadron"}
_ENERGIES: Final = frozenset({"E", "pt", "et", "mass", *PER_JET, *SUMS} - {"eta_jet"})
_ZETAS: Final = frozenset({"z", "side"})
_ANGLES: Final = frozenset({"theta", "dR", "deta", "dphi", "azimuth"})

SINGLE = re.compile(r"(E|pt|et|eta|mass|q|id)(0|[1-9][0-9]{0,3})")
DOUBLE = re.compile(r"(z|theta|dR|deta|dphi|mass)([0-9])([0-9])")


@dataclass(frozen=True)
class Quantity:
    """Something that an expression can read off a tuple.

    Attributes:
        kind: A key of the tables above; `side` is the k-th shortest distance.
        indices: Particle numbers from 1, in the order written, or the rank of a side; the second
            one can be a leg.
    """

    kind: str
    indices: tuple[int | Leg, ...] = ()

    @property
    def energy(self) -> int:
        """Its power of GeV."""
        return 1 if self.kind in _ENERGIES else 0

    @property
    def zeta(self) -> int:
        """Its degree in the distances of the correlator's measure."""
        return 1 if self.kind in _ZETAS else 0

    @property
    def angle(self) -> int:
        """Its degree in angles."""
        return 1 if self.kind in _ANGLES else 0

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number by nature."""
        return self.kind in SPECIES

    @property
    def particles(self) -> tuple[int, ...]:
        """The particles that it is about, none for a side."""
        if self.kind == "side":
            return ()
        return tuple(index for index in self.indices if isinstance(index, int))

    @property
    def leg(self) -> Leg | None:
        """The leg that it is counted from."""
        return next((index for index in self.indices if isinstance(index, str)), None)

    @property
    def measure(self) -> str | None:
        """The measure it belongs to, None for any; angles from a leg belong to all."""
        return None if self.leg else _MEASURE_OF.get(self.kind)


def named(text: str, sides: Sequence[str] = ()) -> Quantity | None:
    """Return the quantity of a tuple called `text`, or None; indices may be beyond the order."""
    if text in sides:
        return Quantity("side", (sides.index(text) + 1,))
    if text in PER_JET or text in SUMS:
        return Quantity(text)
    if match := DOUBLE.fullmatch(text):
        return Quantity(match[1], (int(match[2]), int(match[3])))
    if match := SINGLE.fullmatch(text):
        return Quantity(match[1], (int(match[2]),))
    return None


def named_of_one(text: str) -> Quantity | None:
    """Return what `text` means in `where`, which looks at one constituent at a time."""
    if text in SINGLES:
        return Quantity(SINGLES[text], (1,))
    return Quantity(text) if text in PER_JET else None


def called(call: ast.Call, points: Sequence[str] = ()) -> Quantity | None:
    """Return the quantity of a call such as `z(1, 2)`, `theta(1, beam)` or `triple(1, 2, 3)`.

    Args:
        call: Its function is one of `CALLS`, or of `PRIMITIVES` where there are points.
        points: The names of the two points of a user's measure.

    Returns:
        None where the arguments are not the numbers of particles that the quantity needs.
    """
    kind = call.function.text
    indices = tuple(_index(item, points) for item in call.arguments)
    if len(indices) != (3 if kind in TRIPLES else 2) or not isinstance(indices[0], int):
        return None
    if any(index is None for index in indices):
        return None
    if isinstance(indices[-1], str) and (kind in TRIPLES or kind == "mass"):
        return None
    if any(isinstance(index, str) for index in indices[:-1]):
        return None
    return Quantity(kind, indices)  # type: ignore[arg-type]  # none of them is None


def is_called(call: ast.Call, points: Sequence[str] = ()) -> bool:
    """Tell whether a call is a quantity: `cos(a, b)` is one in a measure, `cos(x)` a function."""
    if points:
        return call.function.text in PRIMITIVES and (
            call.function.text != "cos" or len(call.arguments) != 1
        )
    return call.function.text in CALLS


def _index(item: ast.Expression, points: Sequence[str]) -> int | Leg | None:
    if points:
        is_point = isinstance(item, ast.Name) and item.text in points
        return points.index(item.text) + 1 if is_point else None  # type: ignore[union-attr]
    match item:
        case ast.Number(value=value, unit=None) if value == int(value) and 0 <= value <= 99:
            return int(value)
        case ast.Name(text="jet" | "beam" as leg):
            return leg
        case _:
            return None


def is_taken(text: str) -> bool:
    """Tell whether a name has a meaning in expressions, wherever they stand."""
    return named(text) is not None or text in LEGS


def provided(order: int, measure: str, sides: Sequence[str]) -> list[str]:
    """Return every name that a correlator provides, for hints and completion.

    Args:
        order: Of the correlator.
        measure: `ee`, `hadron` or the name of a user's measure.
        sides: The names of its ordered distances.
    """
    singles = [f"{kind}{i}" for kind in MEMBERS for i in range(1, order + 1)]
    is_users = measure not in _MEASURE_OF.values()
    kinds = [kind for kind in PAIRS if is_users or _MEASURE_OF.get(kind, measure) == measure]
    doubles = [f"{k}{i}{j}" for k in kinds for i, j in combinations(range(1, order + 1), 2)]
    return [*singles, *PER_JET, *SUMS, *doubles, *sides]
