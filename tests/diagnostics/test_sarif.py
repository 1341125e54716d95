"""SARIF 2.1.0: judged by a model that was generated from the official schema."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

from ecdsl.diagnostics import Diagnostic, Related, Source, Span, data_error
from ecdsl.diagnostics.catalogue import catalogue
from ecdsl.diagnostics.sarif import to_sarif

SOURCE = Source("observables/my shape.obs", "shape a {\n  axis x = z45\n}\n")
CODES = list(catalogue())


def span(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


def log(*diagnostics: Diagnostic) -> dict:
    """Return the only run of a log that the schema accepts."""
    found = to_sarif(diagnostics)
    Log.model_validate(found)
    assert found == json.loads(json.dumps(found))
    return found["runs"][0]


def test_every_code_is_a_rule_with_its_page() -> None:
    rules = log()["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == CODES
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}")
        expected = "warning" if rule["id"][0] == "W" else "error"
        assert rule["defaultConfiguration"]["level"] == expected


def test_a_result_has_its_rule_place_and_remedy() -> None:
    item = Diagnostic(
        "E201",
        "unknown name `z45`",
        span("z45"),
        label="not a name",
        notes=("the order is 3",),
        hints=("did you mean `z12`?",),
        related=(Related(span("shape a"), "in this shape"),),
    )

    run = log(item)

    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "E201"
    assert result["level"] == "error"
    assert result["message"]["text"].splitlines() == [
        "unknown name `z45`",
        "note: the order is 3",
        "help: did you mean `z12`?",
    ]
    (location,) = result["locations"]
    assert location["message"]["text"] == "not a name"
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "observables/my%20shape.obs", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 12, "endLine": 2, "endColumn": 15},
    }
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 1
    assert "fixes" not in result


def test_only_a_certain_replacement_is_a_fix() -> None:
    (result,) = log(Diagnostic("E103", "m", span("="), replacement="=="))["results"]

    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 11},
            "insertedContent": {"text": "=="},
        }
    ]


def test_surroundings_have_no_place() -> None:
    (result,) = log(*data_error("D105", "no file", hint="make one").diagnostics)["results"]

    assert "locations" not in result
    assert result["message"]["text"] == "no file\nhelp: make one"


def test_files_elsewhere_have_a_whole_address() -> None:
    (result,) = log(Diagnostic("E201", "m", Span(Source("/data/é.obs", "x"), 0, 1)))["results"]

    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///data/%C3%A9.obs"}


@given(st.text(), st.integers(0, 50), st.integers(0, 50), st.text(), st.sampled_from(CODES))
def test_any_span_of_any_text_is_valid(
    text: str, one: int, other: int, name: str, code: str
) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    where = Span(Source(f"{name}.obs", text), start, end)

    (result,) = log(Diagnostic(code, "m", where, text, replacement=text))["results"]

    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
