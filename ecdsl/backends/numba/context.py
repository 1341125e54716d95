"""What the numba templates are given: frozen, and nothing else reaches them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ecdsl.ir.nodes import Measure


class _Context(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TermCode(_Context):
    """One evaluation: statements that name intermediate values, a guard, axis values, a weight."""

    setup: tuple[str, ...]
    guard: str
    values: tuple[str, ...]
    weight: str


class LevelCode(_Context):
    """One loop: its letter, what is read once the letter is bound, and what is evaluated there."""

    letter: str
    outer: str
    reads: tuple[str, ...]
    terms: tuple[TermCode, ...]


class FillContext(_Context):
    """Context of `fill.py.j2`."""

    header: tuple[str, ...]
    measure: Measure
    needs_pt: bool
    parameters: tuple[str, ...]
    levels: tuple[LevelCode, ...]


class TuplesContext(_Context):
    """Context of `tuples.py.j2`."""

    header: tuple[str, ...]
    measure: Measure
    needs_pt: bool
    multiplicity: int
    levels: tuple[LevelCode, ...]
