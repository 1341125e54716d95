"""The result of a scan: a table, a file and a picture that shows what is not decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ecdsl.inference.search import CONFIDENCE
from ecdsl.report.store import write_with_plot
from ecdsl.report.style import BLACK, BLUE, GREY
from ecdsl.report.symbols import symbol, with_unit
from ecdsl.report.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecdsl.inference.search import Bound, LeftOut, PlayedResult, ScanResult, ShapeResult

FILE, PLOT = "scan.json", "scan.png"
_ROWS = 20


def write_scan(result: ScanResult, build: Path) -> tuple[Path, Path]:
    """Write `scan.json` and `scan.png` into `build` and return their paths."""
    return write_with_plot(result, build / FILE, lambda: scan_figure(result), build / PLOT)


def print_scan(result: ScanResult) -> None:
    """Print the best shapes, and all that may be the best."""
    unit = f" / {result.unit}" if result.unit else ""
    title = (
        f"expected half-width of {result.parameter}{unit} at {result.at:g} from"
        f" {result.n_jets:,} jets; {result.n_events:,} simulated events"
    )
    table = Table(box=SIMPLE_HEAD, title=Text(title), title_justify="left")
    table.add_column("observable")
    for name in result.grid:
        table.add_column(name, justify="right")
    learned = result.merit in ("width", "information")
    for name in (
        "whole events",
        "one tuple",
        *(("posterior", "information / nat") if learned else ()),
        "68% cover",
        "beaten by the first",
    ):
        table.add_column(name, justify="right")
    table.add_column("may be the best")
    candidates = sum(shape.candidate for shape in result.shapes)
    for shape in result.shapes[: max(_ROWS, candidates)]:
        table.add_row(*map(Text, _cells(shape, result.grid, learned=learned)))
    remarks = [*map(left_out_text, result.not_covering), *map(bound_text, result.bounds)]
    if remarks:
        table.caption = Text("\n".join(remarks))
        table.caption_justify = "left"
    print_table(table)


def left_out_text(shape: LeftOut) -> str:
    """Return why a shape is not ranked, in a line."""
    values = ", ".join(f"{name} = {value:g}" for name, value in shape.parameters.items())
    return f"not ranked: {shape.observable}{f' ({values})' if values else ''}: {shape.reason}"


def bound_text(bound: Bound) -> str:
    """Return what a closer look at the jets allows, in a line."""
    if bound.width is None:
        return f"{bound.source}: nothing found in {bound.n_events:,} events; simulate more jets"
    least = " or better" if bound.at_least else ""
    return (
        f"{bound.source}: {bound.width:.3f} ± {bound.width_error:.3f}{least}"
        f" ({bound.n_events:,} events)"
    )


def scan_figure(result: ScanResult) -> Figure:
    """Draw a map over two scanned parameters, else the shapes in their order."""
    if len(result.grid) == 2 and len({s.observable for s in result.shapes}) == 1:
        return _map(result)
    return _ladder(result)


def _cells(shape: ShapeResult, names: Iterable[str], *, learned: bool) -> tuple[str, ...]:
    values = (shape.parameters.get(name) for name in names)
    played = shape.played
    return (
        shape.observable,
        *("" if value is None else f"{value:g}" for value in values),
        f"{shape.width:.3f} ± {shape.width_error:.3f}",
        f"{shape.tuple_width:.1f} ± {shape.tuple_width_error:.1f}",
        *(_learned_cells(played) if learned else ()),
        f"{played.covered68} of {played.experiments}" if played else "",
        f"{shape.beaten:.0%}",
        "yes" if shape.candidate else "",
    )


def _learned_cells(played: PlayedResult | None) -> tuple[str, str]:
    if played is None or played.nats is None:
        return "", ""
    return (
        f"{played.width:.3f} ± {played.width_error:.3f}",
        f"{played.nats:.3f} ± {played.nats_error:.3f}",
    )


def _merit(shape: ShapeResult, result: ScanResult) -> tuple[float, float]:
    if result.merit == "tuple":
        return shape.tuple_width, shape.tuple_width_error
    return shape.width, shape.width_error


def _label(result: ScanResult) -> str:
    what = "one tuple" if result.merit == "tuple" else f"{result.n_jets:,} jets"
    return f"expected half-width of {with_unit(result.parameter, result.unit)}, {what}"


def _map(result: ScanResult) -> Figure:
    """Draw the grid as a map, and the shapes that were tried between its points as dots."""
    figure = Figure(figsize=(7.0, 5.2), layout="constrained")
    axes = figure.add_subplot()
    (x_name, first), (y_name, second) = result.grid.items()
    widths = np.full((len(second), len(first)), np.nan)
    between = []
    for shape in result.shapes:
        x, y = shape.parameters[x_name], shape.parameters[y_name]
        if x in first and y in second:
            widths[second.index(y), first.index(x)] = _merit(shape, result)[0]
        else:
            between.append((x, y, _merit(shape, result)[0]))
    mesh = axes.pcolormesh(first, second, widths, cmap="viridis_r", norm="log", shading="nearest")
    if between:
        tried = np.array(between).T
        dots = axes.scatter(tried[0], tried[1], c=tried[2], s=16, edgecolors=GREY, linewidths=0.5)
        dots.set(cmap=mesh.cmap, norm=mesh.norm)
    ticks = LogLocator(subs=(1, 1.5, 2, 3, 5, 7))
    bar = figure.colorbar(mesh, ax=axes, label=_label(result), ticks=ticks, format="%g")
    bar.minorticks_off()
    kept = [shape.parameters for shape in result.shapes if shape.candidate]
    best_x, best_y = ([p[name] for p in kept] for name in result.grid)
    best = f"best at {CONFIDENCE:.0%}"
    axes.scatter(best_x, best_y, s=36, facecolors="none", edgecolors=BLACK, label=best)
    axes.scatter(best_x[:1], best_y[:1], s=70, marker="*", color=BLACK, label="first")
    axes.set_xlabel(symbol(x_name))
    axes.set_ylabel(symbol(y_name))
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def _ladder(result: ScanResult) -> Figure:
    shapes = result.shapes[: 2 * _ROWS]
    figure = Figure(figsize=(7.4, 1.2 + 0.28 * len(shapes)), layout="constrained")
    axes = figure.add_subplot()
    for row, shape in enumerate(shapes):
        width, error = _merit(shape, result)
        color = BLUE if shape.candidate else GREY
        axes.errorbar(width, row, xerr=error, marker="o", color=color, capsize=2)
    names = [
        ", ".join(
            [
                s.observable,
                *(f"{n} = {s.parameters[n]:g}" for n in result.grid if n in s.parameters),
            ]
        )
        for s in shapes
    ]
    found = {bound.width: bound for bound in result.bounds if bound.width is not None}
    if result.merit != "tuple" and found:
        bound = found[min(found)]
        label = f"{bound.source}{', or better' if bound.at_least else ''}"
        axes.axvline(min(found), color=GREY, ls="--", label=label)
        axes.legend(loc="lower right")
    axes.set_yticks(range(len(shapes)), names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel(_label(result))
    axes.minorticks_off()
    return figure
