"""Rules that integrate any density of the sides over the bins of a shape.

A rule is points of the cube of the sides, in the shape's own coordinates, and weights.
`gauss_legendre_rule` is for bins that lie within phase space and hold no peak; `line_rule` for the
others: it looks for the part of each line that lies inside, and `spread` puts the lines where
there is something to integrate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.surrogate.integrate import gauss_legendre, sobol
from ecdsl.surrogate.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.coordinates import Chart
    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.readers import Density, Reader

# Places at which a line is first asked whether it lies within phase space, and steps after that to
# where it crosses its edge.
SCAN = 9
STEPS = 10
HALVINGS = 4
# Lines whose ends are looked for at once: bounds memory, not results.
CHUNK = 1 << 15
# Consecutive parts of a Sobol sequence: what they scatter by bounds the error of the whole.
BLOCKS = 16
# Lines through a bin, and points on each, by which it is seen where its integrand is large.
PILOT = (64, 8)


@dataclass(frozen=True)
class Bins:
    """Bins of one or more shapes.

    Attributes:
        lower: (n_axes, B) lower corners.
        upper: (n_axes, B) upper corners.
        parameters: (n_parameters, B) those of the shape that the bin is of.
    """

    lower: Tensor
    upper: Tensor
    parameters: Tensor

    @classmethod
    def of(cls, edges: Sequence[NDArray[np.float64]], parameters: NDArray[np.float64]) -> Bins:
        """Return the bins of shapes, those of one shape together, the last axis fastest.

        Args:
            edges: Per axis, (B_a + 1,) edges.
            parameters: (n_shapes, n_parameters).
        """
        lower = torch.tensor(list(product(*[e[:-1] for e in edges])), dtype=torch.float64).T
        upper = torch.tensor(list(product(*[e[1:] for e in edges])), dtype=torch.float64).T
        shapes, bins = len(parameters), lower.shape[1]
        repeated = torch.from_numpy(parameters).T.repeat_interleave(bins, dim=1)
        return cls(lower.repeat(1, shapes), upper.repeat(1, shapes), repeated)

    def __len__(self) -> int:
        return self.lower.shape[1]

    def __getitem__(self, chosen: Tensor) -> Bins:
        return Bins(self.lower[:, chosen], self.upper[:, chosen], self.parameters[:, chosen])


@dataclass(frozen=True)
class Rule:
    """S integrals of a density p(u | m): integral_s = sum_k weights_sk p(places_sk | m).

    Attributes:
        places: (S, n, K) of the points, as the reader of the density wants them.
        weights: (S, n) float64, 0 outside of phase space.
        blocks: Equal parts of the points, one after the other, each a rule of its own.
    """

    places: Tensor
    weights: Tensor
    blocks: int = 1

    def __getitem__(self, chosen: Tensor) -> Rule:
        return Rule(self.places[chosen], self.weights[chosen], self.blocks)

    def of(self, density: Density) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (blocks, S) the integrals, and (S,) by what the density that is read is off."""
        rules, points = self.weights.shape
        shape = (rules, self.blocks, points // self.blocks)
        found, weights = self._found(density), self.weights.reshape(shape)
        found = found.reshape(len(found), *shape)
        sums = torch.linalg.vecdot(found, weights).movedim(2, 1).numpy()
        return self.blocks * sums[0], np.abs(sums[1:].sum(axis=1)).sum(axis=0)

    def integrand(self, density: Density) -> Tensor:
        """Return (S, n) what each point adds to the integral."""
        return self._found(density)[0] * self.weights

    def _found(self, density: Density) -> Tensor:
        found = density(self.places.flatten(0, 1)).double()
        return found.reshape(len(found), *self.weights.shape)


@dataclass(frozen=True)
class Box:
    """A shape's own coordinates: the unit cube onto each bin, and on to where a density is read."""

    chart: Chart
    reader: Reader
    region: RegionModule
    dimension: int

    def pulled(self, number: int, bins: Bins, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return where points lie in the cube of the sides, and the volume each stands for.

        Args:
            number: Of the region.
            bins: B of them.
            points: (B, n, D) in the unit cube.

        Returns:
            `(cube (B, n, P), volume (B, n))`; the volume is 0 outside of phase space.
        """
        sides, jacobian = self._sides(number, bins, points)
        cube, log_jacobian, inside = self.chart.to_cube(sides.reshape(-1, sides.shape[-1]))
        # A degenerate box has no width: 0 times an infinite density is none.
        exists = inside.reshape(jacobian.shape) & (jacobian > 0)
        volume = jacobian * torch.exp(log_jacobian).reshape(jacobian.shape)
        return cube.reshape(sides.shape), torch.where(exists, volume, 0.0)

    def margin(self, number: int, bins: Bins, points: Tensor) -> Tensor:
        """Return (B, n) by how much points (B, n, D) are within phase space, negative outside."""
        sides, jacobian = self._sides(number, bins, points)
        return torch.where(jacobian > 0, self.chart.margin(sides), -1.0)

    def _sides(self, number: int, bins: Bins, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sides (B, n, P) at points (B, n, D) of the box, and the Jacobian (B, n)."""
        lower, upper, parameters = (
            column[..., None] for column in (bins.lower, bins.upper, bins.parameters)
        )
        return self.region.from_cube(
            number, points, lower, upper, parameters, self.chart.floor, self.chart.ceil
        )


def gauss_legendre_rule(box: Box, bins: Bins, order: int) -> tuple[Rule, Tensor]:
    """Return the tensor rule of `order` for each bin, and (B,) where phase space fills the bin.

    It also does where it leaves all of the bin empty.
    """
    points, weights = gauss_legendre(box.dimension, order)
    everywhere = points.expand(len(bins), *points.shape)
    parts, whole = [], torch.ones(len(bins), dtype=torch.bool)
    for number, share in enumerate(box.region.SHARES):
        cube, volume = box.pulled(number, bins, everywhere)
        whole &= (volume > 0).all(dim=1) | (volume == 0).all(dim=1)
        parts.append(Rule(box.reader.places(cube), share * volume * weights))
    return _joined(parts), whole


def spreads(box: Box, bins: Bins, density: Density) -> tuple[Spread, ...]:
    """Return for each region how its points follow what there is to integrate in the bins."""
    lines, on_line = PILOT
    sample = sobol(box.dimension, lines, 0)
    points = _on_lines(sample[:, :-1], _offsets(sample, on_line)).flatten(0, 1)
    even = Spread.even(len(bins), box.dimension)
    rules = (_line_rule(box, n, bins, even, PILOT) for n in range(len(box.region.SHARES)))
    return tuple(Spread.following(points, rule.integrand(density)) for rule in rules)


def line_rule(box: Box, bins: Bins, spread: Sequence[Spread], counts: tuple[int, int]) -> Rule:
    """Return a rule for each bin from a Sobol sequence of lines, in `BLOCKS` consecutive blocks.

    Args:
        box: The shape's coordinates.
        bins: B of them.
        spread: For each region, where points lie closer.
        counts: Lines through a bin, and points on each.
    """
    parts = []
    for number, share in enumerate(box.region.SHARES):
        rule = _line_rule(box, number, bins, spread[number], counts)
        parts.append(Rule(rule.places, share * rule.weights, BLOCKS))
    return _joined(parts)


def _line_rule(box: Box, number: int, bins: Bins, spread: Spread, counts: tuple[int, int]) -> Rule:
    """Return the rule of one region, the points on a line one after the other.

    A line varies the last coordinate of the box. Only the part of it that lies within phase space
    is integrated over, with both of its ends made smooth by t = 10 x^3 - 15 x^4 + 6 x^5, so that
    nothing is left there of an inverse root; the part must be one piece. The seed is fixed:
    contexts share their points, so that most of the error does not fake a dependence on the
    context.
    """
    lines, on_line = counts
    sample = sobol(box.dimension, lines, 0)
    others, volume = spread(sample[:, :-1], slice(-1))
    x, slope = spread(_offsets(sample, on_line).reshape(-1, 1), slice(-1, None))
    x, slope = (part.reshape(len(bins), lines, on_line) for part in (x, slope))
    start, width = _within(box, number, bins, others)
    along = x**3 * (10 - 15 * x + 6 * x**2)
    points = _on_lines(others, start[..., None] + width[..., None] * along)
    cube, inner = box.pulled(number, bins, points.flatten(1, 2))
    slope = slope * 30 * (x * (1 - x)) ** 2 * (volume * width)[..., None] / (lines * on_line)
    return Rule(box.reader.places(cube), slope.flatten(1) * inner)


def _offsets(sample: Tensor, on_line: int) -> Tensor:
    """Return (lines, on_line) evenly spaced places on each line of a sample (lines, D)."""
    return (torch.arange(on_line) + sample[:, -1:]) / on_line


def _joined(parts: Sequence[Rule]) -> Rule:
    """Return the sum of rules for the same integrals, block by block."""
    blocks = parts[0].blocks
    places = [torch.stack(part.places.chunk(blocks, 1), 1) for part in parts]
    weights = [torch.stack(part.weights.chunk(blocks, 1), 1) for part in parts]
    return Rule(torch.cat(places, 2).flatten(1, 2), torch.cat(weights, 2).flatten(1, 2), blocks)


def _within(box: Box, number: int, bins: Bins, others: Tensor) -> tuple[Tensor, Tensor]:
    """Return (B, lines) where the part of each line within phase space starts, and its length.

    A line is what is left free by `others` (B, lines, D - 1), all coordinates but the last.
    """
    scan = torch.linspace(0, 1, SCAN, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    tips = _on_lines(others, scan[[0, -1]].expand(*others.shape[:2], 2))
    inside = box.margin(number, bins, tips.flatten(1, 2)).reshape(tips.shape[:-1]) >= 0
    start, width = scan[0].expand(inside.shape[:2]).clone(), scan[-1] - scan[0]
    width = width.expand(inside.shape[:2]).clone()
    cut = ~inside.all(dim=-1)
    bin_, line = torch.nonzero(cut, as_tuple=True)
    if len(bin_):
        parts = zip(torch.split(bin_, CHUNK), torch.split(line, CHUNK), strict=True)
        ends = torch.cat([_ends(box, number, bins[b], others[b, k], scan) for b, k in parts])
        start[cut], width[cut] = ends[:, 0], ends[:, 1] - ends[:, 0]
    return start, width


def _ends(box: Box, number: int, bins: Bins, others: Tensor, scan: Tensor) -> Tensor:
    """Return (n, 2) where lines (n, D - 1), each through its own bin, enter and leave phase space.

    A line that is not seen to lie within it at any place of the `scan` ends where it starts.
    """
    margin = box.margin(number, bins, _on_lines(others, scan.expand(len(others), len(scan))))
    seen = margin >= 0
    first = seen.double().argmax(dim=1)
    last = len(scan) - 1 - seen.flip(1).double().argmax(dim=1)
    held, beyond = torch.stack([first, last], 1), torch.stack([first - 1, last + 1], 1)
    beyond = beyond.clamp(0, len(scan) - 1)
    found = seen.any(dim=1)[:, None]
    crossed = found & (held != beyond)
    line = torch.nonzero(crossed)[:, 0]
    part, fixed = bins[line], others[line]

    def margin_at(place: Tensor) -> Tensor:
        return box.margin(number, part, _on_lines(fixed, place[:, None]))[:, 0]

    ends = torch.where(found, scan[held], scan[0])
    inner, outer = (
        (scan[place][crossed], margin.gather(1, place)[crossed]) for place in (held, beyond)
    )
    ends[crossed] = _crossing(margin_at, inner, outer)
    return ends


def _crossing(
    function: Callable[[Tensor], Tensor],
    inner: tuple[Tensor, Tensor],
    outer: tuple[Tensor, Tensor],
) -> Tensor:
    """Return (n,) where functions are zero: regula falsi, Illinois.

    Args:
        function: From places (n,) to the values there.
        inner: (n,) places where they are not negative, and the values.
        outer: (n,) places where they are negative, and the values.
    """
    (a, at_a), (b, at_b) = inner, outer
    before = torch.zeros_like(a)
    for step in range(STEPS):
        place = (a + b) / 2 if step < HALVINGS else b + (a - b) * at_b / (at_b - at_a)
        value = function(place)
        side = torch.where(value >= 0, 1.0, -1.0)
        # The end that stays twice counts half, so that it does not stay for good.
        at_a = torch.where((side < 0) & (before < 0), at_a / 2, at_a)
        at_b = torch.where((side > 0) & (before > 0), at_b / 2, at_b)
        a, at_a = torch.where(side > 0, place, a), torch.where(side > 0, value, at_a)
        b, at_b = torch.where(side < 0, place, b), torch.where(side < 0, value, at_b)
        before = side
    return b + (a - b) * at_b / (at_b - at_a)


def _on_lines(others: Tensor, place: Tensor) -> Tensor:
    """Return (..., lines, n, D) points from (..., lines, D - 1) and places (..., lines, n)."""
    fixed = others[..., None, :].expand(*place.shape, others.shape[-1])
    return torch.cat([fixed, place[..., None]], dim=-1)
