"""The compiler: `.obs` text to artifacts.

Stage      Input                        Output
artifacts  build/sources/<key>.json     what a file was compiled into, if nothing has changed; else
lang       source text                  ir.Observable, spans
checking   ir.Observable, spans         findings
passes     ir.Observable                ir.plan.Plan (canonical form, symmetry, regions)
backends   ir.plan.Plan                 generated modules, LaTeX
artifacts  modules, plan, provenance    build/<name>.json, build/kernels/<fingerprint>/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.artifacts.compiled import CompileReport
from ecdsl.artifacts.record import recall, remember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def compile_paths(
    paths: Sequence[Path],
    *,
    build: Path,
    project_root: Path | None = None,
    overlay: Mapping[Path, str] | None = None,
) -> CompileReport:
    """Compile every observable of some `.obs` files.

    Nothing is written unless all of them compile, and nothing is done where nothing has changed.

    Args:
        paths: The files.
        build: Where artifacts go.
        project_root: The folder whose `observables/` imports are looked up in.
        overlay: Texts that stand in for those of files, by resolved path: cells of a notebook.

    Raises:
        EcdslError: Everything that is wrong with the sources.
    """
    if not overlay:
        known = _recalled(paths, build, project_root)
        if known is not None:
            return known
    from ecdsl.generate import generate

    modules = generate(paths, build, project_root, overlay)
    if not overlay:
        for path, (reads, report) in zip(paths, modules, strict=True):
            remember(build, path, project_root, reads, report)
    return _together([report for _, report in modules])


def _recalled(
    paths: Sequence[Path], build: Path, project_root: Path | None
) -> CompileReport | None:
    found: list[CompileReport] = []
    for path in paths:
        report = recall(build, path, project_root)
        if report is None:
            return None
        found.append(report)
    names = [item.name for report in found for item in (*report.observables, *report.derived)]
    # Names that two files declare are for the checks to report.
    return _together(found) if len(set(names)) == len(names) else None


def _together(reports: Sequence[CompileReport]) -> CompileReport:
    return CompileReport(
        observables=tuple(item for report in reports for item in report.observables),
        derived=tuple(item for report in reports for item in report.derived),
        warnings=tuple(dict.fromkeys(found for report in reports for found in report.warnings)),
    )
