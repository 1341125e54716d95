"""Judge shapes between the points of a grid, where the search expects the best of them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ecdsl.analysis.shapes import Judged, crossed, shape_at
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
    """Return `trials` more shapes, judged by the same events, or all that the search could find.

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
    seen = [item.shape for item in found if isinstance(item, Judged)]
    new: list[Judged | LeftOut] = []
    while len(new) < trials:
        asked, points = _proposed(search, manifests, min(TOGETHER, trials - len(new)))
        shapes = [shape_at(manifests[name], {**fixed, **point}) for name, point in points]
        judged = judge(shapes)
        widths = [item.width(merit) if isinstance(item, Judged) else None for item in judged]
        search.tell([widths[points.index(shape)] for shape in asked])
        for (name, point), width in zip(points, widths, strict=True):
            if (name, point) not in asked:
                search.know(name, point, width)
        fresh = [item for item, shape in zip(judged, shapes, strict=True) if shape not in seen]
        if not fresh:
            break
        new += fresh
        seen += shapes
    return new


def _proposed(
    search: Refinement, manifests: Mapping[str, Manifest], room: int
) -> tuple[list[Point], list[Point]]:
    """Return proposals, and all there is to judge with them, at most `room` shapes.

    Proposals are added while none could make it more.
    """
    asked: list[Point] = []
    while True:
        asked.append(search.ask())
        mine = {name: [point for of, point in asked if of == name] for name in manifests}
        points = [
            (name, point)
            for name, manifest in manifests.items()
            for point in crossed(manifest, mine[name])
        ]
        growth = max(_growth(manifest, mine[name]) for name, manifest in manifests.items())
        if len(points) + growth > room or len(asked) == room:
            return asked, points


def _growth(manifest: Manifest, points: Sequence[Mapping[str, float]]) -> int:
    """Return how many shapes one more proposal may add."""
    if not points or "grid" not in manifest.kernels:
        return 1
    sizes = [len({point[name] for point in points}) for name in points[0]]
    return prod(size + 1 for size in sizes) - prod(sizes)
