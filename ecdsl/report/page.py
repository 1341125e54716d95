"""The HTML page of an analysis: one file that needs nothing from outside."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecdsl.report.checks import coverage_figure, training_figure
from ecdsl.report.derived import derived_figure
from ecdsl.report.formula import formula_svg
from ecdsl.report.posteriors import posterior_figure
from ecdsl.report.spectrum import central_template, spectrum_figure
from ecdsl.report.style import LIKELIHOODS, style, svg
from ecdsl.report.tables import (
    BUDGET,
    budget_cells,
    budget_fields,
    calibration_text,
    fit_text,
    interval68_text,
    interval_text,
    posteriors,
    truth_text,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ecdsl.inference.results import (
        AnalysisResult,
        DerivedResult,
        ObservableResult,
        PosteriorResult,
        SurrogateResult,
    )


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, and the words for those who do not see it."""

    source: str
    alt: str


@dataclass(frozen=True)
class Row:
    """A posterior as the texts of a table's row."""

    observable: str
    estimate: str
    interval68: str
    interval95: str
    profile68: str
    half_width: str
    budget: tuple[str, ...]
    likelihood: str
    calibration: str
    calibrated: bool
    truth: str
    fit: str
    seconds: str


@dataclass(frozen=True)
class Section:
    """What the page shows of one observable."""

    result: ObservableResult
    formula: Picture | None
    spectrum: Picture
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class DerivedSection:
    """What the page shows of one derived observable."""

    result: DerivedResult
    formula: Picture | None
    figure: Picture


@dataclass(frozen=True)
class Training:
    """What the page shows of one surrogate."""

    result: SurrogateResult
    picture: Picture


def render_page(result: AnalysisResult) -> str:
    """Return the page of a result."""
    environment = Environment(
        loader=PackageLoader("ecdsl.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    coverage = tuple(c for o in result.observables for c in o.coverage)
    with style():
        return environment.get_template("page.html.j2").render(
            result=result,
            posterior=_picture(posterior_figure(result), _posterior_words(result)),
            sections=tuple(_section(result, o) for o in result.observables),
            derivations=tuple(_derivation(result, d) for d in result.derived),
            coverage=coverage,
            coverage_picture=_picture(
                coverage_figure(coverage), "Covered fraction of each interval; numbers below."
            )
            if coverage
            else None,
            trainings=tuple(_training(s) for s in result.surrogates),
            likelihoods=LIKELIHOODS,
            budget=[BUDGET[field] for field in budget_fields(result)],
        )


def _section(result: AnalysisResult, observable: ObservableResult) -> Section:
    central = central_template(result, observable)
    words = (
        f"{observable.name}: the measured histogram with its errors, simulations at"
        f" {', '.join(f'{t.parameter:g}' for t in observable.templates)} {result.unit},"
        f" the surrogate's marginal, and their ratio to the simulation at {central.parameter:g}."
    )
    return Section(
        result=observable,
        formula=_formula(observable.formula),
        spectrum=_picture(spectrum_figure(result, observable), words),
        rows=tuple(_row(p, result) for p in observable.posteriors),
    )


def _derivation(result: AnalysisResult, derived: DerivedResult) -> DerivedSection:
    words = (
        f"{derived.name}: measured with its errors, and simulations at"
        f" {', '.join(f'{t.parameter:g}' for t in derived.templates)} {result.unit}."
    )
    return DerivedSection(
        derived, _formula(derived.formula), _picture(derived_figure(result, derived), words)
    )


def _formula(latex: str) -> Picture | None:
    drawn = formula_svg(latex)
    return Picture(_uri(drawn), latex) if drawn else None


def _training(surrogate: SurrogateResult) -> Training:
    words = (
        f"Loss of the {surrogate.model} surrogate over {len(surrogate.training_loss)} epochs"
        " on the training and the validation part."
    )
    return Training(surrogate, _picture(training_figure(surrogate), words))


def _row(posterior: PosteriorResult, result: AnalysisResult) -> Row:
    return Row(
        observable=posterior.observable,
        estimate=f"{posterior.estimate:.2f}",
        interval68=interval68_text(posterior),
        interval95=interval_text(posterior.interval95),
        profile68="–" if posterior.profile68 is None else interval_text(posterior.profile68),
        half_width=f"{posterior.half_width68:.2f}",
        budget=budget_cells(posterior, budget_fields(result)),
        likelihood=LIKELIHOODS[posterior.likelihood].name,
        calibration=calibration_text(posterior),
        calibrated=posterior.calibrated,
        truth="" if result.truth is None else truth_text(posterior, result.truth),
        fit=fit_text(posterior),
        seconds=f"{posterior.seconds:.1f}",
    )


def _posterior_words(result: AnalysisResult) -> str:
    rows = (f"{p.observable} {p.estimate:.2f} ± {p.half_width68:.2f}" for p in posteriors(result))
    return f"Posteriors of {result.parameter}: {'; '.join(rows)}."


def _picture(figure: Figure, alt: str) -> Picture:
    return Picture(_uri(svg(figure)), alt)


def _uri(image: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(image).decode('ascii')}"
