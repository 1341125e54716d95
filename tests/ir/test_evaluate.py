"""Values of expressions and conditions on arrays, where they are defined and where not."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import apply

from ecdsl.ir.evaluate import evaluate, holds
from ecdsl.ir.nodes import Compare, Logic, Number, Side

A, B = Side(k=1), Side(k=2)
VALUES = {A: np.array([1.0, 2.0, 3.0, np.nan]), B: np.array([2.0, 2.0, 2.0, 2.0])}


def read(leaf):
    return VALUES[leaf]


def compare(op, lhs=A, rhs=B):
    return Compare(op=op, lhs=lhs, rhs=rhs)


@pytest.mark.parametrize(
    ("op", "where"),
    [
        ("<", [True, False, False, False]),
        ("<=", [True, True, False, False]),
        ("==", [False, True, False, False]),
        ("!=", [True, False, True, True]),
    ],
)
def test_comparisons_with_what_is_no_number_fail_except_unequal(op, where):
    assert holds(compare(op), read).tolist() == where


def test_conditions_are_joined_for_each_tuple_by_itself():
    below, above, equal = compare("<"), compare("<", B, A), compare("==")

    both = holds(Logic(op="and", args=(compare("<="), compare("<=", B, A), equal)), read)
    either = holds(Logic(op="or", args=(below, equal, above)), read)
    neither = holds(Logic(op="not", args=(Logic(op="or", args=(below, equal)),)), read)

    assert both.tolist() == [False, True, False, False]
    assert either.tolist() == [True, True, True, False]
    assert neither.tolist() == [False, False, True, True]


def test_outside_their_domain_functions_are_infinite_or_no_numbers():
    below = apply("sub", A, B)
    root, log = apply("sqrt", below), apply("log", apply("div", Number(value=1.0), below))

    np.testing.assert_array_equal(evaluate(root, read), [np.nan, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(evaluate(log, read), [np.nan, np.inf, 0.0, np.nan])
