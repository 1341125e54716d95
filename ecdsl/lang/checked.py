"""What the checks establish: declarations with their settings worked out, ready to be lowered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fractions import Fraction

    from ecdsl.lang import ast


@dataclass(frozen=True)
class Constituents:
    """What `over` says."""

    kind: Literal["particles", "charged", "subjets"]
    algorithm: Literal["cambridge", "kt", "antikt"] = "cambridge"
    radius: float = 0.0


@dataclass(frozen=True)
class Correlator:
    """A correlator without errors."""

    declaration: ast.Correlator
    order: int
    constituents: Constituents
    measure: Literal["ee", "hadron"]
    weight: ast.Expression
    tuples: Literal["distinct", "all", "sets"]
    sides: tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter's range, power of GeV and, where it has one, its default or given value."""

    declaration: ast.Parameter
    name: str
    lower: float
    upper: float
    lower_open: bool
    upper_open: bool
    energy: Fraction
    value: float | None

    def contains(self, value: float) -> bool:
        """Tell whether `value` lies in the range."""
        above = value > self.lower if self.lower_open else value >= self.lower
        below = value < self.upper if self.upper_open else value <= self.upper
        return above and below

    @property
    def range_text(self) -> str:
        """The range as it is written."""
        left, right = "[("[self.lower_open], "])"[self.upper_open]
        return f"{left}{self.lower:g}, {self.upper:g}{right}"


@dataclass(frozen=True)
class Bins:
    """Bins without errors, their ends in GeV to the power of the axis."""

    declaration: ast.Bins
    n: int
    lower: float
    upper: float
    spacing: Literal["linear", "log"]


@dataclass(frozen=True)
class Observable:
    """An observable without errors."""

    declaration: ast.Observable
    correlator: Correlator
    parameters: tuple[Parameter, ...]
    statements: tuple[ast.ShapeStatement, ...]
    bins: dict[str, Bins]
