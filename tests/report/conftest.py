"""A realistic result: events drawn from a peaked spectrum and analysed with their covariance."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.results import (
    AnalysisResult,
    AxisResult,
    BinContents,
    CoverageResult,
    DerivedBins,
    DerivedResult,
    ErrorBudget,
    ObservableResult,
    PosteriorResult,
    SurrogateResult,
)

TRUTH = 173.37
EDGES = np.geomspace(3e-3, 0.3, 21)
GRID = np.linspace(170, 180, 401)
WIDTHS = {"equilateral": 0.25, "right_isosceles": 0.35, "zeta_max": 0.45, "zeta_mean": 0.4}


def spectrum(mass, width):
    """A peak at 3 m^2/s above a soft fall, per bin."""
    centers = np.sqrt(EDGES[1:] * EDGES[:-1])
    peak = np.exp(-0.5 * (np.log(centers / (3 * mass**2 / 4e6)) / width) ** 2)
    return 2e-3 * (peak + 0.35 * (centers / 3e-3) ** -0.8)


def histogram(rng, mass, width, n_events):
    rows = rng.gamma(2.0, spectrum(mass, width) / 2.0, size=(n_events, len(EDGES) - 1))
    errors = rows.std(axis=0, ddof=1) / np.sqrt(n_events)
    return rows.mean(axis=0), errors


def contents(values, errors, parameter, n_events):
    return BinContents(
        contents=tuple(values), errors=tuple(errors), parameter=parameter, n_events=n_events
    )


def posterior(name, width, data, errors, *, likelihood, calibrated, correlation):
    chi2 = [np.sum(((data - spectrum(m, width)) / errors) ** 2) for m in GRID]
    # Correlated bins carry less than independent ones would.
    density = np.exp(-0.5 * (np.array(chi2) - min(chi2)) / correlation)
    step = GRID[1] - GRID[0]
    density /= density.sum() * step
    order = np.argsort(density)[::-1]

    def region(level):
        inside = np.sort(order[: 1 + np.searchsorted(np.cumsum(density[order]) * step, level)])
        return ((float(GRID[inside[0]]), float(GRID[inside[-1]])),)

    (low, high), *_ = region(0.68)
    return PosteriorResult(
        observable=name,
        parameter="mt",
        estimate=float(GRID[order[0]]),
        interval68=region(0.68),
        interval95=region(0.95),
        half_width68=(high - low) / 2,
        budget=ErrorBudget(
            data=0.4 * (high - low),
            simulation=0.3 * (high - low),
            training=0.017 if likelihood == "nre" else None,
        ),
        likelihood=likelihood,
        calibrated=calibrated,
        n_events=5000,
        seconds=1.5,
        at_boundary=False,
        goodness_of_fit=0.43 if likelihood == "binned" else None,
        grid=tuple(GRID),
        density=tuple(density),
    )


def observable(rng, name, width):
    data, errors = histogram(rng, TRUTH, width, 5000)
    templates = [(m, *histogram(rng, m, width, 1500)) for m in (170.0, 173.5, 180.0)]
    learned = spectrum(173.5, width) * (1 + 0.02 * np.sin(np.arange(len(EDGES) - 1)))
    kinds = (("nre", True, 6.0), ("binned", True, 5.5), ("surrogate", False, 5.0))
    return ObservableResult(
        name=name,
        formula=r"\frac{d\Sigma}{d\zeta} = \left\langle \sum_{i \neq j \neq k}"
        r" \frac{E_i E_j E_k}{Q^3}\, \delta\left(\zeta - \max(z_{12}, z_{13}, z_{23})\right)"
        r" \right\rangle",
        doc="The longest side of each triangle.\narXiv:2508.10988.",
        file="observables/top/mass.obs",
        line=12,
        source=f"observable {name} = top_eeec | longest {{\n"
        "  axis zeta: 20 log bins in [3e-3, 0.3]\n}",
        fingerprint="3f9a12c4" * 8,
        kernel_fingerprint="77aa12c4" * 8,
        correlator_fingerprint="c0ffee12" * 8,
        axes=(AxisResult(name="zeta", edges=tuple(EDGES), spacing="log"),),
        data=contents(data, errors, None, 5000),
        templates=tuple(contents(v, e, m, 1500) for m, v, e in templates),
        surrogate=(contents(learned, 0.01 * learned, 173.5, 0),),
        posteriors=tuple(
            posterior(name, width, data, errors, likelihood=k, calibrated=c, correlation=s)
            for k, c, s in kinds
        ),
        coverage=tuple(
            CoverageResult(
                observable=name,
                likelihood=likelihood,
                level=level,
                covered=int(rng.binomial(210, level)),
                covered_error=6.8,
                pseudo_experiments=210,
                n_events=1500,
                bias=float(rng.normal(0, 0.05)),
                bias_error=0.05,
                half_width=1.2,
                oracle_half_width=1.1,
                pull_mean=0.04,
                pull_width=1.02,
                rank_p=0.4,
                credibility_p=0.6,
            )
            for likelihood in ("nre", "binned")
            for level in (0.68, 0.95)
        ),
        notes=("the last 3 bins were merged: too few effective events",),
    )


def ratio(rng):
    """The steeper spectrum over the flatter one; the first bin has no value."""

    def bins(mass, parameter, n_events):
        parts = [histogram(rng, mass, width, n_events) for width in (0.25, 0.35)]
        (above, above_error), (below, below_error) = parts
        values = above / below
        errors = values * np.hypot(above_error / above, below_error / below)
        return DerivedBins(
            values=(None, *values[1:].tolist()),
            errors=(None, *errors[1:].tolist()),
            parameter=parameter,
            n_events=n_events,
        )

    return DerivedResult(
        name="narrowness",
        formula=r"\mathrm{narrowness} = \frac{\mathrm{equilateral}}{\mathrm{right\_isosceles}}",
        doc="How much narrower one peak is.",
        file="observables/top/mass.obs",
        line=40,
        source="derive narrowness = equilateral / right_isosceles",
        fingerprint="d0d0aa12" * 2,
        operands=("equilateral", "right_isosceles"),
        axes=(AxisResult(name="zeta", edges=tuple(EDGES), spacing="log"),),
        data=bins(TRUTH, None, 5000),
        templates=tuple(bins(mass, mass, 1500) for mass in (170.0, 173.5, 180.0)),
        notes=("1 of 20 bins are undefined (an empty denominator)",),
    )


@pytest.fixture(scope="session")
def result():
    rng = np.random.default_rng(5)
    epochs = np.arange(30)
    return AnalysisResult(
        parameter="mt",
        unit="GeV",
        prior=(170.0, 180.0),
        truth=TRUTH,
        data_source="held-out simulation, ee-ttbar at Q = 2000 GeV, mt = 173.37, seed 2",
        data_events=5000,
        data_jets=10000,
        simulation_values=tuple(np.linspace(170, 180, 21)),
        simulation_events=1500,
        observables=tuple(observable(rng, name, width) for name, width in WIDTHS.items()),
        derived=(ratio(rng),),
        surrogates=(
            SurrogateResult(
                correlator_fingerprint="c0ffee12" * 8,
                model="dense",
                preset="fast",
                training_loss=tuple(2.1 + 0.9 * np.exp(-epochs / 6)),
                validation_loss=tuple(2.13 + 0.88 * np.exp(-epochs / 6)),
                n_tuples=1_012_345,
                inflation=1.4,
                seconds=63.0,
            ),
        ),
        settings={"simulation.process": "ee-ttbar", "simulation.jets": "3000"},
        seeds={"simulation": 1, "data": 2},
        versions={"ecdsl": "0.1.0", "python": "3.11.9", "numpy": "2.3.1"},
        timings={"simulate": 44.1, "fill": 6.0, "train": 63.0},
        warnings=(),
    )
