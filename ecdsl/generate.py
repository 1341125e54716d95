"""Make artifacts of `.obs` files: the part of the compiler that does the work."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from ecdsl.artifacts.compiled import CompiledDerived, CompiledObservable, CompileReport
from ecdsl.artifacts.derived import DerivedManifest, derived_fingerprint
from ecdsl.artifacts.manifest import Manifest, Provenance
from ecdsl.artifacts.store import store_kernel, store_manifest
from ecdsl.backends.latex import formula
from ecdsl.backends.latex_derived import derived_formula
from ecdsl.backends.numba.emit import emit_fill, emit_grid, emit_resolve, emit_tuples
from ecdsl.backends.torch.emit import emit_region
from ecdsl.checking import load_checked, placed
from ecdsl.diagnostics import EcdslError
from ecdsl.ir.fingerprint import (
    correlator_fingerprint,
    kernel_fingerprint,
    observable_fingerprint,
)
from ecdsl.passes import capability, pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import KernelFile
    from ecdsl.artifacts.record import Reads
    from ecdsl.artifacts.store import Stored
    from ecdsl.diagnostics import Span
    from ecdsl.ir.nodes import Observable
    from ecdsl.ir.plan import Plan
    from ecdsl.lang import LoweredDerived, LoweredObservable


def generate(
    paths: Sequence[Path],
    build: Path,
    project_root: Path | None,
    overlay: Mapping[Path, str] | None,
) -> list[tuple[Reads, CompileReport]]:
    """Write the artifacts of some files; return what each was made from and what became of it.

    Args:
        paths: As for `ecdsl.compiler.compile_paths`, like the others.
        build: Where artifacts go.
        project_root: The folder whose `observables/` imports are looked up in.
        overlay: Texts that stand in for those of files.

    Raises:
        EcdslError: Everything that is wrong with the sources.
    """
    modules = load_checked(paths, project_root, overlay=overlay)
    plans: dict[Observable, Plan] = {}
    seconds: dict[Observable, float] = {}
    for item in (item for module in modules for item in module.observables):
        start = time.perf_counter()
        plans[item.observable] = plan_of(item)
        seconds[item.observable] = time.perf_counter() - start
    for derivation in (item for module in modules for item in module.derived):
        for operand in derivation.derived.operands:
            if operand not in plans:
                plans[operand] = _plan(operand, derivation.span)
    found = []
    for module in modules:
        observables = tuple(_write(item, plans, build, seconds) for item in module.observables)
        derived = tuple(_write_derived(item, plans, build) for item in module.derived)
        found.append((module.reads, CompileReport(observables, derived, module.warnings)))
    return found


def plan_of(item: LoweredObservable) -> Plan:
    """Return the plan of an observable; findings of the passes get a place in its text.

    Raises:
        EcdslError: As `pipeline.run`.
    """
    try:
        return pipeline.run(item.observable)
    except EcdslError as error:
        raise EcdslError(placed(item, error.diagnostics)) from error


def _plan(observable: Observable, span: Span) -> Plan:
    try:
        return pipeline.run(observable)
    except EcdslError as error:
        # An operand that is declared in another file is found wrong where it is used.
        at_use = (replace(diagnostic, span=span) for diagnostic in error.diagnostics)
        raise EcdslError(at_use) from error


def _write(
    item: LoweredObservable,
    plans: Mapping[Observable, Plan],
    build: Path,
    planning: Mapping[Observable, float],
) -> CompiledObservable:
    start = time.perf_counter()
    plan = plans[item.observable]
    manifest = _with_kernels(item.observable, plan, build, _provenance(item))
    stored = store_manifest(build, manifest)
    files = _files(stored, manifest)
    seconds = planning[item.observable] + time.perf_counter() - start
    return CompiledObservable(manifest.name, stored.path, _status(stored), seconds, files)


def _write_derived(
    item: LoweredDerived, plans: Mapping[Observable, Plan], build: Path
) -> CompiledDerived:
    start = time.perf_counter()
    derived, provenance = item.derived, _provenance(item)
    operands = tuple(_with_kernels(o, plans[o], build, provenance) for o in derived.operands)
    manifest = DerivedManifest(
        name=derived.name,
        fingerprint=derived_fingerprint(derived.expr, [m.fingerprint for m in operands]),
        expr=derived.expr,
        operands=operands,
        formula=derived_formula(derived),
        provenance=provenance,
        versions=_versions(),
    )
    stored = store_manifest(build, manifest)
    files = _files(stored, *operands)
    seconds = time.perf_counter() - start
    return CompiledDerived(manifest.name, stored.path, _status(stored), seconds, files)


def _status(stored: Stored) -> Literal["new", "cached"]:
    return "new" if stored.new else "cached"


def _files(stored: Stored, *manifests: Manifest) -> dict[str, str]:
    kernels = (kernel for manifest in manifests for kernel in manifest.kernels.values())
    return {stored.path.name: stored.sha256, **{k.path: k.sha256 for k in kernels}}


def _with_kernels(
    declared: Observable, plan: Plan, build: Path, provenance: Provenance
) -> Manifest:
    """Write the generated code of an observable and return its manifest."""
    observable = plan.observable
    histogram, surrogate = capability.histogram(plan), capability.surrogate(plan)
    kernel, correlator = kernel_fingerprint(plan), correlator_fingerprint(observable.correlator)
    kernels: dict[Literal["numba", "grid", "resolve", "torch", "tuples"], KernelFile] = {}
    if histogram.available:
        source = emit_fill(plan)
        kernels["numba"] = store_kernel(build, kernel, source.name, source.text)
        grid = emit_grid(plan)
        if grid:
            kernels["grid"] = store_kernel(build, kernel, grid.name, grid.text)
        if observable.correlator.resolution is not None:
            source = emit_resolve(observable.correlator)
            kernels["resolve"] = store_kernel(build, kernel, source.name, source.text)
    if surrogate.available:
        source = emit_region(plan)
        kernels["torch"] = store_kernel(build, kernel, source.name, source.text)
        source = emit_tuples(observable.correlator)
        kernels["tuples"] = store_kernel(build, correlator, source.name, source.text)
    return Manifest(
        name=observable.name,
        fingerprint=observable_fingerprint(observable),
        kernel_fingerprint=kernel,
        correlator_fingerprint=correlator,
        observable=observable,
        formula=formula(declared),
        kernels=kernels,
        histogram=histogram,
        surrogate=surrogate,
        nre=capability.nre(plan),
        provenance=provenance,
        versions=_versions(),
    )


def _versions() -> dict[str, str]:
    return {"ecdsl": version("ecdsl"), "python": platform.python_version()}


def _provenance(item: LoweredObservable | LoweredDerived) -> Provenance:
    line, _ = item.span.source.line_column(item.span.start)
    return Provenance(file=item.span.source.name, line=line, text=item.text, doc=item.doc)
