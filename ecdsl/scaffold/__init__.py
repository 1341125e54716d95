"""Start a project or a file of it: what `ecdsl new` writes."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from ecdsl.diagnostics import data_error
from ecdsl.files import write_atomic
from ecdsl.lang.format import format_source
from ecdsl.lang.grammar import keywords
from ecdsl.project import OBSERVABLES, SETTINGS, default_source

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
# Settings of this project. A line that is commented out shows the default.
"""


def new_project(folder: Path) -> tuple[Path, ...]:
    """Write a project into a folder that is made where it is missing; return its files.

    Its observable is called as the folder, with `_` for what a name cannot hold.

    Raises:
        EcdslError: D132 for a name that cannot be declared, D133 for files that are there.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", folder.resolve().name)
    return _write(
        {
            folder / SETTINGS: _settings(),
            folder / OBSERVABLES / f"{name}.obs": _example(name),
            folder / ".gitignore": "build/\n",
        }
    )


def new_observable(root: Path, name: str) -> tuple[Path, ...]:
    """Write a file with an observable into the project at `root`; return it.

    Raises:
        EcdslError: As `new_project`.
    """
    return _write({root / OBSERVABLES / f"{name}.obs": _example(name)})


def _write(texts: dict[Path, str]) -> tuple[Path, ...]:
    """Write new files, or none of them where one of them is there."""
    for path in texts:
        if path.exists() or path.is_symlink():
            raise data_error("D133", f"{path} exists already", hint="choose another name")
    return tuple(write_atomic(path, text) for path, text in texts.items())


def _example(name: str) -> str:
    """Return the example with its observable called `name`, laid out as `ecdsl fmt` does."""
    text = files(__package__).joinpath("example.obs").read_text(encoding="utf-8")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        hint = "a name holds letters, digits and `_`, and starts with no digit"
        raise data_error("D132", f"an observable cannot be called {name[:60]!r}", hint=hint)
    words = set(re.findall(r"\w+", re.sub(r"#.*", "", text)))
    if name in words | set(keywords().values()):
        hint = f"choose another name, for example `my_{name}`"
        raise data_error("D132", f"`{name}` has another meaning in such a file", hint=hint)
    return format_source(text.replace("NAME", name))


def _settings() -> str:
    """Return the default settings as comments below their sections."""
    _, _, text = default_source().text.partition("\n\n")
    lines = [
        line if line.startswith("[") or not line else f"# {line}"
        for line in text.splitlines()
        if not line.startswith(f"{OBSERVABLES} =")
    ]
    return "\n".join([_HEAD, *lines, ""])
