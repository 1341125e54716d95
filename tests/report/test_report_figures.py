from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from ecdsl.inference.results import AxisResult
from ecdsl.report.formula import formula_svg
from ecdsl.report.posteriors import posterior_figure
from ecdsl.report.spectrum import central_template, spectrum_figure
from ecdsl.report.style import LIKELIHOODS, png, style, svg


def texts(figure):
    axes = [text.get_text() for ax in figure.axes for text in ax.texts]
    return axes + [t.get_text() for legend in figure.legends for t in legend.get_texts()]


def test_the_posterior_figure_names_every_observable_and_its_estimate(result):
    figure = posterior_figure(result)
    shown = " ".join(texts(figure))
    for observable in result.observables:
        first = observable.posteriors[0]
        assert observable.name in shown
        assert f"{first.estimate:.2f} ± {first.half_width68:.2f} GeV" in shown
    assert "truth" in shown
    assert figure.axes[0].get_xlim() == result.prior


def test_the_spectrum_shows_densities_whose_bins_add_up_to_the_contents(result):
    observable = result.observables[0]
    upper = spectrum_figure(result, observable).axes[0]
    data = upper.containers[-1].lines[0].get_ydata()
    edges = np.asarray(observable.axes[0].edges)
    np.testing.assert_allclose(data * np.diff(np.log(edges)), observable.data.contents)


def test_the_central_template_is_nearest_to_the_truth_else_to_the_estimate(result):
    observable = result.observables[0]
    assert central_template(result, observable).parameter == 173.5
    high = observable.posteriors[0].model_copy(update={"estimate": 179.0})
    elsewhere = observable.model_copy(update={"posteriors": (high,)})
    unknown = result.model_copy(update={"truth": None})
    assert central_template(unknown, elsewhere).parameter == 180.0


def test_two_axes_are_unrolled(result):
    observable = result.observables[0]
    axes = (
        AxisResult(name="perimeter", edges=tuple(range(6)), spacing="linear"),
        AxisResult(name="asymmetry", edges=tuple(range(5)), spacing="linear"),
    )
    figure = spectrum_figure(result, observable.model_copy(update={"axes": axes}))
    assert figure.axes[0].get_xlim() == (0, 20)


def test_empty_histograms_can_be_drawn(result):
    observable = result.observables[0]
    empty = observable.data.model_copy(
        update={"contents": (0.0,) * 20, "errors": (0.0,) * 20, "parameter": 172.0}
    )
    bare = observable.model_copy(
        update={"data": empty, "templates": (empty,), "surrogate": (), "posteriors": ()}
    )
    assert png(spectrum_figure(result, bare)).startswith(b"\x89PNG")


@pytest.mark.parametrize("save", [svg, png])
def test_equal_figures_are_equal_bytes(result, save):
    def draw():
        with style():
            return save(posterior_figure(result))

    assert draw() == draw()
    assert len(draw()) > 10_000


def test_the_readers_own_style_is_left_alone():
    before = dict(mpl.rcParams)
    with style():
        pass
    assert dict(mpl.rcParams) == before


def test_curves_differ_by_more_than_colour():
    assert len({look.line for look in LIKELIHOODS.values()}) == len(LIKELIHOODS)
    assert len({look.marker for look in LIKELIHOODS.values()}) == len(LIKELIHOODS)


def test_formulas_are_set_or_declined():
    assert formula_svg(r"\frac{d\Sigma}{d\zeta} = \left\langle \sum_{i} E_i \right\rangle")
    assert formula_svg(r"\input{/etc/passwd}") is None
