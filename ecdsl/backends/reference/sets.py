"""Correlators of an order that need not be whole: what sets of particles weigh, by definition.

A set S weighs w_nu(S) = sum over T in S of (-1)^|S - T| (sum_T x)^nu, so that a set and all sets in
it weigh (sum x)^nu (arXiv:2004.11381).
"""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

Members = tuple[int, ...]


def longest_sides(
    shares: Sequence[np.float64], distances: NDArray[np.float64], nu: float
) -> Iterator[tuple[Members, np.float64]]:
    """Yield the longest side of each set of particles, and what the set weighs.

    Args:
        shares: (n,) what each particle adds, x.
        distances: (n, n).
        nu: The order.
    """
    weights = _weights(shares, nu)
    for some, weight in weights.items():
        sides = combinations(some, 2) if len(some) > 1 else [(*some, *some)]
        yield max(sides, key=lambda side: distances[side]), weight


def farthest_of_one(
    shares: Sequence[np.float64], distances: NDArray[np.float64], nu: float
) -> Iterator[tuple[Members, np.float64]]:
    """Yield each particle and the farthest of each set from it, and what both weigh together.

    Args:
        shares: (n,) what each particle adds, x.
        distances: (n, n).
        nu: The order, with the special particle.
    """
    weights = _weights(shares, nu - 1)
    for special, share in enumerate(shares):
        for some, weight in weights.items():
            far = min(some, key=lambda k: (-distances[special, k], k))
            yield (special, far), share * weight


def _weights(shares: Sequence[np.float64], nu: float) -> Mapping[Members, np.float64]:
    return {
        some: sum(
            (-1) ** (len(some) - len(inner)) * sum(shares[k] for k in inner) ** nu
            for inner in _sets(some)
        )
        for some in _sets(range(len(shares)))
    }


def _sets(members: Iterable[int]) -> Iterator[Members]:
    """Yield every set of one or more members."""
    members = tuple(members)
    return chain.from_iterable(combinations(members, n) for n in range(1, len(members) + 1))
