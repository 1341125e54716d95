"""Check every declaration of the loaded modules; what holds is ready to be lowered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ecdsl.lang import ast, checked
from ecdsl.lang.check_correlator import MEASURES, check_correlator
from ecdsl.lang.check_declared import check_column, check_constant, check_user_measure
from ecdsl.lang.check_derive import Histogram, Names, check_derive
from ecdsl.lang.check_observable import check_anonymous, check_named
from ecdsl.lang.check_shape import CheckedShape, check_shape
from ecdsl.lang.externals import Externals
from ecdsl.lang.references import WORDS, find, find_measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecdsl.lang.findings import Findings
    from ecdsl.lang.modules import Module

MAX_ERRORS = 200
MAX_OBSERVABLES = 1000

D = TypeVar("D", bound=ast.Documented)


@dataclass(frozen=True)
class CheckedModule:
    """The observables and derivations of one module that have no errors, in their order."""

    observables: tuple[checked.Observable, ...] = ()
    derived: tuple[checked.Derived, ...] = ()


def check_modules(modules: Iterable[Module], main: Module, findings: Findings) -> CheckedModule:
    """Check all modules and return what `main` declares.

    Args:
        modules: Each after those that it imports.
        main: One of them.
        findings: Where errors and warnings go.
    """
    checker = _Checker(findings)
    found = CheckedModule()
    for module in modules:
        result = checker.module(module)
        if module is main:
            found = result
    return found


class _Checker:
    """Remembers what was checked, by the identity of its node: others can import it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._externals: dict[int, checked.Column | checked.Constant | None] = {}
        self._measures: dict[int, checked.UserMeasure | None] = {}
        self._correlators: dict[int, checked.Correlator | None] = {}
        self._shapes: dict[int, CheckedShape] = {}
        self._observables: dict[int, checked.Observable | None] = {}
        self._derived: dict[int, tuple[checked.Derived, Histogram] | None] = {}

    def module(self, module: Module) -> CheckedModule:
        """Check one module: what others are made of first."""
        before = self._findings.errors
        nodes = list(self._within_budget(module))
        externals = self._known(module, nodes)
        for measure in self._each(ast.UserMeasure, nodes):
            checked_measure = check_user_measure(measure, externals, self._findings)
            self._measures[id(measure)] = checked_measure
        for shape in self._each(ast.Shape, nodes):
            self._shapes[id(shape)] = check_shape(shape, externals, self._findings)
        for correlator in self._each(ast.Correlator, nodes):
            self._correlators[id(correlator)] = self._correlator(correlator, module, externals)
        for observable in self._each(ast.Observable, nodes):
            self._observables[id(observable)] = self._observable(observable, module, externals)
        operands = self._operands(module, externals)
        for derive in self._each(ast.Derive, nodes):
            self._derived[id(derive)] = check_derive(derive, operands, self._findings)
            if module.symbols.get(derive.name.text) is derive:
                self._offer(derive.name.text, derive, operands)
        if self._findings.errors == before:
            self._unused_imports(module, externals)
        return self._result(nodes)

    def _result(self, nodes: list[ast.Declaration]) -> CheckedModule:
        observables = (self._observables.get(id(node)) for node in nodes)
        derived = (self._derived.get(id(node)) for node in nodes)
        return CheckedModule(
            tuple(item for item in observables if item is not None),
            tuple(item[0] for item in derived if item is not None),
        )

    def _within_budget(self, module: Module) -> Iterator[ast.Declaration]:
        """Yield declarations until there are too many observables."""
        observables = 0
        for node in module.tree.declarations:
            observables += isinstance(node, ast.Observable | ast.Derive)
            if observables > MAX_OBSERVABLES:
                message = f"the file declares more than {MAX_OBSERVABLES} observables"
                self._findings.add("E106", message, node.span, hints=("split it into modules",))
                return
            yield node

    def _each(self, kind: type[D], nodes: Iterable[ast.Declaration]) -> Iterator[D]:
        """Yield the declarations of a kind until there are too many errors."""
        for node in nodes:
            if self._findings.errors > MAX_ERRORS:
                return
            if isinstance(node, kind):
                yield node

    def _known(self, module: Module, nodes: list[ast.Declaration]) -> Externals:
        """Return the columns and constants of a module: those it imports and its own."""
        names: dict[str, checked.Column | checked.Constant] = {}
        broken = {name for name, node in module.symbols.items() if isinstance(node, ast.Broken)}
        used: set[str] = set()
        for name, symbol in module.symbols.items():
            item = self._externals.get(id(symbol))
            if item is not None and "." not in name:
                names[name] = item
            elif id(symbol) in self._externals:
                broken.add(name)
        known = Externals(names, broken, module.places, used)
        for node in nodes:
            if self._findings.errors > MAX_ERRORS:
                break
            found: checked.Column | checked.Constant | None
            if isinstance(node, ast.Column):
                found = check_column(node, self._findings)
            elif isinstance(node, ast.Constant):
                found = check_constant(node, known, self._findings)
            else:
                continue
            self._externals[id(node)] = found
            if found is None:
                broken.add(node.name.text)
            elif module.symbols.get(node.name.text) is node:
                names[node.name.text] = found
        return known

    def _correlator(
        self, node: ast.Correlator, module: Module, externals: Externals
    ) -> checked.Correlator | None:
        def look_up(reference: ast.Reference) -> checked.UserMeasure | None:
            found = find_measure(reference, MEASURES, module, externals, self._findings)
            return None if found is None else self._measures.get(id(found))

        return check_correlator(node, externals, look_up, self._findings)

    def _observable(
        self, node: ast.Observable, module: Module, externals: Externals
    ) -> checked.Observable | None:
        findings = self._findings
        declared = find(node.correlator, ast.Correlator, module, externals, findings)
        correlator = self._correlators.get(id(declared))
        if node.use is None:
            if correlator is None:
                return None
            return check_anonymous(node, correlator, externals, findings)
        named = find(node.use.shape, ast.Shape, module, externals, findings)
        shape = self._shapes.get(id(named))
        if shape is None:
            return None
        return check_named(node, shape, correlator, externals, findings)

    def _operands(self, module: Module, externals: Externals) -> Names:
        """Return what the names of a module mean to its first derivation."""
        names = Names({}, {}, externals, set(externals.broken), {})
        for name, node in module.symbols.items():
            if not isinstance(node, ast.Broken):
                names.declared[name] = WORDS[type(node)]
                self._offer(name, node, names)
        return names

    def _offer(self, name: str, node: ast.Documented, names: Names) -> None:
        """Add what a name stands for, if it was checked."""
        observable, derived = self._observables.get(id(node)), self._derived.get(id(node))
        if observable is not None:
            names.operands[name] = observable
        elif derived is not None:
            names.operands[name], names.types[name] = derived
        elif id(node) in self._observables or id(node) in self._derived:
            names.quiet.add(name)

    def _unused_imports(self, module: Module, externals: Externals) -> None:
        """Warn of imports that nothing uses, unless the module is there to pass them on.

        What a declaration with an error would have used is not known.
        """
        nodes = module.tree.declarations
        if any(isinstance(node, ast.Broken) for node in nodes):
            return
        if all(isinstance(node, ast.Import | ast.FromImport) for node in nodes):
            return
        for name, span in module.imported.items():
            if name not in externals.used:
                self._findings.add("W102", f"`{name}` is imported but not used", span)
