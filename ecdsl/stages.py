"""What the compiler makes of one observable, as text: any stage between its source and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.graph import graph
from ecdsl.backends.latex import formula
from ecdsl.backends.latex_derived import derived_formulae
from ecdsl.backends.numba.emit import emit_fill
from ecdsl.backends.numba.planner import describe
from ecdsl.backends.torch.emit import emit_region
from ecdsl.checking import load
from ecdsl.diagnostics import data_error
from ecdsl.generate import plan_of
from ecdsl.ir.derived_text import print_derived
from ecdsl.ir.describe import describe_plan
from ecdsl.ir.text import print_observable
from ecdsl.passes import capability

if TYPE_CHECKING:
    from pathlib import Path

    from ecdsl.ir.derived import Derived
    from ecdsl.ir.plan import Plan


def show(path: Path, name: str, stage: str, *, project_root: Path | None = None) -> str:
    """Return a stage of the observable `name` of a file as text.

    Args:
        path: The `.obs` file.
        name: The observable, or a derived one, which has the stages `ir` and `latex`.
        stage: `ir` (as lowered), `plan`, `graph`, `numba`, `torch` or `latex`.
        project_root: As for `compile_paths`.

    Raises:
        EcdslError: What is wrong with the source, or D214 for a stage that a derived observable
            does not have.
    """
    (module,) = load([path], project_root)
    for derivation in module.derived:
        if derivation.derived.name == name:
            return _show_derived(derivation.derived, stage)
    item = next(entry for entry in module.observables if entry.observable.name == name)
    if stage == "ir":
        return print_observable(item.observable)
    if stage == "latex":
        return formula(item.observable) + "\n"
    plan = plan_of(item)
    match stage:
        case "plan":
            return f"{describe_plan(plan)}\n{describe(plan)}"
        case "graph":
            return graph(plan)
        case "numba":
            return emit_fill(plan).text
        case _:
            return _region_text(plan)


def _show_derived(derived: Derived, stage: str) -> str:
    match stage:
        case "ir":
            return print_derived(derived)
        case "latex":
            return derived_formulae(derived) + "\n"
        case _:
            operand = derived.operands[0].name
            raise data_error(
                "D214",
                f"`{derived.name}` is a derived observable and has no stage `{stage}`",
                hint=f"show that of an operand: `ecdsl show {operand} --stage {stage}`",
            )


def _region_text(plan: Plan) -> str:
    surrogate = capability.surrogate(plan)
    if not surrogate.available:
        name = plan.observable.name
        raise data_error(
            "D401",
            f"`{name}` is not seen by torch, which integrates surrogates: {surrogate.reason}",
            hint=f"`ecdsl show {name} --stage numba` shows the code that fills its histogram",
        )
    return emit_region(plan).text
