"""The functions of the language, one row each: arity, dimension rule, spellings, meaning.

Operators are functions here too (`add`, `mul`, ...), so that one table drives the checker, the
interpreter, sympy and every backend; documentation and tests are generated from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

# How the power of energy (GeV) of the result follows from those of the arguments.
EnergyRule = Literal["same", "sum", "difference", "half", "power", "zero"]


@dataclass(frozen=True)
class Builtin:
    """One function.

    Attributes:
        name: The key in `Apply.fn`; a user can call it unless `operator` is set.
        min_args: Fewest arguments.
        max_args: Most arguments, None for any number.
        energy: `same`: all arguments and the result have one dimension; `sum`/`difference`: powers
            add or subtract; `half`: square root; `power`: times the (constant) exponent; `zero`:
            arguments and result are pure numbers.
        evaluate: The meaning, on numpy floats or arrays with IEEE rules: NaN or infinite outside
            the domain.
        numba: Format string of the numba spelling; `{0}`, `{1}` or `{args}`.
        torch: The same for torch.
        operator: The infix or prefix symbol, empty for a function.
        doc: One line for the reference.
    """

    name: str
    min_args: int
    max_args: int | None
    energy: EnergyRule
    evaluate: Callable[..., Any]
    numba: str
    torch: str
    doc: str
    operator: str = ""


def _product(*args: float) -> float:
    return reduce(operator.mul, args)


def _sum(*args: float) -> float:
    return reduce(operator.add, args)


def _mean(*args: float) -> float:
    return _sum(*args) / len(args)


def _smallest(*args: Any) -> Any:
    return reduce(lambda a, b: np.where(b < a, b, a), args)


def _largest(*args: Any) -> Any:
    return reduce(lambda a, b: np.where(b > a, b, a), args)


def _median(a: Any, b: Any, c: Any) -> Any:
    return _largest(_smallest(a, b), _smallest(_largest(a, b), c))


_ROWS = (
    Builtin("add", 2, None, "same", _sum, "", "", "sum", operator="+"),
    Builtin("sub", 2, 2, "same", operator.sub, "", "", "difference", operator="-"),
    Builtin("mul", 2, None, "sum", _product, "", "", "product", operator="*"),
    Builtin("div", 2, 2, "difference", operator.truediv, "", "", "quotient", operator="/"),
    Builtin("pow", 2, 2, "power", operator.pow, "", "", "power", operator="^"),
    Builtin("neg", 1, 1, "same", operator.neg, "", "", "negation", operator="-"),
    Builtin("sqrt", 1, 1, "half", np.sqrt, "math.sqrt({0})", "torch.sqrt({0})", "square root"),
    Builtin("log", 1, 1, "zero", np.log, "math.log({0})", "torch.log({0})", "natural logarithm"),
    Builtin("exp", 1, 1, "zero", np.exp, "math.exp({0})", "torch.exp({0})", "exponential"),
    Builtin("sin", 1, 1, "zero", np.sin, "math.sin({0})", "torch.sin({0})", "sine (radians)"),
    Builtin("cos", 1, 1, "zero", np.cos, "math.cos({0})", "torch.cos({0})", "cosine (radians)"),
    Builtin("tan", 1, 1, "zero", np.tan, "math.tan({0})", "torch.tan({0})", "tangent (radians)"),
    Builtin("asin", 1, 1, "zero", np.arcsin, "math.asin({0})", "torch.asin({0})", "arcsine"),
    Builtin("acos", 1, 1, "zero", np.arccos, "math.acos({0})", "torch.acos({0})", "arccosine"),
    Builtin("atan", 1, 1, "zero", np.arctan, "math.atan({0})", "torch.atan({0})", "arctangent"),
    Builtin("abs", 1, 1, "same", abs, "abs({0})", "torch.abs({0})", "absolute value"),
    Builtin(
        "min", 1, None, "same", _smallest, "min({args})", "minimum({args})", "smallest argument"
    ),
    Builtin("max", 1, None, "same", _largest, "max({args})", "maximum({args})", "largest argument"),
    Builtin("mean", 1, None, "same", _mean, "", "", "arithmetic mean"),
    Builtin("median", 3, 3, "same", _median, "", "", "middle one of three"),
)

BUILTINS: dict[str, Builtin] = {row.name: row for row in _ROWS}
FUNCTIONS: dict[str, Builtin] = {row.name: row for row in _ROWS if not row.operator}
