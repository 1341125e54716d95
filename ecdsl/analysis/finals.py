"""The leading shapes of a scan, played out: do their intervals cover, and how wide are they?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.shapes import crossed
from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.events.read_parquet import describe
from ecdsl.execute import inner, iterate_points
from ecdsl.inference.coverage import is_calibrated
from ecdsl.inference.finals import decide, play
from ecdsl.inference.likelihoods import Method
from ecdsl.inference.samples import MIN_LABELS, LabelledRows
from ecdsl.inference.search import LeftOut, Ranking, rank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from ecdsl.analysis.shapes import Judge, Judged, Shape
    from ecdsl.inference.finals import Played
    from ecdsl.inference.search import Merit
    from ecdsl.settings import Inference

# Shapes that are played at once: a ratio estimator is trained five times for each.
FINALISTS = 8


@dataclass(frozen=True)
class Finals:
    """How the leading shapes of a scan are played.

    Attributes:
        judge: What all shapes are judged by.
        settings: Prior, seed and loss.
        merit: What the ranking goes by.
        n_events: Events of the data.
    """

    judge: Judge
    settings: Inference
    merit: Merit
    n_events: int

    @property
    def kind(self) -> Literal["binned", "nre"]:
        """The likelihood: the default one where its posteriors are ranked, else the cheap one."""
        return "nre" if self.merit in ("width", "information") else "binned"

    @cached_property
    def possible(self) -> bool:
        """Whether there are values enough to make a likelihood of some and test it on others."""
        values = describe(self.judge.events).labels[self.settings.parameter]
        low, high = self.settings.prior
        return len(values) >= 2 * MIN_LABELS and min(values) <= low < high <= max(values)


@dataclass(frozen=True)
class Standings:
    """The outcome, for some shapes.

    Attributes:
        ranking: Of those that are ranked; `order` has their numbers.
        played: What came out, by the number of the shape.
        not_covering: The others.
    """

    ranking: Ranking
    played: dict[int, Played]
    not_covering: tuple[LeftOut, ...]


def standings(judged: Sequence[Judged], finals: Finals) -> Standings:
    """Return the ranking of shapes, of which none that leads fails to cover.

    The leading shapes are played until all that may be the best, or those whose posteriors are to
    be ranked, have been. One that does not cover is taken out, and others move up.

    Raises:
        EcdslError: D507 where posteriors are to be ranked and there are too few values, D510 where
            no shape covers.
    """
    alive = list(range(len(judged)))
    played: dict[int, Played] = {}
    out: list[LeftOut] = []
    while True:
        ranking = _ranking([judged[k] for k in alive], finals)
        leading = [alive[k] for k in ranking.order[:FINALISTS] if _is_final(ranking, k, finals)]
        new = [k for k in leading if k not in played]
        if not new:
            break
        for k, found in zip(new, _play([judged[k].shape for k in new], finals), strict=True):
            if isinstance(found, LeftOut):
                out.append(found)
                alive.remove(k)
            else:
                played[k] = found
        if not alive:
            raise data_error(
                "D510",
                "no shape has intervals that cover",
                notes=tuple(f"`{item.observable}`: {item.reason}" for item in out[:3]),
                hint="simulate more jets",
            )
    beaten = dict(zip(alive, ranking.beaten, strict=True))
    order = [alive[k] for k in ranking.order]
    if finals.kind == "nre":
        final = decide(np.array([_merit(played[k], finals.merit) for k in leading]))
        beaten |= dict(zip(leading, final.beaten, strict=True))
        order = [leading[k] for k in final.order] + [k for k in order if k not in leading]
    return Standings(
        Ranking(order=tuple(order), beaten=tuple(beaten.get(k, 1.0) for k in range(len(judged)))),
        played,
        tuple(out),
    )


def _ranking(judged: Sequence[Judged], finals: Finals) -> Ranking:
    return rank([item.information for item in judged], finals.merit, finals.settings.seed)


def _is_final(ranking: Ranking, k: int, finals: Finals) -> bool:
    return finals.kind == "nre" or (finals.possible and ranking.may_lead(k))


def _merit(played: Played, merit: Merit) -> NDArray[np.float64]:
    """Return what is ranked, by simulation: the larger the better."""
    return played.nats if merit == "information" else -np.log(played.widths)


def _play(shapes: Sequence[Shape], finals: Finals) -> list[Played | LeftOut]:
    """Return what came out for each shape, or why it is not ranked."""
    found: dict[int, Played | LeftOut] = {}
    for name in dict.fromkeys(shape.manifest.name for shape in shapes):
        numbers = [k for k, shape in enumerate(shapes) if shape.manifest.name == name]
        filled = _filled([shapes[k] for k in numbers], finals.judge)
        for k, samples in zip(numbers, filled, strict=True):
            found[k] = outcome(shapes[k], samples, finals)
    return [found[k] for k in range(len(shapes))]


def outcome(shape: Shape, samples: Sequence[LabelledRows], finals: Finals) -> Played | LeftOut:
    """Return what came out for a shape with these rows, or why it is not ranked."""
    name, settings = shape.manifest.name, finals.settings
    size = (finals.n_events, finals.n_events)
    method = Method(settings.prior, size, settings.seed, settings.loss)
    with finals.judge.progress.stage(f"pseudo-experiments of {name}") as report:
        try:
            found = play(name, samples, method, finals.kind, report)
        except EcdslError as error:
            if error.diagnostics[0].code != "D505":
                raise
            return _left_out(shape, error.diagnostics[0].message)
    if is_calibrated(found.coverage):
        return found
    narrow, wide = (result.covered for result in found.coverage)
    total = found.coverage[0].pseudo_experiments
    return _left_out(
        shape,
        f"its 68% and 95% intervals ({finals.kind}) hold the truth in {narrow} and {wide} of"
        f" {total} pseudo-experiments of {found.n_events:,} events",
    )


def _left_out(shape: Shape, reason: str) -> LeftOut:
    return LeftOut(observable=shape.manifest.name, parameters=shape.parameters, reason=reason)


def _filled(shapes: Sequence[Shape], judge: Judge) -> list[tuple[LabelledRows, ...]]:
    """Return the rows of shapes of one observable, in one pass over the events."""
    manifest = shapes[0].manifest
    points = crossed(manifest, [shape.parameters for shape in shapes])
    wanted = [points.index(shape.parameters) for shape in shapes]
    rows: list[list[NDArray[np.float64]]] = [[] for _ in shapes]
    labels = []
    with judge.progress.stage(f"fill {len(shapes)} x {manifest.name} again") as report:
        for chunk in iterate_points(
            manifest,
            judge.build,
            [judge.events],
            points=points,
            workers=judge.workers,
            progress=report,
        ):
            labels.append(chunk[0].labels[judge.parameter])
            for kept, k in zip(rows, wanted, strict=True):
                kept.append(inner(manifest, chunk[k].rows))
    values = np.concatenate(labels)
    return [
        tuple(LabelledRows(float(v), every[values == v]) for v in np.unique(values))
        for every in (np.concatenate(kept) for kept in rows)
    ]
