"""From a sample to a stored surrogate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecdsl.artifacts.manifest import Capability
from ecdsl.diagnostics import EcdslError
from ecdsl.surrogate.config import CubeFlowConfig, TrainConfig, preset
from ecdsl.surrogate.marginal import marginal
from ecdsl.surrogate.sample import TupleSample
from ecdsl.surrogate.store import checkpoint_path, load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

CONFIG = TrainConfig(
    network=CubeFlowConfig(hidden=32), epochs=6, batch=1024, learning_rate=8e-3, seed=1
)


def test_a_trained_surrogate_reproduces_the_marginal_of_a_shape(  # noqa: PLR0917
    manifest, chart, draw, ratio, peak_surrogate, tmp_path
):
    epochs = []
    train(manifest, draw(chart, 3000), CONFIG, tmp_path, progress=epochs.append)
    assert [e.number for e in epochs] == [1, 2, 3, 4, 5, 6]
    path = surrogate_path(tmp_path, manifest.correlator_fingerprint, CONFIG)
    learned = load_surrogate(path, manifest.correlator_fingerprint)
    assert not checkpoint_path(tmp_path, manifest.correlator_fingerprint, CONFIG).exists()
    edges, parameters = [np.geomspace(0.02, 0.15, 6)], (1.0, 1.5, 0.03)
    for mass in (172.0, 178.0):
        expected = marginal(peak_surrogate, ratio, edges, parameters, {"mt": mass})
        result = marginal(learned, ratio, edges, parameters, {"mt": mass})
        fraction = expected.contents / peak_surrogate.total_weight.at(np.array([mass]))
        actual = result.contents / learned.total_weight.at(np.array([mass]))
        np.testing.assert_allclose(actual, fraction, rtol=0.15, atol=0.03 * fraction.max())


def test_the_same_seed_gives_the_same_bytes(manifest, chart, draw, tmp_path):
    config = CONFIG.model_copy(update={"epochs": 1})
    contents = []
    for name in ("one", "two"):
        train(manifest, draw(chart, 300), config, tmp_path / name)
        path = surrogate_path(tmp_path / name, manifest.correlator_fingerprint, config)
        contents.append((path.read_bytes(), path.with_suffix(".safetensors").read_bytes()))
    assert contents[0] == contents[1]


def test_a_correlator_without_surrogate_is_refused_with_its_reason(manifest, chart, draw, tmp_path):
    no = manifest.model_copy(
        update={"surrogate": Capability(available=False, reason="its weight can be negative")}
    )
    with pytest.raises(EcdslError, match=r"D401: `right_isosceles`.*its weight can be negative"):
        train(no, draw(chart, 10), CONFIG, tmp_path)


def changed(sample: TupleSample, **columns) -> TupleSample:
    return replace(sample, **{k: f(getattr(sample, k).copy()) for k, f in columns.items()})


def spoil(value):
    def change(array):
        array[3] = value
        return array

    return change


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"sides": spoil(np.nan)}, "D402"),
        ({"weights": spoil(np.inf)}, "D402"),
        ({"weights": spoil(-1.0)}, "D402"),
        ({"sides": spoil([0.3, 0.2, 0.1])}, "D402"),
        ({"sides": spoil([0.3, 0.3, 1.2])}, "D402"),
        ({"points": lambda points: {"mt": np.full(5, 175.0)}}, "D403"),
        ({"events": np.zeros_like}, "D402"),
    ],
    ids=["nan", "infinite", "negative", "unsorted", "too long", "one mass", "one event"],
)
def test_a_sample_that_cannot_be_learned_from_is_refused(  # noqa: PLR0917
    columns, code, manifest, chart, draw, tmp_path
):
    with pytest.raises(EcdslError, match=code):
        train(manifest, changed(draw(chart, 10), **columns), CONFIG, tmp_path)


def test_an_empty_sample_is_refused(manifest, chart, draw, tmp_path):
    sample = draw(chart, 10)
    empty = replace(
        sample,
        sides=sample.sides[:0],
        weights=sample.weights[:0],
        events=sample.events[:0],
        labels={"mt": sample.labels["mt"][:0]},
    )
    with pytest.raises(EcdslError, match=r"D402: no tuple"):
        train(manifest, empty, CONFIG, tmp_path)


def test_presets_are_named(manifest):
    assert preset("dense", "published").network.hidden == 256
    assert preset(seed=7).seed == 7
    with pytest.raises(EcdslError, match="D408"):
        preset("transformer")


def test_the_total_weight_follows_the_simulated_points(manifest, chart, draw, tmp_path):
    sample = draw(chart, 300)
    masses = sample.points["mt"]
    per_event = 0.2 + 0.003 * (masses - 175) - 0.0002 * (masses - 175) ** 2
    sample = replace(sample, total_weight=per_event * sample.n_events)
    config = CONFIG.model_copy(update={"epochs": 1})
    learned = train(manifest, sample, config, tmp_path)
    for mass, expected in zip(masses, per_event, strict=True):
        assert learned.weight_per_event(learned.context({"mt": mass})) == pytest.approx(expected)
