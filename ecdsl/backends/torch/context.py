"""What the torch template is given: frozen, and nothing else reaches it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Context(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CoordinateCode(_Context):
    """One coordinate: its name, its bounds, and the column of the cube that drives it."""

    name: str
    lower: str
    upper: str
    column: int
    pinned: bool


class RegionCode(_Context):
    """One change of variables."""

    share: float
    assignment: tuple[int, ...]
    coordinates: tuple[CoordinateCode, ...]
    sides: tuple[str, ...]
    jacobian: str
    guards: tuple[str, ...]


class RegionContext(_Context):
    """Context of `region.py.j2`."""

    header: tuple[str, ...]
    mask_reads: tuple[str, ...]
    value_reads: tuple[str, ...]
    setup: tuple[str, ...]
    conditions: tuple[str, ...]
    values: tuple[str, ...]
    parameters: tuple[str, ...]
    cube_dimension: int | None
    regions: tuple[RegionCode, ...]
