"""The run settings of `ecdsl.toml`: typed, closed, and refused with the line that is wrong."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ecdsl.diagnostics import Diagnostic, EcdslError, Source, Span, data_error
from ecdsl.diagnostics.suggest import likely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

T = TypeVar("T")

MIN_NUISANCE_VALUES = 3
"""A quadratic polynomial in a nuisance needs so many."""
MAX_VALUES = 10_000
"""The longest grid of parameter values that is believed to be meant."""


def parse_values(text: str) -> tuple[float, ...]:
    """Return the values of `"170:180:0.5"` (both ends included) or of `"173.37"`.

    Raises:
        EcdslError: D104 for anything else, a step that does not divide the range, or more than
            `MAX_VALUES` values.
    """
    parts = text.split(":")
    if len(parts) not in (1, 3):
        raise _bad_values(text, "is neither one value nor lo:hi:step")
    numbers = [_decimal(text, part) for part in parts]
    if len(numbers) == 1:
        return (float(numbers[0]),)
    lower, upper, step = numbers
    if step <= 0 or upper <= lower:
        raise _bad_values(text, "needs lo < hi and a positive step")
    intervals = (upper - lower) / step
    if intervals >= MAX_VALUES:
        raise _bad_values(text, f"has more than {MAX_VALUES} values")
    if intervals != intervals.to_integral_value():
        raise _bad_values(text, f"does not reach {upper} in steps of {step}")
    return tuple(float(lower + k * step) for k in range(int(intervals) + 1))


def parse_parameter(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the name and the values of `"mt=170:180:0.5"` or `"n1=1.02"`.

    Raises:
        EcdslError: D104 where the text is not NAME=VALUES.
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise data_error("D104", f"'{text}' is not NAME=VALUE", hint="write e.g. mt=173.37")
    return name.strip(), parse_values(values)


def parse_value(text: str) -> tuple[str, float]:
    """Return the name and the value of `"n1=1.02"`.

    Raises:
        EcdslError: D104 where the text is not NAME=VALUE.
    """
    name, values = parse_parameter(text)
    if len(values) != 1:
        raise data_error("D104", f"'{text}' is a grid", hint=f"give one value: {name}={values[0]}")
    return name, values[0]


def by_name(given: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Return what was given for each name.

    Raises:
        EcdslError: D104 for a name that was given twice.
    """
    found: dict[str, T] = {}
    for name, value in given:
        if name in found:
            raise data_error("D104", f"`{name}` is given twice", hint="give one value to each name")
        found[name] = value
    return found


def _decimal(text: str, part: str) -> Decimal:
    try:
        number = Decimal(part.strip())
    except InvalidOperation:
        raise _bad_values(text, f"holds '{part}', which is not a number") from None
    # Decimal also reads NaN, infinities, underscores and digits of every script.
    if not part.isascii() or "_" in part or not number.is_finite() or abs(number) > 10**15:
        raise _bad_values(text, f"holds '{part}', which is not a plain finite number")
    return number


def _bad_values(text: str, why: str) -> EcdslError:
    return data_error(
        "D104", f"'{text}' {why}", hint="write one value as 173.37, a grid as 170:180:0.5"
    )


def _values(raw: object) -> object:
    """Let pydantic show a grid's own message at the grid's own place."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return (raw,)
    if isinstance(raw, str):
        try:
            return parse_values(raw)
        except EcdslError as error:
            raise ValueError(error.diagnostics[0].message) from None
    return raw


Values = Annotated[tuple[float, ...], BeforeValidator(_values), Field(min_length=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
Jets = Annotated[int, Field(gt=0, strict=True)]


def _nuisance(raw: object) -> object:
    if raw == "flat" or (isinstance(raw, (list, tuple)) and len(raw) == 2):
        return raw
    msg = 'must be [value, error], or "flat"'
    raise ValueError(msg)


Nuisance = Annotated[Literal["flat"] | tuple[float, float], BeforeValidator(_nuisance)]


# What is kept of each jet: particles with charge and species, the charged ones, or subjets.
Held = Literal["particles", "charged", "subjets"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)


class Simulation(_Section):
    """Events to simulate: `jets` at each point of the grid of `parameters`.

    `scale` is the collision energy Q in GeV; where it or `constituents` is not given the process
    decides.
    """

    process: str
    scale: Annotated[float, Field(gt=0)] | None = None
    constituents: Held | None = None
    parameters: Annotated[dict[str, Values], Field(min_length=1)]
    jets: Jets
    seed: Seed


class Data(_Section):
    """The held-out simulation that stands for data where no events are given."""

    parameters: dict[str, float]
    jets: Jets
    seed: Seed


Beside = Literal["nre", "ansatz", "tuples", "histogram"]
"""What stands beside the binned likelihood."""


class Inference(_Section):
    """What is inferred from which observables (all of the project's where none are named).

    `nuisances` are inferred with it, by `nre` alone: for each the value and the error of a
    measurement from elsewhere, or "flat" where there is none.

    Beside the binned likelihood stands the ratio estimator (`nre`), the Gaussian ansatz (`ansatz`),
    the published product over tuples (`tuples`) or the published fit of histograms (`histogram`).
    `loss` is what the ratio estimator minimises, see `ecdsl.inference.ratio_loss`. `datum` is the
    measured correlator, as it is or divided by its sum over all bins.
    """

    parameter: str
    prior: tuple[float, float]
    nuisances: dict[str, Nuisance] = {}
    observables: tuple[str, ...] = ()
    datum: Literal["absolute", "normalized"]
    likelihood: Beside
    loss: Literal["nre-c", "nre-a", "balanced"]
    seed: Seed


class Surrogate(_Section):
    """The model that learns a correlator, the preset of its training, and the ensemble's size.

    `members` after the first are trained on resampled events and say how far off the first may be.
    """

    model: Literal["dense", "flow", "histogram"]
    preset: Literal["fast", "full", "published"]
    members: Annotated[int, Field(ge=1, le=100, strict=True)]
    seed: Seed


class Calibration(_Section):
    """How `ecdsl calibrate` tests coverage.

    `replicas` simulations, each asked about `experiments` pseudo-experiments of each number of
    `jets` at each of `values` of the inferred parameter, which are better not on the simulated
    grid, and of the quartiles of each nuisance. They are drawn from a `pool` of so many jets at
    each of these points.
    """

    values: Values
    jets: Annotated[tuple[Annotated[int, Field(ge=20, strict=True)], ...], Field(min_length=1)]
    replicas: Annotated[int, Field(gt=0, le=1000)]
    experiments: Annotated[int, Field(gt=0, le=1000)]
    pool: Jets
    seed: Seed


class Validation(_Section):
    """The held-out events that `ecdsl validate` judges a surrogate with: `jets` at each value."""

    # A quadratic through the surrogate's marginals at these values is what a fit needs.
    values: Annotated[Values, Field(min_length=3)]
    jets: Jets
    seed: Seed


def _check_nuisances(simulation: Simulation, inference: Inference) -> None:
    """Refuse nuisances that the simulation or the likelihood does not know."""
    if inference.nuisances and inference.likelihood != "nre":
        msg = f"inference.likelihood '{inference.likelihood}' knows no nuisances, 'nre' does"
        raise ValueError(msg)
    for name, known in inference.nuisances.items():
        values = simulation.parameters.get(name, ())
        if name == inference.parameter or len(values) < MIN_NUISANCE_VALUES:
            msg = (
                f"inference.nuisances: '{name}' must be another simulated parameter, of at least"
                f" {MIN_NUISANCE_VALUES} values"
            )
            raise ValueError(msg)
        if known != "flat" and not (min(values) < known[0] < max(values) and known[1] > 0):
            msg = (
                f"inference.nuisances: [value, error] of '{name}' must lie within the simulated"
                " values, with a positive error"
            )
            raise ValueError(msg)


class Settings(_Section):
    """All sections, and what must hold between them."""

    simulation: Simulation
    data: Data
    inference: Inference
    surrogate: Surrogate
    calibration: Calibration
    validation: Validation

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        simulated = self.simulation.parameters
        name = self.inference.parameter
        if name not in simulated:
            msg = f"inference.parameter '{name}' is not simulated ({', '.join(simulated)} is)"
            raise ValueError(msg)
        repeated = [key for key, values in simulated.items() if len(set(values)) < len(values)]
        if repeated:
            msg = f"simulation.parameters gives a value of {repeated[0]} twice"
            raise ValueError(msg)
        lower, upper = self.inference.prior
        if not min(simulated[name]) <= lower < upper <= max(simulated[name]):
            msg = f"inference.prior must be a range within the simulated values of {name}"
            raise ValueError(msg)
        _check_nuisances(self.simulation, self.inference)
        if self.calibration.pool < max(self.calibration.jets):
            msg = "calibration.pool must hold the jets of one pseudo-experiment, calibration.jets"
            raise ValueError(msg)
        if set(self.data.parameters) != set(simulated):
            msg = f"data.parameters must give one value for each of: {', '.join(simulated)}"
            raise ValueError(msg)
        for section in ("data", "validation"):
            if getattr(self, section).seed == self.simulation.seed:
                # The same seed would make these events a copy of the templates'.
                msg = f"{section}.seed must differ from simulation.seed"
                raise ValueError(msg)
        return self


def read_toml(source: Source) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        EcdslError: D101 where the text is no TOML.
    """
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        message = f"{source.name} is not valid TOML: {error}"
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        span = _line_span(source, int(place[1])) if place else None
        raise EcdslError([Diagnostic("D101", message, span=span)]) from None


def settings(source: Source, default: Mapping[str, Any]) -> Settings:
    """Return the settings of `source`; what it does not say is taken from `default`.

    Raises:
        EcdslError: D101 no TOML, D102 an unknown key, D103 a value that cannot be used; every
            finding with its line.
    """
    given = read_toml(source)
    merged = {
        section: {**default.get(section, {}), **table} if isinstance(table, dict) else table
        for section, table in {**default, **given}.items()
    }
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise EcdslError([_diagnostic(source, detail) for detail in error.errors()]) from None


def _diagnostic(source: Source, detail: ErrorDetails) -> Diagnostic:
    path = tuple(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    # A finding between sections has no place of its own but names its key.
    named = re.match(r"([a-z]+)\.([a-z]+)", message)
    span = _key_span(source, path or (named.groups() if named else ()))
    if detail["type"] == "extra_forbidden":
        return Diagnostic("D102", f"unknown key {'.'.join(path)}", span, hints=(_known(path),))
    if detail["type"] == "model_type":
        message = f"must be a table, [{path[0]}]"
    where = "".join(f"{part}: " for part in ("" if span else source.name, ".".join(path)) if part)
    return Diagnostic("D103", f"{where}{message[:1].lower()}{message[1:]}", span)


def _known(path: tuple[str, ...]) -> str:
    """Say which keys there are where `path` ends, the likely one first."""
    model: type[BaseModel] = Settings
    for part in path[:-1]:
        annotation = model.model_fields[part].annotation
        model = next(t for t in (annotation, *get_args(annotation)) if isinstance(t, type))
    names = list(model.model_fields)
    return likely(path[-1], names, otherwise=f"known keys: {', '.join(names)}")


def _key_span(source: Source, path: tuple[str, ...]) -> Span | None:
    """Find the line of the deepest key of `path` that the text spells out."""
    found: Span | None = None
    section = ""
    for number in range(1, len(source.line_starts) + 1):
        line = source.line_text(number)
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            section = header[1].strip()
            if path[:1] == (section,) and found is None:
                found = _line_span(source, number)
        key = re.match(r"\s*([\w.-]+)\s*=", line)
        if key and _spells(section, key[1], path):
            found = _line_span(source, number)
    return found


def _spells(section: str, key: str, path: tuple[str, ...]) -> bool:
    written = tuple(part for part in (*section.split("."), *key.split(".")) if part)
    return bool(path) and written == path[: len(written)]


def _line_span(source: Source, number: int) -> Span:
    start = source.line_starts[number - 1]
    text = source.line_text(number)
    indent = len(text) - len(text.lstrip())
    return Span(source, start + indent, start + max(len(text.rstrip()), indent + 1))
