"""`%%obs` in a real IPython shell and in a real kernel."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from strategies import batch

from ecdsl.events.schema import EventsMetadata
from ecdsl.events.write_parquet import write_events
from ecdsl.ir.nodes import Particles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EEC = """
correlator pairs {
  order 2
  over particles
  measure ee
  weight E1 * E2 / Q^2
}
observable eec = pairs | { axis zeta = z12: 10 bins in [0, 1] }
observable half = pairs | {
  window z12 < 1/2
  axis zeta = z12: 5 bins in [0, 0.5]
}
"""
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "ecdsl")
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, line: str, cell: str) -> tuple[Any, Any]:
    """Return the result of the cell and what it printed and displayed."""
    with capture_output() as captured:
        result = shell.run_cell_magic("obs", line, cell)
    return result, captured


def events(path: Path) -> Path:
    rng = np.random.default_rng(5)
    made = batch(rng.normal(size=(40, 3)), [4] * 10, scale=10.0)
    metadata = EventsMetadata(constituents=Particles(), n_jets=10, n_events=10)
    write_events(path, [made], metadata)
    return path


def test_cell_defines_its_observables(shell: InteractiveShell) -> None:
    result, _ = run(shell, "", EEC)

    assert shell.user_ns["eec"].name == "eec"
    assert shell.user_ns["half"].manifest.fingerprint
    text = result._repr_markdown_()
    for name in ("eec", "half"):
        assert f"**`{name}`**" in text
        assert f"$$\n{shell.user_ns[name].formula}\n$$" in text


def test_derived_observables_are_shown_too(shell: InteractiveShell, tmp_path: Path) -> None:
    path = events(tmp_path / "events.parquet")

    text = EEC + "derive share = reflect(eec) / eec\n"
    result, _ = run(shell, f"--events {path}", text)

    assert [shown.name for shown in result.observables] == ["eec", "half", "share"]
    assert all(shown.picture.startswith(PNG) for shown in result.observables)
    assert shell.user_ns["share"].fill(path).n_events == 10


def test_formula_and_plot_are_displayed(shell: InteractiveShell, tmp_path: Path) -> None:
    path = events(tmp_path / "some events.parquet")

    result, _ = run(shell, f"--events '{path}'", EEC)
    with capture_output() as captured:
        result._ipython_display_()

    kinds = [list(output.data) for output in captured.outputs]
    assert kinds == [["text/plain", "text/markdown"], ["image/png"]] * 2
    assert captured.outputs[1].data["image/png"].startswith(PNG)
    bundle = result.observables[0]._repr_mimebundle_()
    assert bundle["image/png"].startswith(PNG)
    assert shell.user_ns["eec"].fill(path).n_events == 10


def test_errors_are_shown_like_on_the_command_line(shell: InteractiveShell) -> None:
    result, captured = run(shell, "", EEC.replace("z12: 10", "z13: 10"))

    assert result is None
    assert "E204" in captured.stderr
    assert "cell.obs:8:" in captured.stderr
    assert "Traceback" not in captured.stderr
    assert "eec" not in shell.user_ns


def test_missing_events_are_the_users_error(shell: InteractiveShell) -> None:
    result, captured = run(shell, "--events nowhere.parquet", EEC)

    assert result is None
    assert "nowhere.parquet" in captured.stderr
    assert "eec" not in shell.user_ns


def test_warnings_are_shown(shell: InteractiveShell) -> None:
    squared = EEC.replace("E1 * E2 / Q^2", "E1^2 * E2^2 / Q^4")

    result, captured = run(shell, "", squared)

    assert result is not None
    assert "W301" in captured.stderr


def test_modules_lie_beside_the_notebook(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "base.obs").write_text(EEC.split("observable", maxsplit=1)[0])

    result, _ = run(shell, "", "from base import pairs\nobservable" + EEC.split("observable")[1])

    assert [shown.name for shown in result.observables] == ["eec"]


def test_unknown_options_are_refused(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="unrecognized arguments"):
        run(shell, "--evnts x", EEC)


def test_kernel_shows_it(tmp_path: Path) -> None:
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    path = events(tmp_path / "events.parquet")
    code = ["%load_ext ecdsl", f"%%obs --events {path} --build {tmp_path}\n{EEC}", "eec.name"]
    notebook = new_notebook(cells=[new_code_cell(text) for text in code])
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=environment)

    outputs = notebook.cells[1].outputs
    assert [output.output_type for output in outputs] == ["display_data"] * 4
    assert base64.b64decode(outputs[1].data["image/png"]).startswith(PNG)
    assert notebook.cells[2].outputs[0].data["text/plain"] == "'eec'"
