"""Derived observables of simulated events: alpha_s-like ratios, asymmetries, and their errors."""

from __future__ import annotations

import json

import boost_histogram.serialization
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uhi.io.json

import ecdsl
from ecdsl import execute_together
from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.derived.arithmetic import propagate
from ecdsl.derived.fill import fill_derived
from ecdsl.derived.joint import joint_rows
from ecdsl.diagnostics import EcdslError
from ecdsl.event_sums import EventSums
from ecdsl.events.selection import select_constituents
from ecdsl.execute import fill, inner, iterate_rows, parameter_values


def derived(build, name, events, **options):
    return fill_derived(load_derived(build, name), build, [events], **options)


def spectrum(build, name, events, **parameters):
    return fill(load_manifest(build, name), build, [events], parameters=parameters)


def bins(filled):
    return inner(filled.manifest, filled.sums)


def rows_of(build, name, events):
    manifest = load_derived(build, name)
    points = [parameter_values(operand, {}) for operand in manifest.operands]
    chunks = list(joint_rows(manifest.operands, build, [events], points=points))
    return manifest, np.concatenate([chunk.rows for chunk in chunks])


def test_the_ratio_is_that_of_the_two_histograms(build, events):
    ratio = derived(build, "e3c_over_e2c", events)
    e3c, e2c = (spectrum(build, name, events) for name in ("e3c", "e2c"))
    np.testing.assert_allclose(ratio.values, bins(e3c) / bins(e2c), rtol=1e-12)
    assert (ratio.n_events, ratio.n_jets) == (e3c.n_events, e3c.n_jets) == (2000, 2000)


def test_the_ratio_rises_with_the_angle_as_alpha_s_runs(build, events):
    ratio = derived(build, "e3c_over_e2c", events)
    slope, _ = np.polyfit(np.arange(20), ratio.values, 1, w=1 / np.sqrt(ratio.variances))
    assert slope > 0
    assert (ratio.values < 1.0).all()


def test_common_fluctuations_make_the_ratio_more_precise_than_its_parts(build, events):
    ratio = derived(build, "e3c_over_e2c", events)
    parts = [spectrum(build, name, events) for name in ("e3c", "e2c")]
    relative = sum(inner(p.manifest, p.variances) / bins(p) ** 2 for p in parts)
    gain = ratio.variances / ratio.values**2 / relative
    assert np.median(gain) < 0.4


def test_the_asymmetry_is_exactly_odd(build, events):
    aeec = derived(build, "aeec", events)
    np.testing.assert_array_equal(aeec.values, -aeec.values[::-1])
    np.testing.assert_array_equal(aeec.covariance, aeec.covariance[::-1, ::-1])
    eec = bins(spectrum(build, "eec", events)) / 2000
    np.testing.assert_allclose(aeec.values, eec[::-1] - eec, rtol=1e-12)


def test_values_are_per_event_so_that_more_events_change_only_errors(build, events):
    manifest, rows = rows_of(build, "aeec", events)
    covariances = {}
    for copies in (1, 4):
        many = np.tile(rows, (copies, 1))
        sums, n = many.sum(axis=0), len(many)
        covariance = EventSums.of(many).covariance() / n**2
        found = propagate(manifest.expr, sums.reshape(1, -1) / n, covariance, np.ones(20))
        np.testing.assert_allclose(found.values, derived(build, "aeec", events).values, rtol=1e-9)
        covariances[copies] = found.covariance
    np.testing.assert_allclose(covariances[1], 4 * covariances[4], rtol=2e-3, atol=1e-12)


def test_a_normalized_density_integrates_to_one(build, events):
    published = derived(build, "published", events)
    assert published.values.sum() * 0.05 == pytest.approx(1.0, abs=1e-12)
    size = published.variances.max()
    np.testing.assert_allclose(published.covariance.sum(axis=0) / size, 0.0, atol=1e-12)


def test_derived_observables_can_be_derived_from(build, events):
    ratio, chained = (derived(build, name, events) for name in ("e3c_over_e2c", "chained"))
    np.testing.assert_allclose(chained.values, 1 - 2 * ratio.values, rtol=1e-13)
    np.testing.assert_allclose(chained.covariance, 4 * ratio.covariance, rtol=1e-10)


def test_pulls_between_independent_parts_of_a_sample_have_width_one(build, events):
    manifest, rows = rows_of(build, "e3c_over_e2c", events)
    values, variances = [], []
    for part in np.split(rows, 40):
        n = len(part)
        covariance = EventSums.of(part).covariance() / n**2
        found = propagate(manifest.expr, part.mean(axis=0).reshape(2, 20), covariance, np.ones(20))
        # At 50 events the low bins are nearly empty; what is marked there is not trusted.
        values.append(np.where(found.unsure, np.nan, found.values))
        variances.append(found.covariance.diagonal())
    first, second = (np.array(values)[k::2] for k in (0, 1))
    spread = np.array(variances)[0::2] + np.array(variances)[1::2]
    pulls = ((first - second) / np.sqrt(spread))[:, 8:]
    assert np.isfinite(pulls).mean() > 0.99
    # 20 pairs of 12 bins, of which neighbours are correlated: some 100 independent pulls.
    assert np.nanstd(pulls) == pytest.approx(1.0, abs=0.2)


def test_errors_are_those_of_resampled_events(build, events):
    _, rows = rows_of(build, "e3c_over_e2c", events)
    rng = np.random.default_rng(7)
    counts = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=300)
    sums = (counts @ rows).reshape(300, 2, 20)
    bootstrap = (sums[:, 0] / sums[:, 1]).std(axis=0, ddof=1)
    errors = np.sqrt(derived(build, "e3c_over_e2c", events).variances)
    np.testing.assert_allclose(bootstrap[4:] / errors[4:], 1.0, atol=4 / np.sqrt(600))


def test_the_number_of_threads_and_the_cut_into_chunks_change_nothing(build, events, monkeypatch):
    one, three = (derived(build, "e3c_over_e2c", events, workers=n) for n in (1, 3))
    np.testing.assert_array_equal(one.values, three.values)
    np.testing.assert_array_equal(one.covariance, three.covariance)
    monkeypatch.setattr(execute_together, "chunk_size", lambda row_bytes: 300)
    cut = derived(build, "e3c_over_e2c", events)
    np.testing.assert_allclose(cut.covariance, one.covariance, rtol=1e-9, atol=1e-14)


def test_joint_rows_are_those_of_each_observable(build, events):
    manifest, rows = rows_of(build, "clustered", events)
    for k, operand in enumerate(manifest.operands):
        alone = iterate_rows(operand, build, [events], parameters={})
        expected = np.concatenate([inner(operand, chunk.rows) for chunk in alone])
        np.testing.assert_array_equal(rows[:, 20 * k : 20 * (k + 1)], expected)


@pytest.mark.parametrize(("name", "selections"), [("e3c_over_e2c", 1), ("clustered", 2)])
def test_equal_constituents_are_selected_once(build, events, monkeypatch, name, selections):
    made = []

    def counted(batch, correlator):
        made.append(correlator)
        return select_constituents(batch, correlator)

    monkeypatch.setattr(execute_together, "select_constituents", counted)
    monkeypatch.setattr(execute_together, "chunk_size", lambda row_bytes: 1000)
    derived(build, name, events)
    assert len(made) == 2 * selections


def test_parameters_go_to_the_operands_that_have_them(build, events):
    opened = derived(build, "opened", events, parameters={"width": 0.3})
    np.testing.assert_array_equal(opened.values[6:], 0.0)
    np.testing.assert_array_equal(opened.values[:6], 1.0)
    np.testing.assert_allclose(opened.variances[:6], 0.0, atol=1e-30)
    assert opened.parameters == {"narrow.width": 0.3}


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [({"widht": 0.3}, "D206", "`width`"), ({"width": 7.0}, "D207", "outside")],
)
def test_parameters_that_cannot_be_are_refused(build, events, parameters, code, words):
    with pytest.raises(EcdslError) as error:
        derived(build, "opened", events, parameters=parameters)
    (finding,) = error.value.diagnostics
    assert finding.code == code
    assert words in f"{finding.message} {finding.hints}"


def test_empty_denominators_are_counted(tmp_path, build, events):
    filled = derived(build, "nowhere", events)
    assert filled.undefined.all()
    assert "8 of 8 bins are undefined" in filled.remarks[0]
    written = filled.write(tmp_path / "empty.json")
    stored = json.loads(written.read_text())["spectrum"]
    assert stored["metadata"]["metadata"]["undefined_bins"] == 8


def test_too_many_bins_are_refused_before_events_are_read(build, tmp_path):
    manifest = load_derived(build, "e3c_over_e2c")
    axis = manifest.axes[0]
    wide = axis.model_copy(update={"bins": axis.bins.model_copy(update={"n": 4000})})
    operands = tuple(
        m.model_copy(update={"observable": m.observable.model_copy(update={"axes": (wide,)})})
        for m in manifest.operands
    )
    with pytest.raises(EcdslError, match="D213"):
        fill_derived(
            manifest.model_copy(update={"operands": operands}), build, [tmp_path / "none.parquet"]
        )


def test_the_file_holds_values_errors_and_their_covariance(build, events, tmp_path):
    ratio = derived(build, "e3c_over_e2c", events)
    path = ratio.write(tmp_path / "ratio.json")
    stored = json.loads(path.read_text(), object_hook=uhi.io.json.object_hook)
    histogram = boost_histogram.serialization.from_uhi(stored["spectrum"])
    np.testing.assert_allclose(histogram.view(flow=True)["value"], ratio.values)
    np.testing.assert_allclose(histogram.view(flow=True)["variance"], ratio.variances)
    covariance = boost_histogram.serialization.from_uhi(stored["covariance"]).view()
    np.testing.assert_allclose(covariance, ratio.covariance)


def test_the_python_door_fills_it_like_an_observable(source, build, events):
    observables = ecdsl.load(source, build=build)
    ratio = observables["e3c_over_e2c"]
    assert ratio.formula == r"\mathrm{e3c\_over\_e2c} = \frac{\mathrm{e3c}}{\mathrm{e2c}}"
    histogram = ratio.fill(events).to_hist()
    assert histogram.axes[0].name == "zeta"
    assert histogram.values().shape == (20,)


PAIRS = """
correlator whole { order 2; over particles; per event; measure ee; weight E1 * E2 / Q^2 }
correlator apart { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }
observable events = whole | { axis z = z12: 4 bins in [0, 1] }
observable jets   = apart | { axis z = z12: 4 bins in [0, 1] }
derive of_events = events / normalize(events)
derive of_both   = jets / events
"""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Return observables per jet and per event, and a file of two jets each of three events."""
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "pairs.obs").write_text(PAIRS)
    columns = {
        "px": [[3.0, 4.0]] * 6,
        "py": [[1.0, 1.5]] * 6,
        "pz": [[2.0, 1.0], [-3.0, -1.0]] * 3,
        "E": [[5.0, 5.0]] * 6,
        "Q": [20.0] * 6,
        "event": [0, 0, 1, 1, 2, 2],
    }
    pq.write_table(pa.table(columns), folder / "events.parquet")
    return ecdsl.load(folder / "pairs.obs", build=folder / "build"), folder / "events.parquet"


def test_what_is_counted_is_what_tuples_are_drawn_from(pairs):
    observables, path = pairs
    found = {name: observable.fill(path) for name, observable in observables.items()}
    counts = {name: (filled.n_jets, filled.n_events) for name, filled in found.items()}
    assert counts == {"events": (3, 3), "of_events": (3, 3), "jets": (6, 3), "of_both": (6, 3)}


def test_an_undefined_bin_is_null_in_the_file_and_nan_again_when_read(pairs, tmp_path):
    observables, path = pairs
    ratio = observables["of_both"].fill(path)
    assert 0 < ratio.undefined.sum() < 4
    text = ratio.write(tmp_path / "ratio.json").read_text()

    def refuse(word):
        raise AssertionError(word)

    stored = json.loads(text, object_hook=uhi.io.json.object_hook, parse_constant=refuse)
    assert stored["spectrum"]["storage"]["values"].tolist().count(None) == ratio.undefined.sum()
    histogram = boost_histogram.serialization.from_uhi(stored["spectrum"])
    np.testing.assert_array_equal(histogram.view()["value"], ratio.values)
    np.testing.assert_array_equal(histogram.view()["variance"], ratio.variances)
    covariance = boost_histogram.serialization.from_uhi(stored["covariance"]).view()
    np.testing.assert_array_equal(covariance, ratio.covariance)
