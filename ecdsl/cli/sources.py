"""PATH on the command line: `.obs` files, and folders that stand for all of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.project import Project


def sources(project: Project, paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the `.obs` files of `paths`, or the project's where there are none.

    Raises:
        EcdslError: D105 for a folder without any, D108 for a path that does not exist.
    """
    if not paths:
        return project.sources
    return tuple(file for path in paths for file in obs_files(path))


def obs_files(path: Path) -> tuple[Path, ...]:
    """Return the `.obs` files that one path stands for.

    Raises:
        EcdslError: D105 and D108, as `sources`.
    """
    if not path.exists():
        raise data_error("D108", f"{path} does not exist", hint="give a .obs file or a folder")
    if not path.is_dir():
        return (path,)
    found = tuple(sorted(path.rglob("*.obs")))
    if not found:
        raise data_error("D105", f"{path} holds no .obs file")
    return found
