"""The events an analysis stands on, and what each observable saw of them.

Both are kept in the build folder under the hash of what they depend on, so that an interrupted run
loses nothing and a changed setting never meets an old file.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.process import constituents_of, load_process
from ecdsl.events.read_parquet import describe
from ecdsl.events.simulate import simulate
from ecdsl.execute import inner, iterate_rows, parameter_values
from ecdsl.files import write_atomic
from ecdsl.inference.samples import LabelledRows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.project import Project

    Report = Callable[[int, int], None]


def simulation(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the labelled sample that templates and surrogates are made from, simulated if new."""
    settings = project.simulation
    labels = {name: tuple(values) for name, values in settings.parameters.items()}
    sample = Sample("simulation", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


def held_out(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the sample that stands for data, simulated if new."""
    settings = project.data
    labels = {name: (value,) for name, value in settings.parameters.items()}
    sample = Sample("data", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


def validation(project: Project, build: Path, workers: int, report: Report) -> Path:
    """Return the sample that a surrogate is judged with, simulated if new."""
    settings = project.validation
    values = {project.inference.parameter: tuple(settings.values)}
    labels = {name: values.get(name, (value,)) for name, value in project.data.parameters.items()}
    sample = Sample("validation", labels, settings.jets, settings.seed)
    return simulated(project, build, sample, workers, report)


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
) -> tuple[LabelledRows, ...]:
    """Return what each event put into each bin, one element per value of `parameter`.

    Raises:
        EcdslError: D508 where the events do not carry the parameter or vary another one with it.
    """
    require_grid(events, parameter)
    rows, values = _rows(manifest, build, events, parameter, workers=workers, report=report)
    return tuple(
        LabelledRows(value=float(value), rows=rows[values == value]) for value in np.unique(values)
    )


def require_grid(events: Path, parameter: str) -> None:
    """Refuse events that do not vary `parameter` alone.

    Raises:
        EcdslError: D508.
    """
    labels = describe(events).labels
    others = [name for name, values in labels.items() if name != parameter and len(values) > 1]
    if parameter not in labels or others:
        what = f"vary {', '.join(others)} too" if others else f"carry no label `{parameter}`"
        raise data_error(
            "D508",
            f"{events}: templates in {parameter} cannot be made of events that {what}",
            hint=f"simulate a grid of it alone, e.g. --param {parameter}=170:180:0.5",
        )


def observed_rows(
    manifest: Manifest, build: Path, events: Path, *, workers: int, report: Report
) -> NDArray[np.float64]:
    """Return (n_events, n_bins) what each event of some data put into each bin."""
    return _rows(manifest, build, events, None, workers=workers, report=report)[0]


def _rows(
    manifest: Manifest,
    build: Path,
    events: Path,
    parameter: str | None,
    *,
    workers: int,
    report: Report,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows of all events and the parameter's value for each, from disk where known."""
    path = build / "rows" / f"{_key(manifest.fingerprint, describe(events).sha256, parameter)}.npz"
    if stored := _stored(path):
        return stored
    parameters = parameter_values(manifest, {})
    rows, values = [], []
    for chunk in iterate_rows(
        manifest, build, [events], parameters=parameters, workers=workers, progress=report
    ):
        rows.append(inner(manifest, chunk.rows))
        missing = np.full(len(chunk.rows), np.nan)
        values.append(chunk.labels[parameter] if parameter else missing)
    joined = np.concatenate(rows), np.concatenate(values)
    content = io.BytesIO()
    np.savez(content, rows=joined[0], values=joined[1])
    write_atomic(path, content.getvalue())
    return joined


def _stored(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return kept rows, or None where there are none or they are damaged: they are made again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            rows, values = stored["rows"], stored["values"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error):
        return None
    return (rows, values) if rows.ndim == 2 and values.shape == rows.shape[:1] else None


def _key(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
