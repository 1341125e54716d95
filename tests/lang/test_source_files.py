"""Every construct of the language goes through the front end, alone and with all others."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from source_strategies import source_files

from ecdsl.ir.derived import Derived
from ecdsl.ir.nodes import Observable
from ecdsl.lang import compile_module
from ecdsl.lang.grammar import keywords

_SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Words that no file needs which stands alone, no file with a histogram, and none whose shapes may
# look at anything.
ELSEWHERE = {"import", "from", "as", "exact", "resolution"}


@_SETTINGS
@given(text=source_files())
def test_compiles_to_the_same_each_time(text: str, tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_bytes(text.encode())

    found = compile_module(path)

    assert compile_module(path) == found
    for item in found.observables:
        copy = Observable.model_validate_json(item.observable.model_dump_json())
        assert copy == item.observable
        assert len(item.places.windows) == len(item.observable.windows)
        assert len(item.places.axes) == len(item.places.axis_bins) == len(item.observable.axes)
        assert len(item.places.deltas) == len(item.observable.deltas)
        windows = item.observable.correlator.windows
        assert len(item.places.correlator_windows) == len(windows)
    for derived in found.derived:
        copied = Derived.model_validate_json(derived.derived.model_dump_json())
        assert copied == derived.derived


def test_every_word_of_the_language_occurs() -> None:
    seen: set[str] = set()

    @settings(max_examples=150, deadline=None, phases=[Phase.generate], derandomize=True)
    @given(text=source_files())
    def collect(text: str) -> None:
        seen.update(re.findall(r"[A-Za-z]+", text))

    collect()

    assert set(keywords().values()) - seen == ELSEWHERE
