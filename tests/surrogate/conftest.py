"""Charts, hand-written shapes and analytic densities that the surrogate's tests share."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ecdsl.artifacts.manifest import Capability, Manifest, Provenance
from ecdsl.ir.nodes import Apply, Axis, Bins, Correlator, Energy, Observable, Particles, Scale, Side
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.sample import TupleSample
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import TotalWeight

LOWER, UPPER = 170.0, 180.0


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep small networks from waiting for each other's threads on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Peak(torch.nn.Module):
    """An analytic density on the cube: a peak in u1 that moves with the mass, soft in u2, u3."""

    normalised = True

    def __init__(self):
        super().__init__()
        self.register_buffer("width", torch.tensor(0.08, dtype=torch.float64))

    def float(self):
        return self

    def log_cube(self, cube, context):
        centre = 0.55 + 0.02 * (context[:, 0] - 175)
        pull = (cube[:, 0] - centre) / self.width
        area = self.width * math.sqrt(math.pi / 2)
        reach = math.sqrt(2) * self.width
        norm = area * (torch.erf((1 - centre) / reach) + torch.erf(centre / reach))
        result = -0.5 * pull**2 - torch.log(norm)
        if cube.shape[1] == 3:
            result = result + torch.log(2 * (1 - cube[:, 1]) + 1e-300)
            result = result + torch.log(0.5 + cube[:, 2])
        return result


def _ratio_region():
    """Return the shape z2 - n1 z1, z3 - n2 z1 in [0, width], axis z1, as `region.py` has it."""

    def from_cube(region, cube, lower, upper, parameters, floor, ceil):  # noqa: PLR0917
        n1, n2, width = parameters
        first = lower[0].clamp(min=floor)
        span = (upper[0] - first).clamp(min=0)
        z1 = first + span * cube[..., 0]
        z2 = n1 * z1 + width * cube[..., 1]
        start = torch.maximum(n2 * z1, z2)
        room = (n2 * z1 + width - start).clamp(min=0)
        return torch.stack([z1, z2, start + room * cube[..., 2]], dim=-1), span * width * room

    def inside(pairs, energies, scale, parameters):
        n1, n2, width = parameters
        z = torch.sort(pairs, dim=1).values
        first, second = z[:, 1] - n1 * z[:, 0], z[:, 2] - n2 * z[:, 0]
        return (first >= 0) & (first <= width) & (second >= 0) & (second <= width)

    def values(pairs, energies, scale, parameters):
        return pairs.min(dim=1, keepdim=True).values

    return SimpleNamespace(
        SHARES=(1.0,),
        CUBE_DIMENSION=3,
        from_cube=from_cube,
        inside=inside,
        values=values,
    )


@pytest.fixture
def ratio():
    return _ratio_region()


@pytest.fixture
def chart():
    return Chart(order=3, measure="ee", floor=0.0025, ceil=0.6)


@pytest.fixture
def peak_surrogate(chart):
    """The analytic density behind the interface of a trained surrogate."""
    weight = TotalWeight((LOWER,), (UPPER,), 1, (0.2, 0.01))
    return Surrogate("f" * 64, chart, ("mt",), Peak(), weight)


def _draw(chart, n_events, per_event=8, seed=0):
    """Return tuples drawn uniformly in the cube and weighted with the analytic density."""
    random = np.random.default_rng(seed)
    points = np.linspace(LOWER, UPPER, 5)
    n = n_events * per_event
    events = np.repeat(np.arange(n_events), per_event)
    masses = points[events % len(points)]
    cube = torch.from_numpy(random.random((n, chart.dimension)))
    weights = torch.exp(Peak().log_cube(cube, torch.from_numpy(masses)[:, None])).numpy()
    sides = np.sort(chart.from_cube(cube).numpy(), axis=1)
    # The chart of a sample ends at its extremes: put them where the analytic chart ends.
    sides[0], sides[-1] = chart.floor, chart.ceil
    weights[[0, -1]] = 1e-6
    keep = weights > 1e-12
    per_point = np.array([weights[masses == m].sum() for m in points])
    return TupleSample(
        sides=sides[keep],
        weights=weights[keep],
        events=events[keep],
        labels={"mt": masses[keep]},
        points={"mt": points},
        total_weight=per_point,
        n_events=np.array([(events % 5 == k).sum() // per_event for k in range(5)]),
    )


@pytest.fixture
def draw():
    return _draw


@pytest.fixture
def manifest():
    energies = [Energy(i=i) for i in (1, 2, 3)]
    weight = Apply(fn="mul", args=(*energies, Scale()))
    correlator = Correlator(order=3, constituents=Particles(), measure="ee", weight=weight)
    axis = Axis(name="zeta", expr=Side(k=1), bins=Bins(n=4, lower=0.01, upper=0.1))
    return Manifest(
        name="right_isosceles",
        fingerprint="a" * 64,
        kernel_fingerprint="b" * 64,
        correlator_fingerprint="c" * 64,
        observable=Observable(name="right_isosceles", correlator=correlator, axes=(axis,)),
        formula="",
        kernels={},
        histogram=Capability(available=True),
        surrogate=Capability(available=True),
        nre=Capability(available=True),
        provenance=Provenance(file="triangles.obs", line=1, text=""),
        versions={},
    )
