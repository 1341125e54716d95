"""The packaged observables compile, and the first of them mean what they always meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecdsl import resources
from ecdsl.ir.nodes import Observable, Subjets
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.lang import LoweredObservable

LIBRARY = resources.library()
FILES = sorted(LIBRARY.rglob("*.obs"))
PINNED = [LIBRARY / name for name in ("std/eec.obs", "std/e3c.obs", "top/mass.obs")]
GOLDEN = Path(__file__).parents[1] / "corpus" / "packaged"


def observables(name: str) -> dict[str, LoweredObservable]:
    return {item.observable.name: item for item in compile_module(LIBRARY / name).observables}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_nothing_is_said(path: Path) -> None:
    # What is not collinear safe is accepted where it is declared: the papers know it.
    assert compile_module(path).warnings == ()


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.stem)
def test_ir_is_the_pinned_one(path: Path, golden: Callable[[Path, str], None]) -> None:
    for item in compile_module(path).observables:
        text = item.observable.model_dump_json(indent=1, exclude_defaults=False) + "\n"
        golden(GOLDEN / f"{item.observable.name}.json", text)
        assert Observable.model_validate(json.loads(text)) == item.observable


def test_top_observables_share_one_correlator() -> None:
    found = observables("top/mass.obs")

    assert set(found) == {"equilateral", "right_isosceles", "zeta_max", "zeta_mean"}
    assert len({item.observable.correlator for item in found.values()}) == 1
    correlator = found["zeta_max"].observable.correlator
    assert correlator.constituents == Subjets(algorithm="cambridge", radius=0.1)
    assert correlator.order == 3


def test_arguments_become_parameter_values() -> None:
    found = observables("top/mass.obs")["right_isosceles"].observable

    assert [(item.name, item.value) for item in found.parameters] == [
        ("n1", 1.0),
        ("n2", 2.0),
        ("width", 0.01),
    ]
    assert all(item.contains(item.value) for item in found.parameters)


def test_declaration_is_kept_with_its_doc() -> None:
    found = observables("top/mass.obs")["equilateral"]

    assert found.text.startswith("observable equilateral = top_eeec | equal_sides(width = 0.02) {")
    first = "Three sides equal within 0.02, arXiv:2201.08393; the mean side."
    assert found.doc.splitlines()[0] == first
    assert found.span.source.name == "observables/top/mass.obs"
