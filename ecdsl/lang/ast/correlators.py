"""The declaration of a correlator and its statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ecdsl.lang.ast.expressions import Condition, Expression, Number
from ecdsl.lang.ast.tree import Node, Reference, Word


@dataclass(frozen=True)
class Argument(Node):
    """An argument by name or, where `name` is None, by position."""

    name: Word | None
    value: Expression


@dataclass(frozen=True)
class Order(Node):
    """`order 3`, or `order nu = 2.5`."""

    name: Word | None
    value: Number


@dataclass(frozen=True)
class Over(Node):
    """`over particles` or `over subjets(algorithm = cambridge, R = 0.1)`."""

    kind: Word
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Per(Node):
    """`per event`."""

    kind: Word


@dataclass(frozen=True)
class Where(Node):
    """`where pt > 1 GeV and charge != 0`."""

    condition: Condition


@dataclass(frozen=True)
class Hardest(Node):
    """`hardest 25`."""

    value: Number


@dataclass(frozen=True)
class Measure(Node):
    """`measure ee`, or the name of a user's measure."""

    kind: Reference


@dataclass(frozen=True)
class Weight(Node):
    """`weight E1 * E2 / Q^2`."""

    value: Expression


@dataclass(frozen=True)
class Tuples(Node):
    """`tuples all`."""

    kind: Word


@dataclass(frozen=True)
class Sides(Node):
    """`sides z1 <= z2 <= z3`."""

    names: tuple[Word, ...]


@dataclass(frozen=True)
class Points(Node):
    """`points z12 >= z13`."""

    names: tuple[Word, ...]


@dataclass(frozen=True)
class Window(Node):
    """`window condition`, of a correlator or of a shape."""

    condition: Condition


@dataclass(frozen=True)
class Resolution(Node):
    """`resolution 32`."""

    value: Number


@dataclass(frozen=True)
class Accept(Node):
    """`accept W110, W301`."""

    codes: tuple[Word, ...]


CorrelatorStatement: TypeAlias = (
    Order
    | Over
    | Per
    | Where
    | Hardest
    | Measure
    | Weight
    | Tuples
    | Sides
    | Points
    | Window
    | Resolution
    | Accept
)


@dataclass(frozen=True)
class Correlator(Node):
    """What is summed."""

    name: Word
    statements: tuple[CorrelatorStatement, ...]
    doc: str = field(default="", compare=False)
