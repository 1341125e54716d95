"""Tables whose rows are whole lines of the cache: of pairs of particles, and of tuples.

numba puts arrays on multiples of 32 bytes, so that every other one of its tables is read twice by
vectors of 64: a kernel was then up to 1.3 times slower in some processes than in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_new_ref
from numba.np.arrayobj import populate_array

from ecdsl.kernel_runtime.vectors import compiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the cache, in bytes.
_LINE = 64


def table_of_pairs(n: int) -> NDArray[np.float64]:
    """Return zeros for n x n pairs, n a multiple of sixteen, and a line more in each row.

    An odd number of lines: those of a column then spread over all of the cache.
    """
    return np.zeros((n, n + _LINE // 8))


def narrow_table_of_pairs(n: int) -> NDArray[np.float32]:
    """Return the same of numbers of half that size."""
    return np.zeros((n, n + _LINE // 4), dtype=np.float32)


def table_of_tuples(rows: int, n: int) -> NDArray[np.float64]:
    """Return rows of zeros for n tuples, n a multiple of sixteen, and a line more in each row."""
    return np.zeros((rows, n + _LINE // 8))


def whole_table_of_tuples(rows: int, n: int) -> NDArray[np.int64]:
    """Return the same of integers."""
    return np.zeros((rows, n + _LINE // 8), dtype=np.int64)


def _allocates(function: Any, dtype: Any, axes: int = 1) -> None:
    kind, bytes_of_one = types.Array(dtype, 2, "C"), dtype.bitwidth // 8

    def made(context: Any, builder: Any, given: Any, args: Any) -> Any:
        rows, n, one = args[0], args[-1], context.get_constant(types.intp, bytes_of_one)
        width = builder.add(n, context.get_constant(types.intp, _LINE // bytes_of_one))
        row = builder.mul(width, one)
        size = builder.mul(rows, row)
        # It raises MemoryError where there is none left.
        memory = context.nrt.meminfo_alloc_aligned(
            builder, size, ir.Constant(ir.IntType(32), _LINE)
        )
        data = context.nrt.meminfo_data(builder, memory)
        cgutils.memset(builder, data, size, 0)
        found = context.make_array(kind)(context, builder)
        number = context.get_data_type(dtype)
        populate_array(
            found,
            data=builder.bitcast(data, number.as_pointer()),
            shape=(rows, width),
            strides=(row, one),
            itemsize=one,
            meminfo=memory,
        )
        return impl_ret_new_ref(context, builder, kind, found._getvalue())

    compiles(function, (types.Integer,) * axes, lambda *_: kind, made)


_allocates(table_of_pairs, types.float64)
_allocates(narrow_table_of_pairs, types.float32)
_allocates(table_of_tuples, types.float64, 2)
_allocates(whole_table_of_tuples, types.int64, 2)
