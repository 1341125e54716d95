"""The loop nest of a kernel that runs over a grid of parameters."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from ecdsl.backends.numba.grids import parameters
from ecdsl.backends.numba.levels import (
    branchless,
    mask_code,
    nest,
    term_code,
    turn_code,
)
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise
from ecdsl.backends.numba.spell import spelling
from ecdsl.diagnostics import InternalError
from ecdsl.ir.printer import print_condition
from ecdsl.ir.text import column_names
from ecdsl.ir.walk import condition_expressions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.backends.numba.context import LevelCode
    from ecdsl.ir.nodes import Condition, Observable
    from ecdsl.ir.plan import Loop
    from ecdsl.ir.printer import Spelling


def grid_nest(observable: Observable, loop: Loop, over: Sequence[int]) -> tuple[LevelCode, ...]:
    """Return a masked loop nest that adds each tuple to the points of the grid where it passes.

    The mask keeps what passes at the first or at the last value of each parameter: a comparison
    that turns once holds somewhere only if it holds at an end.
    """
    order = observable.correlator.order
    deep = deep_term(loop, order)
    if deep is None:
        raise InternalError("a masked loop has one term")
    tested = [c for c in all_conditions(observable) if is_lanewise(c, deep.word)]
    words = branchless(spelling(deep.word, column_names(observable)))
    texts = [_somewhere(c, words, over) for c in tested]
    levels = []
    for depth, level in enumerate(nest(observable, loop)):
        here = [term for term in loop.terms if max(term.word) == depth]
        inside = depth == order - 1
        terms = [term_code(observable, t, tested=tested if inside else (), over=over) for t in here]
        mask = mask_code(deep, tested, texts) if inside else None
        levels.append(level.model_copy(update={"terms": tuple(terms), "mask": mask}))
    return tuple(levels)


def corners(over: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Return the index of each corner of a box, and how differences along all axes change there."""
    return tuple(
        (
            " + ".join(f"{end}_{k}" for end, k in zip(ends, over, strict=True)),
            "-=" if ends.count("stop") % 2 else "+=",
        )
        for ends in product(("start", "stop"), repeat=len(over))
    )


def _somewhere(condition: Condition, words: Spelling, over: Sequence[int]) -> str:
    (index,) = parameters(condition_expressions(condition)).intersection(over) or (None,)
    if index is None:
        return print_condition(condition, words)
    turn = turn_code(condition, words, index)
    return f"({turn.first}) | ({turn.last})"
