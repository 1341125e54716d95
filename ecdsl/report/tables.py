"""The numbers of an analysis as a table in the terminal and as JSON."""

from __future__ import annotations

import sys
from math import floor, log10
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.inference.results import AnalysisResult, PosteriorResult

POSTERIOR_FIELDS = {
    "observable",
    "parameter",
    "estimate",
    "interval68",
    "interval95",
    "half_width68",
    "likelihood",
    "calibrated",
    "n_events",
    "seconds",
}


BUDGET = {
    "data": "from data",
    "simulation": "from simulation",
    "nuisances": "from nuisances",
    "surrogate": "from surrogate",
    "training": "training",
}
"""The title of each field of `ErrorBudget`."""

EDGE = " edge"
"""What marks an interval that runs into the prior's edge."""
_MAX_PIPE_WIDTH = 100_000
"""No row is longer; rich wants some number."""


def posteriors(result: AnalysisResult) -> tuple[PosteriorResult, ...]:
    """Return the posteriors of all observables in order."""
    return tuple(p for o in result.observables for p in o.posteriors)


def nuisance_posteriors(result: AnalysisResult) -> tuple[PosteriorResult, ...]:
    """Return those of the nuisances of all observables in order."""
    return tuple(p for o in result.observables for p in o.nuisances)


def posterior_json(result: AnalysisResult) -> list[dict[str, Any]]:
    """Return what `ecdsl infer --format json` prints."""
    shown = (*posteriors(result), *nuisance_posteriors(result))
    return [p.model_dump(include=POSTERIOR_FIELDS, mode="json") for p in shown]


def print_posteriors(result: AnalysisResult) -> None:
    """Print one row per observable and likelihood."""
    unit = f" / {result.unit}" if result.unit else ""
    table = Table(box=SIMPLE_HEAD, title=Text(_headline(result)), title_justify="left")
    table.add_column("observable")
    table.add_column(f"{result.parameter}{unit}", justify="right")
    table.add_column("68% interval", justify="right")
    table.add_column("half-width", justify="right")
    table.add_column("likelihood")
    table.add_column("coverage")
    table.add_column("fit p", justify="right")
    if result.truth is not None:
        table.add_column(f"truth {result.truth:g}")
    for posterior in posteriors(result):
        table.add_row(*map(Text, _cells(posterior, result.truth)))
    print_table(table)


def print_budget(result: AnalysisResult) -> None:
    """Print what each half-width is made of, and what training leaves to chance beside it."""
    unit = f" / {result.unit}" if result.unit else ""
    table = Table(box=SIMPLE_HEAD, title=Text(f"error budget{unit}"), title_justify="left")
    table.add_column("observable")
    table.add_column("likelihood")
    fields = budget_fields(result)
    for name in ("half-width", *(BUDGET[field] for field in fields)):
        table.add_column(name, justify="right")
    for posterior in posteriors(result):
        if posterior.budget is not None:
            cells = (posterior.observable, posterior.likelihood, f"{posterior.half_width68:.2f}")
            table.add_row(*map(Text, (*cells, *budget_cells(posterior, fields))))
    print_table(table)


def print_nuisances(result: AnalysisResult) -> None:
    """Print what was inferred of each nuisance, where there are any."""
    table = Table(box=SIMPLE_HEAD, title=Text("nuisances"), title_justify="left")
    for name in ("observable", "nuisance", "likelihood"):
        table.add_column(name)
    for name in ("estimate", "68% interval", "half-width"):
        table.add_column(name, justify="right")
    for posterior in nuisance_posteriors(result):
        table.add_row(*map(Text, _nuisance_cells(posterior)))
    if table.row_count:
        print_table(table)


def _nuisance_cells(posterior: PosteriorResult) -> tuple[str, ...]:
    """Return the cells of a row, with two digits of the half-width."""
    digits = max(2, 1 - floor(log10(posterior.half_width68)))
    mark = EDGE if posterior.at_boundary else ""
    return (
        posterior.observable,
        posterior.parameter,
        posterior.likelihood,
        f"{posterior.estimate:.{digits}f}",
        interval_text(posterior.interval68, digits) + mark,
        f"{posterior.half_width68:.{digits}f}",
    )


def budget_fields(result: AnalysisResult) -> tuple[str, ...]:
    """Return the fields that any error budget of a result has."""
    budgets = [posterior.budget for posterior in posteriors(result)]
    return tuple(
        field for field in BUDGET if any(getattr(b, field, None) is not None for b in budgets)
    )


def budget_cells(posterior: PosteriorResult, fields: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of a half-width, dashes where there is none."""
    parts = [getattr(posterior.budget, field, None) for field in fields]
    return tuple("–" if part is None else f"{part:.2f}" for part in parts)


def interval_text(interval: Sequence[tuple[float, float]], digits: int = 2) -> str:
    """Return `[172.80, 174.13]`, with a union sign between disjoint parts."""
    return " ∪ ".join(f"[{low:.{digits}f}, {high:.{digits}f}]" for low, high in interval)


def truth_text(posterior: PosteriorResult, truth: float) -> str:
    """Say which interval holds the truth."""
    for name, interval in (("68%", posterior.interval68), ("95%", posterior.interval95)):
        if any(low <= truth <= high for low, high in interval):
            return f"inside {name}"
    return "outside 95%"


def interval68_text(posterior: PosteriorResult) -> str:
    """Return the 68% interval, marked where it runs into the prior's edge."""
    mark = EDGE if posterior.at_boundary else ""
    return interval_text(posterior.interval68) + mark


def calibration_text(posterior: PosteriorResult) -> str:
    """Say whether the intervals were tested."""
    return "calibrated" if posterior.calibrated else "not calibrated"


def fit_text(posterior: PosteriorResult) -> str:
    """Return the probability of a fit as bad as this one, a dash where it was not worked out."""
    probability = posterior.goodness_of_fit
    return "–" if probability is None else f"{probability:.2g}"


def _headline(result: AnalysisResult) -> str:
    return f"{result.data_events:,} events ({result.data_jets:,} jets): {result.data_source}"


def _cells(posterior: PosteriorResult, truth: float | None) -> tuple[str, ...]:
    inside = () if truth is None else (truth_text(posterior, truth),)
    return (
        posterior.observable,
        f"{posterior.estimate:.2f}",
        interval68_text(posterior),
        f"{posterior.half_width68:.2f}",
        posterior.likelihood,
        calibration_text(posterior),
        fit_text(posterior),
        *inside,
    )


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal; in a pipe every row on one line, nothing cut."""
    console = Console(file=sys.stdout, highlight=False)
    if not sys.stdout.isatty():
        unbounded = console.options.update(width=_MAX_PIPE_WIDTH)
        console.width = table.__rich_measure__(console, unbounded).maximum
    console.print(table)
