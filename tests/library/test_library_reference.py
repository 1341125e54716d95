"""Reference histograms: what each observable gives on its packaged sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ecdsl.library import entries

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = Path(__file__).parent / "reference"


@pytest.mark.parametrize("name", [entry.name for entry in entries()])
def test_reproduces_the_reference(
    name: str, spectrum: Callable, request: pytest.FixtureRequest
) -> None:
    histogram = spectrum(name).to_hist()
    found = {
        "edges": {axis.name: axis.edges.tolist() for axis in histogram.axes},
        "values": histogram.values(flow=True).ravel().tolist(),
        "variances": histogram.variances(flow=True).ravel().tolist(),
    }
    path = REFERENCE / f"{name}.json"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(_short(found)) + "\n", encoding="utf-8")
    reference = json.loads(path.read_text(encoding="utf-8"))

    assert found["edges"].keys() == reference["edges"].keys()
    for axis, edges in reference["edges"].items():
        np.testing.assert_allclose(found["edges"][axis], edges, rtol=1e-8)
    for content in ("values", "variances"):
        expected = np.array(reference[content], dtype=float)
        scale = np.nanmax(np.abs(expected))
        np.testing.assert_allclose(
            found[content], expected, rtol=1e-6, atol=1e-9 * scale, err_msg=content
        )


def _short(value: object) -> object:
    """Round numbers to what a comparison needs; JSON has no NaN."""
    match value:
        case float():
            return None if np.isnan(value) else float(f"{value:.9g}")
        case list():
            return [_short(item) for item in value]
        case dict():
            return {key: _short(item) for key, item in value.items()}
        case _:
            return value
