"""The compiler: `.obs` text to artifacts.

Stage      Input                        Output
lang       source text                  ir.Observable, spans
checking   ir.Observable, spans         findings
passes     ir.Observable                ir.plan.Plan (canonical form, symmetry, regions)
backends   ir.plan.Plan                 generated modules, LaTeX
artifacts  modules, plan, provenance    build/<name>.json, build/kernels/<fingerprint>/
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ecdsl.artifacts.derived import DerivedManifest, derived_fingerprint
from ecdsl.artifacts.manifest import Manifest, Provenance
from ecdsl.artifacts.store import store_kernel, store_manifest
from ecdsl.backends.latex import formula
from ecdsl.backends.latex_derived import derived_formula
from ecdsl.backends.numba.emit import emit_fill, emit_grid, emit_tuples
from ecdsl.backends.torch.emit import emit_region
from ecdsl.checking import load_checked, placed
from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.ir.fingerprint import (
    correlator_fingerprint,
    kernel_fingerprint,
    observable_fingerprint,
)
from ecdsl.lang import LoweredDerived
from ecdsl.passes import capability, pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.artifacts.manifest import KernelFile
    from ecdsl.diagnostics import Span
    from ecdsl.ir.nodes import Observable
    from ecdsl.ir.plan import Plan
    from ecdsl.lang import LoweredObservable


@dataclass(frozen=True)
class Compiled:
    """What was compiled: where its manifest is and whether compiling it changed anything."""

    name: str
    manifest_path: Path
    status: Literal["new", "cached"]
    seconds: float


@dataclass(frozen=True)
class CompiledObservable(Compiled):
    """One observable."""

    manifest: Manifest


@dataclass(frozen=True)
class CompiledDerived(Compiled):
    """One derived observable."""

    manifest: DerivedManifest


@dataclass(frozen=True)
class CompileReport:
    """What a compilation made, and what it has to say about the sources."""

    observables: tuple[CompiledObservable, ...]
    derived: tuple[CompiledDerived, ...]
    warnings: tuple[Diagnostic, ...]


def compile_paths(
    paths: Sequence[Path],
    *,
    build: Path,
    project_root: Path | None = None,
    overlay: Mapping[Path, str] | None = None,
) -> CompileReport:
    """Compile every observable of some `.obs` files.

    Nothing is written unless all of them compile.

    Args:
        paths: The files.
        build: Where artifacts go.
        project_root: The folder whose `observables/` imports are looked up in.
        overlay: Texts that stand in for those of files, by resolved path: cells of a notebook.

    Raises:
        EcdslError: Everything that is wrong with the sources.
    """
    module = load_checked(paths, project_root, overlay=overlay)
    planned = []
    for item in module.observables:
        start = time.perf_counter()
        planned.append((item, plan_of(item), start))
    plans = {item.observable: plan for item, plan, _ in planned}
    for derivation in module.derived:
        for operand in derivation.derived.operands:
            if operand not in plans:
                plans[operand] = _plan(operand, derivation.span)
    compiled = tuple(_write(item, plan, build, start) for item, plan, start in planned)
    derived = tuple(_write_derived(item, plans, build) for item in module.derived)
    return CompileReport(compiled, derived, module.warnings)


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


def _write(item: LoweredObservable, plan: Plan, build: Path, start: float) -> CompiledObservable:
    manifest = _with_kernels(item.observable, plan, build, _provenance(item))
    path, new = store_manifest(build, manifest)
    seconds = time.perf_counter() - start
    return CompiledObservable(manifest.name, path, "new" if new else "cached", seconds, manifest)


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
    path, new = store_manifest(build, manifest)
    seconds = time.perf_counter() - start
    return CompiledDerived(manifest.name, path, "new" if new else "cached", seconds, manifest)


def _with_kernels(
    declared: Observable, plan: Plan, build: Path, provenance: Provenance
) -> Manifest:
    """Write the generated code of an observable and return its manifest."""
    observable = plan.observable
    histogram, surrogate = capability.histogram(plan), capability.surrogate(plan)
    kernel, correlator = kernel_fingerprint(plan), correlator_fingerprint(observable.correlator)
    kernels: dict[Literal["numba", "grid", "torch", "tuples"], KernelFile] = {}
    if histogram.available:
        source = emit_fill(plan)
        kernels["numba"] = store_kernel(build, kernel, source.name, source.text)
        grid = emit_grid(plan)
        if grid:
            kernels["grid"] = store_kernel(build, kernel, grid.name, grid.text)
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
