"""Warn of correlators that are not infrared and collinear safe, and say which limit fails.

Weights that are linear in the energy of each particle are blind to the splitting of a particle
into collinear ones, since E = x E + (1 - x) E, and to soft particles. Selections that look at the
energy or species of single particles are not: the two that a particle splits into can fall on
different sides of a cut. Jets and subjets can be cut on, since clustering undoes splittings.

References: Basham et al., Phys. Rev. Lett. 41 (1978) 1585; arXiv:1905.01310; arXiv:1303.6637 and
arXiv:2108.01674 for tracks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isclose
from typing import TYPE_CHECKING, Final

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import quoted
from ecdsl.lang import ast
from ecdsl.lang.check_weight import usual_weight, weight_at
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import SPECIES, Quantity, called, is_called, named_of_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics import Span
    from ecdsl.lang import checked

ACCEPTABLE: Final = {
    "W110": "the selection of particles is not collinear safe, and that is known",
    "W301": "the weight is not infrared and collinear safe, and that is known",
}
_SOFT = 1e-9
_OF_ENERGY = frozenset({"E", "pt", "et", "mass"})


def check_safety(correlator: checked.Correlator, findings: Findings) -> None:
    """Warn at most once of the weight and once of the selection of a sound correlator.

    What it accepts is not said, and accepting what is not there is.
    """
    unsafe = Findings()
    _weight(correlator, unsafe)
    if not correlator.constituents.are_clustered:
        _selection(correlator, unsafe)
    accepted = [
        code
        for statement in correlator.declaration.statements
        if isinstance(statement, ast.Accept)
        for code in statement.codes
    ]
    texts = {code.text for code in accepted}
    findings.extend(item for item in unsafe.diagnostics if item.code not in texts)
    found = {item.code for item in unsafe.diagnostics}
    for code in accepted:
        if code.text not in found:
            message = f"the correlator has no warning {code.text} to accept"
            findings.add("W104", message, code.span, hints=("remove it",))


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
    order = correlator.order if correlator.nu is None else 1
    hint = f"the safe weight is `{usual_weight(order, correlator.geometry)}`"
    findings.add("W301", message, correlator.weight.span, notes=tuple(notes), hints=(hint,))


def _energies(correlator: checked.Correlator) -> tuple[list[str], list[str]]:
    """Return the energies with which the weight does not vanish, and those it is not linear in."""
    # Of a continued order, the power of a sum: what is linear in one particle is in any.
    particles = tuple(range(1, correlator.order + 1 if correlator.nu is None else 2))
    plain = weight_at(correlator, particles)
    soft: list[str] = []
    bent: list[str] = []
    written = _texts(correlator.weight, correlator.meaning, _OF_ENERGY)
    for i in particles:
        name = next((text for text in written if text.endswith(str(i))), f"E{i}")
        vanishing = weight_at(correlator, particles, {i: _SOFT})
        half = weight_at(correlator, particles, {i: 0.5})
        if plain is None or vanishing is None or half is None:
            continue
        if abs(vanishing) > 1e-3 * abs(plain):
            soft.append(name)
        elif not isclose(half, plain / 2, rel_tol=1e-9, abs_tol=1e-300):
            bent.append(name)
    return soft, bent


def _selection(correlator: checked.Correlator, findings: Findings) -> None:
    """Warn once of everything that selects by the energy or species of single particles."""
    unsafe = _Unsafe()
    for statement in correlator.declaration.statements:
        match statement:
            case ast.Over() if correlator.constituents.kind == "charged":
                unsafe.add(statement, "collinear: only the charged part of a splitting counts")
            case ast.Hardest():
                unsafe.add(statement, "collinear: a splitting changes which ones are the hardest")
            case ast.Where(condition=condition):
                unsafe.condition(condition, named_of_one)
            case ast.Window(condition=condition):
                unsafe.condition(condition, correlator.meaning)
            case _:
                continue
    if not unsafe.places:
        return
    first, *rest = unsafe.places
    findings.add(
        "W110",
        "the selection of particles is not collinear safe",
        first,
        notes=unsafe.all_notes(),
        hints=("to compute it, use track functions or a model of hadronization",),
        related=tuple(Related(place, "nor is this") for place in rest),
    )


@dataclass
class _Unsafe:
    """What a collinear splitting changes of a selection, and where it stands."""

    places: list[Span] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    energies: dict[str, None] = field(default_factory=dict)
    species: dict[str, None] = field(default_factory=dict)

    def add(self, statement: ast.Node, note: str) -> None:
        """Note a statement that is unsafe whatever it says."""
        self.places.append(statement.span)
        self.notes.append(note)

    def condition(
        self, condition: ast.Condition, meaning: Callable[[str], Quantity | None]
    ) -> None:
        """Note the comparisons that look at the energy or species of single particles."""
        stack: list[ast.Node] = [condition]
        while stack:
            node = stack.pop()
            if not isinstance(node, ast.Comparison):
                stack.extend(reversed(ast.children(node)))
                continue
            energies = _texts(node, meaning, _OF_ENERGY)
            species = _texts(node, meaning, SPECIES)
            self.energies.update(dict.fromkeys(energies))
            self.species.update(dict.fromkeys(species))
            if energies or species:
                self.places.append(node.span)

    def all_notes(self) -> tuple[str, ...]:
        """Return which limit fails, and why."""
        notes = list(self.notes)
        if self.energies:
            what = quoted(self.energies, "and")
            notes.append(f"collinear: a splitting shares {what} and can fail a cut that it passed")
        if self.species:
            what = quoted(self.species, "and")
            notes.append(f"collinear: a splitting such as g -> q qbar changes {what}")
        return tuple(notes)


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
