"""What the functions of the language do to intervals, and where they are defined.

Infinite results of IEEE arithmetic (`1/0`, `log(0)`) are ends of intervals; NaN is in none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import inf, pi
from typing import TypeAlias

from ecdsl.passes.bounds_intervals import (
    ALL,
    LARGEST,
    NONNEGATIVE,
    Interval,
    invert,
    magnitude,
    multiply,
    power,
    widen,
)

Args: TypeAlias = Sequence[Interval]
# Beyond, the reduction of an angle to one turn is not worth being right about.
_MANY_TURNS = 1e6
_NEAR = 1e-9
_HALF = Fraction(1, 2)


_DOMAINS: dict[str, Interval] = {
    "sqrt": NONNEGATIVE,
    "log": NONNEGATIVE,
    "asin": (-1.0, 1.0),
    "acos": (-1.0, 1.0),
}


def forward(fn: str, args: Args) -> Interval:
    """Return what a call can be; `inv` is 1/x, the other names are those of the builtins."""
    return _FORWARD[fn](args)


def domain(fn: str) -> Interval:
    """Return where the first argument of a function must lie for the function to have a value."""
    return _DOMAINS.get(fn, ALL)


def is_defined(fn: str, args: Args) -> bool:
    """Tell whether a call is a finite number for all values of its arguments."""
    first = args[0]
    if fn in {"inv", "log"}:
        return first[0] > 0 or (fn == "inv" and first[1] < 0)
    if fn == "pow":
        return first[0] > 0 or (first[0] >= 0 and args[1][0] >= 0)
    if fn == "tan":
        return not _holds_multiple(first, pi / 2, pi)
    lower, upper = domain(fn)
    return lower <= first[0] and first[1] <= upper


def _rising(
    function: Callable[[float], float], exact: Mapping[float, float], a: Interval
) -> Interval:
    """Return what a rising function can be; some of its values are known exactly."""
    low, high = function(a[0]), function(a[1])
    return exact.get(a[0], widen(low, low)[0]), exact.get(a[1], widen(high, high)[1])


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -inf


def _exp_interval(args: Args) -> Interval:
    lower, upper = _rising(_exp, {0.0: 1.0}, args[0])
    return min(max(lower, 0.0), LARGEST), upper


def _log_interval(args: Args) -> Interval:
    return _rising(_log, {1.0: 0.0}, args[0])


def _asin_interval(args: Args) -> Interval:
    low, high = (min(max(end, -1.0), 1.0) for end in args[0])
    return _rising(math.asin, {0.0: 0.0}, (low, high))


def _atan_interval(args: Args) -> Interval:
    return _rising(math.atan, {0.0: 0.0}, args[0])


def _acos_interval(args: Args) -> Interval:
    low, high = (min(max(end, -1.0), 1.0) for end in args[0])
    return (
        0.0 if high == 1 else widen(math.acos(high), math.acos(high))[0],
        widen(math.acos(low), math.acos(low))[1],
    )


def _holds_multiple(a: Interval, offset: float, period: float) -> bool:
    """Tell whether offset + k * period may lie in `a` for some integer k."""
    if magnitude(a)[1] > _MANY_TURNS:
        return True
    first = math.ceil((a[0] - offset) / period - _NEAR)
    return first * period + offset <= a[1] + _NEAR


def _wave(function: Callable[[float], float], a: Interval, top: float) -> Interval:
    """Return what a sine or cosine can be, exactly where it turns; `top` is where it is 1."""
    reaches_top = _holds_multiple(a, top, 2 * pi)
    reaches_bottom = _holds_multiple(a, top + pi, 2 * pi)
    if reaches_top and reaches_bottom:
        return -1.0, 1.0
    low, high = sorted(a, key=function)
    lower, upper = _rising(function, {0.0: function(0.0)}, (low, high))
    return -1.0 if reaches_bottom else max(lower, -1.0), 1.0 if reaches_top else min(upper, 1.0)


def _tan_interval(args: Args) -> Interval:
    if _holds_multiple(args[0], pi / 2, pi):
        return ALL
    low, high = math.tan(args[0][0]), math.tan(args[0][1])
    return widen(low, high)


def _median_interval(args: Args) -> Interval:
    return sorted(arg[0] for arg in args)[1], sorted(arg[1] for arg in args)[1]


def _pow_interval(args: Args) -> Interval:
    base, exponent = args
    if base[0] < 0:
        return ALL
    if base[0] == 0 and exponent[0] < 0:
        return NONNEGATIVE
    # x^y is monotone in each of its arguments, so that its extremes are at corners.
    corners = [_float_power(x, y) for x in base for y in exponent]
    lower, upper = widen(min(corners), max(corners))
    return min(max(lower, 0.0), LARGEST), upper


def _float_power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return inf


_FORWARD: dict[str, Callable[[Args], Interval]] = {
    "abs": lambda args: magnitude(args[0]),
    "sqrt": lambda args: power((max(args[0][0], 0.0), max(args[0][1], 0.0)), _HALF),
    "exp": _exp_interval,
    "log": _log_interval,
    "sin": lambda args: _wave(math.sin, args[0], pi / 2),
    "cos": lambda args: _wave(math.cos, args[0], 0.0),
    "tan": _tan_interval,
    "asin": _asin_interval,
    "acos": _acos_interval,
    "atan": _atan_interval,
    "min": lambda args: (min(a[0] for a in args), min(a[1] for a in args)),
    "max": lambda args: (max(a[0] for a in args), max(a[1] for a in args)),
    "median": _median_interval,
    "inv": lambda args: invert(args[0]),
    "mul": lambda args: multiply(args[0], args[1]),
    "pow": _pow_interval,
}
