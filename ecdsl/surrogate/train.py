"""Train the surrogate of a correlator, from a sample of its tuples to a file."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ecdsl.diagnostics import data_error
from ecdsl.surrogate.coordinates import chart_of
from ecdsl.surrogate.dataset import training_set
from ecdsl.surrogate.fit import Epoch, fit
from ecdsl.surrogate.histogram import Histogram
from ecdsl.surrogate.histogram_fit import fit_histogram
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.sample import resampled, validate
from ecdsl.surrogate.spline import Spline
from ecdsl.surrogate.spline_fit import fit_spline
from ecdsl.surrogate.store import Training, checkpoint_path, save_surrogate
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import fit_total_weight
from ecdsl.surrogate.unweighted import UnweightedFlow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.surrogate.config import TrainConfig
    from ecdsl.surrogate.sample import TupleSample


def require_surrogate(manifest: Manifest) -> None:
    """Refuse a correlator that no surrogate can describe.

    Raises:
        EcdslError: D401 with the compiler's reason.
    """
    if not manifest.surrogate.available:
        raise data_error(
            "D401",
            f"`{manifest.name}` has no surrogate: {manifest.surrogate.reason}",
            hint="fill it from events with `ecdsl fill`",
        )


def train(
    manifest: Manifest,
    sample: TupleSample,
    config: TrainConfig,
    build: Path,
    *,
    progress: Callable[[Epoch], None] | None = None,
    start: Surrogate | None = None,
) -> Surrogate:
    """Train, store and return the surrogate of an observable's correlator.

    Each epoch ends with a checkpoint. An interrupted training that is called again with the same
    correlator, data and config goes on from there, to the same result.

    Args:
        manifest: Any observable of the correlator.
        sample: Training tuples of the correlator.
        config: How to train.
        build: The project's build folder.
        progress: Called after each epoch.
        start: Whose weights another member of its ensemble starts from, but for a spline.

    Raises:
        EcdslError: D401 where no surrogate is possible; D402, D403 for a sample that cannot be
            learned from.
        NumericalError: If a loss is not finite.
    """
    require_surrogate(manifest)
    correlator = manifest.observable.correlator
    data_fingerprint = validate(sample).fingerprint()
    own = sample.weights if config.uniform else None
    if config.member:
        sample = resampled(sample, config.seed, config.member)
    chart = chart_of(sample.sides, correlator.order, correlator.measure)
    data = training_set(sample, chart, config.validation, config.seed, own=own)
    total_weight = fit_total_weight(sample, data.described)
    network = build_network(
        config.network, chart, total_weight.lower, total_weight.upper, config.seed
    )
    if start is not None:
        network.load_state_dict(start.network.state_dict())
    checkpoint = checkpoint_path(build, manifest.correlator_fingerprint, config)
    if isinstance(network, Histogram):
        history = fit_histogram(network, data, config.threads, progress)
    elif isinstance(network, Spline):
        judged = config.member == 0
        history = fit_spline(network, data, config.threads, progress, judged=judged)
    else:
        run = _run_key(manifest.correlator_fingerprint, data_fingerprint, config)
        if isinstance(network, UnweightedFlow):
            network.adjust(data.train)
        fitted = network.tuples if isinstance(network, UnweightedFlow) else network
        history = fit(fitted, data, config, run=run, checkpoint=checkpoint, progress=progress)
    surrogate = Surrogate(
        correlator_fingerprint=manifest.correlator_fingerprint,
        chart=chart,
        labels=tuple(sample.labels),
        network=network.double().eval(),
        total_weight=total_weight,
    )
    save_surrogate(build, surrogate, Training(config, data_fingerprint, history))
    checkpoint.unlink(missing_ok=True)
    return surrogate


def _run_key(correlator: str, data: str, config: TrainConfig) -> str:
    text = json.dumps([correlator, data, config.model_dump()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
