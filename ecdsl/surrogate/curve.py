"""The bins of a shape at any value of a parameter, from those at five of its values.

A table of the density takes a second for each value. But a bin's content is a smooth function of
the parameter: the polynomial through a few Chebyshev points gives it in microseconds everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Values of the parameter at which the function is asked for.
NODES = 5


@dataclass(frozen=True)
class Curve:
    """Numbers that are polynomials of a parameter.

    Attributes:
        lower: Of the range of the parameter.
        upper: Of the range of the parameter.
        coefficients: (NODES, ...) of the Chebyshev polynomials over that range.
    """

    lower: float
    upper: float
    coefficients: NDArray[np.float64]

    @classmethod
    def through(
        cls, function: Callable[[float], NDArray[np.float64]], lower: float, upper: float
    ) -> Curve:
        """Return the curve through what a function has at the Chebyshev points of a range.

        Args:
            function: From a value of the parameter to numbers of one shape.
            lower: Of the range.
            upper: Of the range.
        """
        middle, reach = (lower + upper) / 2, (upper - lower) / 2
        places = chebpts1(NODES)
        found = np.stack([function(float(middle + reach * place)) for place in places])
        fitted = np.asarray(chebfit(places, found.reshape(NODES, -1), NODES - 1), dtype=np.float64)
        return cls(lower, upper, fitted.reshape(found.shape))

    def at(self, value: float) -> NDArray[np.float64]:
        """Return the numbers (...) at a value of the parameter."""
        place = (2 * value - self.lower - self.upper) / (self.upper - self.lower)
        return np.asarray(chebval(place, self.coefficients), dtype=np.float64)

    @property
    def error(self) -> NDArray[np.float64]:
        """(...) the size of the last polynomial, which what is left out falls below."""
        return np.asarray(np.abs(self.coefficients[-1]))
