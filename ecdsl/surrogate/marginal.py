"""Bin contents of a shape, integrated from a surrogate's density.

`ShapeIntegral` integrates over the shape's own coordinates (`from_cube` of a `region.py`), whose
box is the window, so that no point is wasted; `marginal_by_mask` throws points at the sides and
asks the shape which bin they fall in: slow, and independent of every change of variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.diagnostics import NumericalError, data_error
from ecdsl.surrogate.curve import Curve
from ecdsl.surrogate.integrate import CubeMonteCarlo
from ecdsl.surrogate.mask import ShapeMask
from ecdsl.surrogate.readers import Tabulated
from ecdsl.surrogate.rules import Bins, Box, gauss_legendre_rule, line_rule, spreads
from ecdsl.surrogate.table import COARSE
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.readers import Density
    from ecdsl.surrogate.rules import Rule
    from ecdsl.surrogate.surrogate import Surrogate

# A rule's error that is good enough, relative to the larger of the bin's content and of `SMALL`
# times that of the largest bin. It is a standard deviation.
TOLERANCE = 7e-4
SMALL = 1e-2
# Gauss-Legendre nodes per coordinate: the result's, and those of those that judge it.
ORDERS = (7, 6, 5)
# What they differ by counts this often: here and there they agree by chance.
CHANCE = 2
# Lines through a bin, and points on each, until the error is small enough.
LINES = ((256, 4), (512, 4), (2048, 2), (4096, 2), (8192, 2), (16384, 2))
# How fast the error falls with the number of blocks of a Sobol sequence that are taken together:
# by 1/2 if they were independent, by 1 or more if nothing had an edge.
RATE = 0.8
# Bins whose rules are looked for at once: bounds memory, not results.
BINS = 256
MASK_CHUNK = 1 << 17
# Points for the difference of two densities, which scatters less than either.
MEMBER_POINTS = 1 << 18


@dataclass(frozen=True)
class Marginal:
    """Bin contents per event.

    Attributes:
        contents: (..., B1, ..., BA) sum of weights per event in each bin, of each shape where there
            are several.
        errors: Likewise, numerical error of the integration alone.
    """

    contents: NDArray[np.float64]
    errors: NDArray[np.float64]


class ShapeIntegral:
    """The bins of a shape as integrals of its correlator's density.

    content = W(m) sum_r share_r int_box du |dz/du| p(z(u) | m), by Gauss-Legendre; where its orders
    disagree or an edge of phase space crosses the box, by Sobol lines. Points and weights do not
    depend on the context: they are found at the middle and the ends of its range, and serve all.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: (..., n_parameters) the shape's parameters in their declared order; more than
            one set of them are as many shapes, integrated together.
        exact: Evaluate a network at every point, not from a table: a second for each context.

    Raises:
        EcdslError: D410 where the shape has no coordinates of its own.
    """

    def __init__(
        self,
        surrogate: Surrogate,
        region: RegionModule,
        edges: Sequence[NDArray[np.float64]],
        parameters: ArrayLike,
        *,
        exact: bool = False,
    ) -> None:
        if region.CUBE_DIMENSION is None:
            raise data_error(
                "D410",
                "this shape has no change of variables to integrate over",
                hint="integrate it with marginal_by_mask",
            )
        self._surrogate = surrogate
        self._reader = surrogate.reader(exact=exact)
        self._box = Box(surrogate.chart, self._reader, region, region.CUBE_DIMENSION)
        values = np.asarray(parameters, dtype=np.float64)
        bins = [len(e) - 1 for e in edges]
        self._shape = (*values.shape[:-1], *bins)
        self._per_shape = math.prod(bins)
        self._bins = Bins.of(edges, values.reshape(math.prod(values.shape[:-1]), values.shape[-1]))
        self._pieces: list[_Piece] = []

    @pinned_threads()
    @torch.inference_mode()
    def at(self, context: Mapping[str, float]) -> Marginal:
        """Return the bins at one context, e.g. `{"mt": 172.5}`.

        Raises:
            EcdslError: D404 for a context outside the training range.
        """
        row = self._surrogate.context(context)
        contents, errors = self._integrals(self._reader.density(self._surrogate, row))
        return _per_event(self._surrogate, row, self._shape, contents, errors)

    def curve(self, label: str, context: Mapping[str, float] | None = None) -> Curve:
        """Return the bins at any value of one label of the training range, the others fixed.

        Args:
            label: Which.
            context: Of the other labels, where there are any.

        Raises:
            EcdslError: D404 for a label that the surrogate does not have, or without value.
        """
        if label not in self._surrogate.labels:
            raise data_error("D404", f"the surrogate does not depend on `{label}`")
        number = self._surrogate.labels.index(label)
        weight = self._surrogate.total_weight
        return Curve.through(
            lambda value: self.at({**(context or {}), label: value}).contents,
            weight.lower[number],
            weight.upper[number],
        )

    @pinned_threads()
    @torch.inference_mode()
    def deviation(self, member: Surrogate, context: Mapping[str, float]) -> NDArray[np.float64]:
        """Return (..., B1, ..., BA) by how much another member of the ensemble differs, per event.

        Tables are coarse: what these are off by is the same for both.
        """
        row = self._surrogate.context(context)
        reader = self._reader
        if isinstance(reader, Tabulated):
            reader = Tabulated(reader.grid.every(COARSE))
        contents = [
            model.weight_per_event(row) * self._integrals(reader.density(model, row))[0]
            for model in (self._surrogate, member)
        ]
        return (contents[1] - contents[0]).reshape(self._shape)

    def _integrals(self, density: Density) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (B,) the integrals and their errors."""
        self._pieces = self._pieces or self._chosen()
        contents, errors = np.zeros(len(self._bins)), np.zeros(len(self._bins))
        for piece in self._pieces:
            found = piece.integrals(density)
            contents[piece.bins] = found.contents
            errors[piece.bins] = np.hypot(found.errors, found.density_errors)
        return contents, errors

    def _chosen(self) -> list[_Piece]:
        """Return for each bin the first rule that is good enough, or the last."""
        ends = self._surrogate.total_weight.lower, self._surrogate.total_weight.upper
        low, high = (torch.tensor(end, dtype=torch.float64) for end in ends)
        contexts = ((low + high) / 2, low, high)
        densities = [self._reader.density(self._surrogate, context) for context in contexts]
        together = self._per_shape * max(1, BINS // self._per_shape)
        numbers = np.arange(len(self._bins))
        parts = [numbers[k : k + together] for k in range(0, len(numbers), together)]
        pieces = (piece for part in parts for piece in self._chosen_for(densities, part))
        return [piece for piece in pieces if len(piece.bins)]

    def _chosen_for(
        self, densities: Sequence[Density], numbers: NDArray[np.int64]
    ) -> Iterator[_Piece]:
        """Yield the same for the bins of some whole shapes, good at both ends."""
        bins = self._bins[torch.from_numpy(numbers)]
        first, whole = gauss_legendre_rule(self._box, bins, ORDERS[-1])
        (contents,), _ = first.of(densities[0])
        largest = contents.reshape(-1, self._per_shape).max(axis=1)
        small = SMALL * np.repeat(largest, self._per_shape)
        good = whole.numpy()
        piece = _gauss_legendre(self._box, self._bins, numbers[good])
        enough = piece.enough(densities[1:], small[good])
        yield piece.part(enough)
        good[good] = enough
        left = np.flatnonzero(~good)
        if len(left):
            yield from self._chosen_lines(densities, numbers[left], small[left])

    def _chosen_lines(
        self, densities: Sequence[Density], numbers: NDArray[np.int64], small: NDArray[np.float64]
    ) -> Iterator[_Piece]:
        """Yield as many lines for each bin as are enough, see `_Piece.enough`."""
        spread = spreads(self._box, self._bins[torch.from_numpy(numbers)], densities[0])
        left = np.arange(len(numbers))
        for counts in LINES:
            rows = torch.from_numpy(left)
            bins, closer = self._bins[torch.from_numpy(numbers[left])], [s[rows] for s in spread]
            piece = _Piece(numbers[left], (line_rule(self._box, bins, closer, counts),))
            enough = piece.enough(densities[1:], small[left]) | (counts == LINES[-1])
            yield piece.part(enough)
            left = left[~enough]
            if len(left) == 0:
                break


@dataclass(frozen=True)
class _Found:
    """(B,) integrals, the errors of the rule, and those of the density that it reads."""

    contents: NDArray[np.float64]
    errors: NDArray[np.float64]
    density_errors: NDArray[np.float64]


@dataclass(frozen=True)
class _Piece:
    """Bins that one kind of rule integrates; each kind judges itself.

    Attributes:
        bins: (B,) their numbers.
        rules: Gauss-Legendre of different orders, or one in blocks of Sobol lines.
        whole: (B,) whether phase space fills the bin, for Gauss-Legendre.
    """

    bins: NDArray[np.int64]
    rules: tuple[Rule, ...]
    whole: NDArray[np.bool_] | None = None

    def integrals(self, density: Density) -> _Found:
        """Return the integrals of a density.

        Across an edge of phase space Gauss-Legendre rules agree now and then by chance and are all
        wrong: where only a part of the points lies within, the error is infinite.
        """
        found = [rule.of(density) for rule in self.rules]
        values = np.concatenate([contents for contents, _ in found])
        steps = found[0][1]
        if self.whole is not None:
            errors = np.where(self.whole, CHANCE * np.ptp(values, axis=0), np.inf)
            return _Found(values[0], errors, steps)
        errors = values.std(axis=0, ddof=1) / len(values) ** RATE
        return _Found(values.mean(axis=0), errors, steps)

    def enough(self, densities: Sequence[Density], small: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (B,) whether the rules are good enough for each density."""
        enough = np.ones(len(self.bins), dtype=np.bool_)
        for density in densities:
            found = self.part(enough).integrals(density)
            wanted = TOLERANCE * np.maximum(found.contents, small[enough])
            enough[enough] = found.errors <= wanted
        return enough

    def part(self, kept: NDArray[np.bool_]) -> _Piece:
        """Return the same for some of the bins, (B,)."""
        rows = torch.from_numpy(kept)
        rules = tuple(rule[rows] for rule in self.rules)
        return _Piece(self.bins[kept], rules, None if self.whole is None else self.whole[kept])


def _gauss_legendre(box: Box, bins: Bins, chosen: NDArray[np.int64]) -> _Piece:
    part = bins[torch.from_numpy(chosen)]
    rules, wholes = zip(*(gauss_legendre_rule(box, part, order) for order in ORDERS), strict=True)
    return _Piece(chosen, rules, torch.stack(wholes).all(dim=0).numpy())


def marginal(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: ArrayLike,
    context: Mapping[str, float],
) -> Marginal:
    """Return the bins of a shape at one context, see `ShapeIntegral`.

    Raises:
        EcdslError: D404 for a context outside the training range, D410 where the shape has no
            coordinates of its own.
    """
    return ShapeIntegral(surrogate, region, edges, parameters).at(context)


class ShapeMonteCarlo:
    """The same by `marginal_by_mask`, for a shape without coordinates of its own."""

    def __init__(
        self,
        surrogate: Surrogate,
        region: RegionModule,
        edges: Sequence[NDArray[np.float64]],
        parameters: Sequence[float],
    ) -> None:
        self._surrogate, self._shape = surrogate, (region, edges, parameters)

    def at(self, context: Mapping[str, float]) -> Marginal:
        """Return the bins at one context."""
        return marginal_by_mask(self._surrogate, *self._shape, context)

    def deviation(self, member: Surrogate, context: Mapping[str, float]) -> NDArray[np.float64]:
        """Return (B1, ..., BA) by how much another member differs, from the same points."""
        contents = [
            marginal_by_mask(model, *self._shape, context, points=MEMBER_POINTS).contents
            for model in (self._surrogate, member)
        ]
        return np.asarray(contents[1] - contents[0])


def _per_event(
    surrogate: Surrogate,
    row: Tensor,
    shape: tuple[int, ...],
    contents: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> Marginal:
    weight = surrogate.weight_per_event(row)
    return Marginal(weight * contents.reshape(shape), weight * errors.reshape(shape))


@pinned_threads()
def marginal_by_mask(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: Sequence[float],
    context: Mapping[str, float],
    *,
    points: int = 1 << 20,
    min_hits: int = 1000,
    seed: int = 0,
) -> Marginal:
    """Integrate the density over each bin by Monte Carlo in the sides' cube, with a 0/1 mask.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        context: The simulation parameters.
        points: Monte Carlo points, rounded up to whole chunks.
        min_hits: Points that must fall into the histogram, counted once for each of its bins.
        seed: Of the points.

    Raises:
        EcdslError: D404 for a context outside the training range.
        NumericalError: If fewer than `min_hits` points fall into the histogram.
    """
    row = surrogate.context(context)
    mask = ShapeMask(surrogate, region, edges, parameters, row)
    monte_carlo = CubeMonteCarlo(surrogate.chart.dimension, seed)
    chunks = -(-points // MASK_CHUNK)
    parts = [monte_carlo.integrate(mask.with_square, MASK_CHUNK) for _ in range(chunks)]
    mean = torch.stack(parts).mean(dim=0)
    if mask.hits < min_hits:
        raise NumericalError(
            f"only {mask.hits} of {chunks * MASK_CHUNK} points fall into the histogram "
            f"(at least {min_hits} are needed): use more points or wider windows"
        )
    first, second = mean[0].numpy(), mean[1].numpy()
    errors = np.sqrt(np.maximum(second - first**2, 0) / (chunks * MASK_CHUNK))
    return _per_event(surrogate, row, tuple(len(e) - 1 for e in edges), first, errors)
