"""The gallery of the documentation: `python -m ecdsl.library.gallery docs/gallery`.

Each observable with its source, its formula and its histogram, filled from its packaged sample.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl.api import load
from ecdsl.files import write_atomic
from ecdsl.library.entries import Entry, entries, formula, sample
from ecdsl.library.picture import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = """# Gallery

Every observable of the [library](../reference/library.md), with its formula and its histogram. The
pictures are filled from the packaged samples, a few hundred jets each: they show shapes.
`python -m ecdsl.library.gallery docs/gallery` makes these pages again.
"""


def write(folder: Path) -> None:
    """Fill every observable of the library and write one page per family, and an index."""
    families = [(key, tuple(group)) for key, group in groupby(entries(), lambda e: e.family)]
    for family, found in families:
        for entry in found:
            write_atomic(folder / "images" / f"{entry.name}.png", draw(entry))
        write_atomic(folder / f"{family}.md", page(family, found))
    write_atomic(folder / "index.md", index(families))


def draw(entry: Entry) -> bytes:
    """Return the picture of an observable, filled from its sample, as PNG."""
    observable = load(entry.path)[entry.name]
    return picture(observable.fill(sample(entry.sample)))


def page(family: str, found: Sequence[Entry]) -> str:
    """Return the page of a family as Markdown."""
    parts = [f"# {_title(family)}", *(_section(entry) for entry in found)]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry) -> str:
    shown = f"`{formula(entry)}`" if entry.derived else f"$$\n{formula(entry)}\n$$"
    return "\n\n".join(
        (
            f"## {entry.name}",
            entry.description,
            shown,
            f"![{entry.name}](images/{entry.name}.png)",
            f"```obs\n{entry.text}\n```",
            f"`{entry.module}`, {entry.reference}. Filled from `{entry.sample}`.",
        )
    )


def index(families: Sequence[tuple[str, Sequence[Entry]]]) -> str:
    """Return the table of all observables as Markdown."""
    lines = [_HEAD]
    for family, found in families:
        lines += [f"## [{_title(family)}]({family}.md)", "", "| | | |", "| --- | --- | --- |"]
        for entry in found:
            image = f"<img src='images/{entry.name}.png' width='180' alt='{entry.name}'>"
            link = f"[{entry.name}]({family}.md#{entry.name})"
            lines.append(f"| {image} | {link} | {entry.description} {entry.reference} |")
        lines.append("")
    return "\n".join(lines)


def _title(family: str) -> str:
    return family.replace("_", " ").capitalize()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
