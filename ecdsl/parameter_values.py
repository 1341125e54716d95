"""Values of parameters as text: `173.37`, `170:180:0.5`, `mt=173.37`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar

from ecdsl.diagnostics import EcdslError, data_error

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

MAX_VALUES = 10_000
"""The longest grid of parameter values that is believed to be meant."""


def parse_values(text: str) -> tuple[float, ...]:
    """Return the values of `"170:180:0.5"` (both ends included) or of `"173.37"`.

    Raises:
        EcdslError: D104 for anything else, a step that does not divide the range, or more than
            `MAX_VALUES` values.
    """
    parts = text.split(":")
    if len(parts) not in (1, 3):
        raise _bad_values(text, "is neither one value nor lo:hi:step")
    numbers = [_decimal(text, part) for part in parts]
    if len(numbers) == 1:
        return (float(numbers[0]),)
    lower, upper, step = numbers
    if step <= 0 or upper <= lower:
        raise _bad_values(text, "needs lo < hi and a positive step")
    intervals = (upper - lower) / step
    if intervals >= MAX_VALUES:
        raise _bad_values(text, f"has more than {MAX_VALUES} values")
    if intervals != intervals.to_integral_value():
        raise _bad_values(text, f"does not reach {upper} in steps of {step}")
    return tuple(float(lower + k * step) for k in range(int(intervals) + 1))


def parse_parameter(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the name and the values of `"mt=170:180:0.5"` or `"n1=1.02"`.

    Raises:
        EcdslError: D104 where the text is not NAME=VALUES.
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise data_error("D104", f"'{text}' is not NAME=VALUE", hint="write e.g. mt=173.37")
    return name.strip(), parse_values(values)


def parse_value(text: str) -> tuple[str, float]:
    """Return the name and the value of `"n1=1.02"`.

    Raises:
        EcdslError: D104 where the text is not NAME=VALUE.
    """
    name, values = parse_parameter(text)
    if len(values) != 1:
        raise data_error("D104", f"'{text}' is a grid", hint=f"give one value: {name}={values[0]}")
    return name, values[0]


def by_name(given: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Return what was given for each name.

    Raises:
        EcdslError: D104 for a name that was given twice.
    """
    found: dict[str, T] = {}
    for name, value in given:
        if name in found:
            raise data_error("D104", f"`{name}` is given twice", hint="give one value to each name")
        found[name] = value
    return found


def _decimal(text: str, part: str) -> Decimal:
    try:
        number = Decimal(part.strip())
    except InvalidOperation:
        raise _bad_values(text, f"holds '{part}', which is not a number") from None
    # Decimal also reads NaN, infinities, underscores and digits of every script.
    if not part.isascii() or "_" in part or not number.is_finite() or abs(number) > 10**15:
        raise _bad_values(text, f"holds '{part}', which is not a plain finite number")
    return number


def _bad_values(text: str, why: str) -> EcdslError:
    return data_error(
        "D104", f"'{text}' {why}", hint="write one value as 173.37, a grid as 170:180:0.5"
    )
