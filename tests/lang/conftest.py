from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.ir.nodes import Observable

CORRELATOR = """
correlator triple {
  order   3
  over    particles
  measure ee
  weight  E1 * E2 * E3 / Q^3
  sides   z1 <= z2 <= z3
}
"""


@pytest.fixture
def observable(tmp_path: Path) -> Callable[..., Observable]:
    """Compile the statements of a three-point observable."""

    def compile_body(*lines: str, axis: str = "z1", measure: str = "ee") -> Observable:
        body = "\n  ".join([*lines, f"axis zeta = {axis}: 10 bins in [0, 1]"])
        text = CORRELATOR.replace("measure ee", f"measure {measure}")
        path = tmp_path / "some.obs"
        path.write_text(f"{text}\nobservable seen = triple | {{\n  {body}\n}}\n", encoding="utf-8")
        return compile_module(path).observables[0].observable

    return compile_body


@pytest.fixture
def diagnose(tmp_path: Path) -> Callable[[str | bytes], list[Diagnostic]]:
    """Return everything that is found in a text."""

    def run(text: str | bytes) -> list[Diagnostic]:
        path = tmp_path / "some.obs"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        try:
            return list(compile_module(path).warnings)
        except EcdslError as error:
            return list(error.diagnostics)

    return run
