"""Branch and bound: is a system impossible, and how far does a quantity reach?

Boxes are narrowed, and cut in two where that does not decide. A budget bounds the work, counted in
terms of constraints; what it does not suffice for is unknown, and nothing is claimed.
"""

from __future__ import annotations

import itertools
from collections import deque
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecdsl.ir.builtins import BUILTINS
from ecdsl.passes.bounds_combine import contradict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ecdsl.passes.bounds_algebra import Algebra
    from ecdsl.passes.bounds_intervals import Interval
    from ecdsl.passes.bounds_polynomials import Polynomial
    from ecdsl.passes.bounds_system import System

Outcome = Literal["impossible", "possible", "unknown"]
_NARROWEST = 1e-12
# Most systems are decided by fewer boxes, which are cheaper than sums of constraints.
_BEFORE_SUMS = 4


def search(system: System, budget: int) -> Outcome:
    """Return whether some tuple fulfils a system.

    Args:
        system: What is to hold.
        budget: How much work is begun.

    Returns:
        `impossible` is a proof; `possible` names a point of the variables that was tried (for more
        than three particles not every such point is a tuple); `unknown` is neither.
    """
    if system.is_contradiction:
        return "impossible"
    # Largest boxes first: their middles are tried all over the place.
    boxes = deque([system.start()])
    for count in itertools.count(1):
        if not boxes:
            return "impossible"
        if system.work >= budget:
            break
        if count == _BEFORE_SUMS and contradict(system.algebra, system.comparisons):
            return "impossible"
        box = boxes.popleft()
        if not system.narrow(box):
            continue
        # A point of a thin region is found by fixing one variable after another, which takes
        # longer: only for boxes number 1, 2, 4, 8, ...
        point = _middle(box) if count & (count - 1) else _dive(system, box)
        if point is not None and system.holds_at(point_values(system.algebra, point)):
            return "possible"
        halves = _halves(system, box)
        if halves is None:
            return "unknown"
        boxes.extend(halves)
    return "unknown"


def upper_end(system: System, p: Polynomial, budget: int, *, enough: float = -inf) -> float:
    """Return an upper bound of a polynomial where a system holds, -inf where it cannot.

    The search stops early once the bound is not above `enough`.
    """
    form, stated = system.algebra.form(p), system.stated(p)[1]
    count = 0
    heap: list[tuple[float, int, list[Interval]]] = []

    def push(box: list[Interval]) -> None:
        nonlocal count
        if system.narrow(box):
            count += 1
            heappush(heap, (-min(form.evaluate(box)[1], stated), count, box))

    if not system.is_contradiction:
        push(system.start())
    end = system.work + budget
    while heap and -heap[0][0] > enough and system.work < end:
        halves = _halves(system, heap[0][2])
        if halves is None:
            break
        heappop(heap)
        for half in halves:
            push(half)
    return -heap[0][0] if heap else -inf


def point_values(algebra: Algebra, values: Sequence[Any]) -> list[Any]:
    """Return the values of all variables of an algebra from those of its quantities.

    Args:
        algebra: Whose variables.
        values: By index; those of calls are ignored. Numbers, or arrays of one shape.
    """
    found: list[Any] = []
    with np.errstate(all="ignore"):
        for variable, value in zip(algebra.variables, values, strict=True):
            if not variable.fn:
                found.append(np.float64(value))
                continue
            args = [algebra.form(arg).at(found) for arg in variable.args]
            if variable.fn == "inv":
                found.append(1.0 / np.float64(args[0]))
            else:
                found.append(BUILTINS[variable.fn].evaluate(*(np.float64(arg) for arg in args)))
    return found


def _halves(system: System, box: list[Interval]) -> tuple[list[Interval], list[Interval]] | None:
    """Cut the variable that is widest for its domain; None where nothing is left to cut."""
    widest, index = _NARROWEST, -1
    for candidate in system.searched:
        lower, upper = box[candidate]
        size = (upper - lower) / _unit(system.algebra.variables[candidate].domain)
        if size > widest:
            widest, index = size, candidate
    if index < 0:
        return None
    left, right = list(box), list(box)
    middle = _cut(box[index])
    left[index], right[index] = (box[index][0], middle), (middle, box[index][1])
    return left, right


def _unit(domain: Interval) -> float:
    return domain[1] - domain[0] if domain[1] - domain[0] < inf else 1.0


def _cut(interval: Interval) -> float:
    """Return a point inside; unbounded ends are approached by powers of ten."""
    lower, upper = interval
    if lower == -inf and upper == inf:
        return 0.0
    if upper == inf:
        return max(10 * lower, 1.0)
    if lower == -inf:
        return min(10 * upper, -1.0)
    return lower + (upper - lower) / 2


def _dive(system: System, box: Sequence[Interval]) -> list[float] | None:
    """Return a point of a box by fixing each variable in the middle of what the others leave."""
    point = list(box)
    for index in system.searched:
        if point[index][0] < point[index][1]:
            point[index] = (_cut(point[index]),) * 2
            if not system.narrow(point):
                return None
    return _middle(point)


def _middle(box: Sequence[Interval]) -> list[float]:
    return [_cut(interval) for interval in box]
