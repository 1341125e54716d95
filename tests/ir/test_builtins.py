"""The functions of the language against what numpy and Python call by the same names."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pytest

from ecdsl.ir.builtins import BUILTINS, FUNCTIONS

ARRAYS = np.random.default_rng(1).normal(size=(3, 50)).round(1)
SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan)
NUMPY = {
    "min": lambda *args: np.min(args, axis=0),
    "max": lambda *args: np.max(args, axis=0),
    "mean": lambda *args: np.mean(args, axis=0),
    "median": lambda *args: np.median(args, axis=0),
    "add": lambda *args: np.sum(args, axis=0),
    "mul": lambda *args: np.prod(args, axis=0),
}


@pytest.mark.parametrize("name", NUMPY)
def test_functions_of_three_are_those_of_numpy(name):
    for args in permutations(ARRAYS):
        np.testing.assert_allclose(BUILTINS[name].evaluate(*args), NUMPY[name](*args), rtol=1e-15)


@pytest.mark.parametrize(("name", "python"), [("min", min), ("max", max)])
def test_extremes_of_special_values_are_those_of_python(name, python):
    """Python's `min` is what generated loops call; with NaN, it matters which one comes first."""
    for args in product(SPECIAL, repeat=2):
        found, wanted = float(BUILTINS[name].evaluate(*args)), python(*args)
        assert repr(found) == repr(wanted), args


def test_only_functions_can_be_called():
    assert set(BUILTINS) - set(FUNCTIONS) == {"add", "sub", "mul", "div", "pow", "neg"}
