from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from ecdsl import resources
from ecdsl.diagnostics import EcdslError
from ecdsl.lang import compile_module
from ecdsl.library import entries, find, formula, sample, search

FILES = sorted(resources.library().rglob("*.obs"))
REFERENCE = re.compile(r"arXiv:\d{4}\.\d{4,5}|hep-ex/\d{7}|Phys\. (Rev|Lett)")


def test_holds_at_least_forty_published_observables() -> None:
    assert len(entries()) >= 40


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_says_what_it_is_and_where_it_was_published(entry) -> None:
    assert entry.description.endswith(".")
    assert len(entry.description) > 10
    assert REFERENCE.search(entry.reference)
    assert sample(entry.sample).stat().st_size < 400_000


def test_names_are_unique() -> None:
    names = [entry.name for entry in entries()]

    assert len(names) == len(set(names))


def test_lists_what_the_compiler_finds() -> None:
    modules = [compile_module(path) for path in FILES]
    compiled = {item.observable.name for module in modules for item in module.observables}
    derived = {item.derived.name for module in modules for item in module.derived}

    assert {entry.name for entry in entries() if not entry.derived} == compiled
    assert {entry.name for entry in entries() if entry.derived} == derived


def test_search_finds_all_words_in_any_place() -> None:
    assert "jet_e3c" in {entry.name for entry in search(["projected", "three-point"])}
    assert {entry.name for entry in search(["arXiv:2501.17218"])} == {
        "ewoc_mass",
        "ewoc_mass_squared",
    }
    assert search(["2501.17218"]) == search(["ARXIV:2501.17218"])
    assert search(["no", "such", "words"]) == ()
    assert search([]) == entries()


def test_finds_by_name_with_or_without_module() -> None:
    assert find("jet_eec") == find("eec.jets.jet_eec")
    assert not find("jet_eec").derived
    assert find("aeec").derived


def test_unknown_name_names_one_alike() -> None:
    with pytest.raises(EcdslError, match="D130") as caught:
        find("jet_eek")

    assert "did you mean `jet_eec`?" in caught.value.diagnostics[0].hints


def test_sample_is_one_of_the_packaged_ones() -> None:
    with pytest.raises(EcdslError, match="D131"):
        sample("../std/eec")


def test_formula_is_latex_or_the_arithmetic() -> None:
    assert r"\delta" in formula(find("jet_eec"))
    assert formula(find("aeec")) == "reflect(eec_angle) - eec_angle"


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ecdsl.cli.main import app; "
        "app(['library'], standalone_mode=False); "
        "heavy = {'torch', 'numba', 'sympy', 'matplotlib', 'awkward', 'pyarrow'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert b"jet_eec" in done.stdout


def test_front_end_takes_less_than_a_second_for_all_of_it() -> None:
    compile_module(FILES[0])
    start = time.process_time()
    for path in FILES:
        compile_module(path)

    assert time.process_time() - start < 1
