"""Texts that are meant to hurt: time and memory grow with the text and no faster.

At the full size of a file: `ECDSL_FUZZ_SIZE=1048000 pytest tests/fuzz/test_hostile_texts.py`.
"""

from __future__ import annotations

import os
import tracemalloc
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from cpu_time import cpu_seconds

from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.diagnostics.render import render
from ecdsl.lang import compile_module
from ecdsl.lang.findings import MAX_FINDINGS
from ecdsl.lang.format import format_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "correlator c { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }\n"


def axis(expression: str) -> str:
    return f"{HEAD}observable o = c | {{\n  axis x = {expression}: 5 bins in [0, 1]\n}}\n"


def weight(expression: str) -> str:
    return f"correlator c {{ order 2; over particles; measure ee; weight {expression} }}\n"


# What each makes of a size n in characters, roughly.
FAMILIES: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: axis("(" * (n // 2) + "z12" + ")" * (n // 2)),
    "open parentheses": lambda n: axis("(" * n),
    "closing parentheses": lambda n: axis(")" * n),
    "braces": lambda n: "{" * n,
    "brackets of all kinds": lambda n: "([{" * (n // 3),
    "minus signs": lambda n: axis("-" * n + "z12"),
    "operators": lambda n: "+-*/^<>=" * (n // 8),
    "sum": lambda n: axis("z12" + " + z12" * (n // 6)),
    "product": lambda n: axis("z12" + "*z12" * (n // 4)),
    "powers": lambda n: axis("2" + "^2" * (n // 2)),
    "arguments": lambda n: axis("max(" + "z12," * (n // 4) + "z12)"),
    "comparisons": lambda n: axis("z12").replace("axis", "window z12" + "<1" * (n // 2) + "\naxis"),
    "conditions": lambda n: axis("z12").replace(
        "axis", "window " + "z12 < 1 and " * (n // 12) + "z12 < 1\naxis"
    ),
    "lets": lambda n: axis("z12").replace(
        "axis", "".join(f"let a{k} = z12\n" for k in range(n // 16)) + "axis"
    ),
    "statements": lambda n: HEAD.replace("order 2;", "order 2;" * (n // 8)),
    "declarations": lambda n: "".join(f"shape s{k} {{ axis x = z12 }}\n" for k in range(n // 28)),
    "one name again": lambda n: "shape s { axis x = z12 }\n" * (n // 25),
    "imports": lambda n: "import a\n" * (n // 9),
    "names imported": lambda n: "from a import x" + ", y" * (n // 3),
    "identifier": lambda n: axis("z" * n),
    "digits": lambda n: axis("9" * n),
    "decimals": lambda n: axis("0." + "1" * n),
    "quotes": lambda n: '"' * n,
    "no ASCII": lambda n: "\N{GREEK SMALL LETTER ZETA}" * (n // 2),
    "combining marks": lambda n: axis("z12" + "\N{COMBINING ACUTE ACCENT}" * (n // 2)),
    "spaces": lambda n: axis(" " * n + "z12"),
    "newlines": lambda n: HEAD + "\n" * n,
    "carriage returns": lambda n: HEAD + "\r" * n,
    "semicolons": lambda n: HEAD + ";" * n,
    "comment": lambda n: HEAD + "#" * n,
    "documentation": lambda n: "## x\n" * (n // 5) + HEAD,
    "unknown names": lambda n: axis(" + ".join(f"u{k}" for k in range(n // 8))),
    "unknown functions": lambda n: axis(" + ".join(f"f{k}(1)" for k in range(n // 10))),
    "keywords": lambda n: "observable " * (n // 11),
    "factors of a weight": lambda n: weight("E1 * E2 / Q^2" + " * Q / Q" * (n // 8)),
}
LARGE = int(os.environ.get("ECDSL_FUZZ_SIZE", str(1 << 14)))
SMALL = LARGE // 4
# Linear is 4; quadratic would be 16.
MOST = 8
# What a loaded machine adds, in seconds.
NOISE = 0.2


def found(path: Path, text: str) -> list[Diagnostic]:
    path.write_text(text, encoding="utf-8", newline="")
    try:
        return list(compile_module(path).warnings)
    except EcdslError as error:
        return list(error.diagnostics)


@pytest.mark.parametrize("family", FAMILIES)
def test_time_grows_with_the_text_and_no_faster(family: str, tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    found(path, axis("z12"))

    def compiled(size: int) -> None:
        items = found(path, FAMILIES[family](size))
        assert len(items) <= MAX_FINDINGS
        assert max(map(len, render(items).splitlines()), default=0) < 5000

    def formatted(size: int) -> None:
        # Most families have syntax errors; these are reported instead.
        with suppress(EcdslError):
            format_source(FAMILIES[family](size))

    for work in (compiled, formatted):
        small, large = (cpu_seconds(partial(work, size), repeat=2) for size in (SMALL, LARGE))
        assert large < NOISE + MOST * small, f"{small:.2f} s, then {large:.2f} s"


@pytest.mark.parametrize(
    ("expression", "codes"),
    [
        ("9**9**9", {"E109"}),
        ("9^9^9", {"E104"}),
        ("9^(9^9)", {"E312"}),
        ("z12^(9^9)", {"E312"}),
        ("1e999", {"E107"}),
        ("1e308 * 1e308 + z12", {"E313"}),
        ("1/0 * z12", {"E313"}),
        ("(" * 20_000 + "z12" + ")" * 20_000, {"E106"}),
        ("z12^1e9", {"E312"}),
    ],
)
def test_numbers_and_brackets_that_explode(
    expression: str, codes: set[str], tmp_path: Path
) -> None:
    items: list[Diagnostic] = []

    assert cpu_seconds(lambda: items.extend(found(tmp_path / "some.obs", axis(expression)))) < 2
    assert codes & {item.code for item in items}


def test_memory_stays_small(tmp_path: Path) -> None:
    text = FAMILIES["operators"](1_000_000)
    tracemalloc.start()
    try:
        found(tmp_path / "some.obs", text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 500_000_000


def test_import_bomb(tmp_path: Path) -> None:
    """Each of 40 modules imports all later ones: 2^40 paths, 40 files."""
    for k in range(40):
        later = "".join(f"import m{j}\n" for j in range(k + 1, 40))
        (tmp_path / f"m{k}.obs").write_text(later + HEAD.replace(" c ", f" c{k} "))

    items: list[Diagnostic] = []
    assert cpu_seconds(lambda: items.extend(found(tmp_path / "main.obs", "import m0\n" + HEAD))) < 5
    assert {item.code for item in items} <= {"W102", "E405"}


def test_lets_that_double(tmp_path: Path) -> None:
    lets = "let a0 = z12\n" + "".join(f"let a{k + 1} = a{k} * a{k}\n" for k in range(60))
    text = axis("a60").replace("axis", lets + "axis")

    items: list[Diagnostic] = []
    assert cpu_seconds(lambda: items.extend(found(tmp_path / "some.obs", text))) < 2
    assert "E106" in {item.code for item in items}
