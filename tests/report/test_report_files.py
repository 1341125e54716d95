from __future__ import annotations

import json

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.files import write_atomic
from ecdsl.report.store import read_result, write_result
from ecdsl.report.tables import posterior_json, posteriors, print_budget, print_posteriors
from ecdsl.report.write import write_report


def test_a_report_is_made_again_from_the_stored_result(result, tmp_path):
    write_result(result, tmp_path)
    again = read_result(tmp_path)
    assert again == result
    page, plot = write_report(again, tmp_path)
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert {p.name for p in tmp_path.iterdir()} == {"analysis.json", "report.html", "posterior.png"}


def edited(text, change):
    """The JSON `text` after `change`."""
    found = json.loads(text)
    change(found)
    return json.dumps(found)


def first(found):
    return found["observables"][0]


def posterior(found):
    return first(found)["posteriors"][0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: None, "D201"),
        (lambda text: text[: len(text) // 2], "D202"),
        (lambda text: "[]", "D202"),
        (lambda text: text.replace("ecdsl/analysis/1", "ecdsl/analysis/9"), "D202"),
        (lambda text: text.replace('"prior"', '"preor"'), "D202"),
        (lambda text: "[" * 200_000, "D202"),
        (lambda text: edited(text, lambda found: found.update(observables=[])), "D202"),
        (lambda text: edited(text, lambda found: first(found).update(templates=[])), "D202"),
        (lambda text: edited(text, lambda found: first(found)["data"]["errors"].pop()), "D202"),
        (lambda text: edited(text, lambda found: first(found)["axes"][0]["edges"].pop()), "D202"),
        (lambda text: edited(text, lambda found: posterior(found).update(density=[])), "D202"),
        (lambda text: edited(text, lambda found: posterior(found).update(grid=[])), "D202"),
    ],
)
def test_a_missing_or_damaged_result_is_refused(result, tmp_path, change, code):
    text = change(write_result(result, tmp_path).read_text(encoding="utf-8"))
    (tmp_path / "analysis.json").unlink()
    if text is not None:
        (tmp_path / "analysis.json").write_text(text, encoding="utf-8")
    with pytest.raises(EcdslError, match=code):
        read_result(tmp_path)


def test_the_json_holds_the_fields_of_the_contract(result):
    rows = posterior_json(result)
    assert len(rows) == 12
    assert set(rows[0]) == {
        "observable",
        "parameter",
        "estimate",
        "interval68",
        "interval95",
        "half_width68",
        "likelihood",
        "calibrated",
        "n_events",
        "seconds",
    }
    assert json.loads(json.dumps(rows)) == rows
    assert isinstance(rows[0]["interval68"][0], list)


def test_the_budget_says_what_each_half_width_is_made_of(result, capsys):
    print_budget(result)
    shown = capsys.readouterr().out.splitlines()
    for posterior in posteriors(result):
        (row,) = [
            r for r in shown if f" {posterior.observable} " in r and posterior.likelihood in r
        ]
        assert f"{posterior.budget.data:.2f}   " in row
        assert f"{posterior.budget.simulation:.2f}   " in row
        assert row.split()[-1] == ("0.02" if posterior.likelihood == "nre" else "–")


def test_the_table_holds_every_posterior_in_full(result, capsys):
    print_posteriors(result)
    shown = capsys.readouterr().out
    for observable in result.observables:
        assert observable.name in shown
        for posterior in observable.posteriors:
            assert f"{posterior.estimate:.2f}" in shown
    assert "not calibrated" in shown
    assert "…" not in shown


def test_a_table_does_not_interpret_names_as_markup(result, capsys):
    named = result.observables[0].posteriors[0].model_copy(update={"observable": "[red]x[/]"})
    first = result.observables[0].model_copy(update={"posteriors": (named,)})
    print_posteriors(result.model_copy(update={"observables": (first,)}))
    assert "[red]x[/]" in capsys.readouterr().out


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "out.txt", "old")

    def full_disk(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interval_that_the_prior_ends_is_marked(result, capsys):
    edge = result.observables[0].posteriors[0].model_copy(update={"at_boundary": True})
    first = result.observables[0].model_copy(update={"posteriors": (edge,)})
    print_posteriors(result.model_copy(update={"observables": (first,)}))
    assert "] edge" in capsys.readouterr().out
