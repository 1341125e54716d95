from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ecdsl.api import load
from ecdsl.events.batch import take_jets
from ecdsl.events.read_parquet import read_events, read_metadata
from ecdsl.events.write_parquet import write_events
from ecdsl.library import find, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.spectrum import Spectrum


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """Return the observables of a file of the library; each file is compiled once."""
    build = tmp_path_factory.mktemp("build")
    return cache(lambda path: load(path, build=build))


@pytest.fixture(scope="session")
def spectrum(compiled: Callable) -> Callable[..., Spectrum]:
    """Fill an observable of the library, from its own sample unless a file is given."""

    def fill(name: str, file: Path | None = None) -> Spectrum:
        entry = find(name)
        return compiled(entry.path)[name].fill(file or sample(entry.sample))

    return fill


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """Return a file with the first jets of a packaged sample."""
    folder = tmp_path_factory.mktemp("few")

    @cache
    def write(name: str, n_jets: int) -> Path:
        whole = sample(name)
        batch = next(iter(read_events(whole)))
        first = take_jets(batch, np.arange(batch.n_jets) < n_jets)
        path = folder / f"{name}_{n_jets}.parquet"
        counts = {"n_jets": first.n_jets, "n_events": first.event_index()[1]}
        write_events(path, [first], read_metadata(whole).model_copy(update=counts))
        return path

    return write
