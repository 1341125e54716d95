"""Find the declaration that a name refers to, and say why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean
from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings
    from ecdsl.lang.modules import Module

D = TypeVar("D", bound=ast.Documented)

WORDS: Final[dict[type[ast.Node], str]] = {
    ast.Column: "column",
    ast.Constant: "constant",
    ast.UserMeasure: "measure",
    ast.Correlator: "correlator",
    ast.Shape: "shape",
    ast.Observable: "observable",
    ast.Derive: "derivation",
}


def find(
    reference: ast.Reference,
    kind: type[D],
    module: Module,
    externals: Externals,
    findings: Findings,
) -> D | None:
    """Return the declaration a name refers to, or None after reporting."""
    declared = module.symbols.get(reference.text)
    _use(reference, externals)
    if isinstance(declared, kind):
        return declared
    if isinstance(declared, ast.Broken):
        return None
    what = WORDS[kind]
    if declared is not None:
        message = f"`{reference.text}` is a {WORDS[type(declared)]}, not a {what}"
        where = Related(declared.name.span, "declared here")
        findings.add("E206", message, reference.span, related=(where,))
    elif _prefix(reference) not in module.missing:
        names = [name for name, node in module.symbols.items() if isinstance(node, kind)]
        message = f"there is no {what} `{reference.text}`"
        hints = did_you_mean(reference.text, names, otherwise="declare it, or import it")
        findings.add("E206", message, reference.span, hints=hints)
    return None


def find_measure(
    reference: ast.Reference,
    builtin: Iterable[str],
    module: Module,
    externals: Externals,
    findings: Findings,
) -> ast.UserMeasure | None:
    """Return the user's measure a correlator refers to, or None after reporting."""
    declared = module.symbols.get(reference.text)
    if declared is not None or _prefix(reference) in module.missing:
        return find(reference, ast.UserMeasure, module, externals, findings)
    users = [name for name, node in module.symbols.items() if isinstance(node, ast.UserMeasure)]
    known = [*builtin, *users]
    message = f"unknown measure `{reference.text}`"
    notes = (f"it can be {', '.join(f'`{name}`' for name in known)} or a measure you declare",)
    hints = did_you_mean(reference.text, known)
    findings.add("E207", message, reference.span, notes=notes, hints=hints)
    return None


def _use(reference: ast.Reference, externals: Externals) -> None:
    externals.used.update((reference.text, _prefix(reference)))


def _prefix(reference: ast.Reference) -> str:
    return ".".join(part.text for part in reference.parts[:-1])
