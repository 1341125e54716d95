"""A LaTeX formula as a picture, typeset by matplotlib so that a page needs nothing from outside."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from ecdsl.report.style import svg

_FONT = FontProperties(size=14, math_fontfamily="stix")
_POINTS_PER_INCH = 72


def formula_svg(latex: str) -> bytes | None:
    """Return the formula as SVG, or None where it holds something mathtext cannot set."""
    # A displayed formula has large fractions.
    text = "$" + latex.strip().strip("$").replace(r"\frac", r"\dfrac") + "$"
    try:
        width, height, depth, *_ = MathTextParser("path").parse(text, _POINTS_PER_INCH, _FONT)
    except ValueError:
        return None
    figure = Figure(figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
    figure.text(0, depth / height, text, fontproperties=_FONT)
    return svg(figure)
