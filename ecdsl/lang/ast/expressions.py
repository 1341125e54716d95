"""Expressions, conditions and intervals, as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ecdsl.lang.ast.tree import Node, Word


@dataclass(frozen=True)
class Number(Node):
    """A number and, where it has one, its unit: `5 GeV`."""

    value: float
    unit: Literal["GeV", "TeV", "MeV"] | None = None


@dataclass(frozen=True)
class Name(Node):
    """A name in an expression: a quantity of the tuple, a parameter, a let."""

    text: str


@dataclass(frozen=True)
class Call(Node):
    """A function, or a quantity given by indices such as `z(1, 2)`."""

    function: Word
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Minus(Node):
    """The negative of an expression."""

    operand: Expression


@dataclass(frozen=True)
class Sum(Node):
    """Two or more terms, each with the operator before it (`+` for the first)."""

    terms: tuple[tuple[Literal["+", "-"], Expression], ...]


@dataclass(frozen=True)
class Product(Node):
    """Two or more factors, each with the operator before it (`*` for the first)."""

    factors: tuple[tuple[Literal["*", "/"], Expression], ...]


@dataclass(frozen=True)
class Power(Node):
    """`base ^ exponent`."""

    base: Expression
    exponent: Expression


Expression: TypeAlias = Number | Name | Call | Minus | Sum | Product | Power
Comparator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True)
class Comparison(Node):
    """`first < second <= ...`: every neighbouring pair is compared."""

    first: Expression
    rest: tuple[tuple[Comparator, Expression], ...]


@dataclass(frozen=True)
class Not(Node):
    """The opposite of a condition."""

    operand: Condition


@dataclass(frozen=True)
class And(Node):
    """All of two or more conditions."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True)
class Or(Node):
    """At least one of two or more conditions."""

    operands: tuple[Condition, ...]


Condition: TypeAlias = Comparison | Not | And | Or


@dataclass(frozen=True)
class Interval(Node):
    """`[lower, upper]`; a round bracket leaves its end out."""

    lower: Expression
    upper: Expression
    lower_open: bool = False
    upper_open: bool = False
