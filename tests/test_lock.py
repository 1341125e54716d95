"""The lock changes with meaning, says what changed, and lets nothing else through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.lock import FILE, require_locked, survey, write_lock

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
correlator pair {
  order 2
  over particles
  measure ee
  weight E1 * E2 / Q^2
}
shape near(width in (0, 0.1] = 0.01) {
  window z12 < width
  axis zeta = z12
}
"""
MINE = """
from base import pair, near
from shapes.triangles import equilateral
observable wide = pair | near(width = 0.1) { axis zeta: 10 bins in [0, 1] }
observable narrow = pair | near { axis zeta: 10 bins in [0, 1] }
"""


class Project:
    """A project of two files and its lock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "observables").mkdir()
        self.write(BASE, "base")
        self.write(MINE, "mine")

    def write(self, text: str, name: str = "mine") -> None:
        (self.root / f"observables/{name}.obs").write_text(text, encoding="utf-8")

    @property
    def sources(self) -> list[Path]:
        return sorted(self.root.rglob("*.obs"))

    def lock(self) -> str:
        path, _ = write_lock(self.root, survey(self.sources, self.root).lock)
        return path.read_text(encoding="utf-8")

    def findings(self, *paths: str) -> list[Diagnostic]:
        """Return what is refused: of all files, or of some."""
        files = [self.root / "observables" / path for path in paths] or self.sources
        try:
            require_locked(files, self.root, all_of_it=not paths)
        except EcdslError as error:
            return list(error.diagnostics)
        return []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.lock()
    return made


def test_lock_holds_every_observable_and_module(project: Project) -> None:
    locked = survey(project.sources, project.root).lock

    assert locked.observables.keys() == {"narrow", "wide"}
    narrow, wide = locked.observables.values()
    assert narrow.fingerprint != wide.fingerprint
    assert narrow.correlators == wide.correlators
    assert list(locked.modules) == ["shapes.triangles"]
    assert sorted(locked.files) == ["observables/base.obs", "observables/mine.obs"]


def test_derived_observables_are_locked(project: Project) -> None:
    project.write(MINE + "derive ratio = wide / narrow\n")
    project.lock()
    locked = survey(project.sources, project.root).lock.observables
    assert locked["ratio"].correlators == locked["wide"].correlators

    project.write(MINE + "derive  ratio = (wide) / narrow  # the same\n")
    assert project.findings() == []
    project.write(MINE + "derive ratio = narrow / wide\n")
    assert [item.code for item in project.findings()] == ["D122"]


def test_lock_is_the_same_bytes_again(project: Project) -> None:
    before = project.lock()

    assert write_lock(project.root, survey(project.sources[::-1], project.root).lock)[1] is False
    assert project.lock() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("observable wide", "# a comment\n\nobservable   wide"),
        ("10 bins", "1e1 bins"),
        ("{ axis zeta: 10 bins in [0, 1] }", "{\n\taxis zeta: 10 bins in [0, 1]\r\n}"),
        ("from base import pair, near", "from base import near, pair"),
    ],
)
def test_spelling_is_free(project: Project, old: str, new: str) -> None:
    project.write(MINE.replace(old, new))

    assert project.findings() == []


def test_names_of_parameters_and_equal_algebra_are_free(project: Project) -> None:
    project.write(BASE.replace("z12 < width", "w > z12").replace("(width", "(w"), "base")
    project.write(MINE.replace("width = ", "w = "))

    assert project.findings() == []


@pytest.mark.parametrize(
    ("file", "change", "changed", "note"),
    [
        ("mine", ("width = 0.1", "width = 0.05"), ["wide"], "its correlator is the same"),
        ("base", ("= 0.01", "= 0.02"), ["narrow"], "its correlator is the same"),
        (
            "base",
            ("window z12", "window 2 * z12"),
            ["narrow", "wide"],
            "its correlator is the same",
        ),
        ("base", ("particles", "charged"), ["narrow", "wide"], "its correlator is another"),
    ],
)
def test_change_of_meaning_names_observable_and_file(
    project: Project, file: str, change: tuple[str, str], changed: list[str], note: str
) -> None:
    project.write({"base": BASE, "mine": MINE}[file].replace(*change), file)

    found = project.findings()

    assert [item.code for item in found] == ["D122"] * len(changed)
    for item, name in zip(found, changed, strict=True):
        assert f"`{name}`" in item.message
        assert item.span is not None
        assert item.span.text.startswith(f"observable {name}")
        assert item.notes[0].startswith(note)
        assert item.notes[1] == f"changed since then: observables/{file}.obs"


def test_names_on_one_side_only_are_stale(project: Project) -> None:
    project.write(MINE.replace("observable wide", "observable broad"))

    assert [(item.code, item.message.split("`")[1]) for item in project.findings()] == [
        ("D124", "broad"),
        ("D124", "wide"),
    ]
    assert [item.code for item in project.findings("base.obs")] == []


def test_module_of_a_package_that_differs(project: Project) -> None:
    path = project.root / FILE
    digest = survey(project.sources, project.root).lock.modules["shapes.triangles"].digest
    path.write_text(path.read_text().replace(digest, "0" * 16))

    (found,) = project.findings()

    assert found.code == "D123"
    assert "`shapes.triangles` of ecdsl" in found.message


def test_missing_lock(project: Project) -> None:
    (project.root / FILE).unlink()

    assert [item.code for item in project.findings()] == ["D120"]


@pytest.mark.parametrize("text", ["", "{", "[]", "\0", '{"schema_version": "ecdsl/lock/2"}', "{}"])
def test_damaged_lock(project: Project, text: str) -> None:
    (project.root / FILE).write_text(text)

    (found,) = project.findings()
    assert (found.code, found.hints) == ("D121", ("run `ecdsl lock` to write it again",))


def test_one_name_in_two_files_cannot_be_locked(project: Project) -> None:
    project.write(MINE, "again")

    with pytest.raises(EcdslError, match="D209"):
        project.lock()
