"""Which random observables can be compared: those that rounding does not decide."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np

from ecdsl.artifacts.manifest import edges
from ecdsl.backends.reference import interpreter
from ecdsl.diagnostics import EcdslError
from ecdsl.ir.nodes import Compare, Member, Number
from ecdsl.ir.walk import condition_expressions, leaves
from ecdsl.passes import pipeline

# How close a value may come to an edge or a cut before rounding may decide differently.
MARGIN = 1e-9


def compiles(observable):
    """Tell whether the passes accept a random observable (a window may be constant and false)."""
    try:
        pipeline.run(observable)
    except EcdslError as error:
        if {d.code for d in error.diagnostics} <= {"E320", "E321", "E330"}:
            return False
        raise
    return True


def near_a_decision(observable, sample):
    """Tell whether any tuple lies so close to an edge or a cut that rounding decides."""
    close = []

    class Watching(interpreter.Tuple):
        def holds(self, condition):
            if isinstance(condition, Compare) and not _is_exact(condition):
                left, right = self.value(condition.lhs), self.value(condition.rhs)
                close.append(abs(left - right) < MARGIN * (1 + abs(left)))
            return super().holds(condition)

        def selected_by(self, observed):
            for delta in observed.deltas:
                value = self.value(delta.expr)
                ends = (self.value(delta.lower), self.value(delta.upper))
                close.extend(abs(value - end) < MARGIN for end in ends)
            for axis in observed.axes:
                gaps = np.abs(edges(axis.bins) - self.value(axis.expr))
                close.append(gaps.min() < MARGIN)
            return super().selected_by(observed)

    original, interpreter.Tuple = interpreter.Tuple, Watching
    try:
        backends.reference_rows(observable, sample)
    finally:
        interpreter.Tuple = original
    return any(close)


def _is_exact(condition):
    """Tell whether whole numbers are compared, which have no rounding."""
    used = [leaf for expr in condition_expressions(condition) for leaf in leaves(expr)]
    return condition.op in {"==", "!="} and all(
        isinstance(leaf, Number)
        or (isinstance(leaf, Member) and leaf.quantity in {"charge", "pdgid"})
        for leaf in used
    )


def assert_equal_rows(found, expected, *, cancelled=0.0):
    """Compare rows; what cancels leaves the rounding of terms of size `cancelled`."""
    scale = np.abs(expected).max() + cancelled + 1e-300
    np.testing.assert_allclose(found / scale, expected / scale, rtol=1e-10, atol=1e-13)


def weights_of_both_signs(observable):
    """Tell whether weights may cancel."""
    return any(
        isinstance(leaf, Member) and leaf.quantity == "charge"
        for leaf in leaves(observable.correlator.weight)
    )
