"""Vectors of numbers in compiled code: their type, and what operators are on them.

numba knows no such type. Here it learns one, which is a vector of LLVM of any width; each processor
makes as many of its own as it needs. `lanes.py` has the functions of such vectors.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Lanes(types.Type):
    """Several numbers of one type; or, of the type boolean, which lanes are picked."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype, self.count = dtype, count
        super().__init__(name=f"Lanes({dtype}, {count})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Lanes) -> None:
        is_picks = kind.dtype == types.boolean
        element = ir.IntType(1) if is_picks else manager[kind.dtype].get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, kind.count))


def compiles(
    function: Any, kinds: Sequence[Any], returned: Callable[..., Any], made: Callable[..., Any]
) -> None:
    """Tell numba what a function is for arguments of some kinds.

    Args:
        function: The function, or operator.
        kinds: Classes of the arguments' types.
        returned: Returns the type of the result from those of arguments; None where there is none.
        made: Returns the result from numba's context, a builder of LLVM, types, and arguments.
    """

    @infer_global(function)
    class _Typed(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            fits = len(args) == len(kinds) and all(map(isinstance, args, kinds))
            found = returned(*args) if fits and not kws else None
            return None if found is None else signature(found, *args)

    @lower_builtin(function, *kinds)  # type: ignore[untyped-decorator]
    def _lowered(context: Any, builder: Any, found: Any, args: Any) -> Any:
        return made(context, builder, found.args, args)


def common(args: Sequence[Any]) -> Any:
    """Return the type that all arguments become: the lanes among them, else their one type."""
    found = {arg for arg in args if isinstance(arg, Lanes)} or set(args)
    return found.pop() if len(found) == 1 else None


def spread(context: Any, builder: Any, value: Any, given: Any, kind: Any) -> Any:
    """Return a single number in each lane of a kind."""
    zero = ir.Constant(ir.IntType(32), 0)
    empty = ir.Constant(context.get_value_type(kind), None)
    places = ir.Constant(ir.VectorType(zero.type, kind.count), [0] * kind.count)
    single = context.cast(builder, value, given, kind.dtype)
    first = builder.insert_element(empty, single, zero)
    return builder.shuffle_vector(first, first, places)


def alike(
    context: Any, builder: Any, given: Sequence[Any], args: Sequence[Any], kind: Any
) -> list[Any]:
    """Return arguments as what all of them become: a single number stands in each lane."""
    return [
        value
        if isinstance(of, Lanes) or not isinstance(kind, Lanes)
        else spread(context, builder, value, of, kind)
        for value, of in zip(args, given, strict=True)
    ]


def lanewise(
    function: Any, make: Callable[..., Any], *forms: Sequence[Any], picks: bool = False
) -> None:
    """Tell numba what a function does in each lane.

    Args:
        function: The function, or operator.
        make: Returns the result from a builder and arguments of one type.
        forms: For each form that it has, the classes of its arguments' types.
        picks: Whether it compares.
    """

    def returned(*args: Any) -> Any:
        kind = common(args)
        return Lanes(types.boolean, kind.count) if picks and kind is not None else kind

    def made(context: Any, builder: Any, given: Any, args: Any) -> Any:
        return make(builder, *alike(context, builder, given, args, common(given)))

    for form in forms:
        compiles(function, form, returned, made)


def called(builder: Any, name: str, *args: Any, flags: Sequence[str] = ()) -> Any:
    """Call a function of LLVM for the type of its last argument, which returns the first's."""
    of = args[-1].type
    count, element = (f"v{of.count}", of.element) if isinstance(of, ir.VectorType) else ("", of)
    form = ir.FunctionType(args[0].type, [arg.type for arg in args])
    name = f"llvm.{name}.{count}{element.intrinsic_name}"
    function = cgutils.get_or_insert_function(builder.module, form, name)
    return builder.call(function, args, fastmath=flags)


_UNARY = ((Lanes,),)
_BINARY = ((Lanes, Lanes), (Lanes, types.Type), (types.Type, Lanes))


def _operators() -> None:
    binary = {
        operator.add: ir.IRBuilder.fadd,
        operator.sub: ir.IRBuilder.fsub,
        operator.mul: ir.IRBuilder.fmul,
        operator.truediv: ir.IRBuilder.fdiv,
        operator.and_: ir.IRBuilder.and_,
        operator.or_: ir.IRBuilder.or_,
    }
    for function, make in binary.items():
        lanewise(function, make, *_BINARY)
    lanewise(operator.neg, ir.IRBuilder.fneg, *_UNARY)
    lanewise(operator.invert, ir.IRBuilder.not_, *_UNARY)
    lanewise(abs, lambda builder, x: called(builder, "fabs", x), *_UNARY)
    for name, sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "==")):
        lanewise(getattr(operator, name), _compared(sign), *_BINARY, picks=True)
    # Of NaN nothing holds but that it differs.
    lanewise(
        operator.ne,
        lambda builder, x, y: builder.fcmp_unordered("!=", x, y),
        *_BINARY,
        picks=True,
    )


def _compared(sign: str) -> Callable[..., Any]:
    return lambda builder, x, y: builder.fcmp_ordered(sign, x, y)


_operators()
