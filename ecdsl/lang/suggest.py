"""Words for hints: the name that was probably meant, and lists of names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 64


def closest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of `words` most like `word`, or None where none is like it.

    Capitals are set aside first: `e1` for `E1` is the most common slip.
    """
    known = sorted(set(words))
    for candidate in known:
        if candidate.lower() == word.lower():
            return candidate
    found = get_close_matches(word[:_LONGEST], known, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, words: Iterable[str], *, otherwise: str = "") -> tuple[str, ...]:
    """Return the hint that names the closest of `words`, or `otherwise`."""
    meant = closest(word, words)
    if meant is not None:
        return (f"did you mean `{meant}`?",)
    return (otherwise,) if otherwise else ()


def listed(words: Sequence[str], joint: str = "or") -> str:
    """Return `a, b or c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def quoted(words: Iterable[str], joint: str = "or") -> str:
    """Return `a`, `b` or `c` in backquotes."""
    return listed([f"`{word}`" for word in words], joint)
