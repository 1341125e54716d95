"""Everything that is known of one file: its tree, what it imports, its findings, its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Diagnostic, EcdslError, Source, Span
from ecdsl.editor.bindings import Index
from ecdsl.lang import ast
from ecdsl.lang.findings import Findings
from ecdsl.lang.modules import Loader
from ecdsl.lang.program import read_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ecdsl.editor.bindings import Binding
    from ecdsl.lang import LoweredDerived, LoweredObservable
    from ecdsl.lang.modules import Module


@dataclass(frozen=True)
class Analysis:
    """One file as it is in the editor, with all that it imports.

    Attributes:
        path: The file.
        root: The folder of its project.
        modules: It and what it imports, by path; what could not be read is not there.
        overlay: The texts of the editor's buffers that it was read with.
        findings: What the front end finds wrong, in all of them.
        observables: Those of the file that have no errors.
        derived: Likewise.
    """

    path: Path
    root: Path | None
    modules: Mapping[Path, Module]
    overlay: Mapping[Path, str]
    findings: tuple[Diagnostic, ...]
    observables: tuple[LoweredObservable, ...]
    derived: tuple[LoweredDerived, ...]

    @property
    def source(self) -> Source:
        """The text of the file, empty where it cannot be read."""
        return self.source_of(self.path)

    def source_of(self, path: Path) -> Source:
        """Return the text of one of the modules."""
        module = self.modules.get(path)
        return Source(str(path), "") if module is None else module.tree.span.source

    @property
    def tree(self) -> ast.File:
        """The syntax tree of the file."""
        module = self.modules.get(self.path)
        return ast.File(Span(self.source, 0, 0), ()) if module is None else module.tree

    @cached_property
    def index(self) -> Index:
        """What the names of all modules stand for."""
        return Index(self.modules)

    def file_of(self, span: Span | None) -> Path:
        """Return the file that a span stands in."""
        for path, module in self.modules.items():
            if span is not None and module.tree.span.source is span.source:
                return path
        return self.path


def analyse(path: Path, root: Path | None, overlay: Mapping[Path, str]) -> Analysis:
    """Return what is known of a file.

    Args:
        path: The file, resolved.
        root: The folder of its project.
        overlay: The texts of the editor's buffers, by resolved path.
    """
    try:
        program = read_program(path, root, overlay)
    except EcdslError as error:
        return Analysis(path, root, {}, overlay, error.diagnostics, (), ())
    return Analysis(
        path,
        root,
        program.modules,
        overlay,
        program.findings,
        program.observables,
        program.derived,
    )


def analyse_together(
    paths: Iterable[Path], root: Path | None, overlay: Mapping[Path, str]
) -> Index:
    """Return what the names of several files stand for, which may import each other."""
    loader = Loader(root, Findings(), overlay)
    for path in paths:
        try:
            loader.load(path)
        except EcdslError:
            continue
    return Index(loader.modules)


def exports(module: str, analysis: Analysis) -> dict[str, Binding]:
    """Return the names that `from module import` can bring into a file."""
    text = f"import {module}\n"
    overlay = {**analysis.overlay, analysis.path: text}
    names = analyse_together([analysis.path], analysis.root, overlay).names
    prefix = f"{module}."
    return {
        name.removeprefix(prefix): binding
        for name, binding in names.get(analysis.path, {}).items()
        if name.startswith(prefix)
    }
