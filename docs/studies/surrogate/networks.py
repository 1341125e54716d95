"""Print what the flow of docs/studies/surrogate.md gains from a map, and from training on.

Run it in its folder. The map is the spline's, to coordinates in which the peak stands still; after
four epochs the training goes on for two more, from a quarter of the rate. Lines are as those of
`curves.py`.
"""

from __future__ import annotations

from pathlib import Path

from curves import by_shape, folder, heading, one_line, prepared

from ecdsl.project import find_project
from ecdsl.surrogate.config import CubeFlowConfig, preset
from ecdsl.surrogate.store import load_surrogate, surrogate_path

FLOW = preset("flow", "full", seed=4)
MAPPED = FLOW.model_copy(update={"network": CubeFlowConfig(bins=24, hidden=64, standing=True)})
ON = MAPPED.model_copy(update={"epochs": 2, "learning_rate": 1e-3})


def main() -> None:
    """Print a line per training."""
    project = find_project(Path.cwd())
    sample, shapes = prepared(project)
    heading()
    beside = {"with the map": one_line("with the map", MAPPED, sample, shapes, project)}
    key = shapes[0].manifest.correlator_fingerprint
    path = surrogate_path(folder(project, "with the map", sample), key, MAPPED)
    start = load_surrogate(path, key)
    name = "and two epochs more"
    beside[name] = one_line(name, ON, sample, shapes, project, start=start)
    by_shape(shapes, beside)


if __name__ == "__main__":
    main()
