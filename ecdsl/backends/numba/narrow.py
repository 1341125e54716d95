"""Windows that are tested in float32 before they are tested exactly.

A float32 holds half as many bits, so that a vector holds twice as many of them. What a window keeps
must stay, so that a comparison gives way by more than all roundings: each of k of them is at most
2^-24 of what it rounds, which is nowhere larger than the same expression of the largest distance of
any sign, without any minus. What is kept is then tested as it is declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import MaskCode
from ecdsl.backends.numba.reads import pairs_used, sides_used
from ecdsl.backends.numba.spell import LETTERS, call, lane_call, pair_name, sides
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Apply, Compare, Number, Pair, Parameter, Side
from ecdsl.ir.printer import Spelling, print_expr
from ecdsl.ir.walk import bottom_up, condition_expressions, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecdsl.ir.nodes import Condition, Expr
    from ecdsl.ir.plan import Term

    # Variables that hold parameters, by their place, where they are not named `p<place>`.
    Names = Mapping[int, str]
    Tests = Mapping[Condition, Names]

# Functions of which the bound of a result follows from the bounds of the arguments.
_FUNCTIONS = {"add", "sub", "mul", "neg", "abs", "min", "max", "median"}
# Twice the largest error of a rounding, for the products of several.
_ROUNDING = 2.0**-23
_NAME, _SIDE = "f", "narrow_side"


def is_narrow(condition: Condition) -> bool:
    """Tell whether a condition can be tested in float32 first."""
    if not isinstance(condition, Compare) or condition.op not in {"<", "<="}:
        return False
    exprs = tuple(condition_expressions(condition))
    return all(_is_narrow(expr) for expr in exprs) and any(
        isinstance(leaf, Pair | Side) for expr in exprs for leaf in leaves(expr)
    )


def _is_narrow(expr: Expr) -> bool:
    if isinstance(expr, Apply):
        return all(map(_is_narrow, expr.args)) and (expr.fn in _FUNCTIONS or _is_share(expr))
    return isinstance(expr, Number | Parameter | Pair | Side)


def _is_share(expr: Apply) -> bool:
    return expr.fn == "div" and isinstance(expr.args[1], Number) and expr.args[1].value != 0


def narrow_mask(term: Term, tested: Tests) -> MaskCode:
    """Return the test in float32 of some conditions for all particles of the last letter."""
    exprs = [expr for c in tested for expr in condition_expressions(c)]
    deepest, word = max(term.word), term.word
    vertices = pairs_used(exprs, len(word)).get("z", set())
    used = {tuple(sorted((word[i - 1], word[j - 1]))) for i, j in vertices}
    pairs = [(LETTERS[low], LETTERS[high]) for low, high in sorted(used)]
    last = LETTERS[deepest]
    keep = []
    for k, (condition, names) in enumerate(tested.items()):
        words = _spelling(term, names)
        lhs, rhs = (print_expr(expr, words) for expr in condition_expressions(condition))
        # Not the contrary: what is no number, or too large for one, is left to the exact test.
        keep.append(f"~({lhs} > {rhs} + slack_{k})")
    return MaskCode(
        # Letters that come later stand for particles that come earlier: rows from their start.
        tables=tuple(f"{_NAME}_{a}{b} = narrow[{a}, {b}]" for a, b in pairs if b != last),
        lanes=tuple(f"{_NAME}_{a}{b} = sixteen(narrow, {a}, {b})" for a, b in pairs if b == last),
        setup=sides(len(word), word, sides_used(exprs), quantity=_NAME, name=_SIDE, call=lane_call),
        keep=" & ".join(keep),
        letter=last,
        stop=LETTERS[deepest - 1],
    )


def slacks(tested: Tests) -> tuple[str, ...]:
    """Return by how much each condition gives way, from the largest distance `most` of a jet."""
    found = []
    for condition, names in tested.items():
        exprs = tuple(condition_expressions(condition))
        words = _bound_spelling(names)
        bound = print_expr(Apply(fn="add", args=tuple(map(_bound, exprs))), words)
        roundings = sum(map(_size, exprs)) + 2
        found.append(f"{roundings * _ROUNDING!r}*({bound})")
    return tuple(found)


def _spelling(term: Term, names: Names) -> Spelling:
    def leaf(expr: Expr) -> str:
        match expr:
            case Pair(i=i, j=j):
                return pair_name(_NAME, term.word, i, j)
            case Side(k=k):
                return f"{_SIDE}{k}"
            case Parameter(index=k):
                return f"np.float32({names.get(k, f'p{k}')})"
            case _:
                raise InternalError(f"{expr!r} is not tested in float32")

    return Spelling(leaf=leaf, call=lane_call, number=lambda value: f"np.float32({value!r})")


def _bound(expr: Expr) -> Expr:
    """Return what an expression and all in it stay below, of the largest distance."""

    def change(node: Expr) -> Expr:
        match node:
            case Number(value=value):
                return Number(value=abs(value))
            case Parameter():
                return Apply(fn="abs", args=(node,))
            case Apply(fn="sub", args=args):
                return Apply(fn="add", args=args)
            case Apply(fn="neg" | "abs", args=(arg,)):
                return arg
            case Apply(fn="min" | "median", args=args):
                return Apply(fn="max", args=args)
            case _:
                return node

    return bottom_up(expr, change)


def _bound_spelling(names: Names) -> Spelling:
    def leaf(expr: Expr) -> str:
        match expr:
            case Parameter(index=k):
                return names.get(k, f"p{k}")
            case _:
                return "most"

    return Spelling(leaf=leaf, call=call)


def _size(expr: Expr) -> int:
    return 1 + sum(map(_size, expr.args)) if isinstance(expr, Apply) else 1
