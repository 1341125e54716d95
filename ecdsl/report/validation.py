"""The validation of a surrogate: a table, a file, and its ratio to events in every shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ecdsl.report.separation import in_words, write_maps
from ecdsl.report.store import write_with_plot
from ecdsl.report.style import BLACK, GREY, PURPLE
from ecdsl.report.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from ecdsl.inference.results import BinContents
    from ecdsl.inference.validation import ValidatedShape, ValidationResult, ValidationRow

FILE, PLOT, MAP = "validation.json", "validation.png", "validation_map.png"


def write_validation(result: ValidationResult, build: Path) -> tuple[Path, ...]:
    """Write `validation.json`, `.png` and `_map.png` into `build` and return their paths."""
    written = write_with_plot(result, build / FILE, lambda: validation_figure(result), build / PLOT)
    return *written, *write_maps(result.separations, build / MAP)


def print_validation(result: ValidationResult) -> None:
    """Print one row per shape and value of the parameter, and the mean of each shape."""
    unit = f" / {result.unit}" if result.unit else ""
    title = f"surrogate {result.model}-{result.preset} against held-out events"
    table = Table(box=SIMPLE_HEAD, title=Text(title), title_justify="left")
    table.add_column("observable")
    shift = f"shift{unit}"
    for name in (
        f"{result.parameter}{unit}",
        "chi2 / bins",
        "KL",
        "pulls",
        "with band",
        shift,
        "band",
        "training",
        "induced",
    ):
        table.add_column(name, justify="right")
    for shape in result.shapes:
        for row in shape.rows:
            table.add_row(*map(Text, _cells(row)))
        table.add_row(*map(Text, _mean(shape)), end_section=True)
    print_table(table)
    for separation in result.separations:
        print(in_words(separation))


def _cells(row: ValidationRow) -> tuple[str, ...]:
    return (
        row.observable,
        f"{row.label:g}",
        f"{row.chi2:.1f} / {row.ndf}",
        f"{row.kl:.1e}",
        f"{row.pull_width:.2f}",
        _or_dash(row.band_pull_width, ""),
        f"{row.shift:+.2f} ± {row.shift_error:.2f}",
        _or_dash(row.band_error, "± "),
        f"± {row.training_error:.2f}",
        f"{row.induced_shift:+.2f}",
    )


def _mean(shape: ValidatedShape) -> tuple[str, ...]:
    rows = shape.rows
    shifts = np.array([row.shift for row in rows])
    error = np.sqrt(sum(row.shift_error**2 for row in rows)) / len(rows)
    pulls = [np.sqrt(np.mean([w**2 for w in widths])) for widths in _pull_widths(rows)]
    bands = [row.band_error for row in rows if row.band_error is not None]
    return (
        "",
        "mean",
        f"{np.mean([row.chi2 / row.ndf for row in rows]):.2f}",
        f"{np.mean([row.kl for row in rows]):.1e}",
        f"{pulls[0]:.2f}",
        _or_dash(pulls[1] if bands else None, ""),
        f"{shifts.mean():+.2f} ± {error:.2f}",
        _or_dash(float(np.mean(bands)) if bands else None, "± "),
        f"± {np.mean([row.training_error for row in rows]):.2f}",
        f"{np.mean([row.induced_shift for row in rows]):+.2f}",
    )


def _pull_widths(rows: Sequence[ValidationRow]) -> tuple[list[float], list[float]]:
    """Return the widths without the band and with it, at the values that have one."""
    with_band = [row.band_pull_width for row in rows if row.band_pull_width is not None]
    return [row.pull_width for row in rows], with_band or [0.0]


def _or_dash(number: float | None, sign: str) -> str:
    return "–" if number is None else f"{sign}{number:.2f}"


def validation_figure(result: ValidationResult) -> Figure:
    """Draw surrogate over events, one row per shape and one column per value.

    The grey band is one standard deviation of the held-out events, the coloured one that of the
    surrogate's ensemble.
    """
    shapes, columns = result.shapes, len(result.shapes[0].rows)
    figure = Figure(figsize=(2.1 * columns + 1.2, 1.7 * len(shapes) + 0.6), layout="constrained")
    grid = figure.subplots(len(shapes), columns, squeeze=False, sharey=True)
    for line, shape in zip(grid, shapes, strict=True):
        for axes, row, events, learned in zip(
            line, shape.rows, shape.events, shape.surrogate, strict=True
        ):
            _ratio(axes, events, learned)
            axes.set_title(f"{result.parameter} = {row.label:g}", fontsize=9)
        line[0].set_ylabel(shape.observable, fontsize=10)
    for axes in grid[-1]:
        axes.set_xlabel("bin", fontsize=9)
    return figure


def _ratio(axes: Axes, events: BinContents, learned: BinContents) -> None:
    seen, errors = np.array(events.contents), np.array(events.errors)
    held = seen > 0
    bins = np.arange(len(seen))[held]
    spread = errors[held] / seen[held]
    axes.fill_between(bins, 1 - spread, 1 + spread, step="mid", color=GREY, alpha=0.3, linewidth=0)
    axes.axhline(1, color=BLACK, linewidth=0.8)
    ratio = np.array(learned.contents)[held] / seen[held]
    axes.step(bins, ratio, where="mid", color=PURPLE)
    if learned.band:
        off = np.array(learned.band)[held] / seen[held]
        axes.fill_between(
            bins, ratio - off, ratio + off, step="mid", color=PURPLE, alpha=0.3, linewidth=0
        )
    axes.set_ylim(0.5, 1.5)
