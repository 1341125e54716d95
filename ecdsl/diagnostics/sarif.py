"""Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the source.

Reference: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecdsl.diagnostics.catalogue import catalogue, entry_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.diagnostics.catalogue import Entry
    from ecdsl.diagnostics.model import Diagnostic, Related
    from ecdsl.diagnostics.spans import Span

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def to_sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return a SARIF log with one run: a rule for every code, a result for every diagnostic.

    Columns count characters from 1, ends are exclusive, and relative addresses start at the
    project's folder. A diagnostic about surroundings has no place.
    """
    entries = catalogue()
    places = {code: place for place, code in enumerate(entries)}
    driver = {
        "name": "ecdsl",
        "version": version("ecdsl"),
        "rules": [_rule(entry) for entry in entries.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(item, places[item.code]) for item in diagnostics],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": f"{entry.why} {entry.text}", "markdown": entry_page(entry)},
        "defaultConfiguration": {"level": "warning" if entry.code.startswith("W") else "error"},
    }


def _result(item: Diagnostic, place: int) -> dict[str, Any]:
    notes = [f"note: {note}" for note in item.notes]
    hints = [f"help: {hint}" for hint in item.hints]
    found: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": place,
        "level": item.severity,
        "message": {"text": "\n".join([item.message, *notes, *hints])},
    }
    if item.span is not None:
        found["locations"] = [_location(item.span, item.label)]
    if item.related:
        found["relatedLocations"] = [_related(one, i) for i, one in enumerate(item.related)]
    if item.span is not None and item.replacement is not None:
        found["fixes"] = [_fix(item.span, item.replacement)]
    return found


def _location(span: Span, label: str) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(span), "region": _region(span)}
    return {"physicalLocation": place, **({"message": {"text": label}} if label else {})}


def _related(related: Related, number: int) -> dict[str, Any]:
    return {"id": number, **_location(related.span, related.label)}


def _fix(span: Span, replacement: str) -> dict[str, Any]:
    change = {"deletedRegion": _region(span), "insertedContent": {"text": replacement}}
    return {
        "description": {"text": f"write `{replacement}`"},
        "artifactChanges": [{"artifactLocation": _artifact(span), "replacements": [change]}],
    }


def _artifact(span: Span) -> dict[str, Any]:
    path = PurePath(span.source.name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }
