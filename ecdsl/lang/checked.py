"""What the checks establish: declarations with their settings worked out, ready to be lowered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecdsl.lang.quantities import Quantity, named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from ecdsl.ir.nodes import Spacing
    from ecdsl.lang import ast
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.types import Type


@dataclass(frozen=True)
class Column:
    """A column without errors: numbers in `factor` GeV^energy."""

    declaration: ast.Column
    energy: int
    factor: float


@dataclass(frozen=True)
class Constant:
    """A constant without errors, its value in GeV^energy."""

    declaration: ast.Constant
    value: float
    energy: int


@dataclass(frozen=True)
class UserMeasure:
    """A user's measure without errors.

    Attributes:
        declaration: The measure.
        externals: What its module knows.
        type: Of its expression.
        geometry: That of clustering, hardest particles and azimuths beside it.
    """

    declaration: ast.UserMeasure
    externals: Externals
    type: Type
    geometry: Literal["ee", "hadron"]

    @property
    def points(self) -> tuple[str, str]:
        """The names of its two points."""
        first, second = self.declaration.points
        return first.text, second.text


@dataclass(frozen=True)
class Constituents:
    """What `over` says."""

    kind: Literal["particles", "charged", "subjets", "jets"]
    algorithm: Literal["cambridge", "kt", "antikt"] = "cambridge"
    radius: float = 0.0

    @property
    def are_clustered(self) -> bool:
        """Whether they are made of many particles each."""
        return self.kind in {"subjets", "jets"}


@dataclass(frozen=True)
class Correlator:
    """A correlator without errors.

    Attributes:
        declaration: The correlator.
        externals: What its module knows.
        user_measure: None for `ee` and `hadron`.
        geometry: Of clustering, hardest particles and azimuths.
        weight, where, hardest, tuples, windows, sides: As declared, or their defaults.
        ranked: Whether `points` orders the particles.
        nu: The order where it need not be whole; `order` is then 2, what the shape sees.
        resolution: As declared, None where everything is resolved.
    """

    declaration: ast.Correlator
    externals: Externals
    order: int
    constituents: Constituents
    group: Literal["jet", "event"]
    where: ast.Condition | None
    hardest: int | None
    user_measure: UserMeasure | None
    geometry: Literal["ee", "hadron"]
    weight: ast.Expression
    tuples: Literal["distinct", "all", "sets"]
    windows: tuple[ast.Condition, ...]
    sides: tuple[str, ...]
    ranked: bool
    nu: float | None
    resolution: float | None

    @property
    def measure(self) -> str:
        """`ee`, `hadron` or the name of a user's measure."""
        if self.user_measure is None:
            return self.geometry
        return self.user_measure.declaration.name.text

    @property
    def distance(self) -> Type | None:
        """The type of a user's measure, None for `ee` and `hadron`."""
        return None if self.user_measure is None else self.user_measure.type

    def meaning(self, text: str) -> Quantity | None:
        """Return what a name means in its tuples; indices may be beyond the order."""
        return named(text, self.sides)


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
    """Bins without errors, their ends, threshold and edges in GeV to the power of the axis."""

    declaration: ast.Bins | ast.Edges
    n: int
    lower: float
    upper: float
    spacing: Spacing
    threshold: float | None = None
    edges: tuple[float, ...] = ()

    @property
    def cells(self) -> tuple[object, ...]:
        """What two axes of equal bins have in common."""
        return self.n, self.lower, self.upper, self.spacing, self.threshold, self.edges


@dataclass(frozen=True)
class Observable:
    """An observable without errors.

    Attributes:
        declaration: The observable.
        correlator: What is summed.
        externals: What the module of its shape knows.
        parameters: Of the shape, with values.
        statements: Of the shape.
        bins: By the name of the axis, in the order of the axes.
        energies: The power of GeV of each axis, by its name.
    """

    declaration: ast.Observable
    correlator: Correlator
    externals: Externals
    parameters: tuple[Parameter, ...]
    statements: tuple[ast.ShapeStatement, ...]
    bins: Mapping[str, Bins]
    energies: Mapping[str, Fraction | None]

    @property
    def is_exact(self) -> bool:
        """Whether a delta is exact, so that there is no histogram."""
        return any(getattr(statement, "exact", False) for statement in self.statements)


@dataclass(frozen=True)
class Derived:
    """A derivation without errors, and what each name in it stands for."""

    declaration: ast.Derive
    externals: Externals
    operands: Mapping[str, Observable | Derived]
