"""The figure of one filled histogram, observable or derived."""

from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_the_name_of_the_file_says_how_it_is_written(ratio, tmp_path, name, magic):
    assert write_figure(ratio, tmp_path / name).read_bytes().startswith(magic)


def test_other_formats_are_refused(ratio, tmp_path):
    with pytest.raises(EcdslError, match="D215"):
        write_figure(ratio, tmp_path / "a.jpeg")
