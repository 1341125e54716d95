"""The syntax tree: one frozen dataclass per construct of `grammars/obs.lark`, nothing interpreted.

Spans do not take part in equality: two trees are equal when they were spelled alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span


@dataclass(frozen=True)
class Node:
    """Anything that stands somewhere in a source."""

    span: Span = field(compare=False, repr=False)


# --- names ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word(Node):
    """A name where it is declared, or a setting such as `ee`."""

    text: str


@dataclass(frozen=True)
class Reference(Node):
    """A dotted name that refers to a declaration or a module: `top.correlators.top_eeec`."""

    parts: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The name with its dots."""
        return ".".join(part.text for part in self.parts)


# --- expressions ---------------------------------------------------------------------------------


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


# --- correlators ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Argument(Node):
    """An argument by name or, where `name` is None, by position."""

    name: Word | None
    value: Expression


@dataclass(frozen=True)
class Order(Node):
    """`order 3`."""

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


CorrelatorStatement: TypeAlias = (
    Order | Over | Per | Where | Hardest | Measure | Weight | Tuples | Sides | Points | Window
)


@dataclass(frozen=True)
class Correlator(Node):
    """What is summed."""

    name: Word
    statements: tuple[CorrelatorStatement, ...]
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


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below `node`, in the order of the source."""
    found: list[Node] = []
    stack = [getattr(node, item.name) for item in reversed(fields(node)) if item.name != "span"]
    while stack:
        value = stack.pop()
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            stack.extend(reversed(value))
    return tuple(found)


def dump(node: Node) -> str:
    """Return the tree as indented text, one node a line (`ecdsl show --stage ast`)."""
    lines: list[str] = []
    stack: list[tuple[Node, int]] = [(node, 0)]
    while stack:
        current, depth = stack.pop()
        lines.append("  " * depth + _headline(current))
        stack.extend((child, depth + 1) for child in reversed(children(current)))
    return "\n".join(lines)


def _headline(node: Node) -> str:
    parts = [type(node).__name__]
    for item in fields(node):
        text = _plain(getattr(node, item.name))
        if item.name != "span" and text:
            parts.append(f"{item.name}={text}")
    return " ".join(parts)


def _plain(value: Any) -> str:
    """Return what stands on a node's own line: its plain values and its operators."""
    if isinstance(value, tuple):
        operators = [item[0] for item in value if isinstance(item, tuple)]
        return " ".join(operators)
    if value is None or value is False or value == "" or is_dataclass(value):
        return ""
    return repr(value)
