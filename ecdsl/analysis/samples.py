"""The events an analysis stands on, and what each observable saw of them.

Both are kept in the build folder under the hash of what they depend on, so that an interrupted run
loses nothing and a changed setting never meets an old file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecdsl.arrays import keep_arrays, kept_arrays
from ecdsl.diagnostics import data_error
from ecdsl.events.process import constituents_of, load_process
from ecdsl.events.read_parquet import describe
from ecdsl.events.simulate import simulate
from ecdsl.execute import inner, parameter_values
from ecdsl.execute_together import iterate_together
from ecdsl.inference.samples import LabelledRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.execute_rows import Rows
    from ecdsl.project import Project

    Report = Callable[[int, int], None]
    _Filled = tuple[NDArray[np.float64], NDArray[np.float64]]


def simulation(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the labelled sample that templates and surrogates are made from, simulated if new."""
    if project.events.simulation:
        return project.events.simulation
    settings = project.simulation
    labels = {name: tuple(values) for name, values in settings.parameters.items()}
    sample = Sample("simulation", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


def held_out(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the sample that stands for data, simulated if new."""
    if own := of_file(project, "data"):
        return own
    settings = project.data
    labels = {name: (value,) for name, value in settings.parameters.items()}
    sample = Sample("data", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


def validation(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the sample that a surrogate is judged with, simulated if new."""
    if own := of_file(project, "validation"):
        return own
    settings = project.validation
    values = {project.inference.parameter: tuple(settings.values)}
    labels = {name: values.get(name, (value,)) for name, value in project.data.parameters.items()}
    sample = Sample("validation", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


def of_file(project: Project, kind: Literal["data", "validation", "calibration"]) -> Path | None:
    """Return the file that is named for some held-out events, None where they are simulated.

    Raises:
        EcdslError: D512 where there is neither a file nor anything to simulate with, D316 where it
            holds the events that templates are made from.
    """
    own: Path | None = getattr(project.events, kind)
    if own is None and project.events.simulation:
        raise data_error(
            "D512",
            f"{project.origin} names a file of events for the simulation and none for {kind}",
            hint=f'add `{kind} = "FILE.parquet"` under [events], of events that the other does not'
            " hold" + (", or give --events" if kind == "data" else ""),
        )
    if own is not None and project.events.simulation is not None:
        require_apart(own, project.events.simulation)
    return own


def require_apart(events: Path, simulation: Path) -> None:
    """Refuse to measure the very events that templates are made from.

    Raises:
        EcdslError: D316.
    """
    if describe(events).sha256 == describe(simulation).sha256:
        raise data_error(
            "D316",
            f"{events} holds the very events that the templates are made from",
            hint="give other events: simulate them with another seed",
        )


def simulated_values(project: Project) -> Mapping[str, tuple[float, ...]]:
    """Return the values of each parameter that the simulation has."""
    if project.events.simulation:
        return describe(project.events.simulation).labels
    return project.simulation.parameters


@dataclass(frozen=True)
class Sample:
    """What to simulate: `jets` at each point of the grid of `labels`."""

    kind: str
    labels: Mapping[str, tuple[float, ...]]
    jets: int
    seed: int


def simulated(project: Project, build: Path, sample: Sample, workers: int, report: Report) -> Path:
    """Return a sample of the project's process, simulated if new."""
    settings = project.simulation
    process = load_process(settings.process, scale=settings.scale)
    asked = () if settings.constituents is None else (settings.constituents,)
    key = _key(
        process.model_dump(mode="json"), dict(sample.labels), sample.jets, sample.seed, *asked
    )
    path = build / "events" / f"{sample.kind}-{key}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    simulate(
        path,
        process=process,
        labels=sample.labels,
        jets=sample.jets,
        seed=sample.seed,
        workers=workers,
        constituents=constituents_of(settings.constituents, settings.process),
        progress=report,
    )
    return path


def labelled_rows(
    manifest: Manifest,
    build: Path,
    events: Path,
    *,
    parameter: str,
    workers: int,
    report: Report,
    nuisances: Sequence[str] = (),
) -> tuple[LabelledRows, ...]:
    """Return what each event put into each bin, one element per point of the parameters.

    Raises:
        EcdslError: D508 where the events do not carry the parameters or vary another one with them.
    """
    require_grid(events, parameter, *nuisances)
    names = (parameter, *nuisances)
    rows, values = _rows(manifest, build, events, names, workers=workers, report=report)
    points, place = np.unique(values, axis=0, return_inverse=True)
    return tuple(
        LabelledRows(point[0], rows[place == k], tuple(point[1:]))
        for k, point in enumerate(points.tolist())
    )


def require_grid(events: Path, *parameters: str) -> None:
    """Refuse events that do not carry these parameters, or vary others.

    Raises:
        EcdslError: D508.
    """
    labels = describe(events).labels
    others = [n for n, values in labels.items() if n not in parameters and len(values) > 1]
    missing = [name for name in parameters if name not in labels]
    if missing or others:
        what = f"vary {', '.join(others)} too" if others else f"carry no label `{missing[0]}`"
        raise data_error(
            "D508",
            f"{events}: templates in {', '.join(parameters)} cannot be made of events that {what}",
            hint=f"simulate a grid of {' and '.join(parameters)} alone, e.g. --param"
            f" {parameters[0]}=170:180:0.5; `ecdsl infer` and `ecdsl calibrate` can take the others"
            " for `inference.nuisances`",
        )


def observed_rows(
    manifest: Manifest, build: Path, events: Path, *, workers: int, report: Report
) -> NDArray[np.float64]:
    """Return (n_events, n_bins) what each event of some data put into each bin."""
    return _rows(manifest, build, events, (), workers=workers, report=report)[0]


def _rows(
    manifest: Manifest,
    build: Path,
    events: Path,
    names: tuple[str, ...],
    *,
    workers: int,
    report: Report,
) -> _Filled:
    """Return the rows of all events and (n, P) parameters of each, from disk where known."""
    places = _places([manifest], build, events, names)
    stored = _stored(places[0][1])
    return stored or next(_filled(places, build, events, names, workers=workers, report=report))


def keep_rows(
    manifests: Sequence[Manifest],
    build: Path,
    events: Path,
    names: tuple[str, ...],
    *,
    workers: int,
    report: Report,
) -> None:
    """Fill, in one pass over the events, all observables whose rows are not known yet.

    Args:
        manifests: The observables.
        build: The build folder, where rows are kept.
        events: The parquet file.
        names: The parameters that `labelled_rows` will be asked for; none for observed rows.
        workers: Threads.
        report: Told (jets done, jets in all).

    Raises:
        EcdslError: D508 where the events do not carry the parameters or vary another one with them.
    """
    if names:
        require_grid(events, *names)
    places = _places(manifests, build, events, names)
    new = [(manifest, place) for manifest, place in places if _stored(place) is None]
    if new:
        for _ in _filled(new, build, events, names, workers=workers, report=report):
            pass


def _filled(
    places: Sequence[tuple[Manifest, Path]],
    build: Path,
    events: Path,
    names: tuple[str, ...],
    *,
    workers: int,
    report: Report,
) -> Iterator[_Filled]:
    """Fill observables in one pass, keep the rows of each at its place, and yield them."""
    manifests = [manifest for manifest, _ in places]
    points = [parameter_values(manifest, {}) for manifest in manifests]
    chunks: list[list[_Filled]] = [[] for _ in places]
    for together in iterate_together(
        manifests, build, [events], points=points, workers=workers, progress=report
    ):
        for manifest, one, own in zip(manifests, together, chunks, strict=True):
            own.append((inner(manifest, one.rows), _labels(one, names)))
    for (_, place), own in zip(places, chunks, strict=True):
        rows, values = (np.concatenate([chunk[part] for chunk in own]) for part in (0, 1))
        own.clear()
        keep_arrays(place, {"rows": rows, "values": values})
        yield rows, values


def _labels(rows: Rows, names: tuple[str, ...]) -> NDArray[np.float64]:
    columns = np.array([rows.labels[name] for name in names])
    return columns.T.reshape(len(rows.rows), len(names))


def _places(
    manifests: Sequence[Manifest], build: Path, events: Path, names: tuple[str, ...]
) -> list[tuple[Manifest, Path]]:
    """Return where the rows of each observable are kept."""
    sha256 = describe(events).sha256
    keys = (_key(manifest.fingerprint, sha256, *names) for manifest in manifests)
    return [(m, build / "rows" / f"{key}.npz") for m, key in zip(manifests, keys, strict=True)]


def _stored(path: Path) -> _Filled | None:
    """Return kept rows, or None where there are none or they are damaged: they are made again."""
    stored = kept_arrays(path, ("rows", "values"))
    if stored is None:
        return None
    rows, values = stored["rows"], stored["values"]
    whole = rows.ndim == values.ndim == 2 and len(rows) == len(values)
    return (rows, values) if whole else None


def _key(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
