"""The plan: everything a backend needs, worked out once by the passes and backend-neutral.

A histogram is a `Loop` over particles `a < b < c ...`; each level of that loop nest adds some
`Term`s. A marginal of a density is an integral over some `Region`s of the sorted sides.
"""

from __future__ import annotations

from math import factorial
from typing import Annotated, Literal

from pydantic import Field

from ecdsl.ir.nodes import Expr, Node, Observable


class Term(Node):
    """One evaluation inside the loop nest.

    Attributes:
        word: For each vertex of the tuple, which loop letter (0 is the outermost) stands there.
            `(0, 1, 2)` is a triplet of different particles, `(0, 0, 1)` a contact term.
        multiplicity: How many ordered tuples have the same contribution.
    """

    word: tuple[int, ...]
    multiplicity: int = Field(ge=1)


class Loop(Node):
    """The loop nest over particles and what each of its levels evaluates.

    Attributes:
        kind: `sets`: each letter runs over the particles behind the letter before it. `ordered`:
            each runs over all particles. `ranked`: the first letter, the special particle, runs
            over all; the others over all particles in falling distance from it, each behind the
            letter before it.
        terms: What is evaluated.
        contact: Whether different letters may stand for the same particle (in `ordered`, and for
            the special particle in `ranked`).
    """

    kind: Literal["sets", "ordered", "ranked"] = "sets"
    terms: tuple[Term, ...]
    contact: bool = False


class Symmetry(Node):
    """The relabellings of the N vertices that leave weight, windows, deltas and axes unchanged.

    Attributes:
        generators: Permutations (vertex k goes to `generators[.][k]`, from 0) that generate the
            group; every one of its elements for N <= 5, its transpositions above.
        size: The number of relabellings in the group.
    """

    order: int
    generators: tuple[tuple[int, ...], ...]
    size: int = Field(ge=1)

    @property
    def is_full(self) -> bool:
        """Whether every relabelling is a symmetry."""
        return self.size == factorial(self.order)


class RegionCoordinate(Node):
    """One coordinate of a region.

    Its range is `[max(lower), min(upper)]`, where bounds may use the coordinates before it. An
    `axis` takes its range from the bin that is integrated over and the bounds here narrow it. An
    exact delta has no range: it is pinned to 0.
    """

    kind: Literal["axis", "delta", "free"]
    index: int = Field(ge=0, description="which axis, which delta, or which side (from 0)")
    lower: tuple[Expr, ...] = ()
    upper: tuple[Expr, ...] = ()
    pinned: bool = False


class Region(Node):
    """A change of variables from a box onto the part of side space that a shape selects.

    Attributes:
        share: The fraction of ordered tuples that the assignment of sides to pairs stands for.
        assignment: For each pair in `pairs(order)`, which side (from 1) it is.
        coordinates: In the order in which they are chosen.
        sides: Each sorted side as an expression of `Coordinate`s.
        jacobian: |d sides / d coordinates|, an expression of `Coordinate`s and parameters.
        guards: What no bound could express: the region is where each of these is <= 0.
    """

    node: Literal["region"] = "region"
    share: float = Field(gt=0, le=1)
    assignment: tuple[int, ...]
    coordinates: tuple[RegionCoordinate, ...]
    sides: tuple[Expr, ...]
    jacobian: Expr
    guards: tuple[Expr, ...] = ()


class NoRegion(Node):
    """Why no change of variables was found; the marginal then falls back to the mask."""

    node: Literal["no_region"] = "no_region"
    reason: str


Regions = Annotated[Region | NoRegion, Field(discriminator="node")]


class Plan(Node):
    """The result of the passes, the one input of every backend."""

    observable: Observable
    symmetry: Symmetry
    loop: Loop
    regions: tuple[Regions, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the loop evaluates."""
        return self.loop.terms
