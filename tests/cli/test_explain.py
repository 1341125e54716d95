from __future__ import annotations

from ecdsl.diagnostics.catalogue import catalogue


def test_without_a_code_all_are_listed(ecdsl):
    done = ecdsl("explain")

    assert done.returncode == 0
    assert [line[:4] for line in done.stdout.splitlines()] == list(catalogue())
    assert "E103  unexpected character" in done.stdout


def test_a_code_has_a_page_with_cause_example_and_remedy(ecdsl):
    page = ecdsl("explain", "e103").stdout

    assert page.startswith("# E103: unexpected character")
    assert "window z12 ≤ 0.1" in page
    assert "window z12 <= 0.1" in page


def test_an_unknown_code_is_the_users_error(ecdsl):
    near, far = ecdsl("explain", "E1033"), ecdsl("explain", "hello")

    assert near.returncode == far.returncode == 1
    assert "did you mean `E103`?" in near.stderr
    assert "`ecdsl explain` lists them" in far.stderr
