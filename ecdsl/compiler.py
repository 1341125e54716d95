"""The compiler: `.obs` text to artifacts.

Stage      Input                        Output
lang       source text                  ir.Observable, spans
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

from ecdsl.artifacts.manifest import Manifest, Provenance
from ecdsl.artifacts.store import store_kernel, store_manifest
from ecdsl.backends.latex import formula
from ecdsl.backends.numba.emit import emit_fill, emit_tuples
from ecdsl.backends.torch.emit import emit_region
from ecdsl.diagnostics import Diagnostic, EcdslError, Related
from ecdsl.ir.fingerprint import (
    correlator_fingerprint,
    kernel_fingerprint,
    observable_fingerprint,
)
from ecdsl.lang import compile_module
from ecdsl.passes import capability, pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.artifacts.manifest import KernelFile
    from ecdsl.ir.plan import Plan
    from ecdsl.lang import LoweredObservable


# Results that live beside the manifests.
RESERVED = ("analysis", "calibration")


@dataclass(frozen=True)
class CompiledObservable:
    """One observable: where its manifest is and whether compiling it changed anything."""

    name: str
    manifest_path: Path
    manifest: Manifest
    status: Literal["new", "cached"]
    seconds: float


@dataclass(frozen=True)
class CompileReport:
    """What a compilation made, and what it has to say about the sources."""

    observables: tuple[CompiledObservable, ...]
    warnings: tuple[Diagnostic, ...]


def compile_paths(
    paths: Sequence[Path], *, build: Path, project_root: Path | None = None
) -> CompileReport:
    """Compile every observable of some `.obs` files.

    Nothing is written unless all of them compile.

    Args:
        paths: The files.
        build: Where artifacts go.
        project_root: The folder whose `observables/` imports are looked up in.

    Raises:
        EcdslError: Everything that is wrong with the sources.
    """
    lowered, warnings = _front(paths, project_root)
    _check_names(lowered)
    planned = []
    for item in lowered:
        start = time.perf_counter()
        planned.append((item, _plan(item), start))
    compiled = tuple(_write(item, plan, build, start) for item, plan, start in planned)
    return CompileReport(compiled, tuple(warnings))


def show(path: Path, name: str, stage: str, *, project_root: Path | None = None) -> str:
    """Return a stage of the observable `name` of a file as text.

    Args:
        path: The `.obs` file.
        name: The observable.
        stage: `ir` (as lowered), `plan`, `numba`, `torch` or `latex`.
        project_root: As for `compile_paths`.

    Raises:
        EcdslError: What is wrong with the source, or D201 for a name that it does not declare.
    """
    from ecdsl.ir.describe import describe_plan
    from ecdsl.ir.text import print_observable

    lowered, _ = _front([path], project_root)
    item = next(entry for entry in lowered if entry.observable.name == name)
    if stage == "ir":
        return print_observable(item.observable)
    plan = _plan(item)
    match stage:
        case "plan":
            return describe_plan(plan)
        case "numba":
            return emit_fill(plan).text
        case "torch":
            return emit_region(plan).text
        case _:
            return formula(plan.observable) + "\n"


def _front(
    paths: Sequence[Path], project_root: Path | None
) -> tuple[list[LoweredObservable], list[Diagnostic]]:
    """Run the front end over all files and raise the findings of all of them together."""
    lowered: list[LoweredObservable] = []
    warnings: list[Diagnostic] = []
    errors: list[Diagnostic] = []
    for path in paths:
        try:
            module = compile_module(path, project_root)
        except EcdslError as error:
            errors.extend(error.diagnostics)
        else:
            lowered.extend(module.observables)
            warnings.extend(module.warnings)
    if errors:
        raise EcdslError(dict.fromkeys([*errors, *warnings]))
    return lowered, list(dict.fromkeys(warnings))


def _check_names(lowered: Sequence[LoweredObservable]) -> None:
    """Refuse names that would write to one file: `build/<name>.json` is found by name alone."""
    first: dict[str, LoweredObservable] = {}
    for item in lowered:
        name = item.observable.name
        if name in RESERVED:
            message = f"`{name}` is the name of a result in the build folder"
            hint = f"call the observable something else, e.g. `{name}_`"
            raise EcdslError([Diagnostic("D209", message, item.span, hints=(hint,))])
        if first.setdefault(name, item) is not item and item.span != first[name].span:
            message = f"`{name}` is declared in two files, and artifacts are found by name"
            other = Related(first[name].span, "first declared here")
            hint = "rename one of them"
            raise EcdslError(
                [Diagnostic("D209", message, item.span, hints=(hint,), related=(other,))]
            )


def _plan(item: LoweredObservable) -> Plan:
    try:
        return pipeline.run(item.observable)
    except EcdslError as error:
        # Passes see meaning, not text: the place is the declaration.
        placed = (d if d.span else replace(d, span=item.span) for d in error.diagnostics)
        raise EcdslError(placed) from error


def _write(item: LoweredObservable, plan: Plan, build: Path, start: float) -> CompiledObservable:
    observable = plan.observable
    histogram, surrogate = capability.histogram(plan), capability.surrogate(plan)
    kernel, correlator = kernel_fingerprint(plan), correlator_fingerprint(observable.correlator)
    kernels: dict[Literal["numba", "torch", "tuples"], KernelFile] = {}
    if histogram.available:
        source = emit_fill(plan)
        kernels["numba"] = store_kernel(build, kernel, source.name, source.text)
    if surrogate.available:
        source = emit_region(plan)
        kernels["torch"] = store_kernel(build, kernel, source.name, source.text)
        source = emit_tuples(observable.correlator)
        kernels["tuples"] = store_kernel(build, correlator, source.name, source.text)
    manifest = Manifest(
        name=observable.name,
        fingerprint=observable_fingerprint(observable),
        kernel_fingerprint=kernel,
        correlator_fingerprint=correlator,
        observable=observable,
        formula=formula(observable),
        kernels=kernels,
        histogram=histogram,
        surrogate=surrogate,
        provenance=_provenance(item),
        versions={"ecdsl": version("ecdsl"), "python": platform.python_version()},
    )
    path, new = store_manifest(build, manifest)
    seconds = time.perf_counter() - start
    return CompiledObservable(observable.name, path, manifest, "new" if new else "cached", seconds)


def _provenance(item: LoweredObservable) -> Provenance:
    line, _ = item.span.source.line_column(item.span.start)
    return Provenance(file=item.span.source.name, line=line, text=item.text, doc=item.doc)
