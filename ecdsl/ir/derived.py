"""Arithmetic of filled observables: ratios, products, differences, reflections.

`derive e3c_over_e2c = e3c / e2c` is evaluated after filling, on the histograms of one and the same
sample of events, so that numerator and denominator fluctuate together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ecdsl.ir.nodes import IR_VERSION, Node, Number, Observable


class Operand(Node):
    """The histogram of the observable at place `index` of the derivation's `operands`."""

    node: Literal["operand"] = "operand"
    index: int = Field(ge=0)


CombineFn = Literal["add", "sub", "mul", "div", "neg", "reflect", "normalize", "density"]


class Combine(Node):
    """A function of histograms, bin by bin.

    `add`, `sub`, `mul` and `div` take two histograms of equal bins or a histogram and a number;
    `neg` takes one. `reflect` reverses the bins of a one-dimensional histogram, f(lower + upper -
    x), and needs bins that are symmetric; `normalize` divides by the sum of all bins (without flow)
    and `density` by the volume of each bin.
    """

    node: Literal["combine"] = "combine"
    fn: CombineFn
    args: tuple[DerivedExpr, ...]


DerivedExpr = Annotated[Number | Operand | Combine, Field(discriminator="node")]


class Derived(Node):
    """A derived observable: an expression of histograms with equal bins."""

    ir_version: Literal[2] = IR_VERSION
    name: str
    expr: DerivedExpr
    operands: tuple[Observable, ...] = Field(min_length=1)


Combine.model_rebuild()
Derived.model_rebuild()
