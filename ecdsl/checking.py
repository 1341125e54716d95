"""Everything that is wrong with some `.obs` files, without compiling them.

The front end finds what is wrong with a text, the judgement of `ecdsl.passes.judge` what is wrong
with its meaning. Compiling runs the same checks first. Neither sympy nor a back end is imported,
but for the few observables whose verdict needs algebra.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecdsl.artifacts.store import RESULTS
from ecdsl.diagnostics import Diagnostic, EcdslError, Related, Span
from ecdsl.ir.nodes import Axis, Bins, Pair
from ecdsl.lang import CompiledModule, compile_module
from ecdsl.passes.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ecdsl.ir.nodes import Observable
    from ecdsl.lang import LoweredDerived, LoweredObservable
    from ecdsl.passes.judge_case import Finding, Place

_LONGEST_TEXT = 60
# What may, or may not, be undefined everywhere: only algebra can tell.
_OPEN_QUESTIONS = frozenset({"W313", "W314", "W315", "W316"})


def check_paths(
    paths: Sequence[Path],
    project_root: Path | None = None,
    *,
    overlay: Mapping[Path, str] | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every finding of some `.obs` files, each once.

    Args:
        paths: The files.
        project_root: The folder whose `observables/` imports are looked up in.
        overlay: Texts that stand for files that are not saved yet.
    """
    found: list[Diagnostic] = []
    for path in paths:
        try:
            module = compile_module(path, project_root, overlay=overlay)
        except EcdslError as error:
            found.extend(error.diagnostics)
        else:
            found.extend(module.warnings)
            found.extend(judgement(module.observables))
    return tuple(dict.fromkeys(found))


def load_checked(
    paths: Sequence[Path],
    project_root: Path | None = None,
    *,
    overlay: Mapping[Path, str] | None = None,
) -> tuple[CompiledModule, ...]:
    """Return what each of some `.obs` files declares, with the warnings of all checks.

    Raises:
        EcdslError: Something is wrong; it carries every error and warning of all files, and D209
            for names that two of them declare or that results of the build folder have.
    """
    modules = load(paths, project_root, overlay=overlay)
    checked = tuple(
        replace(m, warnings=tuple(dict.fromkeys([*m.warnings, *judgement(m.observables)])))
        for m in modules
    )
    found = dict.fromkeys([*(w for m in checked for w in m.warnings), *_taken_names(modules)])
    if any(item.severity == "error" for item in found):
        raise EcdslError(found)
    return checked


def load(
    paths: Sequence[Path],
    project_root: Path | None = None,
    *,
    overlay: Mapping[Path, str] | None = None,
) -> tuple[CompiledModule, ...]:
    """Return what each of some `.obs` files declares, as the front end understands it.

    Raises:
        EcdslError: The front end finds errors; it carries those of all files.
    """
    modules: list[CompiledModule] = []
    errors: list[Diagnostic] = []
    for path in paths:
        try:
            modules.append(compile_module(path, project_root, overlay=overlay))
        except EcdslError as error:
            errors.extend(error.diagnostics)
    if errors:
        warnings = (warning for module in modules for warning in module.warnings)
        raise EcdslError(dict.fromkeys([*errors, *warnings]))
    return tuple(modules)


def _taken_names(modules: Sequence[CompiledModule]) -> Iterator[Diagnostic]:
    """Yield names that stand for something else: what is compiled or locked is found by name."""
    declared: list[LoweredObservable | LoweredDerived] = []
    declared.extend(item for module in modules for item in module.observables)
    declared.extend(item for module in modules for item in module.derived)
    first: dict[str, LoweredObservable | LoweredDerived] = {}
    for item in declared:
        other = first.setdefault(item.name, item)
        if item.name in RESULTS:
            message = f"`{item.name}` is the name of a result in the build folder"
            hints = (f"call the observable something else, e.g. `{item.name}_`",)
            yield Diagnostic("D209", message, item.span, hints=hints)
        elif other.span != item.span:
            message = f"`{item.name}` is declared in two files, and artifacts are found by name"
            related = (Related(other.span, "first declared here"),)
            yield Diagnostic(
                "D209", message, item.span, hints=("rename one of them",), related=related
            )


def placed(item: LoweredObservable, diagnostics: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings of a pass, which knows no text, with the smallest span that has them."""
    for diagnostic in diagnostics:
        span = diagnostic.span or _smallest_with(item, diagnostic.code) or heading(item)
        yield replace(diagnostic, span=span)


def heading(item: LoweredObservable) -> Span:
    """Return the first line of an observable: its name, its correlator and its shape."""
    first = item.span.text.split("\n", 1)[0].split("{", 1)[0].rstrip()
    return Span(item.span.source, item.span.start, item.span.start + len(first))


def judgement(observables: Sequence[LoweredObservable]) -> list[Diagnostic]:
    """Return the judgement of some observables, by place, each finding once."""
    found = dict.fromkeys(d for item in observables for d in _judged(item))
    return sorted(found, key=lambda d: (d.span.source.name, d.span.start) if d.span else ("", 0))


def _judged(item: LoweredObservable) -> list[Diagnostic]:
    def text(place: Place) -> str:
        words = " ".join(_span(item, place).text.split())
        return words if len(words) <= _LONGEST_TEXT else words[: _LONGEST_TEXT - 3] + "..."

    found = [_diagnostic(item, finding) for finding in judge(item.observable, text)]
    if any(d.severity == "error" for d in found):
        return found
    if item.observable.correlator.tuples == "sets" or _OPEN_QUESTIONS & {d.code for d in found}:
        try:
            _simplify(item.observable)
        except EcdslError as error:
            return list(placed(item, error.diagnostics))
    return found


def _simplify(observable: Observable) -> None:
    """Run the algebra that can find an expression undefined or a sum over sets ambiguous."""
    from ecdsl.passes import loops, simplify, symmetry

    canonical = simplify.run(observable)
    loops.of_correlator(canonical.correlator, symmetry.of_observable(canonical))


def _diagnostic(item: LoweredObservable, finding: Finding) -> Diagnostic:
    return Diagnostic(
        finding.code,
        finding.message,
        _span(item, finding.place),
        label=finding.label,
        notes=finding.notes,
        hints=finding.hints,
        related=tuple(Related(_span(item, place), label) for place, label in finding.related),
    )


def _span(item: LoweredObservable, place: Place) -> Span:
    spans, index = item.places, place.index
    match place.part:
        case "parameter":
            return spans.parameters[index]
        case "weight":
            return spans.weight
        case "where":
            return spans.where or heading(item)
        case "correlator_window":
            return spans.correlator_windows[index]
        case "window":
            return spans.windows[index]
        case "delta":
            return spans.deltas[index]
        case "axis":
            return spans.axes[index]
        case "bins":
            return spans.axis_bins[index]
        case "observable":
            return heading(item)


def _smallest_with(item: LoweredObservable, code: str) -> Span | None:
    """Return the part of an observable that has a finding of the passes when it is left alone."""
    observable, places = item.observable, item.places
    some = Axis(name="some", expr=Pair(i=1, j=2), bins=Bins(n=1, lower=0, upper=1))
    bare = observable.model_copy(update={"windows": (), "deltas": (), "axes": (some,)})
    if observable.correlator.order == 1:
        return None
    for part, spans in (
        ("windows", places.windows),
        ("deltas", places.deltas),
        ("axes", places.axes),
    ):
        for one, span in zip(getattr(observable, part), spans, strict=True):
            try:
                _simplify(bare.model_copy(update={part: (one,)}))
            except EcdslError as error:
                if code in {diagnostic.code for diagnostic in error.diagnostics}:
                    return span
    return None
