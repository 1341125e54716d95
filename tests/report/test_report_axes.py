"""Axes of every spacing are drawn so that equal bins look equal."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from ecdsl.artifacts.manifest import edges
from ecdsl.inference.results import AxisResult
from ecdsl.ir.nodes import Axis, Bins, Number
from ecdsl.report.axes import binning
from ecdsl.report.style import png

BINS = {
    "linear": Bins(n=10, lower=-1.0, upper=1.0),
    "log": Bins(n=10, lower=1e-4, upper=1.0, spacing="log"),
    "symlog": Bins(n=10, lower=-1.0, upper=1.0, spacing="symlog", threshold=1e-3),
    "logit": Bins(n=10, lower=1e-4, upper=0.9999, spacing="logit"),
}


def axis(bins, name="zeta"):
    return AxisResult.of(Axis(name=name, expr=Number(value=1.0), bins=bins))


@pytest.mark.parametrize("spacing", BINS)
def test_equal_bins_are_equally_wide_on_the_page(spacing):
    found = binning([axis(BINS[spacing])])
    assert found.scale == spacing
    np.testing.assert_allclose(found.widths, found.widths[0], rtol=1e-9)
    figure = Figure()
    axes = figure.add_subplot()
    found.apply(axes)
    png(figure)
    places = axes.transData.transform([(edge, 0.5) for edge in found.edges])[:, 0]
    np.testing.assert_allclose(np.diff(places), np.diff(places)[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("listed", "scale"),
    [((0.0, 0.1, 0.3, 1.0), "linear"), ((0.001, 0.01, 0.1, 1.0), "log"), ((1, 2, 3), "linear")],
)
def test_listed_edges_take_the_scale_that_suits_them(listed, scale):
    bins = Bins(n=len(listed) - 1, lower=listed[0], upper=listed[-1], spacing="edges", edges=listed)
    found = binning([axis(bins)])
    assert found.scale == scale
    np.testing.assert_allclose(found.widths, np.diff(listed))


def test_several_axes_are_unrolled_into_one_row():
    found = binning([axis(BINS["log"], "z"), axis(BINS["symlog"], "phi")])
    np.testing.assert_array_equal(found.edges, np.arange(101))
    assert found.label == "bin of (z, $\\phi$)"
    assert found.per == ""


def test_a_result_keeps_what_a_figure_needs():
    found = AxisResult.model_validate_json(axis(BINS["symlog"]).model_dump_json())
    assert found.threshold == 1e-3
    np.testing.assert_array_equal(found.edges, edges(BINS["symlog"]))
