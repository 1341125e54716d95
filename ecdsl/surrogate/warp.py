"""Importance sampling along each coordinate of a box, learned from the integrand (VEGAS).

G. P. Lepage, J. Comput. Phys. 27 (1978) 192. Reliable here because a box is a shape's window: the
integrand fills a good part of it, unlike that of a narrow mask in the cube of all sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

CELLS = 32
# Share of the points that stay uniform, so that nothing the first look missed is lost.
UNIFORM = 0.2


@dataclass(frozen=True)
class Warp:
    """For each of B boxes, a density (B, D, CELLS) along each coordinate, constant per cell."""

    density: Tensor

    @classmethod
    def identity(cls, boxes: int, dimension: int) -> Warp:
        """Return the warp that leaves every point where it is."""
        return cls(torch.ones(boxes, dimension, CELLS, dtype=torch.float64))

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Map uniform points (n, D) to each box.

        Returns:
            `(points (B, n, D), Jacobian (B, n))`.
        """
        boxes, dimension, _ = self.density.shape
        reached = torch.cumsum(self.density, dim=-1) / CELLS
        wanted = points.T.expand(boxes, dimension, -1).contiguous()
        cell = torch.searchsorted(reached, wanted).clamp(max=CELLS - 1)
        density = self.density.gather(-1, cell)
        start = (reached - self.density / CELLS).gather(-1, cell)
        place = (cell + (wanted - start) / density * CELLS) / CELLS
        return place.clamp(0, 1).transpose(1, 2), (1 / density).prod(dim=1)

    def learned(self, points: Tensor, terms: Tensor) -> Warp:
        """Return the warp whose density along each coordinate follows the integrand.

        Args:
            points: (B, n, D) where this warp put them.
            terms: (B, n) integrand times Jacobian, not negative.
        """
        cell = (points * CELLS).long().clamp(max=CELLS - 1).transpose(1, 2)
        weights = terms[:, None, :].expand(cell.shape)
        sums = torch.zeros_like(self.density).scatter_add_(-1, cell, weights)
        total = sums.sum(dim=-1, keepdim=True)
        share = torch.where(total > 0, sums / total, 1 / CELLS)
        return Warp(UNIFORM + (1 - UNIFORM) * CELLS * share)
