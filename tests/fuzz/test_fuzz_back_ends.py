"""Every program that is accepted goes through everything behind the front end, or is refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from source_strategies import source_files

from ecdsl.backends.graph import graph
from ecdsl.checking import check_paths
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.ir.describe import describe_plan
from ecdsl.lang import compile_module
from ecdsl.lang.format import format_source
from ecdsl.lock import require_locked, survey, write_lock
from ecdsl.passes import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLES = int(os.environ.get("ECDSL_FUZZ_EXAMPLES", "60"))
_SETTINGS = settings(
    max_examples=max(EXAMPLES // 12, 1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def accepted(tmp_path: Path) -> Callable[[str], Path | None]:
    """Write a program to a file; return None where `ecdsl check` finds an error in it."""

    def write(text: str) -> Path | None:
        path = tmp_path / "some.obs"
        path.write_text(text, encoding="utf-8")
        errors = [item for item in check_paths([path]) if item.severity == "error"]
        assert all(item.span is not None for item in errors)
        return None if errors else path

    return write


@_SETTINGS
@given(text=source_files())
def test_what_check_accepts_compiles(
    text: str, accepted: Callable[[str], Path | None], tmp_path: Path
) -> None:
    path = accepted(text)
    if path is None:
        return
    try:
        report = compile_paths([path], build=tmp_path / "build")
    except EcdslError as error:
        places = [item.span for item in error.diagnostics]
    else:
        places = []
    # What only algebra finds has a place, too.
    assert None not in places
    if places:
        return
    again = compile_paths([path], build=tmp_path / "build")

    assert {item.status for item in again.observables} <= {"cached"}
    for item in report.observables:
        assert item.manifest.formula


@_SETTINGS
@given(text=source_files())
def test_plans_are_shown(text: str, accepted: Callable[[str], Path | None]) -> None:
    path = accepted(text)
    if path is None:
        return
    for item in compile_module(path).observables:
        try:
            plan = pipeline.run(item.observable)
        except EcdslError:
            continue
        assert describe_plan(plan)
        assert graph(plan).endswith("}\n")


@_SETTINGS
@given(text=source_files())
def test_layout_and_comments_change_no_meaning(
    text: str, accepted: Callable[[str], Path | None], tmp_path: Path
) -> None:
    path = accepted(text)
    if path is None:
        return
    try:
        write_lock(tmp_path, survey([path], tmp_path).lock)
    except EcdslError:
        return
    for other in (format_source(text), text.replace("\n", "  # why\n\n\t"), "\ufeff" + text):
        path.write_text(other, encoding="utf-8")
        require_locked([path], tmp_path, all_of_it=True)
