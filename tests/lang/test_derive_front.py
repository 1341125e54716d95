"""Derivations: what they are made of, and which do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.ir.derived import Combine, Operand
from ecdsl.ir.nodes import Number
from ecdsl.lang import LoweredDerived, compile_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecdsl.diagnostics import Diagnostic

    Derive = Callable[..., list[LoweredDerived]]
    Diagnose = Callable[[str], list[Diagnostic]]

PAIR = """
correlator pair {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}
"""
ONE, TWO = Operand(index=0), Operand(index=1)


def observable(name: str, axis: str = "z12", bins: str = "10 bins in [0, 1]") -> str:
    return f"observable {name} = pair | {{\n  axis x = {axis}: {bins}\n}}\n"


PROGRAM = PAIR + observable("a") + observable("b", "z12^2")


@pytest.fixture
def derive(tmp_path: Path) -> Derive:
    def run(*lines: str, above: str = "") -> list[LoweredDerived]:
        path = tmp_path / "some.obs"
        path.write_text("\n".join([above, PROGRAM, *lines]) + "\n", encoding="utf-8")
        module = compile_module(path)
        assert module.warnings == ()
        return list(module.derived)

    return run


def combine(fn: str, *args: object) -> Combine:
    return Combine(fn=fn, args=args)  # type: ignore[arg-type]


def test_ratio(derive: Derive) -> None:
    (found,) = derive("## One by the other.", "derive ratio = a / b")

    assert found.derived.expr == combine("div", ONE, TWO)
    assert [item.name for item in found.derived.operands] == ["a", "b"]
    assert (found.derived.name, found.doc) == ("ratio", "One by the other.")
    assert found.text == found.span.text == "derive ratio = a / b"


def test_chain_is_from_the_left(derive: Derive) -> None:
    (found,) = derive("derive mixed = a - b + 2 * a")

    twice = combine("mul", Number(value=2.0), ONE)
    assert found.derived.expr == combine("add", combine("sub", ONE, TWO), twice)


def test_functions_signs_and_constants(derive: Derive) -> None:
    (found,) = derive("derive shown = -density(normalize(b)) * half^2", above="constant half = 1/2")

    inner = combine("density", combine("normalize", ONE))
    assert found.derived.expr == combine("mul", combine("neg", inner), Number(value=0.25))
    assert [item.name for item in found.derived.operands] == ["b"]


def test_derivations_are_written_out(derive: Derive) -> None:
    first, second = derive(
        "derive asymmetry = reflect(a) - a", "derive ratio = asymmetry / (b + a)"
    )

    expected = combine("div", first.derived.expr, combine("add", TWO, ONE))
    assert second.derived.expr == expected
    assert [item.name for item in second.derived.operands] == ["a", "b"]


def test_observable_of_another_file(derive: Derive, tmp_path: Path) -> None:
    other = PAIR + observable("c") + "derive turned = reflect(c)\n"
    (tmp_path / "other.obs").write_text(other, encoding="utf-8")

    (found,) = derive("derive ratio = turned / a", above="from other import turned")

    assert [item.name for item in found.derived.operands] == ["c", "a"]


def test_observables_may_stand_below(tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_text("derive twice = 2 * a\n" + PROGRAM, encoding="utf-8")

    assert [item.derived.name for item in compile_module(path).derived] == ["twice"]


@pytest.mark.parametrize(
    "bins",
    [
        "10 bins in [0, 1]",
        "10 symlog(0.1) bins in [-0.3, 0.3]",
        "9 logit bins in [1e-3, 0.999]",
        "edges [0, 0.1, 0.9, 1]",
    ],
)
def test_symmetric_bins_are_reflected(diagnose: Diagnose, bins: str) -> None:
    assert diagnose(PAIR + observable("a", bins=bins) + "derive turned = reflect(a)\n") == []


@pytest.mark.parametrize(
    "bins",
    [
        "10 log bins in [1e-3, 1]",
        "10 symlog(0.1) bins in [-0.3, 0.4]",
        "9 logit bins in [1e-3, 0.99]",
        "edges [0, 0.1, 0.8, 1]",
    ],
)
def test_other_bins_are_not(diagnose: Diagnose, bins: str) -> None:
    text = PAIR + observable("a", bins=bins) + "derive turned = reflect(a)\n"

    assert [item.code for item in diagnose(text)] == ["E352"]


def test_density_of_a_mass_has_a_dimension(diagnose: Diagnose) -> None:
    mass = observable("m", "mass12", "10 bins in [0 GeV, 9 GeV]")

    assert diagnose(PAIR + mass + "derive shown = density(m) * 5 GeV - m\n") == []
    assert [i.code for i in diagnose(PAIR + mass + "derive shown = density(m) - m\n")] == ["E302"]


def test_derivations_that_double_are_refused(diagnose: Diagnose) -> None:
    lines = ["derive d0 = a + a"]
    lines += [f"derive d{i} = d{i - 1} + d{i - 1}" for i in range(1, 30)]

    assert {item.code for item in diagnose(PROGRAM + "\n".join(lines) + "\n")} == {"E106"}


def test_names_of_names_are_refused(diagnose: Diagnose) -> None:
    lines = ["derive d0 = a", *(f"derive d{i} = d{i - 1}" for i in range(1, 900))]

    assert [item.code for item in diagnose(PROGRAM + "\n".join(lines) + "\n")] == ["E106"]


def test_users_of_what_is_wrong_stay_quiet(diagnose: Diagnose) -> None:
    broken = "observable c = pair | {\n  axis x = z99: 10 bins in [0, 1]\n}\n"
    text = PROGRAM + broken + "derive one = c / a\nderive two = one + a\n"

    assert [item.code for item in diagnose(text)] == ["E204"]
