"""What the README and the docs show is what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecdsl.lang import compile_module

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_shape_in_the_readme_compiles(tmp_path):
    (text,) = blocks(ROOT / "README.md", "obs")
    file = tmp_path / "readme.obs"
    file.write_text(text)
    found = compile_module(file, tmp_path)
    assert [f.observable.name for f in found.observables] == ["right_isosceles"]
    assert found.warnings == ()


def test_the_python_in_the_readme_runs():
    (text,) = blocks(ROOT / "README.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "zeta" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_check_script_runs_the_command_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert readme.count("<!-- test -->") == 1
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()
    (commands,) = re.findall(r"<!-- test -->\n```sh\n(.*?)\n```", readme, re.DOTALL)
    assert "pytest" in commands
    assert "pip install" in commands
