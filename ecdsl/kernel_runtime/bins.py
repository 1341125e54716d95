"""Where a value lies among edges: a table over the leading bits of floats finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # Edges, the shift of their bits, the first entry, how many edges lie below each, and steps.
    Bins = tuple[NDArray[np.float64], int, int, NDArray[np.uint64], int]

_compiled = njit(nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def bin_table(edges: NDArray[np.float64]) -> Bins:
    """Return what finds the bin of a value: edges, and a table over the leading bits of floats.

    The bits of positive floats are in the order of the floats. Each entry of the table says how
    many edges lie below its values; at most `steps` lie among them, which is one where 4096 entries
    are enough for that. Entry 0 stands for everything below the first positive edge.
    """
    n = len(edges)
    # No value reaches NaN. (A slice that is assigned would compile what words its errors.)
    padded = np.full(n + 1, np.nan)
    for k in range(n):
        padded[k] = edges[k]
    bits = padded.view(np.int64)
    first = 0
    while first < n - 1 and edges[first] <= 0.0:
        first += 1
    if edges[first] <= 0.0:
        return padded, 0, 0, np.zeros(1, dtype=np.uint64), n
    shift = 52
    for k in range(first + 1, n):
        while bits[k] > bits[k - 1] and bits[k] >> shift == bits[k - 1] >> shift:
            shift -= 1
    while (bits[n - 1] >> shift) - (bits[first] >> shift) > 4094:
        shift += 1
    base = (bits[first] >> shift) - 1
    table = np.zeros((bits[n - 1] >> shift) - base + 2, dtype=np.uint64)
    low, steps = first, max(first, 1)
    for k in range(1, len(table)):
        before = low
        while low < n and bits[low] < (base + k) << shift:
            low += 1
        steps = max(steps, low - before)
        table[k] = low
    return padded, shift, base, table, max(steps, n - low)


@_compiled  # type: ignore[untyped-decorator]
def find_bin(  # noqa: PLR0917 - what `bin_table` returns, one by one
    value: float,
    edges: NDArray[np.float64],
    shift: int,
    base: int,
    table: NDArray[np.uint64],
    steps: int,
) -> np.uint64:
    """Return the bin of `value`: 0 is underflow; NaN counts as overflow."""
    entry = (np.float64(value).view(np.int64) >> shift) - base
    # Unsigned: numba looks at the sign of every other index.
    low = table[np.uint64(min(max(int(entry), 0), len(table) - 1))]
    low += np.uint64(edges[low] <= value)
    # Always as many steps: a loop that ends early is a branch that is often mispredicted.
    for _ in range(steps - 1):
        low += np.uint64(edges[low] <= value)
    return np.uint64(len(edges) - 1) if np.isnan(value) else low
