from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ecdsl.report.page import render_page


class Elements(HTMLParser):
    """Collect the tags of a page with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page(result):
    return render_page(result)


def test_the_page_loads_nothing(page):
    assert not re.search(r"https?://", page)
    for _, attributes in Elements(page).tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/svg+xml;base64,"))


def test_every_picture_has_words_and_every_link_a_target(page):
    tags = Elements(page).tags
    pictures = [attributes for tag, attributes in tags if tag == "img"]
    assert len(pictures) == 1 + 4 * 2 + 2 + 1 + 1
    assert all(attributes["alt"].strip() for attributes in pictures)
    targets = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = {attributes["href"].removeprefix("#") for tag, attributes in tags if tag == "a"}
    assert links <= targets


def test_the_page_says_every_number_and_where_it_comes_from(page, result):
    text = Elements(page).text
    for observable in result.observables:
        for posterior in observable.posteriors:
            assert f"{posterior.estimate:.2f}" in text
        assert observable.fingerprint[:16] in text
        assert observable.source in text
    for value in (*result.settings.values(), *result.versions.values()):
        assert value in text
    assert "not calibrated" in text


def test_the_page_shows_what_was_derived_and_from_what(page, result):
    text = " ".join(Elements(page).text.split())
    (derived,) = result.derived
    assert derived.source in text
    assert derived.notes[0] in text
    assert "derived from equilateral, right_isosceles in observables/top/mass.obs, line 40" in text


def test_names_and_docs_cannot_become_code(result):
    hostile = "<script>alert(1)</script>{{ 7 * 7 }}"
    first = result.observables[0].model_copy(
        update={"doc": hostile, "source": hostile, "file": hostile, "formula": hostile}
    )
    changed = result.model_copy(
        update={"observables": (first,), "data_source": hostile, "settings": {hostile: hostile}}
    )
    page = render_page(changed)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in Elements(page).text.split("{{ 7 * 7 }}")[0][-3:]
    assert "{{ 7 * 7 }}" in Elements(page).text


def test_a_result_without_coverage_surrogate_or_truth_says_so(result):
    bare = tuple(
        o.model_copy(update={"coverage": (), "surrogate": ()}) for o in result.observables[:1]
    )
    changed = result.model_copy(update={"observables": bare, "surrogates": (), "truth": None})
    text = Elements(render_page(changed)).text
    assert "Coverage was not tested in this run" in text
    assert "No surrogate was trained in this run" in text
    assert "truth" not in text.split("Reading the numbers")[0]


def test_the_same_result_gives_the_same_page(page, result):
    assert render_page(result) == page


def test_a_formula_that_cannot_be_set_is_shown_as_text(result):
    first = result.observables[0].model_copy(update={"formula": r"\begin{cases} x \end{cases}"})
    page = render_page(result.model_copy(update={"observables": (first,)}))
    assert r"\begin{cases} x \end{cases}" in Elements(page).text
