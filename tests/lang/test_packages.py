"""Installed packages that ship observables: found, never run, and never two under one name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Install = Callable[..., Path]

PAIR = "correlator pair { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }\n"
SEEN = "observable seen = pair | {\n  axis zeta = z12: 5 bins in [0, 1]\n}\n"
MAIN = "from heavy.pairs import pair\n" + SEEN


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def install(tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution on the import path, as `pip install --target` leaves it.

    Every Python file of it writes the canary when it is run.
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def run(
        package: str, name: str = "heavy", *, value: str = "", obs: str = "observables"
    ) -> Path:
        info = site / f"{package}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(
            f"[ecdsl.observables]\n{name} = {value or package}\n"
        )
        folder = site / package
        (folder / "inner" / obs).mkdir(parents=True)
        (folder / obs).mkdir(exist_ok=True)
        for python in (folder / "__init__.py", folder / "inner" / "__init__.py"):
            python.write_text(f"open({str(canary)!r}, 'w')\n")
        (folder / obs / "pairs.obs").write_text(PAIR)
        (folder / "inner" / obs / "pairs.obs").write_text(PAIR)
        return folder

    return run


def compiled(tmp_path: Path, text: str = MAIN) -> None:
    path = tmp_path / "main.obs"
    path.write_text(text, encoding="utf-8")
    compile_module(path, tmp_path)


def findings(tmp_path: Path, text: str = MAIN) -> list[Diagnostic]:
    with pytest.raises(EcdslError) as caught:
        compiled(tmp_path, text)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize("obs", ["observables", "."])
@pytest.mark.parametrize("inner", ["", ".inner"])
def test_package_is_found_and_not_run(
    tmp_path: Path, canary: Path, install: Install, obs: str, inner: str
) -> None:
    install("nuclear_obs", value=f"nuclear_obs{inner}", obs=obs)

    compiled(tmp_path)

    assert not canary.exists()
    assert not [name for name in sys.modules if name.startswith("nuclear_obs")]


def test_package_modules_import_each_other(tmp_path: Path, install: Install) -> None:
    folder = install("nuclear_obs") / "observables"
    (folder / "deep").mkdir()
    (folder / "deep/more.obs").write_text("from heavy.pairs import pair\nfrom near import other\n")
    (folder / "deep/near.obs").write_text(PAIR.replace("pair", "other"))

    compiled(tmp_path, "from heavy.deep.more import pair\n" + SEEN)


def test_project_and_library_come_first(tmp_path: Path, install: Install) -> None:
    install("nuclear_obs")
    own = tmp_path / "observables/heavy/pairs.obs"
    own.parent.mkdir(parents=True)
    own.write_text("correlator other { order 2 }\n")

    assert "E404" in {item.code for item in findings(tmp_path)}


def test_two_packages_of_one_name_are_both_named(tmp_path: Path, install: Install) -> None:
    install("nuclear_obs")
    install("quark_obs")

    (found,) = findings(tmp_path)

    assert found.code == "E410"
    assert "nuclear_obs 1.5" in found.message
    assert "quark_obs 1.5" in found.message
    assert found.span is not None
    assert found.span.text == "heavy.pairs"


@pytest.mark.parametrize("value", ["nowhere", "nuclear_obs.nowhere", "nuclear_obs..inner", ".."])
def test_package_without_folder(tmp_path: Path, install: Install, value: str) -> None:
    install("nuclear_obs", value=value)

    assert [item.code for item in findings(tmp_path)] == ["E411"]


def test_near_names_are_suggested(tmp_path: Path, install: Install) -> None:
    install("nuclear_obs")

    (found,) = findings(tmp_path, MAIN.replace("heavy.pairs", "heavy.pears"))

    assert (found.code, found.hints) == ("E401", ("did you mean `heavy.pairs`?",))


def test_links_do_not_leave_the_package(tmp_path: Path, install: Install) -> None:
    folder = install("nuclear_obs") / "observables"
    outside = tmp_path / "outside.obs"
    outside.write_text(PAIR)
    (folder / "linked.obs").symlink_to(outside)

    (found,) = findings(tmp_path, MAIN.replace("pairs", "linked"))

    assert found.code == "E403"


def test_folder_of_links_does_not_leave_the_package(tmp_path: Path, install: Install) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.obs").write_text(PAIR)
    (install("nuclear_obs", obs=".") / "observables").symlink_to(outside)

    (found,) = findings(tmp_path, MAIN.replace("pairs", "secret"))

    assert found.code == "E401"
