"""How well a surrogate can be told from events, and where in the correlator it can."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Separation(BaseModel):
    """What a classifier of weighted tuples, surrogate against events, says of tuples it never saw.

    Attributes:
        correlator_fingerprint: Of the surrogate.
        auc: Weighted area under the ROC curve; 1/2 where nothing tells one from the other.
        auc_error: From the events and the points it is measured with.
        n_tuples: Of the events, in training and test.
        axes: What the map is over, e.g. shortest and longest side.
        edges: (B + 1,) of each axis, of equal weight.
        ratio: (B, B) mean D/(1 - D), the density of the events over that of the surrogate; None
            where the surrogate has hardly anything.
        ratio_error: (B, B) that of counting tuples there, by whole events, without a classifier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    correlator_fingerprint: str
    auc: float
    auc_error: float
    n_tuples: int
    axes: tuple[str, str]
    edges: tuple[tuple[float, ...], tuple[float, ...]]
    ratio: tuple[tuple[float | None, ...], ...]
    ratio_error: tuple[tuple[float | None, ...], ...]

    @property
    def worst(self) -> tuple[int, int]:
        """The cell of the map whose ratio is the most standard deviations from one."""
        pulls = {
            (i, j): abs(ratio - 1) / error
            for i, (ratios, errors) in enumerate(zip(self.ratio, self.ratio_error, strict=True))
            for j, (ratio, error) in enumerate(zip(ratios, errors, strict=True))
            if ratio is not None and error
        }
        return max(pulls, key=lambda cell: pulls[cell])
