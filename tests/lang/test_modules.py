"""Files and imports: where they are looked up, and what cannot be reached."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from pathlib import Path

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.lang import LoweredObservable

PAIR = "correlator pair { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }\n"
SEEN = "observable seen = pair | {\n  axis zeta = z12: 5 bins in [0, 1]\n}\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(found: list[LoweredObservable]) -> list[str]:
    return [item.observable.name for item in found]


def errors(path: Path, project_root: Path | None = None) -> list[Diagnostic]:
    with pytest.raises(EcdslError) as caught:
        compile_module(path, project_root)
    return list(caught.value.diagnostics)


def test_looks_beside_the_file_first_and_in_the_project_next(tmp_path: Path) -> None:
    write(tmp_path / "observables/base.obs", PAIR.replace("pair", "far"))
    write(tmp_path / "observables/deep/base.obs", PAIR)
    main = write(tmp_path / "observables/deep/main.obs", "from base import pair\n" + SEEN)
    other = write(tmp_path / "observables/other/main.obs", "from base import pair\n" + SEEN)

    assert names(compile_module(main, tmp_path).observables) == ["seen"]
    assert [item.code for item in errors(other, tmp_path)] == ["E404"]


def test_imports_by_path_and_by_alias(tmp_path: Path) -> None:
    write(tmp_path / "base/pairs.obs", PAIR)
    dotted = "import base.pairs\n" + SEEN.replace("= pair", "= base.pairs.pair")
    renamed = "from base.pairs import pair as two\n" + SEEN.replace("= pair", "= two")

    first = compile_module(write(tmp_path / "one.obs", dotted)).observables
    second = compile_module(write(tmp_path / "two.obs", renamed)).observables

    assert first[0].observable == second[0].observable


def test_what_was_imported_can_be_imported_again(tmp_path: Path) -> None:
    write(tmp_path / "base.obs", PAIR)
    write(tmp_path / "all.obs", "from base import pair\n" + SEEN)
    main = write(tmp_path / "main.obs", "from all import pair\n" + SEEN)

    assert names(compile_module(main).observables) == ["seen"]


def test_a_failed_import_is_reported_once(tmp_path: Path) -> None:
    main = write(tmp_path / "main.obs", "from nowhere import pair\n" + SEEN)

    assert [item.code for item in errors(main)] == ["E401"]


def test_errors_of_an_imported_file_are_shown_there(tmp_path: Path) -> None:
    write(tmp_path / "base.obs", PAIR.replace("Q^2", "Q"))
    main = write(tmp_path / "main.obs", "from base import pair\n" + SEEN)

    (found,) = errors(main, tmp_path)

    assert found.code == "E301"
    assert found.span is not None
    assert found.span.source.name == "base.obs"


def test_cycle_is_shown(tmp_path: Path) -> None:
    write(tmp_path / "b.obs", "import c\n" + PAIR)
    write(tmp_path / "c.obs", "import a\n")
    main = write(tmp_path / "a.obs", "import b\n")

    found = errors(main, tmp_path)

    assert [item.notes for item in found if item.code == "E402"] == [
        ("a.obs -> b.obs -> c.obs -> a.obs",)
    ]


def test_links_do_not_leave_their_folder(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.obs", PAIR)
    folder = tmp_path / "inside"
    main = write(folder / "main.obs", "from linked import pair\n" + SEEN)
    (folder / "linked.obs").symlink_to(outside)

    assert [item.code for item in errors(main)] == ["E403"]


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.obs")
    main = write(tmp_path / "main.obs", "from pipe import pair\n" + SEEN)

    assert [item.code for item in errors(main)] == ["E403"]
    assert [item.code for item in errors(tmp_path / "pipe.obs")] == ["E403"]


def test_folder_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "folder.obs").mkdir()

    assert [item.code for item in errors(tmp_path / "folder.obs")] == ["E403"]


def test_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path / "masses.obs", PAIR)

    (found,) = errors(tmp_path / "mass.obs")

    assert (found.code, found.hints) == ("E406", ("did you mean `masses.obs`?",))


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"shape \xff {}", "E101"), (b"shape\0", "E101"), (b"#" * (1 << 20) + b"!", "E405")],
)
def test_file_that_is_no_program(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "some.obs"
    path.write_bytes(data)

    assert [item.code for item in errors(path)] == [code]


def test_byte_order_mark_and_windows_lines_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_bytes(b"\xef\xbb\xbf" + (PAIR + SEEN).replace("\n", "\r\n").encode())

    assert names(compile_module(path).observables) == ["seen"]


def test_imports_have_a_depth(tmp_path: Path) -> None:
    for level in range(40):
        write(tmp_path / f"m{level}.obs", f"import m{level + 1}\n" + PAIR)

    assert "E405" in {item.code for item in errors(tmp_path / "m0.obs")}


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    payload = f"__import__('os').system('touch {canary}')"
    places = [
        f"import {payload}\n",
        f"observable {payload} = pair | {{ }}\n",
        PAIR + SEEN.replace("z12", payload),
        PAIR + SEEN.replace("z12", "exec(z12) + open(z12) + getattr(z12, z12)"),
        PAIR + SEEN.replace("[0, 1]", f"[0, {payload}]"),
        PAIR.replace("particles", payload),
        PAIR.replace("2;", f"{payload};"),
        PAIR + SEEN.replace("zeta", "zeta{{7*7}}"),
    ]

    for text in places:
        assert errors(write(tmp_path / "some.obs", text))
    assert not canary.exists()


def test_a_module_may_only_pass_on_what_it_imports(tmp_path: Path) -> None:
    write(tmp_path / "base.obs", PAIR)
    write(tmp_path / "all.obs", "from base import pair\n")
    main = write(tmp_path / "main.obs", "from all import pair\n" + SEEN)

    assert compile_module(main).warnings == ()


def test_unsaved_text_stands_in_for_a_file(tmp_path: Path) -> None:
    main = write(tmp_path / "main.obs", "this is not what the editor holds")
    unsaved = {
        main.resolve(): "from new import pair\n" + SEEN,
        (tmp_path / "new.obs").resolve(): PAIR,
    }

    assert names(compile_module(main, tmp_path, overlay=unsaved).observables) == ["seen"]


def test_imports_have_a_size_in_all(tmp_path: Path) -> None:
    filler = "#" * ((1 << 20) - 200) + "\n"
    for level in range(12):
        write(tmp_path / f"m{level}.obs", f"import m{level + 1}\n{PAIR}{filler}")

    assert "E405" in {item.code for item in errors(tmp_path / "m0.obs")}


def test_name_longer_than_the_file_system_allows(tmp_path: Path) -> None:
    main = write(tmp_path / "main.obs", f"from {'a' * 5000} import pair\n" + SEEN)

    assert [item.code for item in errors(main)] == ["E401"]
