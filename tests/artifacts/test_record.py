"""What was compiled is taken as it is while all of it is true, and made anew otherwise."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecdsl import resources
from ecdsl.artifacts import record, toolchain
from ecdsl.artifacts.record import recall
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError

PAIR = "correlator pair { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }\n"
SEEN = "observable seen = pair | {\n  axis zeta = z12: 5 bins in [0, 1]\n}\n"
MAIN = "from near import pair as one\nfrom far import pair\nfrom heavy.pairs import pair as two\n"
# The second window cuts nothing, which is a warning.
UNSURE = SEEN.replace("{\n", "{\n  window z12 > 0.1; window z12 > 0.05\n").replace("seen", "unsure")
RATIO = "derive ratio = seen / unsure\n"


def project(root: Path) -> Path:
    """Write a project whose file imports from beside it, from the project and from a package."""
    for name, text in {
        "site/nuclear_obs-1.5.dist-info/METADATA": "Name: nuclear_obs\nVersion: 1.5\n",
        "site/nuclear_obs-1.5.dist-info/entry_points.txt": (
            "[ecdsl.observables]\nheavy = nuclear_obs\n"
        ),
        "site/nuclear_obs/observables/pairs.obs": PAIR,
        "observables/far.obs": PAIR,
        "observables/deep/near.obs": PAIR,
        "observables/deep/main.obs": MAIN + SEEN + UNSURE + RATIO,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "site"))
        compile_paths([main(root)], build=root / "build", project_root=root)
        yield root


def main(root: Path) -> Path:
    return root / "observables/deep/main.obs"


def known(root: Path):
    return recall(root / "build", main(root), root)


@pytest.fixture
def kept(compiled):
    """Return the project, and put back afterwards what a test does to it."""
    copy = shutil.copytree(compiled, compiled.parent / "copy", symlinks=True)
    assert known(compiled) is not None
    yield compiled
    shutil.rmtree(compiled)
    copy.rename(compiled)
    assert known(compiled) is not None


def test_what_is_recalled_is_what_compiling_says(compiled, tmp_path):
    fresh = compile_paths([main(compiled)], build=tmp_path, project_root=compiled)
    again = compile_paths([main(compiled)], build=tmp_path, project_root=compiled)
    assert "W311" in {item.code for item in again.warnings}
    assert again.warnings == fresh.warnings
    for before, after in zip(
        (*fresh.observables, *fresh.derived), (*again.observables, *again.derived), strict=True
    ):
        assert (before.status, after.status) == ("new", "cached")
        assert (before.name, before.files) == (after.name, after.files)
        assert before.manifest == after.manifest


READ = ["observables/deep/main.obs", "observables/deep/near.obs", "observables/far.obs"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(READ), st.sampled_from(["", " ", "\n", "# new"]))))
def test_any_change_of_a_text_and_nothing_else_is_compiled_anew(compiled, changes):
    before = {name: (compiled / name).read_bytes() for name in READ}
    try:
        for name, added in changes:
            # Where nothing is added, the file is written again and is newer.
            (compiled / name).write_bytes((compiled / name).read_bytes() + added.encode())
        same = all((compiled / name).read_bytes() == text for name, text in before.items())
        assert (known(compiled) is not None) == same
    finally:
        for name, text in before.items():
            (compiled / name).write_bytes(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("observables/deep/far.obs", PAIR),
        ("observables/deep/heavy/pairs.obs", PAIR),
        ("observables/heavy/pairs.obs", PAIR),
        ("site/nuclear_obs/observables/pairs.obs", PAIR + "# of another version\n"),
    ],
)
def test_what_an_import_would_find_instead_is_compiled(kept, name, text):
    (kept / name).parent.mkdir(parents=True, exist_ok=True)
    (kept / name).write_text(text)
    assert known(kept) is None


def test_a_package_that_another_one_claims_to_be_is_no_longer_sure(kept):
    shutil.copytree(kept / "site/nuclear_obs-1.5.dist-info", kept / "site/quark_obs-1.5.dist-info")
    (kept / "site/quark_obs-1.5.dist-info/METADATA").write_text("Name: quark_obs\nVersion: 1.5\n")
    assert known(kept) is None


def test_a_file_that_is_gone_or_leads_elsewhere_is_looked_for(kept):
    far = kept / "observables/far.obs"
    far.rename(kept / "observables/farther.obs")
    assert known(kept) is None
    far.symlink_to(kept / "observables/farther.obs")
    assert known(kept) is None


@pytest.mark.skipif(os.name != "posix", reason="pipes in the file system")
def test_a_pipe_in_the_place_of_a_source_does_not_hang(kept):
    (kept / "observables/far.obs").unlink()
    os.mkfifo(kept / "observables/far.obs")
    assert known(kept) is None


def test_the_same_path_in_another_project_is_another_file(compiled):
    assert recall(compiled / "build", main(compiled), compiled.parent) is None
    assert recall(compiled / "build", main(compiled), None) is None


def test_a_mark_at_the_start_of_a_text_changes_nothing(kept):
    main(kept).write_bytes(b"\xef\xbb\xbf" + main(kept).read_bytes())
    assert known(kept) is not None


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", None])
@pytest.mark.parametrize("which", ["*.json", "sources/*.json", "kernels/*/*.py"])
def test_what_is_damaged_or_missing_is_made_anew(kept, which, damage):
    def contents():
        return {path: path.read_bytes() for path in sorted((kept / "build").rglob("*.*"))}

    before = contents()
    path = next((kept / "build").glob(which))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    compile_paths([main(kept)], build=kept / "build", project_root=kept)
    assert contents() == before


def test_another_compiler_compiles_anew(compiled, monkeypatch):
    monkeypatch.setattr(record, "toolchain", lambda: "another")
    assert known(compiled) is None


def test_the_compiler_is_its_code_and_the_versions_of_its_libraries(tmp_path, monkeypatch):
    identity = toolchain.toolchain.__wrapped__
    before = identity()
    assert identity() == before
    shutil.copytree(resources.root() / "grammars", tmp_path / "grammars")
    with monkeypatch.context() as patch:
        patch.setattr(resources, "root", lambda: tmp_path)
        assert identity() == before
        (tmp_path / "grammars/obs.lark").write_text("another language")
        assert identity() != before
    for name in ("ecdsl", *toolchain.LIBRARIES):
        with monkeypatch.context() as patch:
            patch.setattr(toolchain, "version", lambda asked, name=name: str(asked == name))
            found = identity()
            patch.setattr(toolchain, "version", lambda _: "False")
            assert identity() != found
    monkeypatch.setattr(sys, "version", "4.0")
    assert identity() != before


def test_two_files_that_declare_one_name_are_not_taken_for_compiled(tmp_path):
    files = [tmp_path / "a.obs", tmp_path / "b.obs"]
    for file in files:
        file.write_text(PAIR + SEEN)
        compile_paths([file], build=tmp_path / "build")
    with pytest.raises(EcdslError, match="D209"):
        compile_paths(files, build=tmp_path / "build")
    assert recall(tmp_path / "build", files[0], None) is None
