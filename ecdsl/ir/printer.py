"""One precedence-aware printer of expressions; a target supplies its spelling of the leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Apply, Compare, Number

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Condition, Expr

_SUM, _PRODUCT, _NEGATION, _POWER, _ATOM = range(5)


def print_number(value: float) -> str:
    """Return the shortest text that reads back as `value`, without a needless `.0`."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True)
class Spelling:
    """How a target writes an expression.

    Attributes:
        leaf: The text of a leaf that is not a number.
        call: The text of a function from its name and its printed arguments.
        power: The infix power operator.
        connectives: The words for `and`, `or` and `not`; conditions are parenthesised.
        number: The text of a number.
    """

    leaf: Callable[[Expr], str]
    call: Callable[[str, Sequence[str]], str]
    power: str = "**"
    connectives: tuple[str, str, str] = ("and", "or", "not ")
    number: Callable[[float], str] = print_number


def print_expr(expr: Expr, spelling: Spelling) -> str:
    """Return the text of an expression with no more parentheses than it needs."""
    return _render(expr, spelling)[0]


def print_condition(condition: Condition, spelling: Spelling) -> str:
    """Return the text of a condition."""
    if isinstance(condition, Compare):
        lhs, rhs = (print_expr(side, spelling) for side in (condition.lhs, condition.rhs))
        return f"{lhs} {condition.op} {rhs}"
    parts = [f"({print_condition(arg, spelling)})" for arg in condition.args]
    conjunction, disjunction, negation = spelling.connectives
    if condition.op == "not":
        return f"{negation}{parts[0]}"
    return f" {conjunction if condition.op == 'and' else disjunction} ".join(parts)


def _render(expr: Expr, spelling: Spelling) -> tuple[str, int]:
    if isinstance(expr, Number):
        text = spelling.number(expr.value)
        return text, _NEGATION if text.startswith("-") else _ATOM
    if not isinstance(expr, Apply):
        return spelling.leaf(expr), _ATOM
    return _render_apply(expr, spelling)


def _render_apply(expr: Apply, spelling: Spelling) -> tuple[str, int]:
    def inside(arg: Expr, weakest: int) -> str:
        text, strength = _render(arg, spelling)
        return text if strength >= weakest else f"({text})"

    args = expr.args
    match expr.fn:
        case "add":
            return _render_sum(args, inside), _SUM
        case "sub":
            return f"{inside(args[0], _SUM)} - {inside(args[1], _PRODUCT)}", _SUM
        case "mul":
            # A product on the right keeps its parentheses: floating point does not associate.
            rest = (inside(arg, _POWER) for arg in args[1:])
            return "*".join((inside(args[0], _PRODUCT), *rest)), _PRODUCT
        case "div":
            return f"{inside(args[0], _PRODUCT)}/{inside(args[1], _POWER)}", _PRODUCT
        case "neg":
            # (-a)*b and -(a*b) are the same float, so a product needs no parentheses; the whole
            # gets them wherever it is not a term of a sum.
            return f"-{inside(args[0], _PRODUCT)}", _SUM
        case "pow":
            return f"{inside(args[0], _ATOM)}{spelling.power}{inside(args[1], _ATOM)}", _POWER
        case _:
            return spelling.call(expr.fn, [print_expr(arg, spelling) for arg in args]), _ATOM


def _render_sum(args: tuple[Expr, ...], inside: Callable[[Expr, int], str]) -> str:
    text = inside(args[0], _SUM)
    for arg in args[1:]:
        if isinstance(arg, Apply) and arg.fn == "neg":
            text += f" - {inside(arg.args[0], _PRODUCT)}"
        else:
            text += f" + {inside(arg, _PRODUCT)}"
    return text
