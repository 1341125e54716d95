from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ecdsl import resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import RESULTS, load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.report import calibration, scan, store, validation

MASS = resources.library() / "top" / "mass.obs"
ONE = (
    "from top.correlators import top_eeec\n"
    "observable {} = top_eeec | {{ axis z = z1: 3 bins in [0, 1] }}\n"
)


@pytest.fixture
def build(tmp_path):
    compile_paths([MASS], build=tmp_path / "build")
    return tmp_path / "build"


def bytes_of(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def code_of(error):
    return error.value.diagnostics[0].code


def test_compiling_twice_is_the_identity(build):
    before = bytes_of(build)
    report = compile_paths([MASS], build=build)
    assert {observable.status for observable in report.observables} == {"cached"}
    assert bytes_of(build) == before


def test_another_process_writes_the_same_bytes(build, tmp_path):
    script = (
        "from pathlib import Path; from ecdsl.compiler import compile_paths;"
        f"compile_paths([Path({str(MASS)!r})], build=Path({str(tmp_path / 'other')!r}))"
    )
    # String hashes differ between the processes.
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    assert bytes_of(tmp_path / "other") == bytes_of(build)


def test_reindenting_rewrites_the_manifest_alone(tmp_path):
    source = tmp_path / "shape.obs"
    text = """
    from top.correlators import top_eeec
    observable one = top_eeec | { axis z = z1: 10 bins in [0, 1] }
    """
    source.write_text(text)
    compile_paths([source], build=tmp_path / "build")
    before = bytes_of(tmp_path / "build" / "kernels")
    source.write_text(text.replace("    ", "  ") + "\n# a comment\n")
    compile_paths([source], build=tmp_path / "build")
    assert bytes_of(tmp_path / "build" / "kernels") == before


def test_shapes_that_differ_in_values_share_their_kernel(tmp_path):
    source = tmp_path / "shape.obs"
    source.write_text(
        """
        from top.correlators import top_eeec
        from shapes.triangles import ratio
        observable a = top_eeec | ratio(n1 = 1, n2 = 1) { axis zeta: 10 bins in [0.01, 1] }
        observable b = top_eeec | ratio(n1 = 1, n2 = 2) { axis zeta: 20 log bins in [0.01, 1] }
        """
    )
    first, second = compile_paths([source], build=tmp_path / "build").observables
    assert first.manifest.kernel_fingerprint == second.manifest.kernel_fingerprint
    assert first.manifest.fingerprint != second.manifest.fingerprint
    assert first.manifest.correlator_fingerprint == second.manifest.correlator_fingerprint


def test_nothing_is_written_where_one_of_several_files_is_wrong(tmp_path):
    broken = tmp_path / "broken.obs"
    broken.write_text("observable x = nowhere | { axis z = z1: 3 bins in [0, 1] }")
    with pytest.raises(EcdslError):
        compile_paths([MASS, broken], build=tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_findings_of_a_pass_stand_at_what_is_wrong(tmp_path):
    source = tmp_path / "shape.obs"
    source.write_text(
        "from top.correlators import top_eeec\n"
        "observable x = top_eeec | {\n  axis z = z1/(z2 - z2): 3 bins in [0, 1]\n}\n"
    )
    with pytest.raises(EcdslError) as error:
        compile_paths([source], build=tmp_path / "build")
    (finding,) = error.value.diagnostics
    assert finding.code == "E320"
    assert finding.span.source.line_column(finding.span.start)[0] == 3


def test_an_observable_that_was_never_compiled_is_named_with_those_that_were(build):
    with pytest.raises(EcdslError) as error:
        load_manifest(build, "zeta_min")
    assert code_of(error) == "D201"
    assert "zeta_max" in error.value.diagnostics[0].hints[0]


def test_a_damaged_manifest_is_refused(build):
    path = build / "zeta_max.json"
    content = json.loads(path.read_text())
    del content["fingerprint"]
    path.write_text(json.dumps(content))
    with pytest.raises(EcdslError) as error:
        load_manifest(build, "zeta_max")
    assert code_of(error) == "D202"


def test_a_manifest_that_is_no_text_is_written_again(build):
    path = build / "zeta_max.json"
    before = path.read_bytes()
    path.write_bytes(before[:100] + b"\xff" + before[101:])
    compile_paths([MASS], build=build)
    assert path.read_bytes() == before


def test_results_beside_the_manifests_are_not_taken_for_them(build):
    (build / "analysis.json").write_text('{"schema_version": "ecdsl/analysis/1"}')
    with pytest.raises(EcdslError) as error:
        load_manifest(build, "centroid")
    (hint,) = error.value.diagnostics[0].hints
    assert hint.endswith("compiled here are: equilateral, right_isosceles, zeta_max, zeta_mean")


def test_an_edited_kernel_is_not_run(build, tmp_path):
    file = load_manifest(build, "zeta_max").kernels["numba"]
    canary = tmp_path / "canary"
    path = build / file.path
    path.write_text(path.read_text() + f"\nopen({str(canary)!r}, 'w')\n")
    with pytest.raises(EcdslError) as error:
        load_kernel(build, file)
    assert code_of(error) == "D204"
    assert not canary.exists()
    compile_paths([MASS], build=build)
    load_kernel(build, file)
    assert not canary.exists()


def test_a_missing_kernel_says_how_to_get_it(build):
    file = load_manifest(build, "zeta_max").kernels["numba"]
    (build / file.path).unlink()
    with pytest.raises(EcdslError) as error:
        load_kernel(build, file)
    assert code_of(error) == "D203"
    assert "ecdsl compile" in error.value.diagnostics[0].hints[0]


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_a_folder_that_everyone_may_write_to_is_refused(build):
    file = load_manifest(build, "zeta_max").kernels["numba"]
    (build / file.path).parent.chmod(0o777)
    with pytest.raises(EcdslError) as error:
        load_kernel(build, file)
    assert code_of(error) == "D205"


def test_two_files_may_not_declare_one_name(tmp_path):
    files = [tmp_path / "a.obs", tmp_path / "b.obs"]
    for file in files:
        file.write_text(ONE.format("same"))
    with pytest.raises(EcdslError) as error:
        compile_paths(files, build=tmp_path / "build")
    assert code_of(error) == "D209"


def test_no_observable_is_called_as_a_result_of_the_build_folder(tmp_path):
    reports = (calibration, scan, store, validation)
    assert sorted(RESULTS) == sorted(report.FILE.removesuffix(".json") for report in reports)
    for name in RESULTS:
        (tmp_path / "a.obs").write_text(ONE.format(name))
        with pytest.raises(EcdslError) as error:
            compile_paths([tmp_path / "a.obs"], build=tmp_path / "build")
        assert code_of(error) == "D209"
