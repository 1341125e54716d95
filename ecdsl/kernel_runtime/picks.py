"""Which particles a row of lanes keeps: noted as bits, then listed without a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecdsl.kernel_runtime.lanes import bits_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.kernel_runtime.lanes import Picks

    Integers = NDArray[np.int64]

_compiled = njit(nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def bits_of_bytes() -> tuple[Integers, Integers]:
    """Return (256, 8) which bits of a byte are set, and (256,) how many."""
    places, numbers = np.zeros((256, 8), dtype=np.int64), np.zeros(256, dtype=np.int64)
    for byte in range(256):
        for bit in range(8):
            places[byte, numbers[byte]] = bit
            numbers[byte] += byte >> bit & 1
    return places, numbers


@_compiled  # type: ignore[untyped-decorator]
def noted(which: Picks, start: int, stop: int, found: Integers, n_found: int) -> int:
    """Note which of sixteen particles from `start` on, and before `stop`, are picked.

    Args:
        which: Those that are, as lanes.
        start: The first of them.
        stop: Behind the last of the row, by which it is noted too.
        found: What is noted: `stop`, `start` and sixteen bits. What has no bit is written over.
        n_found: How many were noted before.

    Returns:
        How many are noted.
    """
    # Whatever is picked: no branch that data decide.
    bits = bits_of(which) & ((1 << min(stop - start, 16)) - 1)
    found[n_found] = stop << 32 | start << 16 | bits
    return n_found + (bits != 0)


@_compiled  # type: ignore[untyped-decorator]
def listed(
    found: Integers, n_found: int, places: Integers, numbers: Integers, pairs: Integers
) -> int:
    """Write what was noted as pairs of particles, `stop` << 32 | particle, in order.

    Args:
        found: What was noted.
        n_found: How often.
        places: Which bits of a byte are set.
        numbers: How many are.
        pairs: What is written, with room for seven more.

    Returns:
        How many there are.
    """
    count = 0
    for k in range(n_found):
        bits, first = found[k] & 0xFFFF, found[k] >> 32 << 32 | found[k] >> 16 & 0xFFFF
        for half in range(2):
            byte = bits >> 8 * half & 255
            for bit in range(8):
                pairs[count + bit] = first + 8 * half + places[byte, bit]
            count += numbers[byte]
    return count
