"""Warn of correlators that are not infrared and collinear safe, and say which limit fails.

Weights that are linear in the energy of each particle are blind to the splitting of a particle
into collinear ones, since E = x E + (1 - x) E, and to soft particles. Selections that look at the
energy or species of single particles are not: the two that a particle splits into can fall on
different sides of a cut. Jets and subjets can be cut on, since clustering undoes splittings.

References: Basham et al., Phys. Rev. Lett. 41 (1978) 1585; arXiv:1905.01310; arXiv:1303.6637 and
arXiv:2108.01674 for tracks.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related
from ecdsl.lang import ast
from ecdsl.lang.check_weight import usual_weight, weight_at
from ecdsl.lang.quantities import SPECIES, Quantity, called, is_called, named_of_one
from ecdsl.lang.suggest import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecdsl.diagnostics import Span
    from ecdsl.lang import checked
    from ecdsl.lang.findings import Findings

_SOFT = 1e-9
_OF_ENERGY = frozenset({"E", "pt", "et", "mass"})


def check_safety(correlator: checked.Correlator, findings: Findings) -> None:
    """Warn at most once of the weight and once of the selection of a sound correlator."""
    _weight(correlator, findings)
    if not correlator.constituents.are_clustered:
        _selection(correlator, findings)


def _weight(correlator: checked.Correlator, findings: Findings) -> None:
    soft, bent = _energies(correlator)
    clustered = correlator.constituents.are_clustered
    if clustered:
        bent = []
        if correlator.where is not None or correlator.hardest is not None:
            soft = []
    species = _texts(correlator.weight, correlator.meaning, SPECIES)
    notes: list[str] = []
    if soft:
        what = "soft jets" if clustered else "soft particles"
        pairs = ", also the pairs of a soft g -> q qbar" if species else ""
        notes.append(
            f"infrared: it does not vanish with {quoted(soft, 'and')}, {what} count{pairs}"
        )
    if bent:
        notes.append(
            f"collinear: it is not linear in {quoted(bent, 'and')}, so that a particle and the two "
            "it splits into count differently"
        )
    if species:
        notes.append(
            f"collinear: {quoted(species, 'and')} cannot be shared like an energy: g -> q qbar "
            "makes charges out of none, q -> q g leaves part of the energy without"
        )
    if not notes:
        return
    message = "the weight is not infrared and collinear safe"
    hint = f"the safe weight is `{usual_weight(correlator.order)}`"
    findings.add("W301", message, correlator.weight.span, notes=tuple(notes), hints=(hint,))


def _energies(correlator: checked.Correlator) -> tuple[list[str], list[str]]:
    """Return the energies with which the weight does not vanish, and those it is not linear in."""
    particles = tuple(range(1, correlator.order + 1))
    plain = weight_at(correlator, particles)
    soft: list[str] = []
    bent: list[str] = []
    for i in particles:
        vanishing = weight_at(correlator, particles, {i: _SOFT})
        half = weight_at(correlator, particles, {i: 0.5})
        if plain is None or vanishing is None or half is None:
            continue
        if abs(vanishing) > 1e-3 * abs(plain):
            soft.append(f"E{i}")
        elif not isclose(half, plain / 2, rel_tol=1e-9, abs_tol=1e-300):
            bent.append(f"E{i}")
    return soft, bent


def _selection(correlator: checked.Correlator, findings: Findings) -> None:
    """Warn once of everything that selects by the energy or species of single particles."""
    found = list(_unsafe(correlator))
    if not found:
        return
    (span, _), *rest = found
    findings.add(
        "W110",
        "the selection of particles is not collinear safe",
        span,
        notes=tuple(dict.fromkeys(note for _, note in found)),
        hints=(
            "it can be measured, and computed with track functions or a model of hadronization",
        ),
        related=tuple(Related(other, "this is not either") for other, _ in rest),
    )


def _unsafe(correlator: checked.Correlator) -> Iterator[tuple[Span, str]]:
    """Yield what the selection does that a collinear splitting changes, with its place."""
    statements = correlator.declaration.statements
    for statement in statements:
        match statement:
            case ast.Over() if correlator.constituents.kind == "charged":
                note = "collinear: of a particle and those it splits into only the charged count"
                yield statement.span, note
            case ast.Where(condition=condition):
                yield from _of_condition(condition, named_of_one, "passes the cut")
            case ast.Hardest():
                note = "collinear: a splitting changes which particles are the hardest"
                yield statement.span, note
            case ast.Window(condition=condition):
                yield from _of_condition(condition, correlator.meaning, "passes the window")
            case _:
                continue


def _of_condition(
    condition: ast.Condition, meaning: Callable[[str], Quantity | None], passes: str
) -> Iterator[tuple[Span, str]]:
    species = _texts(condition, meaning, SPECIES)
    energies = _texts(condition, meaning, _OF_ENERGY)
    if energies:
        what = quoted(energies, "and")
        note = f"collinear: what splits shares its energy, so that less {passes} on {what}"
        yield condition.span, note
    if species:
        what = quoted(species, "and")
        note = (
            f"collinear: a splitting changes {what}, as in g -> q qbar, and with it what {passes}"
        )
        yield condition.span, note


def _texts(
    node: ast.Node, meaning: Callable[[str], Quantity | None], kinds: frozenset[str]
) -> list[str]:
    """Return the quantities of some kinds in an expression, as they are written."""
    found: dict[str, None] = {}
    stack: list[ast.Node] = [node]
    while stack:
        item = stack.pop()
        quantity = None
        if isinstance(item, ast.Name):
            quantity = meaning(item.text)
        elif isinstance(item, ast.Call) and is_called(item):
            quantity = called(item)
        if quantity is not None and quantity.kind in kinds and quantity.particles:
            found[item.span.text] = None
        stack.extend(reversed(ast.children(item)))
    return list(found)
