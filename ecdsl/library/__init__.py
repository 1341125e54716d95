"""The published observables that come with the package, their samples and their gallery."""

from __future__ import annotations

from ecdsl.library.entries import Entry, entries, find, formula, sample, search

__all__ = ["Entry", "entries", "find", "formula", "sample", "search"]
