"""The front end from a path to the IR: load, check, lower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.diagnostics import EcdslError
from ecdsl.lang import ast
from ecdsl.lang.check import check_modules
from ecdsl.lang.findings import Findings
from ecdsl.lang.lower import lower
from ecdsl.lang.lower_derive import lower_derived
from ecdsl.lang.modules import Loader, read_source
from ecdsl.lang.parser import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecdsl.artifacts.record import Reads
    from ecdsl.diagnostics import Diagnostic, Span
    from ecdsl.ir import nodes as ir
    from ecdsl.ir.derived import Derived
    from ecdsl.lang import checked
    from ecdsl.lang.modules import Module
    from ecdsl.lang.places import Places


@dataclass(frozen=True)
class LoweredObservable:
    """One declared observable.

    Attributes:
        observable: Its IR.
        span: Where it is declared.
        text: The declaration as it is written.
        doc: The `##` lines above it.
        places: Where each part of the IR was written, which may be in another file.
    """

    observable: ir.Observable
    span: Span
    text: str
    doc: str
    places: Places

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.observable.name


@dataclass(frozen=True)
class LoweredDerived:
    """One declared derivation.

    Attributes:
        derived: Its IR.
        span: Where it is declared.
        text: The declaration as it is written.
        doc: The `##` lines above it.
    """

    derived: Derived
    span: Span
    text: str
    doc: str

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.derived.name


@dataclass(frozen=True)
class CompiledModule:
    """What one `.obs` file declares, in its order, and what is suspicious in it.

    Attributes:
        reads: What was looked at to know it.
    """

    observables: tuple[LoweredObservable, ...]
    derived: tuple[LoweredDerived, ...]
    warnings: tuple[Diagnostic, ...]
    reads: Reads


@dataclass(frozen=True)
class Program:
    """What there is to know of a file and all that it imports, whatever is wrong with them.

    Attributes:
        modules: Every file that could be read, an imported one before those that import it.
        observables: Those of the file that have no errors.
        derived: Likewise.
        findings: Errors and warnings of all the files.
        reads: What was looked at to find and read them.
    """

    modules: Mapping[Path, Module]
    observables: tuple[LoweredObservable, ...]
    derived: tuple[LoweredDerived, ...]
    findings: tuple[Diagnostic, ...]
    reads: Reads


def read_program(
    path: Path, project_root: Path | None, overlay: Mapping[Path, str] | None
) -> Program:
    """Return what there is to know of a file, for editors.

    Args:
        path: The file.
        project_root: As for `compile_module`.
        overlay: As for `compile_module`.

    Raises:
        EcdslError: The file cannot be read.
    """
    findings = Findings()
    loader = Loader(project_root, findings, overlay)
    main = loader.load(path)
    checked_module = check_modules(loader.modules.values(), main, findings)
    return Program(
        loader.modules,
        tuple(_lowered(item) for item in checked_module.observables),
        tuple(_lowered_derived(item) for item in checked_module.derived),
        tuple(_in_order(findings.diagnostics, loader)),
        loader.reads(),
    )


def compile_module(
    path: Path,
    project_root: Path | None = None,
    *,
    overlay: Mapping[Path, str] | None = None,
) -> CompiledModule:
    """Return what a `.obs` file declares, and the warnings.

    Args:
        path: The file.
        project_root: The folder whose `observables/` imports are looked up in, after the folder
            of the importing file and before the packaged library.
        overlay: Texts that stand in for those of files, by resolved path: an editor's buffers.

    Raises:
        EcdslError: Something is wrong; it carries every error and warning of the file and of all
            that it imports.
    """
    program = read_program(path, project_root, overlay)
    if any(item.severity == "error" for item in program.findings):
        raise EcdslError(program.findings)
    return CompiledModule(program.observables, program.derived, program.findings, program.reads)


def _lowered(item: checked.Observable) -> LoweredObservable:
    observable, places = lower(item)
    node = item.declaration
    return LoweredObservable(observable, node.span, node.span.text, node.doc, places)


def _lowered_derived(item: checked.Derived) -> LoweredDerived:
    node = item.declaration
    return LoweredDerived(lower_derived(item), node.span, node.span.text, node.doc)


def _in_order(diagnostics: list[Diagnostic], loader: Loader) -> list[Diagnostic]:
    """Sort by place, an imported file before the one that imports it."""
    sources = [module.tree.span.source for module in loader.modules.values()]

    def place(item: Diagnostic) -> tuple[int, int]:
        if item.span is None:
            return -1, 0
        return sources.index(item.span.source), item.span.start

    return sorted(diagnostics, key=place)


def show_ast(path: Path, project_root: Path | None = None) -> str:
    """Return the syntax tree of a file as text (`ecdsl show --stage ast`).

    Raises:
        EcdslError: The file cannot be read or parsed.
    """
    tree, found = parse(read_source(path, project_root))
    if found:
        raise EcdslError(found)
    return ast.dump(tree)
