"""Check every declaration of the loaded modules; what holds is ready to be lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ecdsl.diagnostics import Related
from ecdsl.lang import ast, checked
from ecdsl.lang.check_correlator import check_correlator
from ecdsl.lang.check_shape import CheckedShape, check_body, check_shape, check_use
from ecdsl.lang.check_statements import Summary
from ecdsl.lang.check_values import arguments, bins, cells
from ecdsl.lang.suggest import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecdsl.lang.findings import Findings
    from ecdsl.lang.modules import Module

MAX_ERRORS = 200
MAX_OBSERVABLES = 1000

D = TypeVar("D", ast.Correlator, ast.Shape)


def check_modules(
    modules: Iterable[Module], main: Module, findings: Findings
) -> list[checked.Observable]:
    """Check all modules and return the observables that `main` declares."""
    checker = _Checker(findings)
    found: list[checked.Observable] = []
    for module in modules:
        observables = checker.module(module)
        if module is main:
            found = observables
    return found


class _Checker:
    """Remembers the correlators and shapes that were checked, by the identity of their node."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._correlators: dict[int, checked.Correlator | None] = {}
        self._shapes: dict[int, CheckedShape] = {}
        self._used: set[str] = set()

    def module(self, module: Module) -> list[checked.Observable]:
        """Check one module."""
        self._used = set()
        found: list[checked.Observable] = []
        for node in self._within_budget(module):
            match node:
                case ast.Correlator():
                    self._correlator(node)
                case ast.Shape():
                    self._shape(node)
                case ast.Observable():
                    observable = self._observable(node, module)
                    found.extend([observable] if observable else [])
        self._unused_imports(module)
        return found

    def _within_budget(self, module: Module) -> Iterator[ast.Declaration]:
        """Yield declarations until there are too many errors or observables."""
        observables = 0
        for node in module.tree.declarations:
            observables += isinstance(node, ast.Observable)
            if observables > MAX_OBSERVABLES:
                message = f"the file declares more than {MAX_OBSERVABLES} observables"
                self._findings.add("E106", message, node.span, hints=("split it into modules",))
                return
            if self._findings.errors > MAX_ERRORS:
                return
            yield node

    def _correlator(self, node: ast.Correlator) -> checked.Correlator | None:
        if id(node) not in self._correlators:
            self._correlators[id(node)] = check_correlator(node, self._findings)
        return self._correlators[id(node)]

    def _shape(self, node: ast.Shape) -> CheckedShape:
        if id(node) not in self._shapes:
            self._shapes[id(node)] = check_shape(node, self._findings)
        return self._shapes[id(node)]

    def _observable(self, node: ast.Observable, module: Module) -> checked.Observable | None:
        before = self._findings.errors
        declared = self._look_up(node.correlator, ast.Correlator, module)
        correlator = self._correlator(declared) if declared is not None else None
        if node.use is None:
            return self._anonymous(node, correlator, before)
        named = self._look_up(node.use.shape, ast.Shape, module)
        if named is None:
            return None
        shape = self._shape(named)
        values = arguments(node.use, named, shape.parameters, self._findings)
        if correlator is None:
            return None
        summary = check_use(shape, node.use, correlator, self._findings)
        given = self._given_bins(node, named, summary)
        if values is None or self._findings.errors > before:
            return None
        return checked.Observable(node, correlator, values, named.body.statements, given)

    def _anonymous(
        self, node: ast.Observable, correlator: checked.Correlator | None, before: int
    ) -> checked.Observable | None:
        if correlator is None:
            return None
        summary = check_body(node.body, correlator, self._findings)
        if not summary.axes:
            message = f"observable `{node.name.text}` has no axis"
            hint = "add one: `axis zeta = z12: 50 log bins in [1e-4, 1]`"
            self._findings.add("E214", message, node.name.span, hints=(hint,))
        found: dict[str, checked.Bins] = {}
        for name, axis in summary.axes.items():
            if axis.value is None:
                message = f"axis `{name}` has no expression"
                hint = f"write `axis {name} = z12: ...`"
                self._findings.add("E214", message, axis.name.span, hints=(hint,))
            self._bins(axis, summary, found)
        cells(list(found.values()), node.name.span, self._findings)
        if self._findings.errors > before:
            return None
        return checked.Observable(node, correlator, (), node.body.statements, found)

    def _given_bins(
        self, node: ast.Observable, shape: ast.Shape, summary: Summary
    ) -> dict[str, checked.Bins]:
        """Match the bins of an observable with the axes of its shape."""
        found: dict[str, checked.Bins] = {}
        given: dict[str, ast.Axis] = {}
        for statement in node.body.statements:
            if not isinstance(statement, ast.Axis) or statement.value is not None:
                message = f"only the bins of the axes of `{shape.name.text}` can be given here"
                hint = "put the rest into the shape, or write the shape out: `correlator | { ... }`"
                self._findings.add("E209", message, statement.span, hints=(hint,))
            elif statement.name.text in given:
                first = Related(given[statement.name.text].span, "first given here")
                message = f"axis `{statement.name.text}` is given bins twice"
                self._findings.add("E205", message, statement.name.span, related=(first,))
            else:
                given[statement.name.text] = statement
                self._bins_of(statement, shape, summary, found)
        for name, axis in summary.axes.items():
            if name not in given:
                where = Related(axis.span, "declared here")
                message = f"axis `{name}` of shape `{shape.name.text}` has no bins"
                hint = f"add `axis {name}: 50 log bins in [1e-3, 0.5]`"
                self._findings.add("E214", message, node.name.span, hints=(hint,), related=(where,))
        cells(list(found.values()), node.name.span, self._findings)
        return found

    def _bins_of(
        self, axis: ast.Axis, shape: ast.Shape, summary: Summary, found: dict[str, checked.Bins]
    ) -> None:
        name = axis.name.text
        if name in summary.axes:
            self._bins(axis, summary, found)
            return
        hints = did_you_mean(name, summary.axes, otherwise=f"it has {quoted(summary.axes, 'and')}")
        message = f"shape `{shape.name.text}` has no axis `{name}`"
        self._findings.add("E214", message, axis.name.span, hints=hints)

    def _bins(self, axis: ast.Axis, summary: Summary, found: dict[str, checked.Bins]) -> None:
        name = axis.name.text
        if axis.bins is None:
            message = f"axis `{name}` has no bins"
            hint = f"write `{axis.span.text}: 50 log bins in [1e-3, 0.5]`"
            self._findings.add("E214", message, axis.name.span, hints=(hint,))
            return
        result = bins(axis.bins, summary.axis_energies.get(name), self._findings)
        if result is not None:
            found[name] = result

    def _look_up(self, reference: ast.Reference, kind: type[D], module: Module) -> D | None:
        """Return the declaration a name refers to, or None after reporting."""
        prefix = ".".join(part.text for part in reference.parts[:-1])
        self._used.update((reference.text, prefix))
        declared = module.symbols.get(reference.text)
        if isinstance(declared, kind):
            return declared
        if isinstance(declared, ast.Broken):
            return None
        what = kind.__name__.lower()
        if declared is not None:
            other = type(declared).__name__.lower()
            message = f"`{reference.text}` is a {other}, not a {what}"
            where = Related(declared.name.span, "declared here")
            self._findings.add("E206", message, reference.span, related=(where,))
        elif prefix not in module.missing:
            names = [name for name, node in module.symbols.items() if isinstance(node, kind)]
            message = f"there is no {what} `{reference.text}`"
            hints = did_you_mean(reference.text, names, otherwise="declare it, or import it")
            self._findings.add("E206", message, reference.span, hints=hints)
        return None

    def _unused_imports(self, module: Module) -> None:
        """Warn of imports that nothing uses, unless the module is there to pass them on."""
        if all(isinstance(node, ast.Import | ast.FromImport) for node in module.tree.declarations):
            return
        for name, span in module.imported.items():
            if name not in self._used:
                self._findings.add("W102", f"`{name}` is imported but not used", span)
