"""How the figures look: one style, colours that colour-blind readers tell apart, two formats."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib.style
import mplhep
from matplotlib.backends.backend_agg import FigureCanvasAgg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from ecdsl.inference.results import Likelihood

# Okabe and Ito's palette with Tol's darker purple: distinct for every common colour vision.
BLACK, BLUE, ORANGE, GREEN, PURPLE, GREY = (
    "#000000",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#AA3377",
    "#8A8F98",
)

Line = Literal["-", "--", "-.", ":"] | tuple[int, tuple[int, ...]]


class Look(NamedTuple):
    """How one curve is drawn and what it is called."""

    color: str
    line: Line
    marker: str
    name: str


LIKELIHOODS: dict[Likelihood, Look] = {
    "nre": Look(BLUE, "-", "o", "ratio estimator"),
    "ansatz": Look(BLUE, (0, (3, 1, 1, 1)), "X", "Gaussian ansatz"),
    "binned": Look(ORANGE, "--", "s", "binned templates"),
    "surrogate": Look(PURPLE, "-.", "^", "surrogate marginals"),
    "tuples": Look(GREEN, ":", "v", "tuples as if independent"),
    "tuples_effective": Look(BLACK, (0, (6, 1, 1, 1, 1, 1)), "D", "tuples, effective number"),
    "tuples_sandwich": Look(GREY, (0, (8, 3)), "P", "tuples, sandwich"),
    "tuples_surrogate": Look(GREEN, (0, (1, 3)), "<", "tuples, density of the surrogate"),
    "histogram": Look(BLUE, (0, (5, 1, 1, 1)), ">", "fit of histograms"),
    "histogram_surrogate": Look(PURPLE, (0, (2, 2)), "*", "fit of surrogate marginals"),
}
"""The look of each likelihood, the same in every figure."""

_OWN: dict[str, Any] = {
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "axes.linewidth": 0.9,
    "xtick.major.size": 6,
    "xtick.minor.size": 3,
    "ytick.major.size": 6,
    "ytick.minor.size": 3,
    "xtick.major.width": 0.9,
    "ytick.major.width": 0.9,
    "xtick.major.pad": 4,
    "ytick.major.pad": 4,
    "lines.linewidth": 1.4,
    "mathtext.fontset": "stixsans",
    "mathtext.default": "it",
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "savefig.bbox": "standard",
    # Text as outlines: the figure looks the same where the font is not installed.
    "svg.fonttype": "path",
    # Equal figures are equal bytes.
    "svg.hashsalt": "ecdsl",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the field's style; the reader's own matplotlib settings are left alone."""
    with matplotlib.style.context([mplhep.style.ROOT, _OWN]):
        yield


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG."""
    return _save(figure, "svg", metadata={"Date": None})


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    return _save(figure, "png", dpi=170)


def _save(figure: Figure, form: str, **options: Any) -> bytes:
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, **options)
    return buffer.getvalue()
