"""Simulate a grid of labels into one parquet file: in shards, resumable, the same on any machine.

    settings -> shards (fixed size, own seed) -> part files in `<out>.parts/` -> one file, in order

What a shard holds depends on the settings and its place in the grid alone, so neither the number of
workers nor an interruption changes a byte.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.events.batch import take_jets
from ecdsl.events.generate import Task, check_process, generate
from ecdsl.events.pool import run_all
from ecdsl.events.process import DEFAULT_CONSTITUENTS, Process
from ecdsl.events.read_parquet import read_events, read_metadata, weight_names
from ecdsl.events.schema import EventsMetadata, SimulationSettings, generator_versions
from ecdsl.events.write_parquet import write_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ecdsl.ir.nodes import Constituents

SHARD_EVENTS = 1000


@dataclass(frozen=True)
class SimulationSummary:
    """What a simulation did.

    Attributes:
        path: The file.
        n_jets: Number of jets.
        n_events: Number of events.
        n_rejected: Events that were generated and had too few jets.
        n_shards: Number of shards.
        n_reused: Shards that were there before; all of them if the file was.
    """

    path: Path
    n_jets: int
    n_events: int
    n_rejected: int
    n_shards: int
    n_reused: int


@dataclass(frozen=True)
class _Shard:
    """A task, its part file, how many jets of it are kept, and the settings of the sample."""

    task: Task
    path: Path
    n_jets: int
    settings: SimulationSettings


def simulate(
    out: Path,
    *,
    process: Process,
    labels: Mapping[str, Sequence[float]],
    jets: int,
    seed: int,
    workers: int = 1,
    constituents: Constituents = DEFAULT_CONSTITUENTS,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationSummary:
    """Simulate `jets` jets at each point of the grid of `labels` and write them to `out`.

    Finished shards are kept in `<out>.parts/` until the file is complete: an interrupted simulation
    continues when it is called again with the same settings. A complete file of the same settings
    is left as it is. Several processes are started with the spawn method, so a script that asks for
    more than one worker needs the usual `if __name__ == "__main__":`.

    Args:
        out: The file to write.
        process: What to generate.
        labels: Values of each parameter of the process; one that is not given has its default.
        jets: Jets per point (events, where they are kept as a whole). An event gives
            `process.jets.hardest` jets; the last one of a point gives fewer, the hardest first,
            where the number does not divide.
        seed: Seed of the sample. A point's events depend on it and on the point's labels, so the
            same point in another grid has the same events: independent samples need other seeds.
        workers: Number of processes.
        constituents: What the columns hold: subjets, or particles with charge and species.
        progress: Called with the number of jets that are done and their total.

    Raises:
        EcdslError: D320 to D328.
    """
    if out.suffix != ".parquet":
        raise data_error("D327", f"events are written as parquet, and {out} is named otherwise")
    settings = _settings(process, labels, jets, seed, constituents)
    parts = out.with_name(out.name + ".parts")
    shards = _plan(settings, parts)
    total = sum(shard.n_jets for shard in shards)
    if out.exists():
        return _recognised(out, settings, len(shards))
    with _exclusive(parts, settings):
        pending = [shard for shard in shards if not _is_done(shard)]
        done = total - sum(shard.n_jets for shard in pending)
        if progress:
            progress(done, total)
        for shard in run_all(_write_part, pending, workers):
            done += shard.n_jets
            if progress:
                progress(done, total)
        metadata = _merge(out, shards, settings)
    shutil.rmtree(parts)
    return _summary(out, metadata, len(shards), len(shards) - len(pending))


def _settings(
    process: Process,
    labels: Mapping[str, Sequence[float]],
    jets: int,
    seed: int,
    constituents: Constituents,
) -> SimulationSettings:
    if jets < 1:
        raise data_error(
            "D327", f"{jets} jets per point are not a sample", hint="ask for 1 or more"
        )
    for name, values in labels.items():
        if len(values) == 0 or len(set(values)) != len(values):
            raise data_error("D322", f"the values of `{name}` are empty or repeat: {list(values)}")
    grid = {name: tuple(float(value) for value in values) for name, values in labels.items()}
    for point in product(*grid.values()):
        complete = process.complete(dict(zip(grid, point, strict=True)))
    check_process(process, complete)
    filled = {name: grid.get(name, (complete[name],)) for name in sorted(complete)}
    return SimulationSettings(
        process=process,
        labels=filled,
        jets=jets,
        seed=seed,
        constituents=constituents,
        versions=generator_versions(),
    )


def _plan(settings: SimulationSettings, parts: Path) -> list[_Shard]:
    rows = settings.process.rows_per_event
    per_shard = SHARD_EVENTS * rows
    events_per_point = -(-settings.jets // rows)
    shards: list[_Shard] = []
    for number, point in enumerate(product(*settings.labels.values())):
        labels = dict(zip(settings.labels, point, strict=True))
        for index, start in enumerate(range(0, settings.jets, per_shard)):
            n_jets = min(per_shard, settings.jets - start)
            task = Task(
                process=settings.process,
                labels=labels,
                n_events=-(-n_jets // rows),
                first_event=number * events_per_point + index * SHARD_EVENTS,
                entropy=(settings.seed, _point_key(labels), index),
                constituents=settings.constituents,
            )
            path = parts / f"{len(shards):06d}.parquet"
            shards.append(_Shard(task, path, n_jets, settings))
    return shards


def _point_key(labels: Mapping[str, float]) -> int:
    """Return a number that tells points apart, so that no two share their random numbers."""
    text = json.dumps(labels, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _write_part(shard: _Shard) -> None:
    made = generate(shard.task)
    jets = take_jets(made.jets, np.arange(made.jets.n_jets) < shard.n_jets)
    metadata = EventsMetadata(
        constituents=jets.constituents,
        labels=tuple(jets.labels),
        weights=tuple(jets.weights),
        n_jets=jets.n_jets,
        n_events=shard.task.n_events,
        n_rejected=made.n_rejected,
        simulation=shard.settings,
    )
    write_events(shard.path, [jets], metadata)


def _is_done(shard: _Shard) -> bool:
    if not shard.path.exists():
        return False
    try:
        metadata = read_metadata(shard.path)
    except EcdslError:
        return False
    return (
        metadata is not None
        and metadata.simulation == shard.settings
        and metadata.n_jets == shard.n_jets
    )


def _merge(out: Path, shards: Sequence[_Shard], settings: SimulationSettings) -> EventsMetadata:
    parts = [read_metadata(shard.path) for shard in shards]
    metadata = EventsMetadata(
        constituents=settings.constituents,
        labels=tuple(settings.labels),
        weights=weight_names(shards[0].path),
        n_jets=sum(shard.n_jets for shard in shards),
        n_events=sum(shard.task.n_events for shard in shards),
        n_rejected=sum(part.n_rejected for part in parts if part),
        simulation=settings,
    )
    write_events(out, (jets for shard in shards for jets in read_events(shard.path)), metadata)
    return metadata


def _recognised(out: Path, settings: SimulationSettings, n_shards: int) -> SimulationSummary:
    metadata = read_metadata(out)
    if metadata is None or metadata.simulation is None:
        raise data_error(
            "D324",
            f"{out} exists and was not written by a simulation",
            hint="choose another name, or remove it first",
        )
    if metadata.simulation != settings:
        raise data_error(
            "D324",
            f"{out} exists and was simulated with other settings: "
            f"{_differences(metadata.simulation, settings)}",
            hint="choose another name, or remove it first",
        )
    return _summary(out, metadata, n_shards, n_shards)


@contextmanager
def _exclusive(parts: Path, settings: SimulationSettings) -> Iterator[None]:
    """Hold the folder of parts for these settings and for this process alone."""
    try:
        parts.mkdir(parents=True, exist_ok=True)
        with (parts / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise data_error("D328", f"another simulation is writing {parts}") from error
            _claim(parts, settings)
            yield
    except OSError as error:
        raise data_error("D314", f"cannot write {parts}: {error}") from error


def _claim(parts: Path, settings: SimulationSettings) -> None:
    """Refuse a folder whose finished parts belong to other settings."""
    for part in sorted(parts.glob("*.parquet")):
        try:
            metadata = read_metadata(part)
        except EcdslError:
            continue
        if metadata and metadata.simulation and metadata.simulation != settings:
            raise data_error(
                "D325",
                f"{parts} holds an unfinished simulation with other settings: "
                f"{_differences(metadata.simulation, settings)}",
                hint="finish it by asking for its settings again, or remove the folder",
            )


def _differences(there: SimulationSettings, wanted: SimulationSettings) -> str:
    """Say which settings differ, as `seed is 1, not 2`."""
    ours, theirs = wanted.model_dump(mode="json"), there.model_dump(mode="json")
    return "; ".join(
        f"{name} is {theirs[name]}, not {ours[name]}" for name in ours if ours[name] != theirs[name]
    )


def _summary(
    out: Path, metadata: EventsMetadata, n_shards: int, n_reused: int
) -> SimulationSummary:
    return SimulationSummary(
        path=out,
        n_jets=metadata.n_jets,
        n_events=metadata.n_events,
        n_rejected=metadata.n_rejected,
        n_shards=n_shards,
        n_reused=n_reused,
    )
