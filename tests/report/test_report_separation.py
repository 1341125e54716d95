"""A separation is said in words and drawn, whether or not every cell holds something."""

from __future__ import annotations

import pytest

from ecdsl.report.separation import in_words, maps_figure, write_maps
from ecdsl.surrogate.separation import Separation


@pytest.fixture
def separation():
    return Separation(
        correlator_fingerprint="f" * 64,
        auc=0.5123,
        auc_error=0.0021,
        n_tuples=1000,
        axes=("shortest side", "longest side"),
        edges=((0.01, 0.02, 0.3), (0.01, 0.05, 0.5)),
        ratio=((1.04, None), (0.9, 1.3)),
        ratio_error=((0.01, None), (0.02, 0.2)),
    )


def test_the_place_is_where_the_ratio_is_most_certainly_not_one(separation):
    assert separation.worst == (1, 0)
    text = in_words(separation)
    assert "0.5123 ± 0.0021" in text
    assert "at shortest side 0.02 to 0.3 and longest side 0.01 to 0.05: 0.900 ± 0.020" in text


def test_empty_cells_stay_empty_and_long_axes_are_logarithmic(separation):
    figure = maps_figure([separation, separation])
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (mesh,) = axes.collections
    assert mesh.get_array().mask.sum() == 1


def test_without_a_separation_nothing_is_written(separation, tmp_path):
    path = tmp_path / "map.png"
    assert write_maps((), path) == ()
    assert not path.exists()
    assert write_maps([separation], path) == (path,)
    assert path.read_bytes().startswith(b"\x89PNG")
