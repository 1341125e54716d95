from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecdsl.diagnostics import EcdslError, Source
from ecdsl.parameter_values import parse_parameter, parse_value, parse_values
from ecdsl.project import default_source
from ecdsl.settings import read_toml, settings

DEFAULT = read_toml(default_source())


def findings(text):
    with pytest.raises(EcdslError) as error:
        settings(Source("ecdsl.toml", text), DEFAULT)
    return error.value.diagnostics


def line_of(diagnostic):
    return diagnostic.span.source.line_column(diagnostic.span.start)[0]


def test_the_default_is_valid_and_draws_data_and_templates_from_different_seeds():
    default = settings(default_source(), {})
    assert len(default.simulation.parameters["mt"]) == 21
    assert default.data.seed != default.simulation.seed


def test_a_grid_holds_both_ends_and_no_rounding():
    values = parse_values("170:180:0.1")
    assert len(values) == 101
    assert values[3] == 170.3
    assert values[-1] == 180.0


@given(st.integers(-1000, 1000), st.integers(1, 50), st.integers(1, 40))
def test_every_grid_of_tenths_is_evenly_spaced(lower, step, count):
    text = f"{lower / 10}:{(lower + step * count) / 10}:{step / 10}"
    assert parse_values(text) == tuple((lower + step * k) / 10 for k in range(count + 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1:2",
        "1:2:3:4",
        "2:1:0.5",
        "1:2:0",
        "1:2:-1",
        "170:180:0.3",
        "nan",
        "1e999",
        "１２",
        "1_000",
        "0:1:1e-9",
        "1:inf:1",
    ],
)
def test_what_is_no_grid_is_refused(text):
    with pytest.raises(EcdslError, match="D104"):
        parse_values(text)


def test_a_parameter_has_a_name_and_a_set_value_is_one_number():
    assert parse_parameter("mt=170:171:0.5") == ("mt", (170.0, 170.5, 171.0))
    assert parse_value("n1=1.02") == ("n1", 1.02)
    for text in ("mt", "=1", "1mt=2", "n1=1:2:1"):
        with pytest.raises(EcdslError, match="D104"):
            parse_value(text)


def test_an_unknown_key_is_shown_with_its_line_and_the_likely_name():
    (found,) = findings("[simulation]\nseed = 7\njest = 3\n")
    assert (found.code, line_of(found), found.hints) == ("D102", 3, ("did you mean `jets`?",))


NUISANCE = """
[simulation]
parameters = { mt = "170:180:5", jes = "0.98:1.02:0.02", alpha = "0.1:0.2:0.1" }
[data]
parameters = { mt = 173.37, jes = 1.0, alpha = 0.1 }
[inference]
"""


def test_a_nuisance_is_measured_or_flat():
    text = NUISANCE + 'nuisances = { jes = [1.0, 0.01] }\nobservables = ["zeta_max"]\n'
    found = settings(Source("ecdsl.toml", text), DEFAULT)
    assert found.inference.nuisances == {"jes": (1.0, 0.01)}
    text = NUISANCE + 'nuisances = { jes = "flat" }\n'
    assert settings(Source("ecdsl.toml", text), DEFAULT).inference.nuisances == {"jes": "flat"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('nuisances = { jes = "round" }', 'must be [value, error], or "flat"'),
        ("nuisances = { jes = 1.0 }", 'must be [value, error], or "flat"'),
        ("nuisances = { jes = [1.03, 0.01] }", "within the simulated values"),
        ("nuisances = { jes = [1.0, 0.0] }", "a positive error"),
        ('nuisances = { mt = "flat" }', "another simulated parameter"),
        ('nuisances = { alpha = "flat" }', "at least 3 values"),
        ('nuisances = { pt = "flat" }', "another simulated parameter"),
        ('nuisances = { jes = "flat" }\nlikelihood = "ansatz"', "knows no nuisances"),
    ],
)
def test_a_nuisance_that_cannot_be_inferred_is_refused(line, words):
    (found,) = findings(NUISANCE + line + "\n")
    assert found.code == "D103"
    assert words in found.message


def test_an_unknown_section_is_refused():
    (found,) = findings("[simulate]\nseed = 7\n")
    assert (found.code, line_of(found)) == ("D102", 1)


def test_all_bad_values_are_reported_at_once():
    found = findings("[data]\njets = -3\n[surrogate]\nmodel = 'deep'\npreset = 'fast'\n")
    assert [(d.code, line_of(d)) for d in found] == [("D103", 2), ("D103", 4)]


def test_a_bad_grid_is_refused_in_its_own_words_at_its_own_line():
    (found,) = findings("[simulation]\nparameters = { mt = '170:180:0.3' }\n")
    assert found.code == "D103"
    assert line_of(found) == 2
    assert "does not reach 180" in found.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[data]\nseed = 1\n", "must differ"),
        ("[inference]\nprior = [160, 180]\n", "within the simulated values"),
        ("[calibration]\npool = 9999\n", "pool must hold the jets of one pseudo-experiment"),
        ("[inference]\nparameter = 'mW'\n", "is not simulated"),
        ("[data]\nparameters = { mW = 80 }\n", "one value for each of: mt"),
        ("simulation = 3\n", "must be a table"),
        ("[simulation]\njets = true\n", "valid integer"),
        ("[simulation]\nparameters = { mt = [170, 170, 180] }\n", "mt twice"),
    ],
)
def test_sections_must_agree(text, words):
    (found,) = findings(text)
    assert found.code == "D103"
    assert words in found.message


def test_what_is_no_toml_is_refused_with_its_place():
    (found,) = findings("[simulation]\njets = = 3\n")
    assert (found.code, line_of(found)) == ("D101", 2)


def test_what_is_not_said_is_taken_from_the_default():
    mine = settings(Source("ecdsl.toml", "[simulation]\njets = 10\n"), DEFAULT)
    assert mine.simulation.jets == 10
    assert mine.data.jets == 10000


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("simulation", "jets = 10"),
        ("data", "parameters = { mt = 172 }"),
        ("validation", "values = [171, 172, 173]"),
        ("calibration", "pool = 500000"),
    ],
)
def test_what_a_file_takes_the_place_of_is_not_ignored(section, said):
    text = f'[events]\n{section} = "mine.parquet"\n[{section}]\n{said}\n'
    (finding,) = findings(text)
    assert finding.code == "D103"
    assert line_of(finding) == 4
    assert f"events.{section} names a file" in finding.message


def test_what_a_file_leaves_to_be_said_is_said():
    text = '[events]\ndata = "mine.parquet"\ncalibration = "pool.parquet"\n'
    found = settings(
        Source("ecdsl.toml", text + "[data]\njets = 500\n[calibration]\nreplicas = 2\n"), DEFAULT
    )
    assert (found.data.jets, found.calibration.replicas) == (500, 2)
    assert str(found.events.data) == "mine.parquet"


def test_a_key_of_events_is_known():
    (finding,) = findings('[events]\nsimulations = "mine.parquet"\n')
    assert finding.code == "D102"
    assert "simulation" in finding.hints[0]
