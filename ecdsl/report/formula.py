"""A LaTeX formula as a picture, typeset by matplotlib so that a page needs nothing from outside."""

from __future__ import annotations

import io
import re

from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

# Spacing commands and sizes of LaTeX that mathtext does not know or does not need.
_UNKNOWN = re.compile(r"\\(?:displaystyle|textstyle|limits|nolimits|bigl|bigr|Bigl|Bigr|big|Big)\b")


def formula_svg(latex: str) -> bytes | None:
    """Return the formula as SVG, or None where it holds something mathtext cannot set."""
    buffer = io.BytesIO()
    text = _UNKNOWN.sub("", latex).strip().strip("$")
    try:
        math_to_image(
            f"${text}$",
            buffer,
            prop=FontProperties(size=15, math_fontfamily="stix"),
            format="svg",
        )
    except ValueError:
        return None
    return buffer.getvalue()
