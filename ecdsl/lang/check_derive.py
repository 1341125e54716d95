"""Check derivations: arithmetic of histograms that have equal bins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose
from typing import TYPE_CHECKING, assert_never

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import MAX_DEPTH, MAX_OPERATIONS
from ecdsl.lang.types import PURE, in_unit, unit_text

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings

FUNCTIONS: Mapping[str, str] = {
    "reflect": "the bins of one axis in reverse order, f(lower + upper - x)",
    "normalize": "divided by the sum of all bins",
    "density": "divided by the volume of each bin",
}

Operand = checked.Observable | checked.Derived


@dataclass(frozen=True)
class Histogram:
    """What is known of an expression of histograms.

    Attributes:
        energy: Its power of GeV; None where an error inside leaves it open.
        bins: Of each axis; None for a number.
        energies: The power of GeV of each axis.
        size: Operations in it, every derivation written out.
        depth: Operations on top of each other.
    """

    energy: Fraction | None
    bins: tuple[checked.Bins, ...] | None = None
    energies: tuple[Fraction | None, ...] = ()
    size: int = 1
    depth: int = 1


@dataclass
class Names:
    """What the names in a derivation stand for.

    Attributes:
        operands: Histograms, by name.
        types: Of the derivations among them.
        externals: Constants.
        quiet: Names with errors of their own.
        declared: The words for all names of the module, `shape` or `column`.
        used: Those that the derivation at hand mentions.
    """

    operands: dict[str, Operand]
    types: dict[str, Histogram]
    externals: Externals
    quiet: set[str]
    declared: dict[str, str]
    used: dict[str, Operand] = field(default_factory=dict)


def check_derive(
    node: ast.Derive, names: Names, findings: Findings
) -> tuple[checked.Derived, Histogram] | None:
    """Return a derivation and its type, or None after reporting what is wrong."""
    before = findings.errors
    names.used = {}
    found = _check(node.value, names, findings)
    names.externals.used.update(names.used)
    if findings.errors == before and found.energy is not None and found.bins is None:
        message = f"`{node.name.text}` is a number, not arithmetic of observables"
        hint = "use a `constant` for numbers"
        findings.add("E354", message, node.value.span, hints=(hint,))
    if findings.errors > before or found.bins is None:
        return None
    return checked.Derived(node, names.externals, names.used), found


def _check(node: ast.Expression, names: Names, findings: Findings) -> Histogram:
    match node:
        case ast.Number(unit=unit):
            return Histogram(PURE if unit is None else Fraction(1))
        case ast.Name():
            return _name(node, names, findings)
        case ast.Call():
            return _call(node, names, findings)
        case ast.Minus(operand=operand):
            inner = _check(operand, names, findings)
            return _bounded(node, inner, [inner], findings)
        case ast.Sum(terms=terms):
            return _sum(node, [item for _, item in terms], names, findings)
        case ast.Product():
            return _product(node, names, findings)
        case ast.Power():
            message = "histograms are not raised to a power"
            hint = f"write a product: `{node.base.span.text} * {node.base.span.text}`"
            return _power(node, names, findings) or _refuse(node.span, message, hint, findings)
    assert_never(node)


def _refuse(span: Span, message: str, hint: str, findings: Findings) -> Histogram:
    findings.add("E350", message, span, hints=(hint,))
    return Histogram(None)


def _power(node: ast.Power, names: Names, findings: Findings) -> Histogram | None:
    """The power of a number, None where the base is no number."""
    base, exponent = _check(node.base, names, findings), _check(node.exponent, names, findings)
    if base.energy is None or exponent.energy is None:
        return Histogram(None)
    if base.bins is not None or exponent.bins is not None or base.energy or exponent.energy:
        return None
    try:
        evaluate(node, names.externals.value)
    except (UndefinedError, NotConstantError) as error:
        findings.add("E313", "this has no value", error.span)
        return Histogram(None)
    return Histogram(PURE)


def _name(node: ast.Name, names: Names, findings: Findings) -> Histogram:
    text = node.text
    if text in names.quiet:
        return Histogram(None)
    if text in names.operands:
        operand = names.operands[text]
        names.used[text] = operand
        if isinstance(operand, checked.Derived):
            found = names.types[text]
            return _bounded(node, found, [found], findings)
        if operand.is_exact:
            message = f"`{text}` has an exact delta and no histogram"
            related = (Related(operand.declaration.name.span, "declared here"),)
            hint = "open the delta: `within [0, 0.01]`"
            findings.add("E353", message, node.span, hints=(hint,), related=related)
            return Histogram(None)
        bins = tuple(operand.bins.values())
        energies = tuple(operand.energies.get(axis) for axis in operand.bins)
        return Histogram(PURE, bins, energies)
    constant = names.externals.names.get(text)
    if isinstance(constant, checked.Constant):
        names.externals.used.add(text)
        return Histogram(Fraction(constant.energy))
    _unknown(node, names, findings)
    return Histogram(None)


def _unknown(node: ast.Name, names: Names, findings: Findings) -> None:
    text = node.text
    what = names.declared.get(text)
    message = f"there is no observable `{text}`"
    hints = did_you_mean(text, names.operands, otherwise="declare it above, or import it")
    if what == "derivation":
        message = f"`{text}` is derived further below"
        hints = ("a derivation uses those above it: exchange the two",)
    elif what is not None:
        message = f"`{text}` is a {what}, not an observable"
        hints = ()
    place = names.externals.places.get(text)
    related = (Related(place, "declared here"),) if place is not None else ()
    findings.add("E206", message, node.span, hints=hints, related=related)


def _call(node: ast.Call, names: Names, findings: Findings) -> Histogram:
    text = node.function.text
    parts = [_check(item, names, findings) for item in node.arguments]
    if text not in FUNCTIONS:
        otherwise = f"the functions of histograms are {quoted(FUNCTIONS, 'and')}"
        hints = did_you_mean(text, FUNCTIONS, otherwise=otherwise)
        message = f"there is no function `{text}` of histograms"
        findings.add("E202", message, node.function.span, hints=hints)
        return Histogram(None)
    if len(parts) != 1:
        message = f"`{text}` takes 1 argument, not {len(parts)}"
        findings.add("E203", message, node.span, notes=(f"`{text}`: {FUNCTIONS[text]}",))
        return Histogram(None)
    (inner,) = parts
    if inner.energy is None:
        return inner
    if inner.bins is None:
        hint = f"write `{text}(...)` of an observable"
        return _refuse(node.arguments[0].span, f"`{text}` is of histograms", hint, findings)
    if text == "reflect":
        _reflect(node, inner.bins, findings)
    energy = inner.energy
    if text == "density":
        energy -= sum((item or PURE for item in inner.energies), PURE)
    if text == "normalize":
        energy = PURE
    return _bounded(node, Histogram(energy, inner.bins, inner.energies), [inner], findings)


def _reflect(node: ast.Call, bins: tuple[checked.Bins, ...], findings: Findings) -> None:
    if len(bins) == 1 and _is_symmetric(bins[0]):
        return
    hints: tuple[str, ...]
    message = f"`reflect` needs bins that are the same in reverse, `{bins[0].spacing}` ones are not"
    hints = ("linear bins are always, `symlog` ones in [-a, a], `logit` ones in [a, 1 - a]",)
    if len(bins) > 1:
        message, hints = f"`reflect` needs one axis, this has {len(bins)}", ()
    place = Related(bins[0].declaration.span, "the bins")
    findings.add("E352", message, node.span, hints=hints, related=(place,))


def _is_symmetric(bins: checked.Bins) -> bool:
    total = bins.lower + bins.upper
    width = bins.upper - bins.lower
    match bins.spacing:
        case "linear":
            return True
        case "symlog":
            return abs(total) <= 1e-12 * width
        case "logit":
            return isclose(total, 1.0, rel_tol=1e-12)
        case "log":
            return False
        case "edges":
            mirrored = (total - edge for edge in reversed(bins.edges))
            pairs = zip(bins.edges, mirrored, strict=True)
            return all(abs(edge - other) <= 1e-12 * width for edge, other in pairs)
    assert_never(bins.spacing)


def _sum(node: ast.Sum, terms: list[ast.Expression], names: Names, findings: Findings) -> Histogram:
    parts = [(item, _check(item, names, findings)) for item in terms]
    found = _equal_bins(parts, findings)
    known = [(item, part) for item, part in parts if part.energy is not None]
    for item, part in known[1:]:
        first, energy = known[0][0], known[0][1].energy
        if part.energy is None or energy is None or part.energy == energy:
            continue
        message = f"a sum cannot mix {unit_text(energy)} and {unit_text(part.energy)}"
        note = f"`{first.span.text}` is {in_unit(energy)}"
        label = f"this is {in_unit(part.energy)}"
        findings.add("E302", message, item.span, label=label, notes=(note,))
        found = Histogram(None)
        break
    energy = known[0][1].energy if len(known) == len(parts) and found.energy is not None else None
    result = Histogram(energy, found.bins, found.energies)
    return _bounded(node, result, [part for _, part in parts], findings, len(parts) - 1)


def _product(node: ast.Product, names: Names, findings: Findings) -> Histogram:
    parts = [(item, _check(item, names, findings)) for _, item in node.factors]
    found = _equal_bins(parts, findings)
    energy = found.energy
    for (operator, item), (_, part) in zip(node.factors, parts, strict=True):
        is_number = part.bins is None and part.energy is not None
        if operator == "/" and is_number and _is_zero(item, names):
            findings.add("E313", "this has no value: division by zero", item.span)
        if energy is not None and part.energy is not None:
            energy += part.energy if operator == "*" else -part.energy
    result = Histogram(energy, found.bins, found.energies)
    return _bounded(node, result, [part for _, part in parts], findings, len(parts) - 1)


def _is_zero(item: ast.Expression, names: Names) -> bool:
    try:
        return evaluate(item, names.externals.value) == 0
    except (NotConstantError, UndefinedError):
        return False


def _equal_bins(parts: list[tuple[ast.Expression, Histogram]], findings: Findings) -> Histogram:
    """Return the bins that all histograms share, of no dimension; report the first that differ."""
    if any(part.energy is None for _, part in parts):
        return Histogram(None)
    histograms = [(item, part, part.bins) for item, part in parts if part.bins is not None]
    if not histograms:
        return Histogram(PURE)
    (first, known, bins), *others = histograms
    for item, part, other in others:
        if not _are_equal(first, (bins, known.energies), item, (other, part.energies), findings):
            return Histogram(None)
    return Histogram(PURE, bins, known.energies)


_Axes = tuple[tuple[checked.Bins, ...], tuple[Fraction | None, ...]]


def _are_equal(
    first: ast.Expression, known: _Axes, item: ast.Expression, other: _Axes, findings: Findings
) -> bool:
    """Report histograms that differ in the number, the units or the bins of their axes."""
    one, two = f"`{first.span.text}`", f"`{item.span.text}`"
    counts = len(known[0]), len(other[0])
    if counts[0] != counts[1]:
        message = f"{one} and {two} have {counts[0]} and {counts[1]} axes"
        hint = "arithmetic is bin by bin: give both the same axes"
        findings.add("E351", message, item.span, hints=(hint,))
        return False
    for mine, unit, yours, other_unit in zip(*known, *other, strict=True):
        if mine.cells == yours.cells and unit == other_unit:
            continue
        what = "bins" if unit == other_unit else "units"
        related = (
            Related(mine.declaration.span, f"the bins of {one}"),
            Related(yours.declaration.span, f"the bins of {two}"),
        )
        message = f"{one} and {two} have axes of different {what}"
        hint = f"arithmetic is bin by bin: give both the same {what}"
        findings.add("E351", message, item.span, hints=(hint,), related=related)
        return False
    return True


def _bounded(
    node: ast.Expression,
    found: Histogram,
    parts: list[Histogram],
    findings: Findings,
    operations: int = 1,
) -> Histogram:
    """Set size and depth, within the limits; operations on many are on top of each other."""
    size = operations + sum(part.size for part in parts)
    depth = operations + max(part.depth for part in parts)
    if size > MAX_OPERATIONS or depth > MAX_DEPTH:
        message = f"the derivation has more than {MAX_DEPTH} operations on top of each other"
        note = "every derivation counts as often as it is used"
        findings.add("E106", message, node.span, notes=(note,))
        return Histogram(None)
    return Histogram(found.energy, found.bins, found.energies, size, depth)
