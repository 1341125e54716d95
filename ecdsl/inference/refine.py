"""Between the points of a grid: propose parameters where a shape may be better still.

A Gaussian process is fitted to ln(width) of the shapes judged so far, its noise included, and
proposes the points of the greatest expected improvement (Optuna's `GPSampler`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.surrogate.threads import torch_threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial


class Refinement:
    """The search over one observable's parameters.

    Args:
        bounds: Lowest and highest value of each parameter that varies.
        seed: Of the proposals, which depend on nothing else but what was told.
    """

    def __init__(self, bounds: Mapping[str, tuple[float, float]], seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._ranges: dict[str, BaseDistribution] = {
            name: optuna.distributions.FloatDistribution(*bound) for name, bound in bounds.items()
        }
        self._study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed))
        self._asked: list[Trial] = []
        self._worst = -np.inf

    def know(self, point: Mapping[str, float], width: float) -> None:
        """Add a shape that was judged without being asked for, such as a point of the grid."""
        import optuna

        self._worst = max(self._worst, float(np.log(width)))
        self._study.add_trial(
            optuna.trial.create_trial(
                params={name: point[name] for name in self._ranges},
                distributions=self._ranges,
                value=float(np.log(width)),
            )
        )

    def ask(self, n: int) -> list[dict[str, float]]:
        """Return `n` points to judge together."""
        with torch_threads():
            self._asked = [self._study.ask(self._ranges) for _ in range(n)]
        return [dict(trial.params) for trial in self._asked]

    def tell(self, widths: Sequence[float | None]) -> None:
        """Learn the widths of the points last asked for.

        None stands for a shape without information: as bad as the worst that is known, so that the
        search leaves its neighbourhood.
        """
        logs = [self._worst if width is None else float(np.log(width)) for width in widths]
        for trial, log in zip(self._asked, logs, strict=True):
            self._study.tell(trial, log)
        self._asked = []
