"""Where the grammar and the packaged observables live: in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds `grammars/` and `observables/`.

    A wheel carries them in `ecdsl/_data`; a checkout (or an editable install) has them at its top.
    """
    packaged = PACKAGE / "_data"
    return packaged if packaged.is_dir() else PACKAGE.parent


def grammar(name: str) -> str:
    """Return the text of the packaged grammar `name`, e.g. `"obs.lark"`."""
    return (root() / "grammars" / name).read_text(encoding="utf-8")


def library() -> Path:
    """Return the folder of the packaged observables, the last place that `import` looks in."""
    return root() / "observables"


def error_pages() -> Path:
    """Return the file that explains every diagnostic."""
    return root() / "docs" / "reference" / "errors.md"
