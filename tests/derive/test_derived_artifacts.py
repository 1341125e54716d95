"""Compiled derived observables on disk: found by name, never taken for another kind."""

from __future__ import annotations

import shutil

import pytest

from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.stages import show


@pytest.fixture
def own(build, tmp_path):
    """Return a build folder that may be damaged."""
    return shutil.copytree(build, tmp_path / "build")


def finding(error):
    (found,) = error.value.diagnostics
    return found


def compiled(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return compile_paths([path], build=tmp_path / "build")


PAIRS = """
correlator two {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}
observable a = two | { axis z = z12: 20 bins in [0, 1] }
observable b = two | { axis z = z12^2: 20 bins in [0, 1] }
"""


def test_compiling_twice_is_the_identity(source, build):
    compile_paths([source], build=build)
    before = (build / "e3c_over_e2c.json").read_bytes()
    report = compile_paths([source], build=build)
    assert {c.status for c in report.derived} == {"cached"}
    assert (build / "e3c_over_e2c.json").read_bytes() == before


def test_a_manifest_reads_back_as_it_was_written(source, build):
    (first, *_) = compile_paths([source], build=build).derived
    assert load_derived(build, first.name) == first.manifest
    assert first.manifest.provenance.doc == "The ratio whose slope is alpha_s."


def test_the_fingerprint_follows_the_meaning_and_not_the_names(tmp_path):
    def fingerprint(text):
        return compiled(tmp_path, "x.obs", PAIRS + text).derived[0].manifest.fingerprint

    plain = fingerprint("derive r = a / b")
    assert fingerprint("derive  other =  (a) / b  # a comment") == plain
    assert fingerprint("derive r = b / a") != plain
    assert fingerprint("derive r = a / a") != plain
    assert fingerprint("derive r = a - b") != plain


def test_imported_operands_bring_their_kernels_and_no_manifest(tmp_path):
    text = "from std.eec import eec\nfrom std.e3c import e3c\nderive r = e3c / eec\n"
    report = compiled(tmp_path, "r.obs", text)
    assert [c.name for c in report.derived] == ["r"]
    assert sorted(path.name for path in (tmp_path / "build").glob("*.json")) == ["r.json"]
    for operand in report.derived[0].manifest.operands:
        assert (tmp_path / "build" / operand.kernels["numba"].path).is_file()


def test_one_kind_is_not_read_as_the_other(build):
    with pytest.raises(EcdslError, match="D210") as error:
        load_manifest(build, "aeec")
    assert "derived" in finding(error).message
    with pytest.raises(EcdslError, match="D210"):
        load_derived(build, "eec")


@pytest.mark.parametrize("load", [load_manifest, load_derived])
def test_a_misspelled_name_is_looked_for_among_both_kinds(build, load):
    with pytest.raises(EcdslError, match="D201") as error:
        load(build, "e3c_over_e2k")
    assert "`e3c_over_e2c`" in finding(error).hints[0]


DAMAGES = {
    "cut": lambda text: text[: len(text) // 2],
    "another version": lambda text: text.replace("ecdsl/derived/1", "ecdsl/derived/2", 1),
    "a field that is not known": lambda text: text.replace('"name"', '"nom"', 1),
    "an operand that is not there": lambda text: text.replace('"index": 1', '"index": 7', 1),
    "a function without its arguments": lambda text: text.replace('"div"', '"neg"', 1),
    "operands of different bins": lambda text: text.replace('"n": 20', '"n": 21', 1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_manifest_is_refused(own, damage):
    path = own / "e3c_over_e2c.json"
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    with pytest.raises(EcdslError, match="D211") as error:
        load_derived(own, "e3c_over_e2c")
    assert str(path) in finding(error).message
    assert finding(error).hints


def test_a_damaged_manifest_is_written_again(source, own):
    path = own / "aeec.json"
    before = path.read_bytes()
    path.write_bytes(before[:100])
    report = compile_paths([source], build=own)
    assert path.read_bytes() == before
    assert {c.name for c in report.derived if c.status == "new"} == {"aeec"}


def test_a_name_belongs_to_one_artifact_of_either_kind(tmp_path):
    compiled(tmp_path, "one.obs", PAIRS + "derive r = a / b\n")
    other = PAIRS.replace("observable a", "observable r").replace("observable b", "observable c")
    (tmp_path / "two.obs").write_text(other)
    with pytest.raises(EcdslError, match="D209"):
        compile_paths([tmp_path / "one.obs", tmp_path / "two.obs"], build=tmp_path / "build")


def test_a_result_of_the_build_folder_is_no_name(tmp_path):
    with pytest.raises(EcdslError, match="D209"):
        compiled(tmp_path, "x.obs", PAIRS + "derive analysis = a / b\n")


def test_the_ir_shows_the_expression_and_each_operand(source):
    text = show(source, "chained", "ir")
    assert text.startswith("derive chained = (-2) * (e3c / e2c) + 1\n\nobservable e3c\n")
    assert "\nobservable e2c\n" in text


FORMULAE = {
    "e3c_over_e2c": r"\mathrm{e3c\_over\_e2c} = \frac{\mathrm{e3c}}{\mathrm{e2c}}",
    "aeec": r"\mathrm{aeec}\left(z\right) = \mathrm{eec}\left(1 - z\right)"
    r" - \mathrm{eec}\left(z\right)",
    "published": r"\mathrm{published} ="
    r" \frac{\frac{\mathrm{eec}}{\sum_{\mathrm{bins}} \mathrm{eec}}}{\Delta z}",
}


@pytest.mark.parametrize(("name", "expected"), FORMULAE.items(), ids=FORMULAE)
def test_latex_is_the_formula_of_names_above_those_of_the_operands(source, name, expected):
    first, *operands = show(source, name, "latex").splitlines()
    assert first == expected
    assert all(r"\left\langle" in line for line in operands)


@pytest.mark.parametrize("stage", ["plan", "graph", "numba", "torch"])
def test_other_stages_are_those_of_operands(source, stage):
    with pytest.raises(EcdslError, match="D214") as error:
        show(source, "aeec", stage)
    assert finding(error).hints == (f"show that of an operand: `ecdsl show eec --stage {stage}`",)
