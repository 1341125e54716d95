"""Write the report of an analysis: the page and the summary plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.files import write_atomic
from ecdsl.report.page import render_page
from ecdsl.report.posteriors import posterior_figure
from ecdsl.report.style import png, style

if TYPE_CHECKING:
    from pathlib import Path

    from ecdsl.inference.results import AnalysisResult

PAGE, PLOT = "report.html", "posterior.png"


def write_report(result: AnalysisResult, build: Path) -> tuple[Path, Path]:
    """Write `report.html` and `posterior.png` into `build` and return their paths."""
    with style():
        plot = png(posterior_figure(result))
    return (
        write_atomic(build / PAGE, render_page(result)),
        write_atomic(build / PLOT, plot),
    )
