"""Run the command line as a user does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def ecdsl(tmp_path):
    """Return a function that runs `ecdsl ARGS...` in `tmp_path`."""

    def run(*arguments, stdin="", **environment):
        return subprocess.run(
            [sys.executable, "-c", "from ecdsl.cli.main import run; run()", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def project(tmp_path):
    """Return a function that makes `tmp_path` a project with an `ecdsl.toml` and a `.obs` file."""

    def make(settings=None, observables=None):
        if settings is not None:
            (tmp_path / "ecdsl.toml").write_text(settings, encoding="utf-8")
        if observables is not None:
            (tmp_path / "observables").mkdir()
            (tmp_path / "observables" / "mine.obs").write_text(observables, encoding="utf-8")
        return tmp_path

    return make
