"""Settings of a training: which network, and how it is fitted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecdsl.diagnostics import data_error

Model = Literal["dense", "flow", "histogram", "spline", "unweighted", "zuko"]
Preset = Literal["fast", "full", "published"]
Intervals = Annotated[int, Field(ge=1)]
Stiffness = Annotated[float, Field(gt=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DenseConfig(_Frozen):
    """A multilayer perceptron for the logarithm of the density.

    Attributes:
        layers: Hidden layers of `hidden` units.
        activation: `relu` as published; `silu` has no kinks to integrate over.
        harmonics: Fourier features sin, cos (k pi u), k = 1..harmonics, of each coordinate u.
        integral_points: Monte Carlo points per step for the normalisation.
        normalisation: lambda, the factor of ln int dz dm NN in the loss.
    """

    kind: Literal["dense"] = "dense"
    layers: int = Field(default=3, ge=1)
    hidden: int = Field(default=96, ge=1)
    activation: Literal["relu", "silu"] = "silu"
    harmonics: int = Field(default=8, ge=0)
    integral_points: int = Field(default=8192, ge=16)
    normalisation: float = Field(default=1.0, gt=0)


class CubeFlowConfig(_Frozen):
    """Rational-quadratic splines on the unit cube, one coupling per coordinate and round.

    Attributes:
        rounds: How often every coordinate is transformed.
        bins: Bins of each spline.
        layers: Hidden layers of `hidden` units in each conditioner.
        activation: Of the hidden layers.
        harmonics: Fourier features of the coordinates that a conditioner sees.
        standing: Take coordinates in which the peak of a heavy particle stands still.
    """

    kind: Literal["cube-flow"] = "cube-flow"
    rounds: int = Field(default=1, ge=1)
    bins: int = Field(default=16, ge=2)
    layers: int = Field(default=2, ge=1)
    hidden: int = Field(default=48, ge=1)
    activation: Literal["relu", "silu"] = "silu"
    harmonics: int = Field(default=4, ge=0)
    standing: bool = False


class UnweightedFlowConfig(_Frozen):
    """The published flow of unweighted tuples: splines onto a Gaussian, batch norm, permutations.

    Attributes:
        blocks: Blocks of spline, batch norm and random permutation.
        bins: Bins of each spline.
        layers: Hidden layers of `hidden` units in each conditioner.
        activation: Of the hidden layers.
        tail_bound: The splines act on [-tail_bound, tail_bound].
        min_bin_width: Least width of a bin, of the unit interval.
        nodes: Of the integral over the energy weight.
    """

    kind: Literal["unweighted-flow"] = "unweighted-flow"
    blocks: int = Field(default=10, ge=1)
    bins: int = Field(default=40, ge=2)
    layers: int = Field(default=2, ge=1)
    hidden: int = Field(default=200, ge=1)
    activation: Literal["relu", "silu"] = "relu"
    tail_bound: float = Field(default=14.0, gt=0)
    min_bin_width: float = Field(default=1e-9, gt=0)
    nodes: int = Field(default=24, ge=2)


class ZukoFlowConfig(_Frozen):
    """zuko's neural spline flow: autoregressive rational-quadratic splines onto a Gaussian.

    Attributes:
        transforms: How often every coordinate is transformed, each time in the other order.
        bins: Bins of each spline.
        layers: Hidden layers of `hidden` units in the conditioner.
        activation: Of the hidden layers.
    """

    kind: Literal["zuko-flow"] = "zuko-flow"
    transforms: int = Field(default=2, ge=1)
    bins: int = Field(default=16, ge=2)
    layers: int = Field(default=2, ge=1)
    hidden: int = Field(default=64, ge=1)
    activation: Literal["relu", "silu"] = "silu"


class HistogramConfig(_Frozen):
    """Cells of equal weight whose content is smooth in the label; nothing is descended.

    Attributes:
        depth: The cube is halved so many times at most, into 2^depth cells.
        effective: A node with fewer than twice so many effective tuples stays whole.
        smoothness: Largest degree of the polynomials of a cell's place that its dependence on the
            label is smoothed with.
    """

    kind: Literal["histogram"] = "histogram"
    depth: int = Field(default=14, ge=1, le=20)
    effective: float = Field(default=10.0, ge=1)
    smoothness: int = Field(default=9, ge=0, le=20)


class SplineConfig(_Frozen):
    """Cubic splines of all coordinates for the logarithm of the density; nothing is drawn.

    Attributes:
        intervals: Of the splines along each coordinate.
        stiffness: Inverse prior variance of second differences of neighbouring coefficients: of the
            logarithm itself, of its dependence on the label, and of the curvature in it.
        steps: Of L-BFGS at most.
    """

    kind: Literal["spline"] = "spline"
    intervals: tuple[Intervals, Intervals, Intervals] = (48, 32, 24)
    stiffness: tuple[Stiffness, Stiffness, Stiffness] = (0.1, 30.0, 3000.0)
    steps: int = Field(default=150, ge=1)


NetworkConfig = Annotated[
    DenseConfig
    | CubeFlowConfig
    | UnweightedFlowConfig
    | ZukoFlowConfig
    | HistogramConfig
    | SplineConfig,
    Field(discriminator="kind"),
]


class TrainConfig(_Frozen):
    """How a surrogate is trained; the same config, data and seed give the same surrogate.

    Attributes:
        network: What is fitted.
        preset: Name under which the settings are stored.
        epochs: Passes over the training tuples at most.
        batch: Tuples per step.
        learning_rate: Of AdamW at the start.
        weight_decay: Of AdamW.
        reduce_after: Epochs without gain before the learning rate is halved.
        stop_after: Epochs without gain before training stops.
        annealed: Lower the learning rate along a cosine to zero over `epochs` instead of halving.
        clip: Largest norm of the gradient.
        average_from: Fraction of the epochs after which weights are averaged (SWA); 1 is never.
        validation: Fraction of the events held out to judge an epoch.
        per_jet: Tuples that are kept of each jet, on average.
        member: Number of this surrogate in an ensemble. 0 is the surrogate itself; the others are
            trained on resampled events, from its weights on, and say how far off it may be.
        refit_epochs: Passes over the training tuples of each other member.
        threads: Of torch; part of the settings because sums depend on it.
        seed: Of the split, the initial weights, the batches and the Monte Carlo points.
    """

    network: NetworkConfig
    preset: Preset = "fast"
    epochs: int = Field(default=12, ge=1)
    batch: int = Field(default=4096, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=1e-8, ge=0)
    reduce_after: int = Field(default=10, ge=1)
    stop_after: int = Field(default=20, ge=1)
    annealed: bool = True
    clip: float = Field(default=1.0, gt=0)
    average_from: float = Field(default=1.0, gt=0, le=1)
    validation: float = Field(default=0.1, gt=0, lt=1)
    per_jet: float = Field(default=16.0, gt=0)
    member: int = Field(default=0, ge=0)
    refit_epochs: int = Field(default=2, ge=1)
    threads: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0)

    def of_member(self, number: int) -> TrainConfig:
        """Return the settings of another member of the ensemble."""
        return self.model_copy(update={"member": number, "epochs": self.refit_epochs})

    @property
    def model(self) -> Model:
        """`"dense"`, `"flow"`, `"histogram"`, `"spline"`, `"unweighted"` or `"zuko"`."""
        match self.network:
            case DenseConfig():
                return "dense"
            case HistogramConfig():
                return "histogram"
            case SplineConfig():
                return "spline"
            case ZukoFlowConfig():
                return "zuko"
            case UnweightedFlowConfig():
                return "unweighted"
            case CubeFlowConfig():
                return "flow"

    @property
    def uniform(self) -> bool:
        """Whether it learns from tuples that are kept whatever they weigh."""
        return isinstance(self.network, UnweightedFlowConfig)

    @property
    def stem(self) -> str:
        """The file name, without suffix, under which a surrogate with these settings is stored."""
        return f"{self.model}-{self.preset}" + (f"-{self.member}" if self.member else "")


PRESETS: dict[tuple[Model, Preset], TrainConfig] = {
    ("dense", "fast"): TrainConfig(network=DenseConfig(), epochs=10, learning_rate=5e-3),
    ("flow", "fast"): TrainConfig(network=CubeFlowConfig(), epochs=6, learning_rate=4e-3),
    ("zuko", "fast"): TrainConfig(network=ZukoFlowConfig(), epochs=6, learning_rate=4e-3),
    ("histogram", "fast"): TrainConfig(network=HistogramConfig(), epochs=1),
    ("spline", "fast"): TrainConfig(network=SplineConfig(), epochs=1, refit_epochs=1),
    ("spline", "full"): TrainConfig(
        network=SplineConfig(), preset="full", epochs=1, per_jet=8.0, refit_epochs=1
    ),
    # For a million jets.
    ("flow", "full"): TrainConfig(
        network=CubeFlowConfig(bins=24, hidden=64),
        preset="full",
        epochs=4,
        learning_rate=4e-3,
        per_jet=8.0,
        refit_epochs=1,
    ),
    # arXiv:2508.10988, dense surrogate.
    ("dense", "published"): TrainConfig(
        network=DenseConfig(layers=7, hidden=256, activation="relu", harmonics=4),
        preset="published",
        epochs=100,
        learning_rate=8e-5,
        annealed=False,
        average_from=0.5,
        refit_epochs=20,
    ),
    ("unweighted", "fast"): TrainConfig(
        network=UnweightedFlowConfig(
            blocks=3, bins=12, hidden=48, activation="silu", min_bin_width=1e-3, nodes=16
        ),
        epochs=1,
        learning_rate=4e-3,
        per_jet=64.0,
    ),
    # arXiv:2508.10988, flow surrogate.
    ("unweighted", "published"): TrainConfig(
        network=UnweightedFlowConfig(),
        preset="published",
        epochs=1000,
        batch=500_000,
        learning_rate=1e-4,
        weight_decay=0.0,
        reduce_after=20,
        stop_after=50,
        annealed=False,
        refit_epochs=200,
    ),
}


def preset(model: Model = "flow", name: Preset = "fast", *, seed: int = 0) -> TrainConfig:
    """Return the settings of a model's preset.

    Raises:
        EcdslError: D408 for a model or preset that does not exist.
    """
    if (model, name) not in PRESETS:
        known = ", ".join(f"{m} {p}" for m, p in PRESETS)
        raise data_error("D408", f"no preset `{name}` of model `{model}`", hint=f"known: {known}")
    return PRESETS[model, name].model_copy(update={"seed": seed})
