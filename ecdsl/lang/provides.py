"""What a correlator provides to expressions, and why it lacks a name."""

from __future__ import annotations

from re import fullmatch
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related, Span
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang.quantities import (
    LEGS,
    MEMBERS,
    PAIRS,
    PER_JET,
    SINGLES,
    SPECIES,
    SUMS,
    TRIPLES,
    Quantity,
    named,
    provided,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.lang import checked
    from ecdsl.lang.expressions import Resolve
    from ecdsl.lang.findings import Findings

# Code, message and hints.
Problem = tuple[str, str, tuple[str, ...]]


def resolver(correlator: checked.Correlator, findings: Findings) -> Resolve:
    """Return the function that looks a name up among those `correlator` provides."""

    def resolve(
        span: Span, candidate: Quantity | None, text: str, others: Sequence[str]
    ) -> Quantity | None:
        problem = why_not(correlator, candidate, text, others)
        if problem is None:
            return candidate
        code, message, hints = problem
        findings.add(code, message, span, hints=hints, related=(place(correlator),))
        return None

    return resolve


def resolver_of_one(constituents: checked.Constituents, findings: Findings) -> Resolve:
    """Return the function that looks a name up in `where`."""

    def resolve(
        span: Span, candidate: Quantity | None, text: str, others: Sequence[str]
    ) -> Quantity | None:
        problem = _species(constituents, candidate, text) or _not_of_one(candidate, text, others)
        if problem is None:
            return candidate
        code, message, hints = problem
        findings.add(code, message, span, hints=hints)
        return None

    return resolve


def place(correlator: checked.Correlator) -> Related:
    """Return where a correlator is declared, with what it provides."""
    order = correlator.order if correlator.nu is None else f"nu = {correlator.nu:g}"
    text = f"`{correlator.declaration.name.text}` is of order {order}, measure "
    return Related(correlator.declaration.name.span, text + correlator.measure)


def why_not(
    correlator: checked.Correlator,
    candidate: Quantity | None,
    text: str,
    others: Sequence[str] = (),
) -> Problem | None:
    """Return code, message and hints if `correlator` does not provide a name, else None.

    Args:
        correlator: Whose names are asked for.
        candidate: What the name means in a correlator of sufficient order; None for no quantity.
        text: The name.
        others: More names that could have been meant.
    """
    if candidate is None:
        return _unknown(correlator, text, others)
    if candidate.kind == "side":
        return None
    return (
        _of_a_set(correlator, candidate, text)
        or _particles(correlator.order, candidate, text)
        or _leg(correlator, candidate, text)
        or _species(correlator.constituents, candidate, text)
        or _measure(correlator.measure, candidate, text)
    )


def _unknown(correlator: checked.Correlator, text: str, others: Sequence[str]) -> Problem:
    order = correlator.order
    names = provided(order, correlator.measure, correlator.sides)
    hints = did_you_mean(text, [*names, *others], otherwise=_listed(correlator))
    if text in LEGS:
        hints = (f"a leg stands in a call: `theta(1, {text})`",)
    elif text in SINGLES:
        kind = SINGLES[text]
        hints = (f"particles have numbers: write `{kind}1`",)
    elif not correlator.sides and fullmatch("z[0-9]", text) and order > 1:
        hints = (f"to order the distances, give the correlator `sides {side_names(order)}`",)
    return "E201", f"unknown name `{text}`", hints


def _listed(correlator: checked.Correlator) -> str:
    """What a correlator provides, one of each kind."""
    kinds = [f"{kind}1" for kind in MEMBERS]
    names = provided(2, correlator.measure, ()) if correlator.order > 1 else []
    pairs = [name for name in names if name[:-2] in PAIRS and name.endswith("12")]
    return f"it provides {', '.join([*kinds, *pairs, *PER_JET, *SUMS, *correlator.sides])}"


def _particles(order: int, candidate: Quantity, text: str) -> Problem | None:
    particles = candidate.particles
    what = candidate.kind
    if what in TRIPLES and len(set(particles)) < 3:
        message = f"`{text}` needs three different particles"
        return "E225", message, (f"write `{what}(1, 2, 3)`",)
    if what in PAIRS and len(candidate.indices) == 2 and len(set(candidate.indices)) < 2:
        return "E204", f"`{text}` is the distance of a particle from itself", ()
    if any(not 1 <= index <= order for index in particles):
        message = f"`{text}` needs particle {max(particles)}, but the order is {order}"
        if min(particles) < 1:
            message = f"`{text}` needs particle 0, but particles are counted from 1"
        return "E204", message, (f"the particles are 1 to {order}",)
    return None


def _leg(correlator: checked.Correlator, candidate: Quantity, text: str) -> Problem | None:
    """The beam has no rapidity, so nothing that is made of rapidities is counted from it."""
    if candidate.leg != "beam":
        return None
    of_rapidity = candidate.kind in {"dR", "deta", "dphi"}
    if not of_rapidity and not (candidate.kind == "z" and correlator.geometry == "hadron"):
        return None
    message = f"`{text}` does not exist: the beam has no rapidity and no azimuth"
    index = candidate.indices[0]
    return "E224", message, (f"write `theta({index}, beam)`, or `eta{index}`",)


def _species(
    constituents: checked.Constituents, candidate: Quantity | None, text: str
) -> Problem | None:
    if candidate is None or candidate.kind not in SPECIES or not constituents.are_clustered:
        return None
    what = "charge" if candidate.kind == "q" else "species"
    message = f"`{text}` does not exist: {constituents.kind} have no {what} of their own"
    return "E226", message, ("to ask for it, sum `over particles`",)


def _measure(measure: str, candidate: Quantity, text: str) -> Problem | None:
    if measure not in {"ee", "hadron"} or candidate.measure in (None, measure):
        return None
    other = "dR" if measure == "hadron" else "theta"
    message = f"`{text}` belongs to measure {candidate.measure}, the correlator has {measure}"
    indices = "".join(str(index) for index in candidate.indices)
    return "E311", message, (f"use `{other}{indices}` or `z{indices}`",)


def _of_a_set(correlator: checked.Correlator, candidate: Quantity, text: str) -> Problem | None:
    """Of a set of any number of particles the longest side is known, but not which end is which.

    About a special particle, the farthest of the set is.
    """
    if correlator.nu is None or not candidate.particles:
        return None
    if correlator.ranked:
        if max(candidate.particles) <= 2:
            return None
        message = f"`{text}` is not known: of a set, the farthest particle, 2, is, and nothing else"
        return "E229", message, ("look at particles 1 and 2 alone",)
    own = {"z"} if correlator.user_measure is not None else {"z", "theta", "dR"}
    if candidate.kind in own and set(candidate.indices) <= {1, 2}:
        return None
    message = f"`{text}` is not known: of a set, `z12` is the longest side, and nothing else is"
    return "E229", message, ("look at `z12` alone, or give the correlator `points z12`",)


def _not_of_one(candidate: Quantity | None, text: str, others: Sequence[str]) -> Problem | None:
    if candidate is not None:
        return None
    of_tuple = named(text)
    if of_tuple is None and "(" not in text:
        names = [*SINGLES, *PER_JET, *others]
        otherwise = f"it knows {quoted(SINGLES, 'and')}"
        return "E201", f"unknown name `{text}`", did_you_mean(text, names, otherwise=otherwise)
    message = f"`where` looks at one constituent at a time, `{text}` is not its own"
    kinds = {kind: name for name, kind in SINGLES.items()}
    if of_tuple is not None and len(of_tuple.indices) == 1 and of_tuple.kind in kinds:
        return "E223", message, (f"write `{kinds[of_tuple.kind]}`",)
    return "E223", message, (f"conditions on tuples are windows: `window {text} ...`",)


def side_names(order: int) -> str:
    """Return how the ordered distances of an order are usually named: `z1 <= z2 <= z3`."""
    return " <= ".join(f"z{k}" for k in range(1, order * (order - 1) // 2 + 1))
