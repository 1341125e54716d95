"""Judge shapes between the points of a grid, where the search expects the best of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.analysis.shapes import Judged, shape_at
from ecdsl.diagnostics import data_error
from ecdsl.inference.refine import Refinement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.analysis.shapes import Judge
    from ecdsl.inference.search import LeftOut, Merit

# Shapes that are proposed, and filled, together.
TOGETHER = 8


def between(
    found: Sequence[Judged | LeftOut],
    grid: Mapping[str, tuple[float, ...]],
    judge: Judge,
    merit: Merit,
    *,
    trials: int,
    seed: int,
) -> list[Judged | LeftOut]:
    """Return `trials` more shapes, judged by the same events.

    Args:
        found: The shapes of the grid.
        grid: Values of shape parameters; those with several vary between the lowest and highest.
        judge: What all are judged by.
        merit: Which information is sought.
        trials: Their number.
        seed: Of the search.

    Raises:
        EcdslError: D510 where no observable has a parameter that varies.
    """
    bounds = {n: (min(v), max(v)) for n, v in grid.items() if min(v) < max(v)}
    manifests = {i.shape.manifest.name: i.shape.manifest for i in found if isinstance(i, Judged)}
    names = {
        name: [spec.name for spec in manifest.observable.parameters if spec.name in bounds]
        for name, manifest in manifests.items()
    }
    own = {name: varied for name, varied in names.items() if varied}
    if not own:
        raise data_error(
            "D510",
            "no shape has a parameter to vary",
            hint="give a range to a parameter: `--over NAME=LO:HI:STEP`",
        )
    used = {name for varied in own.values() for name in varied}
    search = Refinement(own, {n: b for n, b in bounds.items() if n in used}, seed)
    for item in found:
        if isinstance(item, Judged) and item.shape.manifest.name in own:
            search.know(item.shape.manifest.name, item.shape.parameters, item.width(merit))
    fixed = {name: values[0] for name, values in grid.items() if name not in bounds}
    new: list[Judged | LeftOut] = []
    while len(new) < trials:
        judged = judge(
            [
                shape_at(manifests[name], {**fixed, **point})
                for name, point in search.ask(min(TOGETHER, trials - len(new)))
            ]
        )
        search.tell([i.width(merit) if isinstance(i, Judged) else None for i in judged])
        new += judged
    return new
