"""Which compiler this is: its code, and the libraries that decide what it makes of a source."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from importlib.metadata import version
from io import FileIO
from typing import TYPE_CHECKING

from ecdsl import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = ("jinja2", "lark", "mpmath", "numpy", "pydantic", "sympy")
_CODE = (".py", ".j2", ".lark")


@lru_cache(maxsize=1)
def toolchain() -> str:
    """Return a hash of all of ecdsl's code, of Python's version and of those of `LIBRARIES`.

    A version number would not do: in a checkout the code changes while the number stays.
    """
    versions = [f"{name} {version(name)}" for name in ("ecdsl", *LIBRARIES)]
    found = hashlib.sha256("\n".join([sys.version, *versions]).encode())
    for folder in (str(resources.PACKAGE), str(resources.root() / "grammars")):
        for path in _code(folder):
            with FileIO(path) as file:
                data = file.read()
            found.update(f"\n{path.removeprefix(folder)} {len(data)}\n".encode() + data)
    return found.hexdigest()


def _code(folder: str) -> Iterator[str]:
    """Yield the files of code below a folder: by `os`, for pathlib takes ten times as long."""
    for inner, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (f"{inner}/{name}" for name in sorted(names) if name.endswith(_CODE))
