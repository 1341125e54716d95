"""How numba code names what an expression refers to, for one word of the loop letters."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError
from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import Energy, Pair, Parameter, Pt, Scale, Side, pairs
from ecdsl.ir.printer import Spelling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Expr

LETTERS = "abcdefgh"
Word = tuple[int, ...]


def pair_name(word: Word, i: int, j: int) -> str:
    """Return the variable of the distance between vertices i and j (from 1)."""
    low, high = sorted((word[i - 1], word[j - 1]))
    # A contact term: both vertices are the same particle.
    return "0.0" if low == high else f"z_{LETTERS[low]}{LETTERS[high]}"


def spelling(word: Word) -> Spelling:
    """Return numba's spelling of an expression whose vertex v is the particle `word[v]`."""

    def leaf(expr: Expr) -> str:
        match expr:
            case Pair(i=i, j=j):
                return pair_name(word, i, j)
            case Side(k=k):
                return f"side{k}"
            case Energy(i=i):
                return f"E_{LETTERS[word[i - 1]]}"
            case Pt(i=i):
                return f"pt_{LETTERS[word[i - 1]]}"
            case Scale():
                return "Q"
            case Parameter(index=k):
                return f"p{k}"
            case _:
                raise InternalError(f"{expr!r} has no place in an event loop")

    return Spelling(leaf=leaf, call=call)


def call(fn: str, args: Sequence[str]) -> str:
    """Return the numba text of a function call."""
    if fn == "median":
        a, b, c = args
        return f"max(min({a}, {b}), min(max({a}, {b}), {c}))"
    if fn == "mean":
        return f"(({' + '.join(args)})/{len(args)})"
    if fn in {"min", "max"} and len(args) == 1:
        return f"({args[0]})"
    return BUILTINS[fn].numba.format(*args, args=", ".join(args))


def sort_sides(order: int, word: Word) -> tuple[str, ...]:
    """Return statements that leave the sorted distances in `side1 <= side2 <= ...`.

    A bubble-sort network: straight-line code that the compiler turns into min/max instructions.
    """
    count = len(pairs(order))
    lines = [f"side{k + 1} = {pair_name(word, i, j)}" for k, (i, j) in enumerate(pairs(order))]
    for last in range(count, 1, -1):
        for k in range(1, last):
            low, high = f"side{k}", f"side{k + 1}"
            lines.append(f"{low}, {high} = min({low}, {high}), max({low}, {high})")
    return tuple(lines)


def letter_pairs(depth: int) -> tuple[str, ...]:
    """Return the names of all distances whose deeper letter is the one at `depth` (from 0)."""
    return tuple(
        f"z_{LETTERS[low]}{LETTERS[high]}"
        for low, high in combinations(range(depth + 1), 2)
        if high == depth
    )
