"""The loop nest of a kernel that runs over a grid of parameters."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import PassCode, TurnCode
from ecdsl.backends.numba.grids import parameters, turning_point, way
from ecdsl.backends.numba.levels import mask_code, narrow_tests, nest, of_lanes, term_code
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise, without_powers
from ecdsl.backends.numba.narrow import narrow_mask
from ecdsl.backends.numba.reads import sides_used
from ecdsl.backends.numba.spell import lane_call, sides, spelling
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Number, Pair, Parameter, Side, pairs
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names
from ecdsl.ir.walk import condition_expressions, leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ecdsl.backends.numba.context import LevelCode, MaskCode
    from ecdsl.ir.nodes import Condition, Expr, Observable
    from ecdsl.ir.plan import Loop, Term
    from ecdsl.ir.printer import Spelling


def grid_nest(observable: Observable, loop: Loop, over: Sequence[int]) -> tuple[LevelCode, ...]:
    """Return a masked loop nest that holds what decides where on the grid each tuple passes.

    The mask keeps what passes at the first or at the last value of each parameter: a comparison
    that turns once holds somewhere only if it holds at an end.
    """
    order = observable.correlator.order
    deep = _deepest(loop, order)
    tested = [c for c in all_conditions(observable) if is_lanewise(c, deep.word)]
    moving, held = _moving(observable, over), _held(observable, over)
    narrow = narrow_ends(observable, loop, over)
    # What passes in float32 may not pass: boxes tell of `moving`, and guards of all others.
    settled = [*moving, *(() if narrow else tested)]
    levels = []
    for depth, level in enumerate(nest(observable, loop)):
        inside = depth == order - 1
        terms = []
        for term in (term for term in loop.terms if max(term.word) == depth):
            here = spelling(term.word, column_names(observable))
            code = term_code(observable, term, tested=settled if inside else moving)
            update = {
                "held": tuple(map(here.leaf, held)),
                "values": tuple(print_expr(axis.expr, here) for axis in observable.axes),
                "functions": (),
            }
            terms.append(code.model_copy(update=update))
        mask = _mask(observable, deep, tested, narrow, over) if inside else None
        levels.append(level.model_copy(update={"terms": tuple(terms), "mask": mask}))
    return tuple(levels)


def narrow_ends(
    observable: Observable, loop: Loop, over: Sequence[int]
) -> dict[Condition, dict[int, str]]:
    """Return the conditions of the mask where all of them can be tested in float32 first.

    With the end of the grid at which each holds, if it holds anywhere.
    """
    found: dict[Condition, dict[int, str]] = {}
    positive = _are_positive(observable)
    for condition in narrow_tests(observable, loop):
        found[condition] = {}
        for k in _turning(condition, over):
            turns = way(condition, k, positive=positive)
            if not turns:
                return {}
            found[condition][k] = f"{'first' if turns == 'up to' else 'last'}_{k}"
    return found


def boxes(observable: Observable, over: Sequence[int]) -> dict[str, Any]:
    """Return what finds the box of a tuple from what is held of it."""
    word = tuple(range(observable.correlator.order))
    words = of_lanes(spelling(word, column_names(observable)))
    moving = _moving(observable, over)
    looked_at = [expr for c in moving for expr in condition_expressions(c)]
    return {
        "grid": over,
        "held": tuple(map(words.leaf, _held(observable, over))),
        "setup": sides(len(word), word, sides_used(looked_at), call=lane_call),
        "passes": tuple(
            PassCode(
                parameter=k,
                turns=tuple(
                    _turn(without_powers(c), words, k, positive=_are_positive(observable))
                    for c in moving
                    if k in _turning(c, over)
                ),
            )
            for k in over
        ),
        "corners": _corners(over),
    }


def _deepest(loop: Loop, order: int) -> Term:
    term = deep_term(loop, order)
    if term is None:
        raise InternalError("a masked loop has one term")
    return term


def _mask(
    observable: Observable,
    deep: Term,
    tested: Sequence[Condition],
    narrow: dict[Condition, dict[int, str]],
    over: Sequence[int],
) -> MaskCode:
    if narrow:
        return narrow_mask(deep, narrow)
    words = of_lanes(spelling(deep.word, column_names(observable)))
    positive = _are_positive(observable)
    texts = [_somewhere(without_powers(c), words, over, positive=positive) for c in tested]
    return mask_code(deep, tested, texts)


def _are_positive(observable: Observable) -> bool:
    """Tell whether no distance can be negative; a declared one may be."""
    return observable.correlator.distance is None


def _moving(observable: Observable, over: Sequence[int]) -> list[Condition]:
    """Return the conditions that look at a parameter of the grid."""
    return [c for c in all_conditions(observable) if _turning(c, over)]


def _turning(condition: Condition, over: Sequence[int]) -> set[int]:
    """Return the parameter of the grid that a condition looks at, if it looks at one."""
    return parameters(condition_expressions(condition)).intersection(over)


def _held(observable: Observable, over: Sequence[int]) -> tuple[Expr, ...]:
    """Return what these conditions look at, sides as the pairs that they are among."""
    every = pairs(observable.correlator.order)
    found: dict[Expr, None] = {}
    for condition in _moving(observable, over):
        for leaf in (e for expr in condition_expressions(condition) for e in leaves(expr)):
            if isinstance(leaf, Side):
                found |= dict.fromkeys(Pair(i=i, j=j) for i, j in every)
            elif not isinstance(leaf, Number | Parameter):
                found[leaf] = None
    return tuple(found)


def _turn(condition: Condition, words: Spelling, index: int, *, positive: bool) -> TurnCode:
    """Return a comparison at a value of a parameter and at its grid's ends, and where it turns."""

    def at(name: str) -> Spelling:
        def leaf(expr: Expr) -> str:
            return name if expr == Parameter(index=index) else words.leaf(expr)

        return replace(words, leaf=leaf)

    names = (f"p{index}", f"first_{index}", f"last_{index}")
    here, first, last = (print_condition(condition, at(name)) for name in names)
    return TurnCode(
        here=here,
        first=first,
        last=last,
        way=way(condition, index, positive=positive),
        about=print_expr(turning_point(condition, index), words),
    )


def _corners(over: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Return the index of each corner of a box, and how differences along all axes change there."""
    return tuple(
        (
            " + ".join(f"{end}_{k}" for end, k in zip(ends, over, strict=True)),
            "-=" if ends.count("stop") % 2 else "+=",
        )
        for ends in product(("start", "stop"), repeat=len(over))
    )


def _somewhere(
    condition: Condition, words: Spelling, over: Sequence[int], *, positive: bool
) -> str:
    (index,) = _turning(condition, over) or (None,)
    if index is None:
        return print_condition(condition, words)
    turn = _turn(condition, words, index, positive=positive)
    match turn.way:
        case "up to":
            return turn.first
        case "from":
            return turn.last
        case _:
            return f"({turn.first}) | ({turn.last})"
