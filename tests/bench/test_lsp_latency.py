"""How long an editor waits for the findings of a file, from a keystroke on."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import pytest
from lsp_client import Editor
from lsprotocol import types as lsp

from ecdsl.editor.session import DELAY

if TYPE_CHECKING:
    from pathlib import Path

CORRELATOR = """\
correlator triple_eec {
  order   3
  over    particles
  measure ee
  weight  E1 * E2 * E3 / Q^3
  sides   z1 <= z2 <= z3
}
"""
OBSERVABLE = """
## One of many.
observable o{k} = triple_eec | {{
  let    gap = z2 - {k} * z1
  delta  gap within [0, 0.01]
  window z3 < 0.{k}5
  axis   zeta = z1: 20 log bins in [1e-3, 0.3]
}}
"""


@pytest.mark.bench
def test_findings_of_200_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    editor = Editor(tmp_path)
    editor.start()
    text = CORRELATOR + "".join(OBSERVABLE.format(k=k) for k in range(1, 25))
    lines = text.count("\n")
    uri = editor.open("long.obs", text)
    editor.diagnostics(uri)
    seconds = []
    for k in range(5):
        start = time.perf_counter()
        editor.change(uri, text.replace("o7 =", f"o7{k} =").replace("z3 < 0.75", f"z{k}9 < 0.75"))
        editor.diagnostics(uri, lambda found: any(item.code in {"E201", "E204"} for item in found))
        seconds.append(time.perf_counter() - start)
        editor.change(uri, text)
        editor.diagnostics(uri, lambda found: not any(item.code[0] == "E" for item in found))
    start = time.perf_counter()
    editor.at(lsp.TEXT_DOCUMENT_COMPLETION, uri, (10, 20))
    completion = time.perf_counter() - start
    editor.stop()

    with capsys.disabled():
        print(
            f"\n{lines} lines: errors {median(seconds):.2f} s after a change ({DELAY} s of it a "
            f"pause), completion {completion * 1000:.0f} ms"
        )
    assert median(seconds) < 1
