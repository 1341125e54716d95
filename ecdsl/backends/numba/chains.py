"""Values that follow from a cheaper one by functions that only rise or only fall.

asin(sqrt(max(1 - x, 0))) falls with x. Between two values of x that have the same bin, all have it:
what is expensive need be evaluated near the edges of bins alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Apply, Number, Pair, Side
from ecdsl.ir.walk import leaves

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Expr, Observable

# What stands for the cheaper value.
ARGUMENT = Pair(i=1, j=2)

_DEAR = {"sqrt", "exp", "log", "asin", "acos", "atan"}
_CHEAP = {"neg", "add", "sub", "mul", "min", "max", "div"}


@dataclass(frozen=True)
class Chain:
    """An axis as a rising or falling function of a cheaper value.

    Attributes:
        value: What is computed.
        function: The axis from that, a function of `ARGUMENT`; that alone where nothing is gained.
        pulled: Whether it rises from a distance, so that edges can be taken over to the distance.
    """

    value: Expr
    function: Expr
    pulled: bool


def chain_of(expr: Expr, observable: Observable) -> Chain:
    """Return an axis of an observable as a function of a cheaper value."""
    value, function = _stripped(expr)
    if not _is_dear(function):
        return Chain(value=expr, function=ARGUMENT, pulled=False)
    # A declared distance may be negative, or undefined.
    known = observable.correlator.distance is None and _is_distance(value)
    return Chain(value=value, function=function, pulled=known and _rises(function))


def chains_of(observable: Observable) -> tuple[Chain, ...]:
    """Return the axes of an observable as functions of cheaper values."""
    return tuple(chain_of(axis.expr, observable) for axis in observable.axes)


def _rises(function: Expr) -> bool:
    """Tell whether a function of `ARGUMENT` >= 0 is a number and rises, rounding included."""
    if function == ARGUMENT:
        return True
    match function:
        case Apply(fn="sqrt", args=(arg,)):
            return _rises(arg)
        case Apply(fn="add" | "mul", args=args):
            return all(_is_positive(arg) or _rises(arg) for arg in args) and _stands_once(args)
        case Apply(fn="div", args=(arg, by)):
            return _is_positive(by) and _rises(arg)
        case _:
            return False


def _stripped(expr: Expr) -> tuple[Expr, Expr]:
    place = _only_argument(expr)
    if place is None or not isinstance(expr, Apply):
        return expr, ARGUMENT
    inner, outer = _stripped(expr.args[place])
    args = (*expr.args[:place], outer, *expr.args[place + 1 :])
    return inner, expr.model_copy(update={"args": args})


def _only_argument(expr: Expr) -> int | None:
    """Return the place of the one argument that is no number, of a function that turns nowhere."""
    if not isinstance(expr, Apply) or expr.fn not in _DEAR | _CHEAP:
        return None
    places = [k for k, arg in enumerate(expr.args) if not isinstance(arg, Number)]
    if len(places) != 1 or (expr.fn == "div" and places != [0]):
        return None
    return places[0]


def _is_distance(expr: Expr) -> bool:
    if isinstance(expr, Apply):
        return expr.fn in {"min", "max"} and all(map(_is_distance, expr.args))
    return isinstance(expr, Pair | Side)


def _is_dear(expr: Expr) -> bool:
    return isinstance(expr, Apply) and (expr.fn in _DEAR or any(map(_is_dear, expr.args)))


def _is_positive(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value > 0


def _stands_once(args: tuple[Expr, ...]) -> bool:
    return sum(leaf == ARGUMENT for arg in args for leaf in leaves(arg)) == 1
