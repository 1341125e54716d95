"""Writing files: whole or not at all, and never in the place of something that is no file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from ecdsl.files import write_atomic


def test_a_folder_is_refused_by_its_own_name(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        write_atomic(tmp_path, "text")
    assert caught.value.filename == str(tmp_path)


def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="Not a regular file"):
        write_atomic(pipe, "text")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_a_link(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(file)
    for text in ("one", "two"):
        write_atomic(link, text)
        assert link.is_symlink()
        assert file.read_text() == text


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    program = (
        "import resource, sys; from pathlib import Path; from ecdsl.files import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_atomic(Path(sys.argv[1]), b'x' * 2000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip().endswith(f"File too large: '{file}'")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o640)
    write_atomic(file, "new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.read_text() == "new"
