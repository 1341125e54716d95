"""Every code that a diagnostic can have, with the page that `ecdsl explain CODE` shows."""

from __future__ import annotations

from dataclasses import dataclass

from ecdsl.diagnostics.model import data_error
from ecdsl.diagnostics.suggest import likely


@dataclass(frozen=True)
class Entry:
    """The page of a code.

    Attributes:
        code: E for a program, W for a warning about one, D for surroundings and data.
        title: What is wrong, in a few words.
        why: One line: the reason for the rule.
        text: What to know, and what to do.
        wrong: A piece of a program that has the code, empty where there is none to show.
        right: The same piece mended.
    """

    code: str
    title: str
    why: str
    text: str
    wrong: str = ""
    right: str = ""


def catalogue() -> dict[str, Entry]:
    """Return all entries by their code, in the order of the codes."""
    from ecdsl.diagnostics import (
        codes_artifacts,
        codes_data,
        codes_judgement,
        codes_meaning,
        codes_names,
        codes_project,
        codes_syntax,
    )

    rows = (
        *codes_syntax.ROWS,
        *codes_names.ROWS,
        *codes_meaning.ROWS,
        *codes_judgement.ROWS,
        *codes_project.ROWS,
        *codes_artifacts.ROWS,
        *codes_data.ROWS,
    )
    return {row.code: row for row in sorted(rows, key=lambda row: row.code)}


def listing() -> str:
    """Return a table of all codes and what is wrong where they are seen."""
    return "\n".join(f"{entry.code}  {entry.title}" for entry in catalogue().values())


def page(code: str) -> str:
    """Return the page of a code as Markdown.

    Raises:
        EcdslError: There is no such code (D111).
    """
    entries = catalogue()
    entry = entries.get(code.upper())
    if entry is None:
        hint = likely(code, entries, otherwise="`ecdsl explain` lists them")
        raise data_error("D111", f"there is no diagnostic {code[:20]!r}", hint=hint)
    return entry_page(entry)


def entry_page(entry: Entry) -> str:
    """Return an entry as Markdown."""
    parts = [f"# {entry.code}: {entry.title}", entry.why, entry.text]
    if entry.wrong:
        parts.append(f"Wrong:\n\n```obs\n{entry.wrong}\n```")
    if entry.right:
        parts.append(f"Right:\n\n```obs\n{entry.right}\n```")
    return "\n\n".join(parts)
