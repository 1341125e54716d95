from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events.generate import check_process
from ecdsl.events.process import DEFAULT_CONSTITUENTS, Jets, constituents_of, load_process
from ecdsl.ir.nodes import Particles

if TYPE_CHECKING:
    from pathlib import Path

DIJETS = "Beams:eCM = 13000\nHardQCD:all = on\nPhaseSpace:pTHatMin = {pthat}\n"


def command_file(folder: Path, text: str) -> str:
    path = folder / "process.cmnd"
    path.write_text(text)
    return str(path)


def test_the_embedded_process_has_the_published_settings() -> None:
    process = load_process("ee-ttbar")
    assert process.scale == 2000.0
    assert process.jets == Jets(measure="ee", radius=1.2, hardest=2)
    assert "6:m0 = 173.25" in process.commands_for({"mt": 173.25})
    assert "PDF:lepton = off" in process.commands


def test_the_scale_is_the_collision_energy() -> None:
    assert "Beams:eCM = 1000.0" in load_process("ee-ttbar", scale=1000).commands


def test_radiation_off_the_beams_is_a_process_of_its_own() -> None:
    assert "PDF:lepton = on" in load_process("ee-ttbar-isr").commands


def test_hadronic_events_at_the_z_are_kept_whole() -> None:
    process = load_process("ee-hadrons")
    assert process.jets is None
    assert (process.scale, process.measure, process.rows_per_event) == (91.2, "ee", 1)
    assert "Beams:eCM = 91.2" in process.commands


def test_dijets_have_their_transverse_momentum_as_scale() -> None:
    process = load_process("pp-dijet")
    assert process.jets == Jets(measure="hadron", radius=0.4, hardest=2, minimum=100.0)
    assert (process.scale, process.measure, process.rows_per_event) == (None, "hadron", 2)
    assert "Beams:eCM = 8000.0" in load_process("pp-dijet", scale=8000).commands


def test_particles_are_kept_where_nothing_else_is_usual() -> None:
    assert constituents_of(None, "ee-hadrons") == Particles()
    assert constituents_of(None, "ee-ttbar") == DEFAULT_CONSTITUENTS
    assert constituents_of("charged", "ee-ttbar") == Particles(charged=True)
    assert constituents_of("subjets", "pp-dijet") == DEFAULT_CONSTITUENTS


def test_a_parameter_that_is_not_given_has_its_default() -> None:
    assert load_process("ee-ttbar").complete({}) == {"mt": 172.5}


def test_a_command_file_declares_its_parameters(tmp_path: Path) -> None:
    process = load_process(command_file(tmp_path, DIJETS))
    assert process.jets.measure == "hadron"
    assert process.scale is None
    assert process.commands_for(process.complete({"pthat": 500}))[-1].endswith("= 500.0")


def test_lepton_beams_give_spherical_jets(tmp_path: Path) -> None:
    text = "beams:idA 11\nBeams:idB = -11\nWeakSingleBoson:ffbar2gmZ = on\n"
    process = load_process(command_file(tmp_path, text), scale=91.2)
    assert process.jets.measure == "ee"
    assert process.scale == 91.2


def test_comments_never_reach_pythia(tmp_path: Path) -> None:
    text = "! a comment\n/* off\n{ghost}\n*/\n# another\nHardQCD:all = on\n/* left open\n"
    process = load_process(command_file(tmp_path, text))
    assert process.commands == ("HardQCD:all = on",)
    assert process.placeholders == frozenset()


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("Random:seed = 3", "D321", "--seed"),
        ("Include = other.cmnd", "D321", "paste"),
        ("Init:plugins = {libevil.so::Hooks}", "D321", "plugins"),
        ("Main:numberOfEvents = 10", "D321", "--jets"),
        ("Beams:idA = 11\nBeams:idB = -11", "D321", "scale"),
    ],
)
def test_commands_that_would_be_ignored_or_run_code_are_refused(
    tmp_path: Path, text: str, code: str, says: str
) -> None:
    with pytest.raises(EcdslError) as caught:
        load_process(command_file(tmp_path, text))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code
    assert says in " ".join((diagnostic.message, *diagnostic.hints))


@pytest.mark.parametrize("name", ["ee-tbar", "events.parquet", "missing.cmnd"])
def test_unknown_processes_are_refused(name: str) -> None:
    with pytest.raises(EcdslError, match="D320"):
        load_process(name)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_scales_are_refused(scale: float) -> None:
    with pytest.raises(EcdslError, match="D320"):
        load_process("ee-ttbar", scale=scale)


@pytest.mark.parametrize(
    "labels", [{"mtop": 173.0}, {"mt": float("nan")}, {"mt": float("inf")}, {"jes": 0.0}]
)
def test_labels_must_be_known_and_finite(labels: dict[str, float]) -> None:
    with pytest.raises(EcdslError, match="D322"):
        load_process("ee-ttbar").complete(labels)


def test_every_process_knows_the_energy_scale_and_none_asks_for_it() -> None:
    process = load_process("pp-dijet")
    assert process.complete({"jes": 1.02}) == {"jes": 1.02}
    assert process.complete({}) == {}


def test_a_placeholder_without_a_value_is_refused(tmp_path: Path) -> None:
    process = load_process(command_file(tmp_path, DIJETS))
    with pytest.raises(EcdslError, match="needs a value of `pthat`"):
        process.complete({})


def test_pythia_is_asked_before_anything_is_generated(tmp_path: Path) -> None:
    process = load_process(command_file(tmp_path, "HardQCD:everything = on"))
    with pytest.raises(EcdslError, match="HardQCD:everything"):
        check_process(process, {})
