"""`ecdsl fmt`: files in place, stdin to stdout, and what is wrong left alone."""

from __future__ import annotations

import stat

import pytest

UGLY = "shape a{axis zeta=z12}"
NICE = "shape a {\n  axis zeta = z12\n}\n"
BROKEN = "shape a {\n  axis = z12\n}\n"


def test_the_projects_observables_are_laid_out_in_place(ecdsl, project):
    file = project(observables=UGLY) / "observables" / "mine.obs"
    file.chmod(0o640)

    done = ecdsl("fmt")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "changed 1 of 1 file(s)\n")
    assert file.read_text() == NICE
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert ecdsl("fmt").stderr == "changed 0 of 1 file(s)\n"


def test_what_needs_no_change_is_not_written(ecdsl, project):
    file = project(observables=NICE) / "observables" / "mine.obs"
    before = file.stat()

    assert ecdsl("fmt", "observables", "-q").stderr == ""

    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_names_what_would_change(ecdsl, project):
    file = project(observables=UGLY) / "observables" / "mine.obs"

    done = ecdsl("fmt", "--check", file)

    assert (done.returncode, done.stdout) == (1, "observables/mine.obs\n")
    assert file.read_text() == UGLY
    file.write_text(NICE)
    assert ecdsl("fmt", "--check", file).returncode == 0


def test_diff_shows_what_would_change(ecdsl, project):
    file = project(observables=UGLY + "\n") / "observables" / "mine.obs"

    done = ecdsl("fmt", "--diff")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "--- observables/mine.obs",
        "+++ observables/mine.obs",
        "@@ -1,2 +1,4 @@",
        "-shape a{axis zeta=z12}",
        *("+" + line for line in NICE.splitlines()),
        " ",
    ]
    assert file.read_text() == UGLY + "\n"


def test_a_file_with_syntax_errors_stays_and_the_others_do_not(ecdsl, project):
    folder = project(observables=UGLY) / "observables"
    (folder / "bad.obs").write_text(BROKEN)
    (folder / "latin.obs").write_bytes(b"# \xe9\n")

    done = ecdsl("fmt")

    assert done.returncode == 1
    assert "E104" in done.stderr
    assert "observables/bad.obs:2:8" in done.stderr
    assert "E101" in done.stderr
    assert (folder / "bad.obs").read_text() == BROKEN
    assert (folder / "mine.obs").read_text() == NICE


@pytest.mark.parametrize(("text", "code", "out"), [(UGLY, 0, NICE), (BROKEN, 1, "")])
def test_stdin_goes_to_stdout(ecdsl, text, code, out):
    done = ecdsl("fmt", "-", stdin=text)

    assert (done.returncode, done.stdout) == (code, out)
    assert ("<stdin>:2:8" in done.stderr) == bool(code)


def test_without_observables_nothing_packaged_is_touched(ecdsl):
    done = ecdsl("fmt")

    assert done.returncode == 1
    assert "D108" in done.stderr
