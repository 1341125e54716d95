"""The page about ratios: its declarations compile and its commands run, in their order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from typer.testing import CliRunner

from ecdsl.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "ratios.md").read_text(encoding="utf-8")


def block(language):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "observables").mkdir()
    (tmp_path / "observables" / "ratios.obs").write_text(block("obs"), encoding="utf-8")
    return tmp_path


def test_what_the_page_says_runs(folder):
    with mpl.rc_context():
        for line in block("sh").splitlines():
            command, *arguments = shlex.split(line)
            assert command == "ecdsl"
            done = CliRunner().invoke(app, arguments)
            assert done.exit_code == 0, (line, done.stderr)
            assert "warning" not in done.stderr, (line, done.stderr)
    assert (folder / "ratio.png").is_file()
    assert r"\mathrm{aeec}\left(z\right) = " in done.stdout
    script = [sys.executable, "-c", block("python")]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("()\n")
