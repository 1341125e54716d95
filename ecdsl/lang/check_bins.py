"""Check the bins of axes: their number, spacing, ends and edges."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, prod
from sys import float_info
from typing import TYPE_CHECKING, Literal

from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.check_values import constant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from ecdsl.diagnostics import Span
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings

MAX_CELLS = 10_000_000
SPACINGS = ("linear", "log", "symlog", "logit")
_Spacing = Literal["linear", "log", "symlog", "logit"]


def bins(
    node: ast.Bins | ast.Edges, energy: Fraction | None, externals: Externals, findings: Findings
) -> checked.Bins | None:
    """Check the bins of an axis of dimension `energy`."""
    if isinstance(node, ast.Edges):
        return _edges(node, energy, externals, findings)
    before = findings.errors
    n = node.number.value
    if n != int(n) or n < 1:
        message = f"the number of bins is a whole number from 1, not {node.number.span.text}"
        findings.add("E306", message, node.number.span)
    elif n > MAX_CELLS:
        findings.add("E306", f"{int(n)} bins are more than {MAX_CELLS}", node.number.span)
    spacing = _spacing(node, findings)
    threshold = _threshold(node, spacing, energy, externals, findings)
    lower = constant(node.interval.lower, energy, externals, findings, "the end of a bin")
    upper = None
    if lower is not None:
        upper = constant(node.interval.upper, energy, externals, findings, "the end of a bin")
    if lower is None or upper is None or findings.errors > before or spacing is None:
        return None
    if lower >= upper:
        message = f"the bins end where they should begin: {lower:g} is not below {upper:g}"
        findings.add("E306", message, node.interval.span)
    else:
        _log_ends(node, spacing, lower, upper, findings)
        _resolved(node, spacing, lower, upper, findings)
        if spacing == "logit":
            _logit_ends(node, lower, upper, energy, findings)
    if findings.errors > before:
        return None
    return checked.Bins(node, int(n), lower, upper, spacing, threshold)


def _spacing(node: ast.Bins, findings: Findings) -> _Spacing | None:
    if node.spacing is None:
        return "linear"
    if node.spacing.text not in SPACINGS:
        hints = did_you_mean(node.spacing.text, SPACINGS, otherwise=f"bins are {quoted(SPACINGS)}")
        message = f"unknown spacing `{node.spacing.text}`"
        findings.add("E207", message, node.spacing.span, hints=hints)
        return None
    return node.spacing.text  # type: ignore[return-value]  # one of SPACINGS


def _threshold(
    node: ast.Bins,
    spacing: _Spacing | None,
    energy: Fraction | None,
    externals: Externals,
    findings: Findings,
) -> float | None:
    """The place where symmetric-log bins turn from linear to logarithmic."""
    if node.threshold is None:
        if spacing == "symlog" and node.spacing is not None:
            message = "`symlog` needs the value below which bins are linear"
            hint = f"write `{node.number.span.text} symlog(1e-3) bins in ...`"
            findings.add("E203", message, node.spacing.span, hints=(hint,))
        return None
    if spacing != "symlog":
        if spacing is not None:
            message = f"`{spacing}` bins take no argument"
            findings.add("E203", message, node.threshold.span, hints=("leave it out",))
        return None
    value = constant(node.threshold, energy, externals, findings, "the threshold of `symlog`")
    if value is not None and value <= 0:
        message = f"the threshold of `symlog` must be positive, not {value:g}"
        findings.add("E306", message, node.threshold.span)
    return value


def _log_ends(
    node: ast.Bins, spacing: _Spacing, lower: float, upper: float, findings: Findings
) -> None:
    if spacing == "log" and lower <= 0:
        message = f"logarithmic bins start above 0, not at {lower:g}"
        hint = f"start at a small positive number, e.g. `[{upper / 1000:.3g}, {upper:g}]`"
        if upper <= 0 or lower < 0:
            hint = "for values on both sides of 0, write `symlog(1e-3)`"
        findings.add("E306", message, node.interval.lower.span, hints=(hint,))


def _resolved(
    node: ast.Bins, spacing: _Spacing, lower: float, upper: float, findings: Findings
) -> None:
    """Report bins that are narrower than the numbers at their ends are exact."""
    if not isfinite(upper - lower):
        message = f"the bins from {lower:g} to {upper:g} are wider than any number"
        findings.add("E306", message, node.interval.span, hints=("bring their ends together",))
    elif spacing in {"linear", "log"} and (
        upper - lower
    ) / node.number.value <= 4 * float_info.epsilon * max(abs(lower), abs(upper)):
        message = f"{node.number.span.text} bins in {node.interval.span.text} have no width"
        note = "numbers have 16 digits, which do not tell their edges apart"
        findings.add("E306", message, node.interval.span, notes=(note,), hints=("use fewer bins",))


def _logit_ends(
    node: ast.Bins, lower: float, upper: float, energy: Fraction | None, findings: Findings
) -> None:
    if energy:
        message = "`logit` bins lie between 0 and 1, this axis is in GeV"
        findings.add("E306", message, node.span, hints=("divide energies by `Q`",))
    elif lower <= 0 or upper >= 1:
        end = node.interval.lower if lower <= 0 else node.interval.upper
        message = f"`logit` bins lie between 0 and 1 without the two, not at {end.span.text}"
        hint = "leave out a little at both ends: `[1e-4, 0.9999]`"
        findings.add("E306", message, end.span, hints=(hint,))


def _edges(
    node: ast.Edges, energy: Fraction | None, externals: Externals, findings: Findings
) -> checked.Bins | None:
    values: list[float] = []
    for item in node.values:
        value = constant(item, energy, externals, findings, "an edge")
        if value is None:
            return None
        values.append(value)
    if len(values) < 2:
        message = "one edge makes no bin"
        findings.add("E306", message, node.span, hints=("give two edges or more",))
        return None
    for item, (before, after) in zip(node.values[1:], pairwise(values), strict=True):
        if before >= after:
            message = f"edges rise, but {after:g} follows {before:g}"
            findings.add("E306", message, item.span)
            return None
    return checked.Bins(node, len(values) - 1, values[0], values[-1], "edges", edges=tuple(values))


def cells(all_bins: Sequence[checked.Bins], span: Span, findings: Findings) -> None:
    """Report a histogram with more cells than memory should be asked for."""
    total = prod(item.n for item in all_bins)
    if total > MAX_CELLS:
        message = f"the histogram has {total} cells, the limit is {MAX_CELLS}"
        findings.add("E306", message, span, notes=(f"that is {total * 8 / 1e9:.1f} GB",))
