"""The contract of the command line: help, exit codes, what goes to which stream."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from ecdsl.cli.guard import guarded
from ecdsl.cli.main import app
from ecdsl.diagnostics import InternalError, NumericalError, data_error

COMMANDS = [command.name for command in app.registered_commands]

GOOD = """
correlator pairs {
  order 2
  over particles
  measure ee
  weight E1 * E2 / Q^2
}
observable eec = pairs | {
  axis zeta = z12: 10 log bins in [1e-3, 1]
}
"""


def test_every_command_has_help_with_examples():
    from typer.testing import CliRunner

    for command in COMMANDS:
        shown = CliRunner().invoke(app, [command, "--help"]).output
        assert "Examples" in shown
        assert f"$ ecdsl {command}" in shown
        assert "--quiet" in shown
        assert "--verbose" in shown


def test_the_version_is_printed(ecdsl):
    from importlib.metadata import version

    assert ecdsl("--version").stdout == f"ecdsl {version('ecdsl')}\n"


@pytest.mark.parametrize("arguments", [["chek"], ["check", "--format", "xml"], ["fill", "x"]])
def test_wrong_usage_is_2(ecdsl, arguments):
    done = ecdsl(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error" in done.stderr


def test_check_reports_every_file_and_ends_with_1(ecdsl, project):
    path = project(observables=GOOD)
    (path / "observables" / "bad.obs").write_text(GOOD.replace("z12:", "z13:"))
    done = ecdsl("check", "--format", "json")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert found["severity"] == "error"
    assert found["file"].endswith("bad.obs")
    keys = {"code", "severity", "message", "file", "line", "column", "end_line", "end_column"}
    assert keys | {"hints"} <= set(found)
    text = ecdsl("check")
    assert text.returncode == 1
    assert found["code"] in text.stderr
    assert text.stdout == ""


def test_check_of_what_is_right_says_nothing_when_quiet(ecdsl, project):
    project(observables=GOOD)
    done = ecdsl("check", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_path_is_the_users_error(ecdsl):
    done = ecdsl("check", "nowhere.obs")
    assert done.returncode == 1
    assert "nowhere.obs" in done.stderr


def test_bad_settings_are_shown_with_their_line(ecdsl, project):
    project(settings="[simulation]\njest = 3\n")
    done = ecdsl("check")
    assert done.returncode == 1
    assert "ecdsl.toml:2:1" in done.stderr
    assert "did you mean `jets`?" in done.stderr


def test_compile_says_what_was_new_and_what_was_cached(ecdsl, project):
    path = project(observables=GOOD)
    first, second = ecdsl("compile"), ecdsl("compile")
    assert first.returncode == second.returncode == 0
    assert first.stdout.split()[:2] == ["new", "eec"]
    assert second.stdout.split()[:2] == ["cached", "eec"]
    assert (path / "build" / "eec.json").is_file()


def test_show_finds_an_observable_by_name_file_and_both(ecdsl, project):
    path = project(observables=GOOD)
    (path / "observables" / "broken.obs").write_text("observable = ")
    file = "observables/mine.obs"
    shown = [ecdsl("show", name, "--stage", "ir").stdout for name in ("eec", file, f"{file}:eec")]
    assert "observable eec" in shown[0]
    assert len(set(shown)) == 1


def test_an_unknown_observable_gets_a_suggestion(ecdsl, project):
    project(observables=GOOD)
    done = ecdsl("show", "eecc")
    assert done.returncode == 1
    assert "did you mean `eec`?" in done.stderr


def test_report_without_a_result_says_what_to_run(ecdsl):
    done = ecdsl("report")
    assert done.returncode == 1
    assert "ecdsl infer" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (data_error("D304", "jets.parquet is cut", hint="copy it again"), 1, "copy it again"),
        (PermissionError(13, "Permission denied", "build"), 1, "build: Permission denied"),
        (InternalError("symmetry lost"), 3, "report"),
        (ZeroDivisionError("division by zero"), 3, "ZeroDivisionError"),
        (NumericalError("12 hits of at least 1000"), 4, "12 hits"),
        (KeyboardInterrupt(), 130, "goes on from there"),
    ],
)
def test_each_failure_has_its_exit_code(error, code, words, capsys):
    @guarded
    def command(*, verbose=False):
        raise error

    with pytest.raises(typer.Exit) as ended:
        command(verbose=False)
    assert ended.value.exit_code == code
    shown = capsys.readouterr()
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_our_own_traceback_is_shown_when_asked_for(capsys):
    @guarded
    def command(*, verbose=False):
        raise ZeroDivisionError

    with pytest.raises(typer.Exit):
        command(verbose=True)
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "work",
    [
        "import ecdsl; ecdsl.EcdslError, ecdsl.__version__, dir(ecdsl)",
        "from ecdsl.cli.main import app; app(['--help'], standalone_mode=False)",
        "from ecdsl.cli.main import app; app(['check', '-q'], standalone_mode=False)",
    ],
)
def test_light_work_loads_no_heavy_library(tmp_path, work):
    heavy = {"torch", "numba", "sympy", "matplotlib", "pythia8mc", "fastjet", "awkward", "pyarrow"}
    script = f"import sys\n{work}\nprint('LOADED', sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"
