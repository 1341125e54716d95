"""Lanes in compiled code are what they are in plain Python."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from ecdsl.kernel_runtime.lanes import (
    about,
    added,
    as_integers,
    bits_of,
    chosen,
    eight,
    floored,
    greater,
    in_eight,
    in_sixteen,
    lesser,
    put,
    put_picked,
    root,
    sixteen,
    total,
)

SPECIAL = [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e-320]


@pytest.fixture(params=[np.float64, np.float32])
def table(request):
    """Rows of numbers among which each meets each, and room for a vector behind them."""
    first, second = np.meshgrid(SPECIAL[:4], SPECIAL)
    found = np.random.default_rng(3).normal(size=(4, 48))
    found[0, :32], found[1, :32] = first.ravel(), second.ravel()
    return found.astype(request.param)


def arithmetic(table, single, out):
    for start in range(0, 32, 16):
        x, y = sixteen(table, 0, start), sixteen(table, 1, start)
        put(out, 0, start, x + y - x * 2.0)
        put(out, 1, start, -x / y + single)
        put(out, 2, start, root(abs(x)) - root(single))
        put(out, 3, start, chosen(x < single, lesser(x, y), greater(y, x)))
        put(out, 4, start, chosen(x > y, single, single - single))
        put(out, 6, start, added(x > y, y, y * 2.0) + added(x < y, single, abs(y)))
        put(out, 5, start, lesser(single, x) + greater(single, single))


def comparisons(table, single, out):
    for start in range(0, 32, 16):
        x, y = sixteen(table, 0, start), sixteen(table, 1, start)
        answers = (
            bits_of(x < y),
            bits_of(x <= y),
            bits_of(x > y),
            bits_of(x >= y),
            bits_of(x == y),
            bits_of(x != y),
            bits_of((x < single) & ~(y > single)),
            bits_of((x < single) | (single <= y)),
            bits_of((single < 1.0) & (x != y)),
            bits_of(single < 1.0),
            bits_of(single > 1.0),
        )
        for k in range(len(answers)):
            out[k, start // 16] = answers[k]


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
@pytest.mark.parametrize(("function", "shape"), [(arithmetic, (7, 32)), (comparisons, (11, 2))])
def test_compiled_lanes_equal_those_of_plain_python(function, shape, table):
    single = table.dtype.type(0.5)
    out = np.zeros((2, *shape), dtype=table.dtype if function is arithmetic else np.int64)
    function(table, single, out[0])
    numba.njit(error_model="numpy")(function)(table, single, out[1])
    np.testing.assert_array_equal(out[0], out[1])
    np.testing.assert_array_equal(np.signbit(out[0]), np.signbit(out[1]))


def extremes(table, out):
    for start in range(0, 32, 16):
        x, y = sixteen(table, 0, start), sixteen(table, 1, start)
        put(out, 0, start, lesser(x, y))
        put(out, 1, start, greater(x, y))
    for k in range(32):
        out[2, k] = min(table[0, k], table[1, k])
        out[3, k] = max(table[0, k], table[1, k])


def test_extremes_are_those_of_single_numbers(table):
    """Of NaN and a number the first, so that lanes sort sides as loops do."""
    table[0, 3:30:5] = np.nan
    for run in (extremes, numba.njit(extremes)):
        out = np.zeros((4, 32), dtype=table.dtype)
        run(table, out)
        np.testing.assert_array_equal(out[:2], out[2:])


def sums(table, out):
    inside, wide = in_eight(0.0), in_sixteen(1.0)
    for start in range(0, 32, 8):
        inside = about(eight(table, 2, start), 1.0, inside)
    for start in range(0, 32, 16):
        wide = wide + sixteen(table[2], start)
    out[0], out[1] = total(inside), total(wide)


def test_sums_over_lanes():
    table = np.random.default_rng(5).normal(size=(3, 40))
    expected = table[2, :32].sum()
    for run in (sums, numba.njit(sums)):
        out = np.zeros(2)
        run(table, out)
        np.testing.assert_allclose(out, [expected, expected + 16.0], rtol=1e-12)


def rounded(table, whole, bits):
    for start in range(0, 32, 8):
        below = floored(eight(table, 2, start) * 10.0)
        put(whole, 0, start, as_integers(below))
        put(whole, 1, start, as_integers(-below))
        bits[start // 8] = bits_of(below < 0.0)


def test_whole_numbers_and_bits_of_eight():
    table = np.random.default_rng(6).normal(size=(3, 40))
    expected = np.floor(table[2, :32] * 10.0).astype(int)
    for run in (rounded, numba.njit(rounded)):
        whole, bits = np.zeros((2, 32), dtype=np.int64), np.zeros(4, dtype=np.int64)
        run(table, whole, bits)
        assert (whole == [expected, -expected]).all()
        assert (bits == (expected < 0).reshape(4, 8) @ (1 << np.arange(8))).all()


def packed(all_bits, firsts, out):
    place = 0
    for k in range(len(all_bits)):
        place = put_picked(out, place, all_bits[k], firsts[k])
    return place


@pytest.mark.parametrize("dtype", [np.uint32, np.int64])
def test_numbers_of_picked_lanes_stand_in_a_row(dtype):
    all_bits = np.array([0, 1, 1 << 15, 0xFFFF, 0b1010_0000_0110_0001, 0])
    firsts = np.array([0, 7, 100, 1 << 20, 5 << 16, 3])
    expected = [
        first + lane
        for bits, first in zip(all_bits.tolist(), firsts.tolist(), strict=True)
        for lane in range(16)
        if bits >> lane & 1
    ]
    for run in (packed, numba.njit(packed)):
        out = np.zeros(16 * len(firsts) + 16, dtype=dtype)
        assert out[: run(all_bits, firsts, out)].tolist() == expected
