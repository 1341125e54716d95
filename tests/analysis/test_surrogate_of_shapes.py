"""A surrogate of real jets, read through the change of variables that the compiler derived."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl import resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.manifest import edges
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.events.process import ee_ttbar
from ecdsl.events.simulate import simulate
from ecdsl.execute import fill
from ecdsl.surrogate import collect
from ecdsl.surrogate.collect import collect_tuples
from ecdsl.surrogate.config import preset
from ecdsl.surrogate.marginal import marginal, marginal_by_mask
from ecdsl.surrogate.train import train

ONE_PAIR = """
from top.correlators import top_eeec
observable one_pair = top_eeec | {
  window abs(z12 - z23) < 0.02
  axis zeta = z13: 4 log bins in [0.01, 0.3]
}
"""
SHAPES = ["equilateral", "right_isosceles", "zeta_max", "zeta_mean", "one_pair"]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "one_pair.obs").write_text(ONE_PAIR)
    paths = [resources.library() / "top" / "mass.obs", folder / "one_pair.obs"]
    compile_paths(paths, build=folder)
    return folder


@pytest.fixture(scope="module")
def events(build):
    path = build / "events.parquet"
    simulate(path, process=ee_ttbar(), labels={"mt": (170.0, 175.0, 180.0)}, jets=300, seed=8)
    return path


def manifest_of(build, name):
    from ecdsl.artifacts.store import load_manifest

    return load_manifest(build, name)


@pytest.fixture(scope="module")
def surrogate(build, events):
    manifest = manifest_of(build, "zeta_max")
    sample = collect_tuples(manifest, build, events, per_jet=16, seed=1)
    config = preset().model_copy(update={"epochs": 12, "batch": 512})
    return train(manifest, sample, config, build)


def test_thinning_keeps_every_expectation(build, events):
    manifest = manifest_of(build, "zeta_max")
    thinned = collect_tuples(manifest, build, events, per_jet=16, seed=1)
    whole = collect_tuples(manifest, build, events, per_jet=1e9)
    assert len(thinned.weights) == pytest.approx(16 * 900, rel=0.2)
    np.testing.assert_allclose(thinned.total_weight, whole.total_weight, rtol=1e-12)
    assert whole.weights.sum() == pytest.approx(whole.total_weight.sum(), rel=1e-9)
    # A thinned sum scatters by less than its threshold times the root of what it kept.
    for power in (0, 1):
        moments = [(s.weights * s.sides[:, 2] ** power).sum() for s in (thinned, whole)]
        assert moments[0] == pytest.approx(moments[1], rel=0.03)
    again = collect_tuples(manifest, build, events, per_jet=16, seed=1, workers=2)
    assert again.fingerprint() == thinned.fingerprint()
    share = collect_tuples(manifest, build, events, per_jet=64, uniform=True, seed=1, workers=2)
    np.testing.assert_allclose(share.total_weight, whole.total_weight, rtol=1e-12)
    assert len(share.weights) == pytest.approx(64 * 900, rel=0.1)
    # Their weights are as they were, and neither heavy tuples nor light ones are kept more often.
    quantiles, ordered = np.linspace(0.05, 0.95, 10), np.sort(whole.weights)
    assert (ordered[np.searchsorted(ordered, share.weights)] == share.weights).all()
    reached = np.searchsorted(np.sort(share.weights), np.quantile(ordered, quantiles))
    np.testing.assert_allclose(reached / len(share.weights), quantiles, atol=0.02)
    assert share.inflation == pytest.approx(len(whole.weights) / len(share.weights), rel=0.1)
    # Said of the first jets, held against all of them.
    squares = [np.square(sample.weights).sum() for sample in (thinned, whole)]
    assert thinned.inflation == pytest.approx(squares[0] / squares[1], rel=0.03)
    assert thinned.inflation > 1.03
    assert whole.inflation == 1


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"P")]
)
def test_an_interrupted_collection_goes_on(build, events, tmp_path, monkeypatch, damage):
    manifest = manifest_of(build, "zeta_max")
    monkeypatch.setattr(collect, "CHUNK_JETS", 400)
    whole = collect_tuples(manifest, build, events, keep=tmp_path)
    first, second, third = sorted(tmp_path.glob("*/*.npz"))
    damage(second)
    kept = [path.stat().st_mtime_ns for path in (first, third)]
    again = collect_tuples(manifest, build, events, keep=tmp_path)
    assert again.fingerprint() == whole.fingerprint()
    assert [path.stat().st_mtime_ns for path in (first, third)] == kept
    other = collect_tuples(manifest, build, events, keep=tmp_path, seed=1)
    assert other.fingerprint() != whole.fingerprint()


def test_all_tuples_fill_the_histogram_that_the_kernel_fills(build, events):
    """Tuples of the sampler and the histogrammer are two templates of one correlator."""
    manifest = manifest_of(build, "zeta_max")
    whole = collect_tuples(manifest, build, events, per_jet=1e9)
    (axis,) = manifest.observable.axes
    expected, _ = np.histogram(whole.sides[:, 2], edges(axis.bins), weights=whole.weights)
    spectrum = fill(manifest, build, [events])
    np.testing.assert_allclose(spectrum.sums[1:-1], expected, rtol=1e-9)


@pytest.mark.parametrize("name", SHAPES)
def test_the_map_agrees_with_the_mask(build, surrogate, name):
    manifest = manifest_of(build, name)
    region = load_kernel(build, manifest.kernels["torch"])
    axes = [edges(axis.bins) for axis in manifest.observable.axes]
    parameters = [spec.value for spec in manifest.observable.parameters]
    arguments = (surrogate, region, axes, parameters, {"mt": 173.0})
    mapped = marginal(*arguments)
    masked = marginal_by_mask(*arguments, points=1 << 17, min_hits=100)
    seen = masked.contents > 5 * masked.errors
    assert seen.any()
    errors = np.hypot(mapped.errors, masked.errors)
    pulls = ((mapped.contents - masked.contents) / errors)[seen]
    # Chance that correct integrals fail: 6e-7 per bin, below 1e-4 for all bins of all shapes.
    assert np.abs(pulls).max() < 5
    total = fill(manifest, build, [build / "events.parquet"])
    measured = total.sums[1:-1].sum() / total.n_events
    assert mapped.contents.sum() == pytest.approx(measured, rel=0.25)


def test_a_context_outside_the_training_range_is_refused(build, surrogate):
    manifest = manifest_of(build, "zeta_max")
    region = load_kernel(build, manifest.kernels["torch"])
    with pytest.raises(EcdslError) as error:
        marginal(surrogate, region, [np.array([0.0, 1.0])], [], {"mt": 200.0})
    assert error.value.diagnostics[0].code == "D404"
