"""Between the points of a grid: propose shapes that may be better still.

One Gaussian process is fitted to ln(width) of all shapes judged so far, its noise included: which
observable it is of is a category to it, beside the parameters. It proposes the points of the
greatest expected improvement (Optuna's `GPSampler`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

# What the category is called; no parameter has a name with a blank.
_OBSERVABLE = "the observable"


class Refinement:
    """The search over some observables and their parameters.

    Args:
        own: The parameters of each observable that vary.
        bounds: Lowest and highest value of each parameter.
        seed: Of the proposals, which depend on nothing else but what was told.
    """

    def __init__(
        self,
        own: Mapping[str, Sequence[str]],
        bounds: Mapping[str, tuple[float, float]],
        seed: int,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._own = {observable: tuple(names) for observable, names in own.items()}
        self._bounds = dict(bounds)
        self._space: dict[str, BaseDistribution] = {
            name: optuna.distributions.FloatDistribution(*bound) for name, bound in bounds.items()
        }
        if len(own) > 1:
            choices = optuna.distributions.CategoricalDistribution(tuple(own))
            self._space[_OBSERVABLE] = choices
        self._study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed))
        self._asked: list[Trial] = []
        self._worst = -np.inf

    def know(self, observable: str, point: Mapping[str, float], width: float | None) -> None:
        """Add a shape that was judged without being asked for, such as a point of the grid.

        None stands for a shape without information: as bad as the worst that is known, so that the
        search leaves its neighbourhood.
        """
        import optuna

        # What an observable has no parameter for says nothing: it is put in the middle.
        values: dict[str, float | str] = {n: sum(b) / 2 for n, b in self._bounds.items()}
        values |= {name: point[name] for name in self._own[observable]}
        values |= {_OBSERVABLE: observable}
        self._study.add_trial(
            optuna.trial.create_trial(
                params={name: values[name] for name in self._space},
                distributions=self._space,
                value=self._log(width),
            )
        )

    def ask(self) -> tuple[str, dict[str, float]]:
        """Return one more shape to judge, observable and parameters, apart from those asked for."""
        with pinned_threads():
            trial = self._study.ask(self._space)
        self._asked.append(trial)
        observable = str(trial.params.get(_OBSERVABLE, next(iter(self._own))))
        return observable, {name: float(trial.params[name]) for name in self._own[observable]}

    def tell(self, widths: Sequence[float | None]) -> None:
        """Learn the widths of the shapes asked for since the last time, as `know` does."""
        for trial, width in zip(self._asked, widths, strict=True):
            self._study.tell(trial, self._log(width))
        self._asked = []

    def _log(self, width: float | None) -> float:
        if width is None:
            return self._worst
        self._worst = max(self._worst, float(np.log(width)))
        return float(np.log(width))
