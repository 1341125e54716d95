"""The files of an editor: open buffers, folders, and addresses as paths."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path

from ecdsl.diagnostics import EcdslError
from ecdsl.lang.modules import read_source
from ecdsl.project import project_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_FILES = 2000
MAX_FOLDERS = 5000
_SKIPPED = frozenset({"build", "node_modules", "__pycache__"})


class Workspace:
    """Open buffers by path, and where to look for files that import them."""

    def __init__(self) -> None:
        self._texts: dict[Path, str] = {}
        self._addresses: dict[Path, str] = {}
        self.folders: list[Path] = []

    def open(self, uri: str, text: str) -> Path:
        """Take a buffer's text, now and after each change."""
        path = path_of(uri)
        self._texts[path] = text
        self._addresses[path] = uri
        return path

    def close(self, uri: str) -> Path:
        """Forget a buffer; the file on disk counts again."""
        path = path_of(uri)
        self._texts.pop(path, None)
        return path

    @property
    def opened(self) -> tuple[Path, ...]:
        """The files that the editor has open."""
        return tuple(self._texts)

    @property
    def overlay(self) -> Mapping[Path, str]:
        """A copy of the texts of all buffers."""
        return dict(self._texts)

    def uri(self, path: Path) -> str:
        """Return the address of a file, spelled as the editor did if it had it open."""
        return self._addresses.get(path) or path.as_uri()

    def root(self, path: Path) -> Path | None:
        """Return the folder of a file's project, None where there is none that can be read."""
        try:
            return project_root(path.parent)
        except OSError:
            return None

    def holding(self, word: str, path: Path, overlay: Mapping[Path, str]) -> Iterator[Path]:
        """Yield the files of the project and the workspace of `path` whose text has a word."""
        root = self.root(path)
        folders = [*self.folders, *([] if root is None else [root])]
        below = (file for folder in folders for file in _below(folder))
        for file in islice(dict.fromkeys([*overlay, *below]), MAX_FILES):
            try:
                text = read_source(file, None, overlay).text
            except EcdslError:
                continue
            if word in text:
                yield file


def path_of(uri: str) -> Path:
    """Return the resolved path of an address; a buffer without a file gets one beside us."""
    found = to_fs_path(uri)
    if found is None:
        found = Path(unquote(urlsplit(uri).path)).name or "unnamed.obs"
    return Path(found.replace("\0", "")).resolve()


def _below(folder: Path) -> Iterator[Path]:
    """Yield the `.obs` files below a folder, without hidden and generated folders."""
    for here, folders, files in islice(os.walk(folder), MAX_FOLDERS):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
        for name in sorted(files):
            if name.endswith(".obs"):
                yield Path(here, name).resolve()
