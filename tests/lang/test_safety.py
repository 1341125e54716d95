"""Infrared and collinear safety: which limit fails, said once, and of nothing that is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics import Diagnostic

    Diagnose = Callable[[str], list[Diagnostic]]

JETS = "jets(algorithm = antikt, R = 0.4)"


def correlator(
    *lines: str, weight: str = "E1 * E2 / Q^2", over: str = "particles", measure: str = "ee"
) -> str:
    body = "\n  ".join(
        ["order 2", f"over {over}", f"measure {measure}", f"weight {weight}", *lines]
    )
    return f"correlator some {{\n  {body}\n}}\n"


@pytest.mark.parametrize(
    "text",
    [
        correlator(),
        correlator(weight="pt1 * et2 / (pt_jet * et_sum)", measure="hadron"),
        correlator(weight="E1 * E2 * z12 / E_jet^2"),
        correlator("where abs(eta) < 2.5"),
        correlator("where pt_jet > 400 GeV"),
        correlator("window z12 < 0.1 and eta1 > 0"),
        correlator("where pt > 60 GeV", "hardest 2", over=JETS, measure="hadron"),
        correlator("where pt > 60 GeV", weight="1", over=JETS, measure="hadron"),
        correlator(weight="(E1 * E2)^2 / Q^4", over="subjets(algorithm = kt, R = 0.1)"),
        correlator("window mass12 < 5 GeV", over="subjets(algorithm = kt, R = 0.1)"),
    ],
)
def test_safe(diagnose: Diagnose, text: str) -> None:
    assert diagnose(text) == []


@pytest.mark.parametrize(
    ("text", "code", "limit", "what"),
    [
        (correlator(weight="E1^2 * E2 / Q^3"), "W301", "collinear", "`E1`"),
        (correlator(weight="E1 / Q"), "W301", "infrared", "`E2`"),
        (correlator(weight="(E1 * E2 / Q^2)^0.5"), "W301", "collinear", "`E1` and `E2`"),
        (correlator(weight="q1 * q2 * E1 * E2 / Q^2"), "W301", "collinear", "`q1` and `q2`"),
        (correlator(weight="q1 * q2"), "W301", "infrared", "soft g -> q qbar"),
        (correlator(weight="1", over=JETS, measure="hadron"), "W301", "infrared", "soft jets"),
        (correlator(over="charged"), "W110", "collinear", "charged part"),
        (correlator("where pt > 1 GeV"), "W110", "collinear", "`pt`"),
        (correlator("where charge != 0"), "W110", "collinear", "`charge`"),
        (correlator("hardest 5"), "W110", "collinear", "hardest"),
        (correlator("window q1 * q2 < 0"), "W110", "collinear", "`q1` and `q2`"),
        (correlator("window E1 > E2"), "W110", "collinear", "`E1` and `E2`"),
        (correlator("window mass(1, 2) < 5 GeV"), "W110", "collinear", "`mass(1, 2)`"),
    ],
)
def test_the_limit_that_fails_is_named(
    diagnose: Diagnose, text: str, code: str, limit: str, what: str
) -> None:
    (found,) = diagnose(text)

    assert found.code == code
    assert any(note.startswith(limit) and what in note for note in found.notes)


def test_one_correlator_has_one_warning_of_its_selection(diagnose: Diagnose) -> None:
    text = correlator(
        "where pt > 1 GeV and charge != 0", "hardest 9", "window q1 > 0", over="charged"
    )

    (found,) = diagnose(text)

    assert [place.span.text for place in found.related] == [
        "pt > 1 GeV",
        "charge != 0",
        "hardest 9",
        "q1 > 0",
    ]


def test_a_constant_power_is_looked_through(diagnose: Diagnose) -> None:
    text = "constant kappa = {}\n" + correlator(weight="(E1 * E2 / Q^2)^kappa")

    assert diagnose(text.replace("{}", "1")) == []
    assert [item.code for item in diagnose(text.replace("{}", "2"))] == ["W301"]


def test_what_is_known_is_accepted_and_nothing_else(diagnose: Diagnose) -> None:
    both = {"weight": "E1^2 * E2 / Q^3", "over": "charged"}

    assert [item.code for item in diagnose(correlator(**both))] == ["W110", "W301"]
    assert [item.code for item in diagnose(correlator("accept W110", **both))] == ["W301"]
    assert diagnose(correlator("accept W301, W110", **both)) == []


def test_accepting_what_is_not_there_is_said(diagnose: Diagnose) -> None:
    (found,) = diagnose(correlator("accept W110, W301", over="charged"))

    assert found.code == "W104"
    assert found.span is not None
    assert found.span.text == "W301"


@pytest.mark.parametrize("code", ["W101", "E330", "all"])
def test_only_warnings_of_safety_can_be_accepted(diagnose: Diagnose, code: str) -> None:
    (found,) = diagnose(correlator(f"accept {code}", "hardest 5"))

    assert found.code == "E207"
    assert found.notes == ("it can be `W110` or `W301`",)
