"""Words for hints: the name that was probably meant, and lists of names."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecdsl.diagnostics.model import Diagnostic

_LONGEST = 64
_MOST = 1000
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_MEANT = re.compile(r"did you mean `([\w.]+)`\?")


def closest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of `words` most like `word`, or None where none is like it.

    Capitals are set aside first: `e1` for `E1` is the most common slip.
    """
    known = sorted(set(islice(words, _MOST)))
    for candidate in known:
        if candidate.lower() == word.lower():
            return candidate
    found = get_close_matches(word[:_LONGEST], known, n=1, cutoff=0.6)
    return found[0] if found else None


def likely(word: str, words: Iterable[str], *, otherwise: str) -> str:
    """Return the hint that names the closest of `words`, or `otherwise`."""
    meant = closest(word, words)
    return otherwise if meant is None else f"did you mean `{meant}`?"


def did_you_mean(word: str, words: Iterable[str], *, otherwise: str = "") -> tuple[str, ...]:
    """Return the hints of a finding: `likely`, none where that has nothing to say."""
    hint = likely(word, words, otherwise=otherwise)
    return (hint,) if hint else ()


def with_replacement(item: Diagnostic) -> Diagnostic:
    """Return a finding with the word that `did_you_mean` found for the one that it marks."""
    if item.span is None or item.replacement is not None or not _WORD.fullmatch(item.span.text):
        return item
    meant = next((match[1] for hint in item.hints if (match := _MEANT.fullmatch(hint))), None)
    return item if meant is None else replace(item, replacement=meant)


def listed(words: Sequence[str], joint: str = "or") -> str:
    """Return `a, b or c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def quoted(words: Iterable[str], joint: str = "or") -> str:
    """Return `a`, `b` or `c` in backquotes."""
    return listed([f"`{word}`" for word in words], joint)
