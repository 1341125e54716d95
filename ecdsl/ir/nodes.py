"""The typed intermediate representation: frozen, closed, printable, and stored as JSON.

Expressions are over one N-tuple of particles. Pairs are `i < j`, counted from 1, and in the order
(1,2), (1,3), ..., (2,3), ...: `pairs(order)`. Sides are the same pairwise distances sorted from
the shortest (`Side(k=1)`) to the longest.

Nodes carry no spans and no user's names besides those that label an output, so that equality and
fingerprints are about meaning alone.
"""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

IR_VERSION: Final = 1


class Node(BaseModel):
    """Base of every node: immutable, hashable, no unknown fields, no infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# --- expressions -------------------------------------------------------------------------------


class Number(Node):
    """A finite constant; `energy` is its power of GeV (`5 GeV` has 1)."""

    node: Literal["number"] = "number"
    value: float
    energy: int = 0


class Parameter(Node):
    """The parameter at place `index` of the observable's `parameters`."""

    node: Literal["parameter"] = "parameter"
    index: int = Field(ge=0)


class Pair(Node):
    """The distance z_ij between particles i and j (i < j) in the correlator's measure."""

    node: Literal["pair"] = "pair"
    i: int = Field(ge=1)
    j: int = Field(ge=2)


class Side(Node):
    """The k-th shortest of the pairwise distances."""

    node: Literal["side"] = "side"
    k: int = Field(ge=1)


class Energy(Node):
    """The energy E_i of particle i, in GeV."""

    node: Literal["energy"] = "energy"
    i: int = Field(ge=1)


class Pt(Node):
    """The transverse momentum pT_i of particle i, in GeV."""

    node: Literal["pt"] = "pt"
    i: int = Field(ge=1)


class Scale(Node):
    """The event's hard scale Q, in GeV."""

    node: Literal["scale"] = "scale"


class Coordinate(Node):
    """The value of coordinate `index` of a `Region` (only inside a region)."""

    node: Literal["coordinate"] = "coordinate"
    index: int = Field(ge=0)


class Support(Node):
    """The shortest (`floor`) or longest (`ceil`) distance a density supports (only in a region)."""

    node: Literal["support"] = "support"
    end: Literal["floor", "ceil"]


class Apply(Node):
    """A builtin of `ecdsl.ir.builtins` applied to its arguments."""

    node: Literal["apply"] = "apply"
    fn: str
    args: tuple[Expr, ...]


Expr = Annotated[
    Number | Parameter | Pair | Side | Energy | Pt | Scale | Coordinate | Support | Apply,
    Field(discriminator="node"),
]


class Compare(Node):
    """`lhs < rhs` or `lhs <= rhs`; `>` and `>=` are written the other way round."""

    node: Literal["compare"] = "compare"
    op: Literal["<", "<="]
    lhs: Expr
    rhs: Expr


class Logic(Node):
    """`and`, `or` of conditions, or `not` of one."""

    node: Literal["logic"] = "logic"
    op: Literal["and", "or", "not"]
    args: tuple[Condition, ...]


Condition = Annotated[Compare | Logic, Field(discriminator="node")]


# --- what is summed ----------------------------------------------------------------------------


class Particles(Node):
    """All particles of the jet, or only the charged ones."""

    node: Literal["particles"] = "particles"
    charged: bool = False


class Subjets(Node):
    """The jet's particles reclustered with `algorithm` and radius `radius` (radians or dR)."""

    node: Literal["subjets"] = "subjets"
    algorithm: Literal["cambridge", "kt", "antikt"]
    radius: float = Field(gt=0)


Constituents = Annotated[Particles | Subjets, Field(discriminator="node")]
Measure = Literal["ee", "hadron"]
Tuples = Literal["distinct", "all", "sets"]


class Correlator(Node):
    """What is summed: `order` constituents, their distances and their weight.

    `measure`: `ee` is (1 - cos theta_ij)/2, `hadron` is dEta^2 + dPhi^2.
    `tuples`: `distinct` is all ordered tuples of different particles, `all` adds contact terms
    (equal indices), `sets` takes each set of different particles once.
    """

    node: Literal["correlator"] = "correlator"
    order: int = Field(ge=1, le=8)
    constituents: Constituents
    measure: Measure
    weight: Expr
    tuples: Tuples = "distinct"


# --- the shape and its axes --------------------------------------------------------------------


class ParameterSpec(Node):
    """A parameter's range and value; the value is a run-time argument of the compiled code."""

    name: str
    lower: float
    upper: float
    lower_open: bool = False
    upper_open: bool = False
    value: float

    def contains(self, value: float) -> bool:
        """Tell whether `value` lies in the declared range."""
        above = value > self.lower if self.lower_open else value >= self.lower
        below = value < self.upper if self.upper_open else value <= self.upper
        return above and below


class Delta(Node):
    """`delta expr`: fixed to lie in `[lower, upper]`, or exactly 0 where `exact`."""

    expr: Expr
    lower: Expr | None = None
    upper: Expr | None = None
    exact: bool = False


class Bins(Node):
    """`n` bins between `lower` and `upper`, equal in the variable or in its logarithm."""

    n: int = Field(ge=1)
    lower: float
    upper: float
    spacing: Literal["linear", "log"] = "linear"


class Axis(Node):
    """`axis name = expr`: the delta function that is kept."""

    name: str
    expr: Expr
    bins: Bins


class Observable(Node):
    """One correlator seen through one shape, binned. The root of the IR."""

    ir_version: Literal[1] = IR_VERSION
    name: str
    correlator: Correlator
    parameters: tuple[ParameterSpec, ...] = ()
    deltas: tuple[Delta, ...] = ()
    windows: tuple[Condition, ...] = ()
    axes: tuple[Axis, ...] = Field(min_length=1)


def pairs(order: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs (i, j), i < j, of an N-tuple in their fixed order."""
    return tuple(combinations(range(1, order + 1), 2))


for _model in (Apply, Compare, Logic, Correlator, Delta, Axis, Observable):
    _model.model_rebuild()
