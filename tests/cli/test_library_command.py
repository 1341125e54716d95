from __future__ import annotations

import json


def test_lists_the_library(ecdsl) -> None:
    done = ecdsl("library")

    assert done.returncode == 0
    assert "eec.jets" in done.stdout
    assert "arXiv:2501.17218" in done.stdout


def test_a_row_is_one_line_in_a_pipe_and_nothing_is_cut(ecdsl) -> None:
    entries = json.loads(ecdsl("library", "--format", "json").stdout)
    _, *lines = ecdsl("library").stdout.splitlines()

    assert len(lines) == len(entries)
    for line, entry in zip(lines, entries, strict=True):
        for cell in ("module", "name", "description", "reference"):
            assert entry[cell] in line


def test_searches_by_words(ecdsl) -> None:
    found = json.loads(ecdsl("library", "charge", "odd", "--format", "json").stdout)

    assert [entry["name"] for entry in found] == ["charge_odd"]


def test_shows_one(ecdsl) -> None:
    done = ecdsl("library", "jet_eec")

    assert done.returncode == 0
    assert "observable jet_eec = jet_pair | {" in done.stdout
    assert r"\delta" in done.stdout
    assert "pp_dijet" in done.stdout
    assert "from eec.jets import jet_eec" in done.stdout


def test_a_name_of_nothing_is_an_error(ecdsl) -> None:
    done = ecdsl("library", "jet_eek")

    assert done.returncode == 1
    assert "D130" in done.stderr
    assert "did you mean `jet_eec`?" in done.stderr
    assert "Traceback" not in done.stderr


def test_words_that_find_nothing_are_an_error(ecdsl) -> None:
    done = ecdsl("library", "perpetuum", "mobile")

    assert done.returncode == 1
    assert "D130" in done.stderr
