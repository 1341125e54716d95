"""The loop nest over particles: how each level binds its letter, and what it evaluates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecdsl.backends.numba.chains import chains_of
from ecdsl.backends.numba.context import LevelCode, MaskCode, TermCode
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise, without_powers
from ecdsl.backends.numba.narrow import is_narrow, narrow_mask
from ecdsl.backends.numba.products import factorised
from ecdsl.backends.numba.reads import lane_reads, level_reads, sides_used
from ecdsl.backends.numba.spell import LETTERS, lane_call, print_chain, sides, spelling
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Apply, Number
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names
from ecdsl.ir.walk import condition_expressions, tuple_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecdsl.backends.numba.narrow import Names
    from ecdsl.ir.nodes import Condition, Expr, Observable
    from ecdsl.ir.plan import Loop, Term
    from ecdsl.ir.printer import Spelling


def nest(observable: Observable, loop: Loop) -> tuple[LevelCode, ...]:
    """Return a loop nest that evaluates each term once its last letter is bound."""
    return tuple(
        LevelCode(
            prologue=_prologue(loop, depth),
            header=_header(loop, depth),
            reads=level_reads(observable, loop.terms, depth),
            terms=tuple(_term(observable, term) for term in loop.terms if max(term.word) == depth),
        )
        for depth in range(observable.correlator.order)
    )


def masked_nest(observable: Observable, loop: Loop) -> tuple[LevelCode, ...]:
    """Return a loop nest whose innermost level first tests all its particles, then fills."""
    deepest = observable.correlator.order - 1
    *outer, inner = nest(observable, loop)
    term = deep_term(loop, deepest + 1)
    if term is None:
        raise InternalError("a masked loop has one term")
    tested = [c for c in all_conditions(observable) if is_lanewise(c, term.word)]
    narrow = narrow_tests(observable, loop)
    if narrow:
        mask, found = narrow_mask(term, narrow), term_code(observable, term)
    else:
        words = of_lanes(spelling(term.word, column_names(observable)))
        mask = mask_code(term, tested, [print_condition(without_powers(c), words) for c in tested])
        found = term_code(observable, term, tested=tested)
    return (*outer, inner.model_copy(update={"terms": (found,), "mask": mask}))


def narrow_tests(observable: Observable, loop: Loop) -> dict[Condition, Names]:
    """Return the conditions of a masked loop where all of them can be tested in float32 first."""
    term = deep_term(loop, observable.correlator.order)
    tested = [c for c in all_conditions(observable) if term and is_lanewise(c, term.word)]
    return {c: {} for c in tested} if all(map(is_narrow, tested)) else {}


def mask_code(term: Term, tested: Iterable[Condition], texts: Iterable[str]) -> MaskCode:
    """Return the test of some conditions, as `texts`, for all particles of the last letter."""
    looked_at = [expr for c in tested for expr in condition_expressions(c)]
    deepest = max(term.word)
    return MaskCode(
        lanes=lane_reads(term, looked_at),
        setup=sides(len(term.word), term.word, sides_used(looked_at), call=lane_call),
        keep=" & ".join(f"({text})" for text in texts),
        letter=LETTERS[deepest],
        stop=LETTERS[deepest - 1],
    )


def term_code(observable: Observable, term: Term, *, tested: Sequence[Condition] = ()) -> TermCode:
    """Return the evaluation of a term once some conditions are known to hold.

    Args:
        observable: What is evaluated.
        term: For which tuples.
        tested: The conditions that hold.
    """
    words = spelling(term.word, column_names(observable))
    rest = [c for c in all_conditions(observable) if c not in tested]
    read = [e for c in rest for e in condition_expressions(c)]
    read += [observable.correlator.weight, *(axis.expr for axis in observable.axes)]
    return TermCode(
        multiplicity=str(term.multiplicity),
        setup=_sides(term, read),
        guard=_all_of(rest, words),
        values=_values(observable, words),
        functions=axis_functions(observable),
        weight=print_expr(_weight(observable, term), words),
    )


def of_lanes(words: Spelling) -> Spelling:
    """Return a spelling whose conditions are tested for many particles at once."""
    return replace(words, call=lane_call, connectives=("&", "|", "~"), number=repr)


def _sides(term: Term, exprs: Iterable[Expr]) -> tuple[str, ...]:
    return sides(len(term.word), term.word, sides_used(exprs))


def _prologue(loop: Loop, depth: int) -> tuple[str, ...]:
    if loop.kind != "ranked" or depth != 1:
        return ()
    # A stable sort: at equal distances particles stand in the order in which they are given.
    lines = ['rank = np.argsort(-z[a, :n], kind="mergesort")']
    return tuple(lines if loop.contact else [*lines, "rank = rank[rank != a]"])


def _header(loop: Loop, depth: int) -> tuple[str, ...]:
    letter = LETTERS[depth]
    outer = LETTERS[depth - 1] if depth else ""
    if loop.kind == "ordered":
        same = " or ".join(f"{letter} == {other}" for other in LETTERS[:depth])
        skip = [f"    if {same}:", "        continue"] if same and not loop.contact else []
        return (f"for {letter} in range(n):", *skip)
    if loop.kind == "ranked" and depth:
        start = f"place_{outer} + 1, " if depth > 1 else ""
        place = f"place_{letter}"
        return (f"for {place} in range({start}len(rank)):", f"    {letter} = rank[{place}]")
    # Downwards, so that rows of the tables are read from their start.
    return (f"for {letter} in range({outer or 'n'}):",)


def _term(observable: Observable, term: Term) -> TermCode:
    words = spelling(term.word, column_names(observable))
    windows = (*observable.correlator.windows, *observable.windows)
    guards = [_all_of(windows, words)] if windows else []
    setup = list(_sides(term, tuple_expressions(observable)))
    for k, delta in enumerate(observable.deltas):
        if delta.lower is None or delta.upper is None:
            continue
        setup.append(f"delta{k} = {print_expr(delta.expr, words)}")
        low, high = (print_expr(end, words) for end in (delta.lower, delta.upper))
        guards.append(f"{low} <= delta{k} <= {high}")
    return TermCode(
        multiplicity=str(term.multiplicity),
        setup=tuple(setup),
        guard=" and ".join(guards),
        values=_values(observable, words),
        functions=axis_functions(observable),
        weight=print_expr(_weight(observable, term), words),
    )


def _all_of(conditions: Iterable[Condition], words: Spelling) -> str:
    texts = [print_condition(condition, words) for condition in conditions]
    return " and ".join(f"({t})" if " or " in t or "not " in t else t for t in texts)


def axis_functions(observable: Observable) -> tuple[str, ...]:
    """Return how the axes follow from what is looked at, as functions of `x`."""
    return tuple(map(print_chain, chains_of(observable)))


def _values(observable: Observable, words: Spelling) -> tuple[str, ...]:
    return tuple(print_expr(chain.value, words) for chain in chains_of(observable))


def _weight(observable: Observable, term: Term) -> Expr:
    """Return a term's weight, as a product in the order of the loops where it is one.

    What the outer loops have settled then stands first, and is multiplied once.
    """
    weight = observable.correlator.weight
    factors = factorised(weight) or {0: weight}
    letters = {0: -1} | dict(enumerate(term.word, 1))
    product = [factors[vertex] for vertex in sorted(factors, key=lambda v: letters[v])]
    if term.multiplicity > 1:
        product.insert(0, Number(value=float(term.multiplicity)))
    return Apply(fn="mul", args=tuple(product)) if len(product) > 1 else product[0]
