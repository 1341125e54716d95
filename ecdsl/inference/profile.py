r"""The profile likelihood: every other parameter at its best for each value of the one asked about.

.. math:: \ln L_p(m) = \max_\nu \ln p(x \mid m, \nu), \qquad
          \{ m : \ln L_p(m) \ge \max \ln L_p - \tfrac12 \}

holds the truth in 68% of experiments where the likelihood is Gaussian, whatever prior the nuisances
have. It stands beside the posterior, which integrates over them: where the two differ the prior
speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from ecdsl.inference.intervals import parts_above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.marginal import Joint, Range

# ln L at the ends of the interval, below its maximum: one standard deviation of a Gaussian.
DROP = 0.5


def profile_interval(
    joint: Joint,
    x: NDArray[np.float64],
    n_events: int,
    grid: NDArray[np.float64],
    nuisances: Sequence[Range] = (),
) -> tuple[tuple[float, float], ...]:
    """Return the parts of the interval of the module's docstring.

    Args:
        joint: The likelihood of all parameters.
        x: (n_data,) one datum.
        n_events: Events in it.
        grid: (G,) ascending values of the parameter over the prior.
        nuisances: Range of each other parameter.
    """
    logs = _profiled(joint, x[None], n_events, grid, nuisances)
    return parts_above(grid, np.exp(logs - logs.max()), np.exp(-DROP))


def _profiled(
    joint: Joint,
    x: NDArray[np.float64],
    n_events: int,
    grid: NDArray[np.float64],
    nuisances: Sequence[Range],
) -> NDArray[np.float64]:
    """Return (G,) ln L_p."""
    if not nuisances:
        return np.asarray(joint(x, n_events, grid)[0], dtype=np.float64)
    lows, highs = np.array(nuisances).T
    start = np.full(len(nuisances), 0.5)

    def worst(share: NDArray[np.float64], m: float) -> float:
        point = lows + share * (highs - lows)
        return -float(joint(x, n_events, *np.array([m, *point])[:, None])[0, 0])

    found = []
    for m in grid:
        # The best point moves little from one value to the next.
        best = minimize(worst, start, args=(m,), bounds=[(0, 1)] * len(start), method="L-BFGS-B")
        start = best.x
        found.append(-best.fun)
    return np.array(found)
