"""Which particles a row of lanes keeps: noted as bits, then listed without a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

from ecdsl.kernel_runtime.lanes import bits_of, put_picked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecdsl.kernel_runtime.lanes import Integers, Picks

    Noted = NDArray[np.int64]

_compiled = njit(nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def noted(which: Picks, start: int, stop: int, found: Noted, n_found: int) -> int:
    """Note which of sixteen particles from `start` on, and before `stop`, are picked.

    Args:
        which: Those that are, as lanes.
        start: The first of them.
        stop: Behind the last of the row, by which it is noted too.
        found: What is noted: `stop`, `start` and the bits, sixteen bits each: a table of pairs of
            more particles would take 34 GB. What has no bit is written over.
        n_found: How many were noted before.

    Returns:
        How many are noted.
    """
    # Whatever is picked: no branch that data decide.
    bits = bits_of(which) & ((1 << min(stop - start, 16)) - 1)
    found[n_found] = stop << 32 | start << 16 | bits
    return n_found + (bits != 0)


@_compiled  # type: ignore[untyped-decorator]
def listed(found: Noted, n_found: int, pairs: Integers) -> int:
    """Write what was noted as pairs of particles, `stop` << 16 | particle, in order.

    Args:
        found: What was noted.
        n_found: How often.
        pairs: What is written, with room for eight more.

    Returns:
        How many there are.
    """
    count = 0
    for k in range(n_found):
        count = put_picked(pairs, count, found[k] & 0xFFFF, found[k] >> 16)
    return count
