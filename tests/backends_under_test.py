"""The three backends behind one call: an observable and jets in, rows out."""

from __future__ import annotations

import hashlib
import tempfile
from itertools import permutations, product
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numpy as np
import torch

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.manifest import KernelFile, edges
from ecdsl.artifacts.store import store_kernel
from ecdsl.backends.numba.emit import emit_fill
from ecdsl.backends.reference import interpreter
from ecdsl.backends.torch.emit import emit_region
from ecdsl.events.selection import kernel_columns, select_constituents
from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.fingerprint import correlator_fingerprint, kernel_fingerprint
from ecdsl.ir.nodes import Pt, Scale, pairs
from ecdsl.kernel_runtime import bins, geometry, lanes, picks
from ecdsl.passes import pipeline

BUILD = Path(tempfile.mkdtemp(prefix="ecdsl-tests-"))


def module_of(plan, emit):
    return _load(emit(plan), kernel_fingerprint(plan))


def module_from(correlator, emit):
    return _load(emit(correlator), correlator_fingerprint(correlator))


def _load(source, fingerprint):
    file = store_kernel(BUILD, fingerprint, source.name, source.text)
    assert isinstance(file, KernelFile)
    assert hashlib.sha256(source.text.encode()).hexdigest() == file.sha256
    return load_kernel(BUILD, file)


def reference_rows(observable, jets, parameters=None):
    """Evaluate an observable on jets as a file holds them, one tuple after the other."""
    return reference(observable, jets, parameters).rows


def reference(observable, jets, parameters=None):
    event, n_events = jets.event_index()
    return interpreter.histogram(
        observable,
        offsets=jets.offsets, px=jets.px, py=jets.py, pz=jets.pz, energy=jets.energy,
        charge=jets.charge, pdgid=jets.pdgid, jet=jets.jet_momenta(), columns=jets.labels,
        scale=jets.scale, event=event,
        edges=[edges(axis.bins) for axis in observable.axes],
        parameters=values_of(observable) if parameters is None else parameters,
        n_events=n_events,
    )  # fmt: skip


def numba_rows(observable, jets, parameters=None):
    plan = pipeline.run(observable)
    return run_fill(module_of(plan, emit_fill).fill, plan.observable, jets, parameters)


def numba_counted(observable, jets):
    plan = pipeline.run(observable)
    return counted_fill(module_of(plan, emit_fill).fill, plan.observable, jets)


def python_rows(observable, jets, parameters=None):
    return python_counted(observable, jets, parameters)[0]


def python_counted(observable, jets, parameters=None):
    """Run the generated numba module as plain Python: the same text, no compilation."""
    plan = pipeline.run(observable)
    kernel = module_of(plan, emit_fill)
    original = {name: f for name, f in vars(kernel).items() if hasattr(f, "py_func")}
    try:
        for name, function in original.items():
            setattr(kernel, name, function.py_func)
        return counted_fill(kernel.fill, plan.observable, jets, parameters)
    finally:
        for name, function in original.items():
            setattr(kernel, name, function)


# As in compiled code: what is undefined is NaN, what is divided by 0 infinite.
LIKE_COMPILED = SimpleNamespace(
    **{
        name: getattr(np, name)
        for name in ("sqrt", "log", "exp", "pi", "cos", "sin", "cosh", "sinh")
    },
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan", "atan2", "asinh")},
)


def as_python(kernel):
    """Return the generated module with its functions, and those that it shares, uncompiled."""
    named = {**vars(bins), **vars(geometry), **vars(lanes), **vars(picks), **vars(kernel)}
    plain = {**named, "math": LIKE_COMPILED}
    for name, function in named.items():
        if hasattr(function, "py_func"):
            plain[name] = FunctionType(function.py_func.__code__, plain, name)
    return SimpleNamespace(**plain)


def run_fill(fill, observable, jets, parameters=None):
    """Select what an observable in canonical form sums over, and call its kernel."""
    return counted_fill(fill, observable, jets, parameters)[0]


def counted_fill(fill, observable, jets, parameters=None):
    """Return the rows, and the number of tuples without a value on an axis."""
    jets = select_constituents(jets, observable.correlator)
    columns = kernel_columns(jets, observable)
    event, n_events = jets.event_index()
    all_edges = [edges(axis.bins) for axis in observable.axes]
    rows = np.zeros((n_events, int(np.prod([len(e) + 1 for e in all_edges]))))
    values = values_of(observable) if parameters is None else np.asarray(parameters, dtype=float)
    with np.errstate(all="ignore"):
        n_undefined = fill(
            jets.offsets, jets.px, jets.py, jets.pz, jets.energy, jets.scale,
            columns.particles, columns.jets, event,
            np.concatenate(all_edges), np.cumsum([0, *(len(e) for e in all_edges)]), values, rows,
        )  # fmt: skip
    return rows, n_undefined


def distances(measure, px, py, pz):
    """Return (n, n) the pairwise distances of a measure, as arrays."""
    if measure == "ee":
        momentum = np.stack([px, py, pz], axis=1)
        unit = momentum / np.linalg.norm(momentum, axis=1, keepdims=True)
        return ((unit[:, None] - unit[None, :]) ** 2).sum(axis=2) / 4
    eta, phi = np.arcsinh(pz / np.hypot(px, py)), np.arctan2(py, px)
    dphi = np.abs(phi[:, None] - phi[None, :])
    dphi = np.minimum(dphi, 2 * np.pi - dphi)
    return (eta[:, None] - eta[None, :]) ** 2 + dphi**2


def torch_rows(observable, jets, parameters=None):
    """Evaluate the torch mask on every ordered tuple that the declaration sums over."""
    module = module_of(pipeline.run(observable), emit_region)
    values = values_of(observable) if parameters is None else parameters
    order = observable.correlator.order
    event, n_events = jets.event_index()
    shape = [axis.bins.n + 2 for axis in observable.axes]
    rows = np.zeros((n_events, *shape))
    for jet in range(jets.n_jets):
        part = slice(jets.offsets[jet], jets.offsets[jet + 1])
        n = part.stop - part.start
        contact = observable.correlator.tuples == "all"
        every = product(range(n), repeat=order) if contact else permutations(range(n), order)
        members = np.array(list(every), dtype=int).reshape(-1, order)
        if len(members) == 0:
            continue
        momenta = (jets.px[part], jets.py[part], jets.pz[part])
        z = distances(observable.correlator.measure, *momenta)
        distance = np.zeros((len(members), len(pairs(order))))
        for column, (i, j) in enumerate(pairs(order)):
            distance[:, column] = z[members[:, i - 1], members[:, j - 1]]
        pt = np.hypot(*momenta[:2])
        energy = np.stack([jets.energy[part][members], pt[members]], axis=-1)
        arguments = (
            torch.from_numpy(distance), torch.from_numpy(energy),
            torch.full((len(members),), float(jets.scale[jet]), dtype=torch.float64),
        )  # fmt: skip
        given = torch.as_tensor(np.asarray(values), dtype=torch.float64)
        selected = module.inside(*arguments, given).numpy()
        points = module.values(*arguments, given).numpy()
        weight = weight_of(observable, energy, float(jets.scale[jet]))
        cells = tuple(
            np.searchsorted(edges(axis.bins), points[:, k], side="right")
            for k, axis in enumerate(observable.axes)
        )
        np.add.at(rows, (event[jet], *(c[selected] for c in cells)), weight[selected])
    return rows.reshape(n_events, -1)


def weight_of(observable, energy, scale):
    """Return (n,) the weight of tuples with energies and pT (n, N, 2)."""

    def leaf(expr):
        if isinstance(expr, Scale):
            return np.full(len(energy), scale)
        return energy[:, expr.i - 1, 1 if isinstance(expr, Pt) else 0]

    return evaluate(observable.correlator.weight, leaf) * np.ones(len(energy))


def values_of(observable):
    return np.array([spec.value for spec in observable.parameters], dtype=float)
