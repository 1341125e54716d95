"""What the words of the language mean, read from the tables that the compiler itself uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast
from ecdsl.lang.check_correlator import CONSTITUENTS, MEASURES, TUPLES
from ecdsl.lang.check_derive import FUNCTIONS as OF_HISTOGRAMS
from ecdsl.lang.check_safety import ACCEPTABLE
from ecdsl.lang.check_selection import GROUPS
from ecdsl.lang.quantities import (
    CALLS,
    LEGS,
    MEMBERS,
    PAIRS,
    PER_JET,
    PRIMITIVES,
    SUMS,
    TRIPLES,
    named,
    named_of_one,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecdsl.editor.bindings import Use
    from ecdsl.ir.builtins import Builtin
    from ecdsl.lang.quantities import Quantity

_LEGS = {"jet": "the axis of the jet", "beam": "the beam"}
_SIDE = "distance of two particles, one of the ordered `sides` of the correlator"
_SETTINGS: dict[type[ast.Node], Mapping[str, str]] = {
    ast.Over: CONSTITUENTS,
    ast.Per: GROUPS,
    ast.Measure: MEASURES,
    ast.Tuples: TUPLES,
    ast.Accept: ACCEPTABLE,
}


def meaning(use: Use) -> str | None:
    """Return what a name of the language means, None for a name that it does not have."""
    text = use.span.text
    match use.node:
        case ast.Call():
            return _called(text, use.among)
        case ast.Name() | ast.Word():
            return _named(text, use.among)
        case node:
            return _SETTINGS.get(type(node), {}).get(text)


def _named(text: str, among: ast.Node | None) -> str | None:
    if text in LEGS:
        return _LEGS[text]
    quantity = named_of_one(text) if isinstance(among, ast.Where) else named(text)
    if quantity is None:
        # A shape learns what it does not declare from the correlator that it is used with.
        return _SIDE if isinstance(among, ast.Shape) else None
    return describe(quantity)


def describe(quantity: Quantity) -> str:
    """Return what a quantity is, of which particles."""
    if quantity.kind == "side":
        return _SIDE
    table = PAIRS if len(quantity.indices) == 2 else {**MEMBERS, **TRIPLES, **PER_JET, **SUMS}
    text = table[quantity.kind]
    for letter, index in zip("ij", quantity.indices, strict=False):
        text = re.sub(rf"\b{letter}\b", str(index), text)
    return text


def _called(name: str, among: ast.Node | None) -> str | None:
    if isinstance(among, ast.UserMeasure) and name in PRIMITIVES:
        return f"`{name}(i, j)`: {PAIRS.get(name, 'cosine of the angle between i and j')}"
    if isinstance(among, ast.Derive):
        return OF_HISTOGRAMS.get(name)
    if name in FUNCTIONS:
        row = FUNCTIONS[name]
        return f"`{signature(row)}`: {row.doc}"
    if name in CALLS:
        arguments = "i, j, k" if name in TRIPLES else "i, j"
        return f"`{name}({arguments})`: {(PAIRS | TRIPLES)[name]}"
    return None


def signature(row: Builtin) -> str:
    """Return how a function is called: `median(x, y, z)`, `max(x, ...)`."""
    return f"{row.name}({', '.join(parameters(row))})"


def parameters(row: Builtin) -> list[str]:
    """Return a function's arguments as its signature shows them."""
    return [*"xyz"[: row.min_args], *(["..."] if row.max_args is None else [])]
