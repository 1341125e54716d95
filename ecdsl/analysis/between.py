"""Judge shapes between the points of a grid, where the search expects the best of them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from ecdsl.analysis.shapes import Judged, shape_at
from ecdsl.diagnostics import data_error
from ecdsl.inference.refine import Refinement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.analysis.shapes import Judge
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.search import LeftOut, Merit

    Point = tuple[str, dict[str, float]]

# Shapes that are filled together, at most.
TOGETHER = 16


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
    own = {name: varying for name, varying in names.items() if varying}
    if not own:
        raise data_error(
            "D510",
            "no shape has a parameter to vary",
            hint="give a range to a parameter: `--over NAME=LO:HI:STEP`",
        )
    varied = {name for names in own.values() for name in names}
    search = Refinement(own, {n: b for n, b in bounds.items() if n in varied}, seed)
    for item in found:
        if isinstance(item, Judged) and item.shape.manifest.name in own:
            search.know(item.shape.manifest.name, item.shape.parameters, item.width(merit))
    fixed = {name: values[0] for name, values in grid.items() if name not in bounds}
    new: list[Judged | LeftOut] = []
    while len(new) < trials:
        room = min(TOGETHER, trials - len(new))
        asked = search.ask(_proposals(room, [manifests[name] for name in own], own))
        points = _crossed(asked, manifests)
        judged = judge([shape_at(manifests[n], {**fixed, **point}) for n, point in points])
        widths = [item.width(merit) if isinstance(item, Judged) else None for item in judged]
        search.tell([widths[points.index(shape)] for shape in asked])
        for (name, point), width in zip(points, widths, strict=True):
            if (name, point) not in asked:
                search.know(name, point, width)
        new += judged
    return new


def _proposals(room: int, manifests: Sequence[Manifest], own: Mapping[str, Sequence[str]]) -> int:
    """Return how many proposals, with what they are crossed to, are no more than `room` shapes."""
    power = max(len(own[m.name]) if "grid" in m.kernels else 1 for m in manifests)
    return max(n for n in range(1, room + 1) if n**power <= room)


def _crossed(asked: Sequence[Point], manifests: Mapping[str, Manifest]) -> list[Point]:
    """Return what was asked for, without repetition, and all combinations of its values.

    Where a kernel fills a grid in one pass over the tuples those cost next to nothing; an
    observable without such a kernel has only what was asked for.
    """
    points: list[Point] = []
    for observable, manifest in manifests.items():
        mine = [point for name, point in asked if name == observable]
        if mine and "grid" in manifest.kernels:
            axes = [sorted({point[name] for point in mine}) for name in mine[0]]
            mine = [dict(zip(mine[0], values, strict=True)) for values in product(*axes)]
        points += [(observable, point) for k, point in enumerate(mine) if point not in mine[:k]]
    return points
