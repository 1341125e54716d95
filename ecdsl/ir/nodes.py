"""The typed intermediate representation: frozen, closed, printable, and stored as JSON.

Expressions are over one N-tuple of particles. Pairs are `i < j`, counted from 1, and in the order
(1,2), (1,3), ..., (2,3), ...: `pairs(order)`. Sides are the same pairwise distances sorted from
the shortest (`Side(k=1)`) to the longest.

Nodes carry no spans and no user's names besides those that label an output, so that equality and
fingerprints are about meaning alone. A user's column is the exception: its name is its meaning.
"""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

IR_VERSION: Final = 2


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


MemberQuantity = Literal["et", "eta", "mass", "charge", "pdgid"]


class Member(Node):
    """A property of particle i besides its energy and pT.

    `et` is the transverse energy E sin(theta) and `mass` the mass, in GeV; `eta` the
    pseudorapidity; `charge` in units of e; `pdgid` the number of the species. In `where` of a
    correlator, particle 1 is the one that is looked at.
    """

    node: Literal["member"] = "member"
    quantity: MemberQuantity
    i: int = Field(ge=1)


LegName = Literal["jet", "beam"]
BetweenQuantity = Literal["z", "angle", "deta", "dphi", "mass"]


class Between(Node):
    """What lies between particle i and particle j (i < j), or between i and a leg.

    `z` is the distance in the correlator's measure, with a leg only (`Pair` is that of particles);
    `angle` is (1 - cos theta)/2 in every measure; `deta` and `dphi` are the absolute differences of
    pseudorapidity and azimuth (radians, up to pi); `mass` is the invariant mass in GeV, that of the
    one particle where i and j are the same. `jet` is the jet's momentum (the event's, where tuples
    are drawn per event), `beam` the direction of positive z.
    """

    node: Literal["between"] = "between"
    quantity: BetweenQuantity
    i: int = Field(ge=1)
    j: int | LegName


class Triple(Node):
    """The triple product n_i . (n_j x n_k) of directions, i < j < k."""

    node: Literal["triple"] = "triple"
    i: int = Field(ge=1)
    j: int = Field(ge=2)
    k: int = Field(ge=3)


class Azimuth(Node):
    """The azimuth of particle k about `pole`, counted from particle j, in (-pi, pi].

    On the sphere it is the angle between the planes (pole, j) and (pole, k), positive from j to k
    counterclockwise seen against n_pole; in a correlator of hadron geometry it is the angle in the
    (eta, phi) plane. It is 0 where j or k has the direction of the pole.
    """

    node: Literal["azimuth"] = "azimuth"
    pole: int = Field(ge=1)
    j: int = Field(ge=1)
    k: int = Field(ge=1)


class Scale(Node):
    """The event's hard scale Q, in GeV."""

    node: Literal["scale"] = "scale"


JetQuantity = Literal["energy", "pt", "mass", "eta", "energy_sum", "pt_sum", "et_sum"]


class Jet(Node):
    """A property of the jet (of the event, where tuples are drawn per event).

    `energy`, `pt` and `mass` (GeV) and `eta` are those of the summed momentum of everything that
    the file holds; `energy_sum`, `pt_sum` and `et_sum` (GeV) are the scalar sums over what the
    correlator sums over, after `where` and `hardest`.
    """

    node: Literal["jet"] = "jet"
    quantity: JetQuantity


class Column(Node):
    """A number per jet that the event file holds under `label_<name>`, in GeV^energy."""

    node: Literal["column"] = "column"
    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    energy: int = 0


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
    Number
    | Parameter
    | Pair
    | Side
    | Energy
    | Pt
    | Member
    | Between
    | Triple
    | Azimuth
    | Scale
    | Jet
    | Column
    | Coordinate
    | Support
    | Apply,
    Field(discriminator="node"),
]


class Compare(Node):
    """`lhs < rhs`, `lhs <= rhs`, `lhs == rhs` or `lhs != rhs`; `>` is written the other way round.

    Equality is for numbers that are whole by nature, charges and species.
    """

    node: Literal["compare"] = "compare"
    op: Literal["<", "<=", "==", "!="]
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


Algorithm = Literal["cambridge", "kt", "antikt"]


class Subjets(Node):
    """The particles reclustered with `algorithm` and radius `radius` (radians or dR)."""

    node: Literal["subjets"] = "subjets"
    algorithm: Algorithm
    radius: float = Field(gt=0)


Constituents = Annotated[Particles | Subjets, Field(discriminator="node")]
Measure = Literal["ee", "hadron"]
Tuples = Literal["distinct", "all", "sets"]
Group = Literal["jet", "event"]


class Correlator(Node):
    """What is summed: `order` constituents, their distances and their weight.

    Attributes:
        order: Particles of a tuple.
        constituents: What tuples are drawn from.
        group: `jet`: from one jet at a time; `event`: from all of an event's jets in the file
            together (a file of whole events holds each as one jet). Subjets of an event are its
            jets.
        where: Which constituents count; its expressions look at particle 1.
        hardest: How many constituents count, those with the largest energy (`ee`) or pT (`hadron`)
            after `where`; None for all.
        measure: The geometry of distances, clustering and azimuths: `ee` is
            z = (1 - cos theta_ij)/2, `hadron` is z = dEta_ij^2 + dPhi_ij^2.
        distance: What z_ij is instead, an expression of `Between(..., i=1, j=2)`; None for the
            measure's own.
        weight: What a tuple adds, a pure number.
        tuples: `distinct` is all ordered tuples of different particles, `all` adds contact terms
            (equal indices), `sets` takes each set of different particles once.
        windows: Which tuples count, in every shape.
        ranked: Particles 2, 3, ... of each tuple are named in falling distance from particle 1,
            the special particle (z_12 >= z_13 >= ...; arXiv:2410.16368); weight, windows and
            shape see these names. Tuples of equal distances are named one way only.
        nu: An order that need not be whole; None for tuples of `order` particles. The sum then runs
            over sets of particles, `weight` is what one particle adds (x), and a set S counts with
            w_nu(S) = sum over T in S of (-1)^|S - T| (sum_T x)^nu, at the two particles of its
            longest side (at particle 1 twice, where it is the only one). `order` is 2: the shape
            sees these (arXiv:2004.11381). With `ranked` a particle is special: with each set S it
            counts with x_1 w_{nu-1}(S), at particle 2 that is the farthest of S from it.
        resolution: The factor f of dynamic subjets (arXiv:2406.08577): tuples at the distance z of
            a splitting of the jet, reclustered with Cambridge/Aachen, see what lies at up to z/f
            as one; None for all particles.
    """

    node: Literal["correlator"] = "correlator"
    order: int = Field(ge=1, le=8)
    constituents: Constituents
    group: Group = "jet"
    where: Condition | None = None
    hardest: int | None = Field(default=None, ge=1)
    measure: Measure
    distance: Expr | None = None
    weight: Expr
    tuples: Tuples = "distinct"
    windows: tuple[Condition, ...] = ()
    ranked: bool = False
    # Absent where it is None: what was hashed and learned before there was one keeps its key.
    nu: float | None = Field(default=None, gt=0, exclude_if=lambda nu: nu is None)
    # Not told where it is not there: what was written before it was known means the same.
    resolution: float | None = Field(default=None, gt=1, exclude_if=lambda value: value is None)


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


Spacing = Literal["linear", "log", "symlog", "logit", "edges"]


class Bins(Node):
    """`n` bins between `lower` and `upper`.

    They are equal in the variable x (`linear`), in log x (`log`), in asinh(x / threshold)
    (`symlog`: linear below the threshold, logarithmic above, on both sides of zero), in
    log(x / (1 - x)) (`logit`: logarithmic at both ends, in x and in 1 - x), or as listed (`edges`,
    all n + 1 of them).
    """

    n: int = Field(ge=1)
    lower: float
    upper: float
    spacing: Spacing = "linear"
    threshold: float | None = Field(default=None, gt=0)
    edges: tuple[float, ...] = ()


class Axis(Node):
    """`axis name = expr`: the delta function that is kept."""

    name: str
    expr: Expr
    bins: Bins


class Observable(Node):
    """One correlator seen through one shape, binned. The root of the IR."""

    ir_version: Literal[2] = IR_VERSION
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
