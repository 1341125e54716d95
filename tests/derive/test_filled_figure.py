"""The figure of one filled histogram, observable or derived."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl import load
from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.derived.fill import fill_derived
from ecdsl.diagnostics import EcdslError
from ecdsl.execute import fill
from ecdsl.report.filled import filled_figure, write_figure


@pytest.fixture(scope="module")
def ratio(build, events):
    return fill_derived(load_derived(build, "e3c_over_e2c"), build, [events])


def points(figure):
    (axes,) = figure.axes
    return axes.containers[0].lines[0].get_ydata()


def test_an_observable_is_drawn_as_density_per_event(build, events):
    filled = fill(load_manifest(build, "e2c"), build, [events])
    density = points(filled_figure(filled))
    width = np.log(0.5 / 1e-3) / 20
    np.testing.assert_allclose(density * width * 2000, filled.sums[1:-1])


def test_a_ratio_is_drawn_as_it_is_with_its_errors(ratio):
    figure = filled_figure(ratio)
    np.testing.assert_allclose(points(figure), ratio.values)
    (segments,) = figure.axes[0].containers[0].lines[2]
    lengths = [segment[1, 1] - segment[0, 1] for segment in segments.get_segments()]
    np.testing.assert_allclose(lengths, 2 * np.sqrt(ratio.variances))
    assert figure.axes[0].get_ylabel() == "e3c_over_e2c"


@pytest.fixture(scope="module")
def several(events, tmp_path_factory):
    """Return observables of two and of three axes, and a ratio of each, filled."""
    folder = tmp_path_factory.mktemp("axes")
    source = folder / "axes.obs"
    source.write_text(
        """
        from std.e3c import three_point
        observable plane = three_point | {
          axis near = min(z12, z13, z23): 4 log bins in [1e-3, 1]
          axis turn = sqrt(z12) - sqrt(z13): 3 symlog(0.1) bins in [-1, 1]
        }
        observable solid = three_point | {
          axis near = min(z12, z13, z23): 4 log bins in [1e-3, 1]
          axis far = max(z12, z13, z23): 5 bins in [0, 1]
          axis mean = mean(z12, z13, z23): edges [0, 0.2, 1]
        }
        derive share = plane / plane
        derive shares = solid / solid
        """
    )
    found = load(source, build=folder)
    return {name: observable.fill(events) for name, observable in found.items()}


def maps(figure):
    """Return axes and (n_rows, n_columns) values of each map; the other axes are colour bars."""
    return [(axes, axes.collections[0].get_array()) for axes in figure.axes if axes.get_xlabel()]


def test_two_axes_are_a_map(several, tmp_path):
    plane = several["plane"]
    ((axes, values),) = maps(filled_figure(plane))
    content = np.asarray(plane.to_hist().values()) / plane.n_events
    widths = np.outer(np.full(4, np.log(1e3) / 4), np.full(3, 2 * np.arcsinh(10) / 3))
    np.testing.assert_allclose(values, (content / widths).T)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "asinh")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("near", "turn")
    assert write_figure(plane, tmp_path / "plane.svg").stat().st_size > 0


def test_three_axes_are_a_map_of_each_two(several):
    solid = several["solid"]
    found = maps(filled_figure(solid))
    names = [(axes.get_xlabel(), axes.get_ylabel()) for axes, _ in found]
    assert names == [("near", "far"), ("near", "mean"), ("far", "mean")]
    content = np.asarray(solid.to_hist().values()).sum(axis=0) / solid.n_events
    np.testing.assert_allclose(found[2][1], (content / np.outer(np.full(5, 0.2), [0.2, 0.8])).T)


def test_a_ratio_of_two_axes_is_a_map_and_of_three_a_row(several):
    ((_, values),) = maps(filled_figure(several["share"]))
    assert set(np.asarray(values[~np.isnan(values)])) == {1.0}
    (axes,) = filled_figure(several["shares"]).axes
    assert axes.get_xlabel() == "bin of (near, far, mean)"


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_the_name_of_the_file_says_how_it_is_written(ratio, tmp_path, name, magic):
    assert write_figure(ratio, tmp_path / name).read_bytes().startswith(magic)


def test_other_formats_are_refused(ratio, tmp_path):
    with pytest.raises(EcdslError, match="D215"):
        write_figure(ratio, tmp_path / "a.jpeg")
