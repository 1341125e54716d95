"""Results on disk: with their figure, and that of an analysis to make every report again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecdsl.diagnostics import data_error
from ecdsl.files import write_atomic
from ecdsl.inference.results import ANALYSIS_SCHEMA, AnalysisResult
from ecdsl.report.style import png, style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure
    from pydantic import BaseModel

FILE = "analysis.json"


def write_result(result: AnalysisResult, build: Path) -> Path:
    """Write `build/analysis.json` and return its path."""
    return write_atomic(build / FILE, result.model_dump_json(indent=1))


def write_with_plot(
    result: BaseModel, file: Path, draw: Callable[[], Figure], plot: Path
) -> tuple[Path, Path]:
    """Write a result as JSON and its figure as PNG, and return their paths."""
    with style():
        picture = png(draw())
    return write_atomic(file, result.model_dump_json(indent=1)), write_atomic(plot, picture)


def read_result(build: Path) -> AnalysisResult:
    """Return the result stored in `build/analysis.json`.

    Raises:
        EcdslError: D201 where there is none, D202 where it is of another schema or damaged.
    """
    path = build / FILE
    if not path.is_file():
        raise data_error("D201", f"{path} does not exist", hint="run `ecdsl infer` first")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        schema = found.get("schema_version")
        if schema == ANALYSIS_SCHEMA:
            return AnalysisResult.model_validate(found)
        why = f"has the schema {schema!r}, this version reads {ANALYSIS_SCHEMA!r}"
    except ValidationError as error:
        first = error.errors()[0]
        why = f"is damaged: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (ValueError, AttributeError, RecursionError) as error:
        why = f"is damaged: {error}"
    raise data_error("D202", f"{path} {why}", hint="run `ecdsl infer` again")
