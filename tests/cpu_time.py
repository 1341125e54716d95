"""How long something takes, as little disturbed by everything else as can be."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def cpu_seconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the processor time of the fastest of some calls.

    The collector is off: in a process with much on its heap, one collection takes longer than what
    is measured.
    """
    gc.disable()
    try:
        return min(_once(work) for _ in range(repeat))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
