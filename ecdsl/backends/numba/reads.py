"""What each level of the loop over particles reads once its letter is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import GeometryCode
from ecdsl.backends.numba.spell import (
    LETTERS,
    column_name,
    distance_spelling,
    jet_name,
)
from ecdsl.ir.columns import jet_columns, particle_columns
from ecdsl.ir.nodes import Azimuth, Between, Energy, Jet, Pair, Pt, Side, Triple, pairs
from ecdsl.ir.printer import print_expr
from ecdsl.ir.text import column_names
from ecdsl.ir.walk import leaves, tuple_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Term

# The array that holds a quantity of pairs.
MATRICES = {"z": "z", "angle": "angles", "deta": "detas", "dphi": "dphis", "mass": "masses"}


def level_reads(observable: Observable, terms: Iterable[Term], depth: int) -> tuple[str, ...]:
    """Return the statements that follow `for <letter at depth> in ...`."""
    letter = LETTERS[depth]
    used = tuple_leaves(observable)
    reads = []
    if any(isinstance(leaf, Energy) for leaf in used):
        # Unsigned: numba looks at the sign of every other index.
        reads.append(f"E_{letter} = energy[np.uint64(first + {letter})]")
    if needs_pt(observable):
        reads.append(f"pt_{letter} = pt[np.uint64(first + {letter})]")
    reads += [
        f"{column_name(column)}_{letter} = particles[{k}, first + {letter}]"
        for k, column in enumerate(particle_columns(observable))
    ]
    terms = tuple(terms)
    used_by_all = pairs_used(tuple_expressions(observable), observable.correlator.order)
    for quantity, used_pairs in sorted(used_by_all.items()):
        needed = {
            tuple(sorted((term.word[i - 1], term.word[j - 1])))
            for term in terms
            for i, j in used_pairs
        }
        reads += [
            f"{quantity}_{LETTERS[low]}{letter} = {MATRICES[quantity]}[{LETTERS[low]}, {letter}]"
            for low in range(depth + 1)
            if (low, depth) in needed
        ]
    return tuple(reads)


def jet_reads(observable: Observable) -> tuple[str, ...]:
    """Return the statements that read the columns of a jet."""
    names = column_names(observable)
    return tuple(
        f"{jet_name(column.quantity) if isinstance(column, Jet) else names[column.name]}"
        f" = jets[{k}, jet]"
        for k, column in enumerate(jet_columns(observable))
    )


def pairs_used(exprs: Iterable[Expr], order: int) -> dict[str, set[tuple[int, int]]]:
    """Return the pairs of vertices (from 1) of which expressions look at each quantity."""
    found: dict[str, set[tuple[int, int]]] = {}
    for leaf in (leaf for expr in exprs for leaf in leaves(expr)):
        match leaf:
            case Side():
                found.setdefault("z", set()).update(pairs(order))
            case Pair(i=i, j=j):
                found.setdefault("z", set()).add((i, j))
            case Between(quantity=quantity, i=i, j=int(j)):
                found.setdefault(quantity, set()).add((i, j))
    return found


def lane_reads(term: Term, exprs: Iterable[Expr]) -> tuple[str, ...]:
    """Return the statements that read rows of tables from the innermost letter on."""
    letter = LETTERS[max(term.word)]
    return tuple(
        f"{quantity}_{low}{letter} = sixteen({MATRICES[quantity]}, {low}, {letter})"
        for quantity, low in _rows_used(term, exprs)
    )


def _rows_used(term: Term, exprs: Iterable[Expr]) -> list[tuple[str, str]]:
    """Return which quantity is looked at between which outer letter and the innermost."""
    deepest = max(term.word)
    found = set()
    for quantity, used_pairs in pairs_used(exprs, len(term.word)).items():
        for i, j in used_pairs:
            low, high = sorted((term.word[i - 1], term.word[j - 1]))
            if high == deepest and low < deepest:
                found.add((quantity, LETTERS[low]))
    return sorted(found)


def geometry(observable: Observable, *, lower: bool) -> GeometryCode:
    """Return what a kernel computes once per particle and once per pair of particles.

    Args:
        observable: What is summed.
        lower: Whether every loop stays below the one around it.
    """
    correlator = observable.correlator
    used = tuple_leaves(observable)
    quantities = set(pairs_used(tuple_expressions(observable), correlator.order))
    # Distances that rank particles, or find the longest side, need not be looked at.
    ranks = (correlator.ranked and correlator.order > 1) or correlator.nu is not None
    needs_z = ranks or "z" in quantities
    distance = correlator.distance if needs_z else None
    matrices = tuple(q for q in MATRICES if q in quantities and q != "z")
    azimuth = any(isinstance(leaf, Azimuth) for leaf in used)
    return GeometryCode(
        measure=correlator.measure,
        own_distance=needs_z and distance is None,
        distance="" if distance is None else print_expr(distance, distance_spelling()),
        matrices=tuple((q, MATRICES[q]) for q in matrices),
        quantities=_with_ingredients({*matrices, *_quantities_of(distance)}),
        triple=any(isinstance(leaf, Triple) for leaf in used),
        azimuth=azimuth,
        lower=lower,
    )


def _quantities_of(distance: Expr | None) -> set[str]:
    found = () if distance is None else leaves(distance)
    return {leaf.quantity for leaf in found if isinstance(leaf, Between)}


def _with_ingredients(quantities: set[str]) -> tuple[str, ...]:
    # The mass of a pair follows from the angle between its particles.
    return tuple(sorted(quantities | ({"angle"} if "mass" in quantities else set())))


def needs_pt(observable: Observable) -> bool:
    """Tell whether transverse momenta are looked at."""
    return any(isinstance(leaf, Pt) for leaf in tuple_leaves(observable))


def sides_used(exprs: Iterable[Expr]) -> set[int]:
    """Return which of the sorted sides expressions look at."""
    return {leaf.k for expr in exprs for leaf in leaves(expr) if isinstance(leaf, Side)}


def tuple_leaves(observable: Observable) -> list[Expr]:
    """Return the leaves of everything that is evaluated per tuple."""
    return [leaf for expr in tuple_expressions(observable) for leaf in leaves(expr)]
