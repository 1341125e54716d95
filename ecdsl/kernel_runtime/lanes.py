"""Several numbers at once: what a processor loads, compares and adds up in one instruction.

A loop that numba turns into vectors by itself stays below the widest ones. Before each row it asks
whether tables overlap, and how many whole vectors there are: of rows of ten particles that takes
longer than the row. So kernels say here what is a vector.

Each function is plain Python on arrays of numpy, and stands beside what it is in compiled code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from ecdsl.kernel_runtime.vectors import Lanes, alike, called, common, compiles, lanewise, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]
    Picks = NDArray[np.bool_]
    Integers = NDArray[np.uint32]

# How many lanes picks have bits for.
WIDTH = 16


def eight(table: Numbers, *place: int) -> Numbers:
    """Return eight numbers of an array from a place on, along its last axis."""
    return _from(table, place, 8)


def sixteen(table: Numbers, *place: int) -> Numbers:
    """Return sixteen numbers of an array from a place on, along its last axis."""
    return _from(table, place, WIDTH)


def _from(table: Numbers, place: tuple[int, ...], count: int) -> Numbers:
    *row, start = place
    of_row: Numbers = table[tuple(row)]
    return of_row[start : start + count]


def _pointer(context: Any, builder: Any, given: Any, args: Any, kind: Lanes) -> Any:
    """Return where lanes start in an array. Behind each row is room: its shape is not looked at."""
    table = context.make_array(given[0])(context, builder, args[0])
    place = builder.bitcast(table.data, ir.IntType(8).as_pointer())
    for index, stride in zip(args[1:], cgutils.unpack_tuple(builder, table.strides), strict=True):
        place = builder.gep(place, [builder.mul(index, stride)])
    return builder.bitcast(place, context.get_value_type(kind).as_pointer())


def _loads(function: Any, count: int) -> None:
    def returned(table: Any, *_: Any) -> Any:
        return Lanes(table.dtype, count)

    def made(context: Any, builder: Any, given: Any, args: Any) -> Any:
        loaded = builder.load(_pointer(context, builder, given, args, returned(given[0])))
        loaded.align = given[0].dtype.bitwidth // 8
        return loaded

    for axes in (1, 2):
        compiles(function, (types.Array, *[types.Integer] * axes), returned, made)


_loads(eight, 8)
_loads(sixteen, WIDTH)


def put(table: Numbers, row: int, start: int, x: Numbers) -> None:
    """Write lanes into a row of a table, from a place on."""
    table[row, start : start + len(x)] = x


def _store(context: Any, builder: Any, given: Any, args: Any) -> Any:
    *place, value = args
    pointer = _pointer(context, builder, given[:-1], place, given[-1])
    builder.store(value, pointer, align=given[0].dtype.bitwidth // 8)
    return context.get_dummy_value()


compiles(put, (types.Array, types.Integer, types.Integer, Lanes), lambda *_: types.none, _store)


def in_eight(x: float) -> Numbers:
    """Return a number in each of eight lanes."""
    return np.full(8, x)


def in_sixteen(x: float) -> Numbers:
    """Return a number in each of sixteen lanes."""
    return np.full(WIDTH, x)


def _fills(function: Any, count: int) -> None:
    def made(context: Any, builder: Any, given: Any, args: Any) -> Any:
        return spread(context, builder, args[0], given[0], Lanes(given[0], count))

    compiles(function, (types.Float,), lambda x: Lanes(x, count), made)


_fills(in_eight, 8)
_fills(in_sixteen, WIDTH)


def lesser(x: Numbers, y: Numbers) -> Numbers:
    """Return the smaller number in each lane; `x` where either is NaN, as `min`."""
    return np.where(y < x, y, x)


def greater(x: Numbers, y: Numbers) -> Numbers:
    """Return the larger number in each lane; `x` where either is NaN, as `max`."""
    return np.where(y > x, y, x)


def _second_if(sign: str) -> Callable[..., Any]:
    return lambda builder, x, y: builder.select(builder.fcmp_ordered(sign, y, x), y, x)


lanewise(lesser, _second_if("<"), (types.Type, types.Type))
lanewise(greater, _second_if(">"), (types.Type, types.Type))


def root(x: Numbers) -> Numbers:
    """Return the square roots; NaN of what is negative."""
    return np.sqrt(x)


lanewise(root, lambda builder, x: called(builder, "sqrt", x), (types.Type,))


def about(x: Numbers, y: Numbers | float, z: Numbers | float) -> Numbers:
    """Return `x * y + z`, rounded once or twice, as suits the processor."""
    return x * y + z


def _about(context: Any, builder: Any, given: Any, args: Any) -> Any:
    return called(builder, "fmuladd", *alike(context, builder, given, args, given[0]))


compiles(about, (Lanes, types.Type, types.Type), lambda x, *_: x, _about)


def floored(x: Numbers) -> Numbers:
    """Return the largest whole numbers that are not above."""
    return np.floor(x)


lanewise(floored, lambda builder, x: called(builder, "floor", x), (types.Type,))


def as_integers(x: Numbers) -> NDArray[np.int64]:
    """Return whole numbers as integers."""
    return x.astype(np.int64)


def _to_integers(context: Any, builder: Any, given: Any, args: Any) -> Any:
    return builder.fptosi(args[0], context.get_value_type(Lanes(types.int64, given[0].count)))


compiles(as_integers, (Lanes,), lambda x: Lanes(types.int64, x.count), _to_integers)


def chosen(which: Picks, x: Numbers, y: Numbers) -> Numbers:
    """Return `x` in the lanes that are picked, and `y` in the others."""
    return np.where(which, x, y)


def _select(context: Any, builder: Any, given: Any, args: Any) -> Any:
    kind = _selected(*given)
    return builder.select(args[0], *alike(context, builder, given[1:], args[1:], kind))


def _selected(which: Lanes, *values: Any) -> Any:
    kind = common(values)
    return kind if kind is None or isinstance(kind, Lanes) else Lanes(kind, which.count)


compiles(chosen, (Lanes, types.Type, types.Type), _selected, _select)


def added(which: Picks, x: Numbers, sums: Numbers) -> Numbers:
    """Return sums to which `x` is added in the lanes that are picked."""
    return np.where(which, sums + x, sums)


def _add(context: Any, builder: Any, given: Any, args: Any) -> Any:
    picked, x, sums = args[0], *alike(context, builder, given[1:], args[1:], given[2])
    # To add 0 elsewhere, of either sign, is an `and` where there is no instruction for all of it.
    nothing = ir.Constant(sums.type, [0.0] * given[2].count)
    return builder.fadd(builder.select(picked, x, nothing), sums, flags=("nsz",))


compiles(added, (Lanes, types.Type, Lanes), lambda _, *values: common(values), _add)


def total(x: Numbers) -> float:
    """Return the sum over all lanes, in an order that suits the processor."""
    return float(x.sum())


def _reduce(context: Any, builder: Any, given: Any, args: Any) -> Any:
    nothing = ir.Constant(context.get_value_type(given[0].dtype), -0.0)
    return called(builder, "vector.reduce.fadd", nothing, args[0], flags=("reassoc",))


compiles(total, (Lanes,), lambda x: x.dtype, _reduce)


def bits_of(which: Picks) -> int:
    """Return a number with a bit for each lane that is picked, the first the lowest.

    One answer stands for sixteen lanes.
    """
    picks = which if np.ndim(which) else np.full(WIDTH, which)
    return int(picks @ (1 << np.arange(len(picks))))


def _bits(context: Any, builder: Any, given: Any, args: Any) -> Any:
    whole = ir.IntType(64)
    if isinstance(given[0], Lanes):
        return builder.zext(builder.bitcast(args[0], ir.IntType(given[0].count)), whole)
    every, none = ir.Constant(whole, (1 << WIDTH) - 1), ir.Constant(whole, 0)
    return builder.select(context.cast(builder, args[0], given[0], types.boolean), every, none)


compiles(bits_of, (types.Type,), lambda _: types.int64, _bits)


def put_picked(table: Integers, place: int, bits: int, first: int) -> int:
    """Write the number of each of sixteen lanes whose bit is set into a table, in a row.

    Args:
        table: Where to; eight places behind the last are written over.
        place: From where on.
        bits: Which of them, the first the lowest.
        first: The number of the first lane.

    Returns:
        The place behind.
    """
    numbers = first + np.flatnonzero(bits >> np.arange(WIDTH) & 1)
    table[place : place + len(numbers)] = numbers
    return place + len(numbers)


# The eight lanes of each byte: those whose bits are set stand first.
_UNSET = ~np.arange(256)[:, None] >> np.arange(8) & 1
_LANES_OF_BYTES = np.argsort(_UNSET, axis=1, kind="stable").astype(np.uint8)


def _put_picked(context: Any, builder: Any, given: Any, args: Any) -> Any:
    (table, place, bits, first), kind = args, Lanes(given[0].dtype, 8)
    known = ir.ArrayType(ir.IntType(8), _LANES_OF_BYTES.size)
    known = ir.Constant(known, bytearray(_LANES_OF_BYTES.tobytes()))
    known = cgutils.global_constant(builder, "lanes_of_bytes", known)
    known = builder.bitcast(known, ir.VectorType(ir.IntType(8), 8).as_pointer())
    for half in range(WIDTH // 8):
        byte = builder.and_(builder.lshr(bits, bits.type(8 * half)), bits.type(255))
        lanes = builder.load(builder.gep(known, [byte]))
        lanes.align = 1
        every = spread(context, builder, first, given[3], kind)
        numbers = builder.add(every, builder.zext(lanes, every.type))
        numbers = builder.add(numbers, ir.Constant(every.type, [8 * half] * 8))
        pointer = _pointer(context, builder, given[:1], (table, place), kind)
        builder.store(numbers, pointer, align=given[0].dtype.bitwidth // 8)
        place = builder.add(place, builder.ctpop(byte))
    return place


compiles(
    put_picked,
    (types.Array, types.Integer, types.Integer, types.Integer),
    lambda *given: given[1],
    _put_picked,
)
