"""How numba code names what an expression refers to, for one word of the loop letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.chains import ARGUMENT
from ecdsl.diagnostics import InternalError
from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import (
    Azimuth,
    Between,
    Column,
    Energy,
    Jet,
    Member,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    Triple,
    pairs,
)
from ecdsl.ir.printer import Spelling, print_expr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecdsl.backends.numba.chains import Chain
    from ecdsl.ir.columns import ParticleColumn
    from ecdsl.ir.nodes import Expr

LETTERS = "abcdefgh"
Word = tuple[int, ...]


def pair_name(quantity: str, word: Word, i: int, j: int) -> str:
    """Return the variable of what lies between vertices i and j (from 1).

    In a contact term, where both are the same particle, it lies on the diagonal.
    """
    low, high = sorted((word[i - 1], word[j - 1]))
    return f"{quantity}_{LETTERS[low]}{LETTERS[high]}"


def column_name(column: ParticleColumn) -> str:
    """Return the name of a column of particles, to which a letter is appended."""
    leg = f"_{column.j}" if isinstance(column, Between) else ""
    return f"{column.quantity}{leg}"


def jet_name(quantity: str) -> str:
    """Return the variable of a property of the jet."""
    return quantity if quantity.endswith("_sum") else f"{quantity}_jet"


def spelling(word: Word, columns: Mapping[str, str]) -> Spelling:
    """Return numba's spelling of an expression whose vertex v is the particle `word[v]`.

    Args:
        word: Which loop letter stands at each vertex.
        columns: The variables of the user's columns.
    """

    def leaf(expr: Expr) -> str:
        match expr:
            case Pair(i=i, j=j):
                return pair_name("z", word, i, j)
            case Between(quantity=quantity, i=i, j=int(j)):
                return pair_name(quantity, word, i, j)
            case Triple(i=i, j=j, k=k):
                return _of_directions("triple_product(directions", word, (i, j, k))
            case Azimuth(pole=pole, j=j, k=k):
                return _of_directions("azimuth(points", word, (pole, j, k))
            case Side(k=k):
                return f"side{k}"
            case Parameter(index=k):
                return f"p{k}"
            case Scale():
                return "Q"
            case Jet(quantity=quantity):
                return jet_name(quantity)
            case Column(name=name):
                return columns[name]
            case _:
                return _of_particle(expr, word)

    return Spelling(leaf=leaf, call=call)


def _of_particle(expr: Expr, word: Word) -> str:
    match expr:
        case Energy(i=i):
            return f"E_{LETTERS[word[i - 1]]}"
        case Pt(i=i):
            return f"pt_{LETTERS[word[i - 1]]}"
        case Member(i=i) | Between(i=i):
            return f"{column_name(expr)}_{LETTERS[word[i - 1]]}"
        case _:
            raise InternalError(f"{expr!r} has no place in an event loop")


def _of_directions(function: str, word: Word, labels: Sequence[int]) -> str:
    letters = [LETTERS[word[i - 1]] for i in labels]
    # A contact term: with two equal directions it is 0, without rounding.
    return f"{function}, {', '.join(letters)})" if len(set(letters)) == len(letters) else "0.0"


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


def lane_call(fn: str, args: Sequence[str]) -> str:
    """Return the text of a function call on lanes, or on single numbers among them."""
    match fn, args:
        case "min" | "max", [*rest, last] if rest:
            before = lane_call(fn, rest) if len(rest) > 1 else rest[0]
            return f"{'lesser' if fn == 'min' else 'greater'}({before}, {last})"
        case "median", [a, b, c]:
            low, high = lane_call("min", [a, b]), lane_call("max", [a, b])
            return lane_call("max", [low, lane_call("min", [high, c])])
        case "sqrt", [x]:
            return f"root({x})"
        case _:
            return call(fn, args)


def distance_spelling() -> Spelling:
    """Return numba's spelling of a user's distance between the particles a and b."""

    def leaf(expr: Expr) -> str:
        if isinstance(expr, Between):
            return expr.quantity
        raise InternalError(f"{expr!r} has no place in a distance")

    return Spelling(leaf=leaf, call=call)


def print_chain(chain: Chain, *, pulled: bool = False) -> str:
    """Return the text of an axis as a function of `x`.

    It is empty for x itself, and unless asked for where edges are pulled to x.
    """
    if chain.function == ARGUMENT or chain.pulled != pulled:
        return ""
    return print_expr(chain.function, Spelling(leaf=lambda _: "x", call=call))


def sides(
    order: int,
    word: Word,
    used: set[int],
    *,
    quantity: str = "z",
    name: str = "side",
    call: Callable[[str, Sequence[str]], str] = call,
) -> tuple[str, ...]:
    """Return statements that leave the k-th shortest distance in `side<k>` for each used k.

    The shortest and the longest alone are found without sorting. Any other quantity of pairs is
    sorted in the same way.
    """
    names = [pair_name(quantity, word, i, j) for i, j in pairs(order)]
    if not used <= {1, len(names)}:
        return _sorted(names, name, call)
    different = list(dict.fromkeys(names))
    found = []
    for k in sorted(used):
        extreme = "min" if k == 1 else "max"
        text = call(extreme, different) if len(different) > 1 else different[0]
        found.append(f"{name}{k} = {text}")
    return tuple(found)


def _sorted(
    pair_names: Sequence[str], name: str, call: Callable[[str, Sequence[str]], str]
) -> tuple[str, ...]:
    """Return a bubble-sort network: straight-line code that becomes min/max instructions."""
    lines = [f"{name}{k} = {pair}" for k, pair in enumerate(pair_names, 1)]
    for last in range(len(pair_names), 1, -1):
        for k in range(1, last):
            low, high = f"{name}{k}", f"{name}{k + 1}"
            least, most = (call(extreme, [low, high]) for extreme in ("min", "max"))
            lines.append(f"{low}, {high} = {least}, {most}")
    return tuple(lines)
