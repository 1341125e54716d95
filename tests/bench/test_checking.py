"""Ratio of checking the library to parsing it: `pytest tests/bench -m bench -s`.

Both in the same process, interleaved, of processor time; what comes with the first use (imports,
the tables of the grammar) is taken out by a round that is not counted.
"""

from __future__ import annotations

from statistics import median
from time import process_time

import pytest

from ecdsl import resources
from ecdsl.checking import check_paths
from ecdsl.diagnostics import Source
from ecdsl.lang.parser import parse

pytestmark = pytest.mark.bench

ROUNDS = 7


def test_library_against_parsing_it():
    paths = sorted(resources.library().rglob("*.obs"))
    sources = [Source(path.name, path.read_text()) for path in paths]

    def checked():
        start = process_time()
        check_paths(paths)
        return process_time() - start

    def parsed():
        start = process_time()
        for source in sources:
            parse(source)
        return process_time() - start

    checked(), parsed()
    ratios, seconds = [], []
    for _ in range(ROUNDS):
        alternative = parsed()
        seconds.append(checked())
        ratios.append(seconds[-1] / alternative)

    print(
        f"\n{len(paths)} files: check / parse {median(ratios):.1f} "
        f"({min(ratios):.1f}-{max(ratios):.1f}), check {median(seconds):.2f} s of processor time"
    )
