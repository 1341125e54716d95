"""Backwards through functions: what the arguments of a call can be, given its value.

This is the backward half of HC4-revise (Benhamou, Goualard, Granvilliers and Puget, ICLP 1999).
The call is known to be defined, so that the argument of a root is not negative, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf, pi
from typing import TypeAlias

from ecdsl.passes.bounds_functions import domain, forward
from ecdsl.passes.bounds_intervals import (
    ALL,
    Interval,
    divide,
    hull,
    intersect,
    invert,
    negate,
    power,
)

Args: TypeAlias = Sequence[Interval]
_Inverse: TypeAlias = Callable[[Interval], Interval]

_BELOW_POLE = 1.5707963


def backward(fn: str, value: Interval, args: Args) -> list[Interval] | None:
    """Return what the arguments can be within `args`, None where the call cannot have the value."""
    match fn:
        case "abs":
            return _of_abs(value, args[0])
        case "max":
            return _of_extreme(value, args)
        case "min":
            mirrored = _of_extreme(negate(value), [negate(arg) for arg in args])
            return None if mirrored is None else [negate(arg) for arg in mirrored]
        case "mul":
            first = intersect(args[0], divide(value, args[1]))
            second = intersect(args[1], divide(value, args[0]))
            return None if first is None or second is None else [first, second]
        case "pow" | "median":
            return list(args)
    inside = intersect(args[0], domain(fn))
    if inside is None:
        return None
    inverse = _INVERSES.get(fn)
    narrowed = inside if inverse is None else intersect(inside, inverse(value))
    return None if narrowed is None else [narrowed]


def root(value: Interval, exponent: Fraction | int, base: Interval) -> Interval | None:
    """Return the part of `base` where base^exponent is in `value`."""
    if exponent == 1:
        return intersect(base, value)
    if exponent.denominator != 1 or base[0] >= 0:
        allowed = intersect(value, (0.0, inf))
        return None if allowed is None else intersect(base, power(allowed, 1 / Fraction(exponent)))
    if exponent < 0:
        return root(invert(value), -exponent, base)
    inverse = 1 / Fraction(exponent)
    if exponent % 2:
        positive = power((max(value[0], 0.0), max(value[1], 0.0)), inverse)
        negative = power((max(-value[1], 0.0), max(-value[0], 0.0)), inverse)
        lower = -negative[1] if value[0] < 0 else positive[0]
        upper = positive[1] if value[1] > 0 else -negative[0]
        return intersect(base, (lower, upper))
    if value[1] < 0:
        return None
    reach = power((max(value[0], 0.0), value[1]), inverse)
    return _either_sign(reach, base)


def _either_sign(size: Interval, base: Interval) -> Interval | None:
    """Return the part of `base` whose absolute value is in `size`."""
    parts = [intersect(base, size), intersect(base, negate(size))]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else hull(*kept)


def _of_abs(value: Interval, arg: Interval) -> list[Interval] | None:
    size = intersect(value, (0.0, inf))
    found = None if size is None else _either_sign(size, arg)
    return None if found is None else [found]


def _of_extreme(value: Interval, args: Args) -> list[Interval] | None:
    """Of `max`: no argument is above the value, and one of them is as large as its lower end."""
    capped = [intersect(arg, (-inf, value[1])) for arg in args]
    kept = [arg for arg in capped if arg is not None]
    able = [k for k, arg in enumerate(kept) if arg[1] >= value[0]]
    if len(kept) < len(args) or not able:
        return None
    if len(able) == 1:
        kept[able[0]] = max(kept[able[0]][0], value[0]), kept[able[0]][1]
    return kept


def _of_arc(fn: str, value: Interval, reach: Interval) -> Interval:
    """Go back through an arc function by the trigonometric one, monotone where it reaches."""
    clipped = intersect(value, reach)
    return ALL if clipped is None else forward(fn, [clipped])


_INVERSES: dict[str, _Inverse] = {
    "sqrt": lambda value: power((max(value[0], 0.0), max(value[1], 0.0)), 2),
    "exp": lambda value: forward("log", [value]),
    "log": lambda value: forward("exp", [value]),
    "asin": lambda value: _of_arc("sin", value, (-pi / 2, pi / 2)),
    "acos": lambda value: _of_arc("cos", value, (0.0, pi)),
    "atan": lambda value: (
        forward("tan", [value]) if -_BELOW_POLE < value[0] <= value[1] < _BELOW_POLE else ALL
    ),
    "inv": invert,
}
