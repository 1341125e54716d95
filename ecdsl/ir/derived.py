"""Arithmetic of filled observables: ratios, products, differences, reflections.

`derive e3c_over_e2c = e3c / e2c` is evaluated after filling, on the histograms of one and the same
sample of events, so that numerator and denominator fluctuate together. Each histogram stands for
<sum of weights>, the mean over events, so that no derived observable depends on how many events
were filled.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

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

    @model_validator(mode="after")
    def _has_its_arguments(self) -> Combine:
        arity = 2 if self.fn in {"add", "sub", "mul", "div"} else 1
        if len(self.args) != arity:
            msg = f"{self.fn} takes {arity} argument(s)"
            raise ValueError(msg)
        return self


DerivedExpr = Annotated[Number | Operand | Combine, Field(discriminator="node")]


class Derived(Node):
    """A derived observable: an expression of histograms with equal bins."""

    ir_version: Literal[2] = IR_VERSION
    name: str
    expr: DerivedExpr
    operands: tuple[Observable, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _operands_exist(self) -> Derived:
        if max(operand_indices(self.expr), default=0) >= len(self.operands):
            msg = "the expression has an operand that is not there"
            raise ValueError(msg)
        return self


def operand_indices(expr: DerivedExpr) -> tuple[int, ...]:
    """Return the places of the operands that an expression mentions, each as often as it does."""
    match expr:
        case Operand(index=k):
            return (k,)
        case Combine(args=args):
            return tuple(k for arg in args for k in operand_indices(arg))
        case _:
            return ()


Combine.model_rebuild()
Derived.model_rebuild()
