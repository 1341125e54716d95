"""What is known of an expression besides its value: dimension, degree in distances and angles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.lang.findings import Findings

PURE = Fraction(0)


@dataclass(frozen=True)
class Type:
    """What is known of an expression.

    Attributes:
        energy: Its power of GeV; None where an error inside leaves it open.
        kinds: The kinds of quantities it is made of; empty for a constant.
        zeta: Its degree in distances of the correlator's measure (z, sides).
        angle: Its degree in angles.
        is_whole: Whether it is made of charges, species and whole constants alone.
        size: Operations in it, after every let is written out.
        depth: Operations on top of each other, after every let is written out.
    """

    energy: Fraction | None
    kinds: frozenset[str] = frozenset()
    zeta: Fraction = PURE
    angle: Fraction = PURE
    is_whole: bool = False
    size: int = 1
    depth: int = 1

    @property
    def of_distance(self) -> bool:
        """Whether it is of a distance and not of an angle: z + 1 is, z / theta is not."""
        return bool(self.zeta) and not self.angle

    @property
    def of_angle(self) -> bool:
        """Whether it is of an angle and not of a distance."""
        return bool(self.angle) and not self.zeta


Part = tuple[ast.Expression, Type]


def same_energy(parts: Sequence[Part], findings: Findings, where: str) -> Fraction | None:
    """Return the power of energy that all parts share; report the first that differs."""
    first, known = next(
        ((item, part.energy) for item, part in parts if part.energy is not None), (None, None)
    )
    for item, part in parts:
        if first is None or known is None or part.energy is None or part.energy == known:
            continue
        findings.add(
            "E302",
            f"{where} cannot mix {unit_text(known)} and {unit_text(part.energy)}",
            item.span,
            label=f"this is {in_unit(part.energy)}",
            notes=(f"`{first.span.text}` is {in_unit(known)}",),
            hints=unit_hint(item, part.energy, known),
        )
        return None
    return known


def same_degree(parts: Sequence[Part], findings: Findings, where: str) -> tuple[Fraction, Fraction]:
    """Return the degrees in distances and angles of a sum; report one of both kinds."""
    distance = next((part for part in parts if part[1].of_distance), None)
    angle = next((part for part in parts if part[1].of_angle), None)
    if distance is not None and angle is not None:
        later, other = sorted((distance, angle), key=lambda part: -part[0].span.start)
        findings.add(
            "E250",
            f"{where} cannot mix a distance `z` and an angle",
            later[0].span,
            label=f"this is {'an angle' if later is angle else 'a distance'}",
            notes=(f"`{other[0].span.text}` is {'an angle' if other is angle else 'a distance'}",),
            hints=(f"convert one into the other: `{_conversion(angle)}`",),
        )
        return PURE, PURE
    first = distance or angle or parts[0]
    return first[1].zeta, first[1].angle


def _conversion(angle: Part) -> str:
    """The relation of z and the angle at hand: `z12 = sin(theta12 / 2)^2`."""
    item, found = angle
    pair = re.search(r"(?:theta|dR|deta|dphi)(?:([0-9][0-9])|(\([^()]*\)))", item.span.text)
    which = (pair[1] or pair[2]) if pair else "12"
    if "theta" in found.kinds:
        return f"z{which} = sin(theta{which} / 2)^2"
    if found.kinds & {"deta", "dphi"}:
        return f"z{which} = deta{which}^2 + dphi{which}^2"
    return f"z{which} = dR{which}^2"


def pure_number(item: ast.Expression, part: Type, findings: Findings, what: str) -> bool:
    """Report an expression that has a dimension where a pure number is needed."""
    if part.energy is None or part.energy == 0:
        return True
    findings.add(
        "E303",
        f"{what} must be a pure number, this is {in_unit(part.energy)}",
        item.span,
        label=in_unit(part.energy),
        hints=("divide energies by the scale `Q`",),
    )
    return False


def unit_hint(item: ast.Expression, energy: Fraction, wanted: Fraction) -> tuple[str, ...]:
    """Return how an expression of one dimension can be given another."""
    if isinstance(item, ast.Number) and energy == 0 and wanted == 1:
        return (f"write `{item.span.text} GeV`",)
    return ("divide energies by the scale `Q` to make them pure numbers",)


def unit_text(energy: Fraction) -> str:
    """Return a power of energy in words: `a pure number`, `GeV`, `GeV^3`."""
    if energy == 0:
        return "a pure number"
    if energy == 1:
        return "GeV"
    return f"GeV^{energy}" if energy.denominator == 1 else f"GeV^({energy})"


def in_unit(energy: Fraction) -> str:
    """Return a power of energy as a predicate: `a pure number`, `in GeV`."""
    return unit_text(energy) if energy == 0 else f"in {unit_text(energy)}"
