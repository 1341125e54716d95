"""Files and what they declare: modules, columns, constants, measures, shapes, observables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ecdsl.lang.ast.correlators import Argument, Correlator, Window
from ecdsl.lang.ast.expressions import Expression, Interval, Number
from ecdsl.lang.ast.tree import Node, Reference, Word

# --- modules -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import(Node):
    """`import a.b`."""

    module: Reference


@dataclass(frozen=True)
class Imported(Node):
    """One name of a `from` import and what it is called here."""

    name: Word
    alias: Word


@dataclass(frozen=True)
class FromImport(Node):
    """`from a.b import x, y as z`."""

    module: Reference
    names: tuple[Imported, ...]


# --- columns, constants, measures ----------------------------------------------------------------


@dataclass(frozen=True)
class Unit(Node):
    """`GeV` or `GeV^2`."""

    text: Literal["GeV", "TeV", "MeV"]
    power: Number | None


@dataclass(frozen=True)
class Column(Node):
    """`column m_ref in GeV`: a number per jet that the event file holds."""

    name: Word
    unit: Unit | None
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class Constant(Node):
    """`constant m_top = 172.5 GeV`."""

    name: Word
    value: Expression
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class UserMeasure(Node):
    """`measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)`."""

    name: Word
    points: tuple[Word, Word]
    value: Expression
    doc: str = field(default="", compare=False)


# --- shapes and observables ----------------------------------------------------------------------


@dataclass(frozen=True)
class Let(Node):
    """`let name = expression`."""

    name: Word
    value: Expression


@dataclass(frozen=True)
class Delta(Node):
    """`delta expression within [lower, upper]`, or `exact`, or (an error later) neither."""

    value: Expression
    within: Interval | None
    exact: bool


@dataclass(frozen=True)
class Bins(Node):
    """`60 log bins in [lower, upper]`; `symlog` has a threshold: `40 symlog(1e-3) bins ...`."""

    number: Number
    spacing: Word | None
    threshold: Expression | None
    interval: Interval


@dataclass(frozen=True)
class Edges(Node):
    """`edges [0, 0.1, 0.3, 1]`."""

    values: tuple[Expression, ...]


@dataclass(frozen=True)
class Axis(Node):
    """`axis name = expression`, `axis name: bins`, or both."""

    name: Word
    value: Expression | None
    bins: Bins | Edges | None


ShapeStatement: TypeAlias = Let | Delta | Window | Axis


@dataclass(frozen=True)
class Body(Node):
    """The statements between the braces of a shape or an observable."""

    statements: tuple[ShapeStatement, ...]


@dataclass(frozen=True)
class Parameter(Node):
    """`width in (0, 0.05] = 0.01`."""

    name: Word
    range: Interval
    default: Expression | None


@dataclass(frozen=True)
class Shape(Node):
    """Which tuples count and what is read off them."""

    name: Word
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class ShapeUse(Node):
    """`ratio(n1 = 1, n2 = 2)`."""

    shape: Reference
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Observable(Node):
    """A correlator seen through a named shape or, where `use` is None, through its own body."""

    name: Word
    correlator: Reference
    use: ShapeUse | None
    body: Body
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class Derive(Node):
    """`derive ratio = e3c / eec`: arithmetic of filled observables."""

    name: Word
    value: Expression
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class Broken(Node):
    """A declaration that could not be parsed: its name is known, so that its users stay quiet.

    Attributes:
        name: Empty where it is not known either.
        partial: The declaration without the statements that have errors, for editors.
    """

    name: str
    partial: Declaration | None = field(default=None, compare=False)


Documented: TypeAlias = Column | Constant | UserMeasure | Correlator | Shape | Observable | Derive
Declared: TypeAlias = Documented | Broken
Declaration: TypeAlias = Import | FromImport | Declared


@dataclass(frozen=True)
class File(Node):
    """Everything one file declares, in its order."""

    declarations: tuple[Declaration, ...]
