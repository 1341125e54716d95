"""The run settings of `ecdsl.toml`: typed, closed, and refused with the line that is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ecdsl.diagnostics import Diagnostic, EcdslError, Source, Span
from ecdsl.diagnostics.suggest import likely
from ecdsl.parameter_values import parse_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

MIN_NUISANCE_VALUES = 3
"""A quadratic polynomial in a nuisance needs so many."""


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

    model: Literal["dense", "flow", "histogram", "spline", "unweighted", "zuko"]
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


class Events(_Section):
    """Files of events, beside `ecdsl.toml`, each in the place of what would be simulated.

    `simulation` are labelled jets of which templates and surrogates are made, `data` what is
    measured, `validation` and `calibration` labelled jets that no template or surrogate has seen.
    """

    simulation: Path | None = None
    data: Path | None = None
    validation: Path | None = None
    calibration: Path | None = None


REPLACED: Final[Mapping[str, tuple[str, ...]]] = {
    "simulation": tuple(Simulation.model_fields),
    "data": ("parameters", "seed"),
    "validation": tuple(Validation.model_fields),
    "calibration": ("values", "pool", "seed"),
}
"""What a section says of a simulation, and no more where `events` names a file in its place."""


def check_nuisances(simulated: Mapping[str, Sequence[float]], inference: Inference) -> None:
    """Refuse nuisances that the simulation or the likelihood does not know.

    Args:
        simulated: The values of each parameter.
        inference: The settings.

    Raises:
        ValueError: Named by its key.
    """
    if inference.nuisances and inference.likelihood != "nre":
        msg = f"inference.likelihood '{inference.likelihood}' knows no nuisances, 'nre' does"
        raise ValueError(msg)
    for name, known in inference.nuisances.items():
        values = simulated.get(name, ())
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

    events: Events = Events()
    simulation: Simulation
    data: Data
    inference: Inference
    surrogate: Surrogate
    calibration: Calibration
    validation: Validation

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        if self.events.simulation is None:
            self._simulation_agrees()
        if self.calibration.pool < max(self.calibration.jets):
            msg = "calibration.pool must hold the jets of one pseudo-experiment, calibration.jets"
            raise ValueError(msg)
        return self

    def _simulation_agrees(self) -> None:
        """Refuse what does not fit the simulated values; those of a file are known to the file."""
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
        check_nuisances(simulated, self.inference)
        if self.events.data is None and set(self.data.parameters) != set(simulated):
            msg = f"data.parameters must give one value for each of: {', '.join(simulated)}"
            raise ValueError(msg)
        for section in ("data", "validation"):
            simulates = getattr(self.events, section) is None
            if simulates and getattr(self, section).seed == self.simulation.seed:
                # The same seed would make these events a copy of the templates'.
                msg = f"{section}.seed must differ from simulation.seed"
                raise ValueError(msg)


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
    _refuse_replaced(source, given)
    merged = {
        section: {**default.get(section, {}), **table} if isinstance(table, dict) else table
        for section, table in {**default, **given}.items()
    }
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise EcdslError([_diagnostic(source, detail) for detail in error.errors()]) from None


def _refuse_replaced(source: Source, given: Mapping[str, Any]) -> None:
    """Refuse to ignore what is said of a simulation that a file takes the place of."""
    files = given.get("events", {})
    for section, keys in REPLACED.items():
        said = given.get(section, {})
        if isinstance(files, dict) and section in files and isinstance(said, dict):
            for key in [key for key in keys if key in said]:
                message = (
                    f"{section}.{key} says what to simulate, and events.{section} names a file"
                )
                hint = "leave one of the two out"
                span = _key_span(source, (section, key))
                raise EcdslError([Diagnostic("D103", message, span, hints=(hint,))])


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
