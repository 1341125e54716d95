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
    """One loop.

    Attributes:
        header: The statements that bind its letter to a particle, the `for` first.
        prologue: What is done before the loop.
        reads: What is read once the letter is bound.
        terms: What is evaluated there.
    """

    prologue: tuple[str, ...]
    header: tuple[str, ...]
    reads: tuple[str, ...]
    terms: tuple[TermCode, ...]


class GeometryCode(_Context):
    """Context of `geometry.py.j2`: what is computed once per particle and once per pair.

    Attributes:
        measure: The geometry of distances and azimuths.
        own_distance: Whether distances in the measure itself are needed.
        distance: A user's distance as an expression of `quantities`; empty for the measure's own.
        matrices: Quantities of pairs that the loops read, each with its array.
        quantities: All quantities of pairs that are computed.
        triple: Whether triple products are asked for.
        azimuth: Whether azimuths are asked for.
    """

    measure: Measure
    own_distance: bool
    distance: str
    matrices: tuple[tuple[str, str], ...]
    quantities: tuple[str, ...]
    triple: bool
    azimuth: bool

    @property
    def per_pair(self) -> bool:
        """Whether anything is computed per pair besides the measure's own distance."""
        return bool(self.matrices or self.distance)

    @property
    def pair_arrays(self) -> tuple[str, ...]:
        """The arrays that are filled per pair besides the measure's own distance."""
        return (*(["z"] if self.distance else []), *(array for _, array in self.matrices))

    @property
    def point_arrays(self) -> tuple[str, ...]:
        """The arrays of directions: unit vectors, or the points that azimuths are measured in."""
        return (*(["directions"] if self.triple else []), *(["points"] if self.azimuth else []))


class FillContext(_Context):
    """Context of `fill.py.j2`."""

    header: tuple[str, ...]
    geometry: GeometryCode
    needs_pt: bool
    parameters: tuple[str, ...]
    jet_reads: tuple[str, ...]
    levels: tuple[LevelCode, ...]


class TuplesContext(_Context):
    """Context of `tuples.py.j2`."""

    header: tuple[str, ...]
    geometry: GeometryCode
    needs_pt: bool
    jet_reads: tuple[str, ...]
    multiplicity: int
    levels: tuple[LevelCode, ...]
