"""Which way the sum over tuples is run: the cheapest of those that an observable allows.

nest      One loop inside the other; each tuple is tested and filled by itself.
masked    The innermost loop tests its windows for all particles at once, as vectors, and fills what
          is left.
rows      The innermost loop computes what all its particles have on the axes, as vectors, and fills
          them.
longest   For each pair, the sum over the tuples of which it is the longest, and one fill.
centred   About each special particle, the same for the farthest of the others.

All of them add the same weights to the same bins. The choice follows from the IR alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Literal, get_args

from ecdsl.backends.numba.centred import about_one
from ecdsl.backends.numba.grids import gridded
from ecdsl.backends.numba.longest import longest_side
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise
from ecdsl.backends.numba.rows import row_form
from ecdsl.ir.nodes import Apply, Side
from ecdsl.ir.walk import condition_expressions, fold_constants, leaves, map_observable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.backends.numba.rows import RowForm
    from ecdsl.ir.nodes import Condition, Expr
    from ecdsl.ir.plan import Plan

Strategy = Literal["nest", "masked", "rows", "longest", "centred"]

# What things cost in ns, as measured, and what a jet is taken to be; only ratios matter.
PARTICLES = 40
# Sets of particles are taken of fewer.
_OF_SETS = 16
_SCALAR_OP, _LANE_OP, _LANE, _FILL, _ROW, _LENS = 0.4, 0.07, 0.1, 3.0, 6.0, 0.25
_ADD, _LOOKUP, _SORTED, _POWER = 0.8, 0.7, 45.0, 20.0
# The share of tuples that windows are taken to let pass.
_SELECTED = 0.1


@dataclass(frozen=True)
class Option:
    """One way to run a sum.

    Attributes:
        strategy: Its name.
        cost: Estimated microseconds for a jet of `PARTICLES` particles; None where it cannot be.
        reason: Why it cannot be.
    """

    strategy: Strategy
    cost: float | None
    reason: str = ""


def choose(plan: Plan) -> Strategy:
    """Return the cheapest way to run the sum of a plan."""
    possible = [option for option in options(plan) if option.cost is not None]
    return min(possible, key=lambda option: option.cost or 0.0).strategy


def options(plan: Plan) -> tuple[Option, ...]:
    """Return every way to run a sum, with its cost or why it cannot be run that way."""
    simple = folded(plan)
    return tuple(_option(simple, strategy) for strategy in get_args(Strategy))


def folded(plan: Plan) -> Plan:
    """Return a plan whose functions of numbers alone are numbers."""
    return plan.model_copy(update={"observable": map_observable(plan.observable, fold_constants)})


def describe(plan: Plan) -> str:
    """Return the options as text, the chosen one first."""
    chosen = choose(plan)
    in_sets = plan.observable.correlator.nu is not None and chosen == "longest"
    particles = _OF_SETS if in_sets else PARTICLES
    lines = [f"kernel {chosen}, by the estimates for a jet of {particles} particles"]
    for option in sorted(options(plan), key=lambda option: option.strategy != chosen):
        cost = f"{option.cost:.3g} us" if option.cost is not None else f"no: {option.reason}"
        lines.append(f"  {option.strategy:<8} {cost}")
    over = [plan.observable.parameters[k].name for k in gridded(folded(plan))]
    if over:
        lines.append(f"grid in one pass over {', '.join(over)}")
    return "\n".join(lines) + "\n"


def _option(plan: Plan, strategy: Strategy) -> Option:
    if plan.observable.correlator.nu is not None and strategy not in {"longest", "centred"}:
        return Option(strategy, None, "sets of any number of particles count")
    match strategy:
        case "nest":
            return Option(strategy, _nest_cost(plan) / 1000)
        case "masked":
            reason = _not_masked(plan)
            return (
                Option(strategy, None, reason)
                if reason
                else Option(strategy, _masked_cost(plan) / 1000)
            )
        case "rows":
            row = row_form(plan)
            if isinstance(row, str):
                return Option(strategy, None, row)
            return Option(strategy, _rows_cost(plan, row) / 1000)
        case "longest":
            form = longest_side(plan)
            if isinstance(form, str):
                return Option(strategy, None, form)
            return Option(strategy, _longest_cost(plan) / 1000)
        case "centred":
            about = about_one(plan)
            if isinstance(about, str):
                return Option(strategy, None, about)
            return Option(strategy, PARTICLES**2 * (_FILL + _SORTED) / 1000)


def _not_masked(plan: Plan) -> str:
    order = plan.observable.correlator.order
    if order < 3:
        return "the loops are too short for it below 3 points"
    term = deep_term(plan.loop, order)
    if term is None:
        return "the innermost loop evaluates more than one term"
    if not any(is_lanewise(c, term.word) for c in all_conditions(plan.observable)):
        return "no window or delta can be tested for many particles at once"
    return ""


def _nest_cost(plan: Plan) -> float:
    tested = _operations(plan, all_conditions(plan.observable))
    per_tuple = _SCALAR_OP * tested + _fill_share(plan) * (
        _FILL + _SCALAR_OP * _axis_operations(plan)
    )
    return _visited(plan) * per_tuple


def _masked_cost(plan: Plan) -> float:
    order = plan.observable.correlator.order
    term = deep_term(plan.loop, order)
    every = all_conditions(plan.observable)
    lanewise = [c for c in every if term and is_lanewise(c, term.word)]
    rest = [c for c in every if c not in lanewise]
    lanes = _sets(order) + 8 * _sets(order - 1)
    passing = _FILL + _SCALAR_OP * (_operations(plan, rest) + _axis_operations(plan))
    return (
        lanes * (_LANE + _LANE_OP * _operations(plan, lanewise))
        + _sets(order - 1) * _ROW
        + _sets(order) * _SELECTED * passing
    )


def _rows_cost(plan: Plan, form: RowForm) -> float:
    order = plan.observable.correlator.order
    operations = sum(_size(axis.value) for axis in form.axes) + _exchanges(plan)
    lanes = _sets(order) + 8 * _sets(order - 1)
    looked_up = sum(not axis.per_pair for axis in form.axes)
    return (
        lanes * (_LANE + _LANE_OP * operations)
        + _sets(order - 1) * _ROW
        + _sets(order) * (_ADD + _LOOKUP * looked_up)
    )


def _longest_cost(plan: Plan) -> float:
    order, nu = plan.observable.correlator.order, plan.observable.correlator.nu
    if nu is not None:
        return 2.0**_OF_SETS * (_POWER + _OF_SETS * _LANE)
    inside = (_sets(k) * (_ROW + PARTICLES * _LANE) for k in range(3, order))
    return _sets(2) * (_FILL + PARTICLES * _LENS) + sum(inside)


def _visited(plan: Plan) -> float:
    order = plan.observable.correlator.order
    deep = [term for term in plan.terms if max(term.word) == order - 1]
    if plan.loop.kind == "ordered":
        return float(PARTICLES) ** order
    ranked = plan.loop.kind == "ranked" and order > 1
    visited = PARTICLES * _sets(order - 1) if ranked else _sets(order)
    return visited * max(1, len(deep))


def _sets(order: int) -> float:
    return float(PARTICLES) ** order / factorial(order)


def _fill_share(plan: Plan) -> float:
    return _SELECTED if all_conditions(plan.observable) else 1.0


def _axis_operations(plan: Plan) -> int:
    return sum(_size(axis.expr) for axis in plan.observable.axes)


def _operations(plan: Plan, conditions: Iterable[Condition]) -> int:
    exprs = [expr for c in conditions for expr in condition_expressions(c)]
    sides = any(isinstance(leaf, Side) for expr in exprs for leaf in leaves(expr))
    return len(exprs) // 2 + sum(map(_size, exprs)) + (_exchanges(plan) if sides else 0)


def _exchanges(plan: Plan) -> int:
    """Return how many instructions sort the sides: two for each of n (n - 1) / 2 exchanges."""
    order = plan.observable.correlator.order
    n = order * (order - 1) // 2
    return n * (n - 1)


def _size(expr: Expr) -> int:
    if not isinstance(expr, Apply):
        return 0
    return len(expr.args) + sum(map(_size, expr.args)) - (1 if len(expr.args) > 1 else 0)
