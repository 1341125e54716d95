from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from strategies import apply, energy_weight, expressions, observables

from ecdsl.diagnostics import EcdslError
from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Bins,
    Column,
    Compare,
    Correlator,
    Delta,
    Energy,
    Logic,
    Member,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Scale,
    Side,
    Triple,
)
from ecdsl.ir.plan import NoRegion, Region
from ecdsl.passes import capability, pipeline, simplify
from ecdsl.passes._sympy import Bridge
from ecdsl.passes.invert import invert

PAIRS = [Pair(i=1, j=2), Pair(i=1, j=3), Pair(i=2, j=3)]


def observable(
    *,
    axis=None,
    windows=(),
    deltas=(),
    order=3,
    tuples="distinct",
    weight=None,
    n_parameters=0,
    correlator_windows=(),
    **correlator,
):
    return Observable(
        name="x",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure="ee",
            weight=weight or energy_weight(order),
            tuples=tuples,
            windows=correlator_windows,
            **correlator,
        ),
        parameters=tuple(
            ParameterSpec(name=f"p{k}", lower=0.0, upper=1.0, lower_open=True, value=0.1)
            for k in range(n_parameters)
        ),
        deltas=deltas,
        windows=windows,
        axes=(Axis(name="z", expr=axis or Side(k=1), bins=Bins(n=4, lower=0.0, upper=1.0)),),
    )


CHARGES = apply("mul", *(Member(quantity="charge", i=i) for i in (1, 2, 3)))


def near(first, second):
    return Compare(op="<", lhs=apply("abs", apply("sub", first, second)), rhs=Number(value=0.1))


@given(expressions(3, 2))
@settings(max_examples=100, deadline=None)
def test_sympy_round_trip_keeps_the_expression(expr):
    bridge = Bridge()
    there = bridge.to_sympy(expr)
    assume(there.free_symbols)
    again = bridge.to_sympy(bridge.from_sympy(there))
    assert again == there or sp.simplify(again - there) == 0


@given(observables())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_simplify_is_idempotent(random):
    try:
        once = simplify.run(random)
    except EcdslError:
        assume(False)
    assert simplify.run(once) == once


def test_a_number_before_two_sums_is_not_multiplied_into_one_of_them():
    sums = [apply("add", pair, Number(value=1.0)) for pair in PAIRS[:2]]
    spelled = [
        apply("div", apply("div", Number(value=0.5), sums[0]), sums[1]),
        apply("div", Number(value=1.0), apply("mul", apply("mul", Number(value=2.0), *sums))),
    ]
    once = [simplify.run(observable(axis=expr)) for expr in spelled]
    assert once[0] == once[1]
    assert simplify.run(once[0]) == once[0]


def test_mean_and_order_of_terms_have_one_form():
    spelled = [
        apply("mean", *PAIRS),
        apply("div", apply("add", PAIRS[2], PAIRS[0], PAIRS[1]), Number(value=3.0)),
        apply(
            "mul",
            apply("add", *reversed(PAIRS)),
            apply("div", Number(value=1.0), Number(value=3.0)),
        ),
    ]
    assert simplify.run(observable(axis=spelled[0])) == simplify.run(observable(axis=spelled[1]))
    # 1/3 is not the float 0.333..., so the third is another number.
    assert simplify.run(observable(axis=spelled[2])) == simplify.run(observable(axis=spelled[0]))


@pytest.mark.parametrize(
    ("windows", "axis", "size", "multiplicities"),
    [
        ((), apply("mean", *PAIRS), 6, [6]),
        # arXiv:2201.08393: all three differences are bounded, the labels do not matter ...
        (
            (near(PAIRS[0], PAIRS[1]), near(PAIRS[1], PAIRS[2]), near(PAIRS[0], PAIRS[2])),
            apply("mean", *PAIRS),
            6,
            [6],
        ),
        # ... but with one window only the exchange 1 <-> 3 survives.
        ((near(PAIRS[0], PAIRS[2]),), apply("mean", *PAIRS), 2, [2, 2, 2]),
        ((), PAIRS[0], 2, [2, 2, 2]),
        ((Compare(op="<", lhs=PAIRS[0], rhs=PAIRS[1]),), PAIRS[2], 1, [1] * 6),
        ((Compare(op="<", lhs=Side(k=1), rhs=Number(value=0.5)),), Side(k=3), 6, [6]),
    ],
)
def test_symmetry_is_joint(windows, axis, size, multiplicities):
    plan = pipeline.run(observable(windows=windows, axis=axis))
    assert plan.symmetry.size == size
    assert [term.multiplicity for term in plan.terms] == multiplicities


def test_a_weight_that_tells_particles_apart_breaks_the_symmetry():
    square = apply("pow", Energy(i=1), Number(value=2.0))
    weight = apply(
        "div", apply("mul", square, Energy(i=2)), apply("pow", Scale(), Number(value=3.0))
    )
    plan = pipeline.run(observable(order=2, weight=weight, axis=Pair(i=1, j=2)))
    assert plan.symmetry.size == 1
    assert not capability.surrogate(plan).available
    assert "which particle" in capability.surrogate(plan).reason


def test_contact_terms_are_words_with_multiplicities():
    plan = pipeline.run(observable(tuples="all"))
    assert [(t.word, t.multiplicity) for t in plan.terms] == [
        ((0, 0, 0), 1),
        ((0, 0, 1), 3),
        ((0, 1, 1), 3),
        ((0, 1, 2), 6),
    ]


def test_symmetry_of_eight_particles_is_found_without_trying_all_orders():
    plan = pipeline.run(observable(order=8, axis=Side(k=28)))
    assert plan.symmetry.is_full
    assert [term.multiplicity for term in plan.terms] == [40320]


def test_sets_need_a_symmetric_integrand():
    with pytest.raises(EcdslError) as caught:
        pipeline.run(observable(tuples="sets", axis=PAIRS[0]))
    assert caught.value.diagnostics[0].code == "E310"


def test_a_window_that_never_holds_is_an_error_and_one_that_always_does_goes():
    always = Compare(op="<", lhs=Number(value=0.0), rhs=Number(value=1.0))
    never = Compare(op="<", lhs=Number(value=1.0), rhs=Number(value=0.0))
    assert pipeline.run(observable(windows=(always,))).observable.windows == ()
    with pytest.raises(EcdslError) as caught:
        pipeline.run(observable(windows=(never,)))
    assert caught.value.diagnostics[0].code == "E330"


def test_dividing_by_nothing_is_an_error():
    zero = apply("sub", Side(k=1), Side(k=1))
    with pytest.raises(EcdslError) as caught:
        pipeline.run(observable(axis=apply("div", Side(k=2), zero)))
    assert caught.value.diagnostics[0].code == "E320"


@pytest.mark.parametrize(
    ("axis", "code"),
    [
        (apply("sqrt", apply("neg", Side(k=1))), "E321"),
        (apply("add", apply("log", Number(value=-2.0)), Side(k=1)), "E321"),
        (apply("mul", apply("pow", Number(value=-8.0), Number(value=1 / 3)), Side(k=1)), "E321"),
        (apply("mul", apply("pow", Number(value=1e200), Number(value=9.0)), Side(k=1)), "E320"),
    ],
)
def test_what_is_not_real_or_too_large_is_an_error(axis, code):
    with pytest.raises(EcdslError) as caught:
        pipeline.run(observable(axis=axis))
    assert caught.value.diagnostics[0].code == code


def test_ratio_shapes_are_solved_with_the_window_as_their_box():
    width = Parameter(index=2)
    deltas = tuple(
        Delta(
            expr=apply("sub", Side(k=k + 2), apply("mul", Parameter(index=k), Side(k=1))),
            lower=Number(value=0.0),
            upper=width,
        )
        for k in range(2)
    )
    (region,) = pipeline.run(observable(deltas=deltas, n_parameters=3)).regions
    assert isinstance(region, Region)
    assert [c.kind for c in region.coordinates] == ["axis", "delta", "delta"]
    assert region.jacobian == Number(value=1.0)
    assert region.guards == ()
    for coordinate in region.coordinates[1:]:
        assert Number(value=0.0) in coordinate.lower
        assert width in coordinate.upper


def test_unsymmetric_shapes_get_a_region_for_each_class_of_assignments():
    plan = pipeline.run(observable(windows=(near(PAIRS[0], PAIRS[2]),), axis=PAIRS[1]))
    assert [region.share for region in plan.regions] == pytest.approx([1 / 3] * 3)


def test_what_cannot_be_solved_says_why():
    twice = apply("mul", apply("exp", Side(k=1)), apply("add", Side(k=1), Side(k=2)))
    wavy = apply("sin", apply("mul", twice, Side(k=3)))
    (region,) = pipeline.run(observable(axis=wavy)).regions
    assert isinstance(region, NoRegion)
    energies = apply("div", Energy(i=1), Scale())
    (region,) = pipeline.run(observable(axis=energies, order=1)).regions
    assert isinstance(region, NoRegion)


def test_inversion_takes_no_branch_silently():
    x, y, t = sp.symbols("x y t", nonnegative=True)
    solution, conditions = invert(sp.sqrt(x) + y, x, t)
    assert sp.simplify(solution - (t - y) ** 2) == 0
    assert conditions == [y - t]
    free = sp.Symbol("free", real=True)
    assert invert(free**2, free, t) is None
    assert invert(sp.sin(x), x, t) is None
    assert invert(x * sp.exp(x), x, t) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"order": 4, "axis": Side(k=6)}, "two and three"),
        ({"tuples": "all"}, "contact"),
        ({"axis": apply("div", apply("mul", Side(k=1), Energy(i=1)), Scale())}, "energies"),
        ({"axis": Triple(i=1, j=2, k=3)}, "triple products"),
        ({"axis": Column(name="x_B")}, "column"),
        ({"ranked": True}, "special"),
        ({"distance": Between(quantity="angle", i=1, j=2)}, "declared measure"),
        ({"weight": CHARGES}, "charges give"),
        ({"weight": Column(name="x_B")}, "can be negative"),
        ({"correlator_windows": (near(PAIRS[0], PAIRS[2]),)}, "window of the correlator"),
    ],
)
def test_surrogates_are_refused_with_the_reason(change, word):
    found = capability.surrogate(pipeline.run(observable(**change)))
    assert not found.available
    assert word in found.reason


def test_a_surrogate_says_why_its_marginals_are_slow():
    found = capability.surrogate(pipeline.run(observable(axis=Side(k=2))))
    assert (found.available, found.reason) == (True, "")
    unsolved = apply("sin", apply("mul", Side(k=1), Side(k=2)))
    found = capability.surrogate(pipeline.run(observable(axis=unsolved)))
    assert found.available
    assert found.reason.startswith("by mask only: the axes and deltas could not be solved")


def test_symmetric_windows_and_cuts_leave_a_density():
    opposite = Compare(
        op="==",
        lhs=apply("mul", Member(quantity="charge", i=1), Member(quantity="charge", i=2)),
        rhs=Number(value=-1.0),
    )
    hard = Compare(op="<", lhs=Number(value=1.0, energy=1), rhs=Pt(i=1))
    shown = observable(order=2, correlator_windows=(opposite,), where=hard, hardest=20)
    assert capability.surrogate(pipeline.run(shown)).available


def test_a_likelihood_ratio_needs_a_histogram_and_no_positive_weights():
    assert capability.nre(pipeline.run(observable(weight=CHARGES))).available
    exact = observable(deltas=(Delta(expr=apply("sub", Side(k=2), Side(k=1)), exact=True),))
    plan = pipeline.run(exact)
    for found in (capability.nre(plan), capability.histogram(plan)):
        assert not found.available
        assert "exact delta" in found.reason


def compare(op, lhs, rhs):
    return Compare(op=op, lhs=lhs, rhs=rhs)


def test_conditions_of_a_correlator_have_one_form():
    charge, species = (Member(quantity=q, i=1) for q in ("charge", "pdgid"))
    one, zero = Number(value=1.0), Number(value=0.0)
    spelled = [
        {
            "where": compare("!=", charge, zero),
            "correlator_windows": (
                compare("<", Side(k=1), one),
                compare("==", apply("abs", species), Number(value=421.0)),
            ),
        },
        {
            "where": Logic(op="and", args=(compare("!=", zero, charge), compare("<", zero, one))),
            "correlator_windows": (
                compare("==", Number(value=421.0), apply("abs", species)),
                compare("<", apply("sub", Side(k=1), one), zero),
                compare("<=", zero, one),
            ),
        },
    ]
    first, second = (simplify.run(observable(**fields)) for fields in spelled)
    assert first == second
    assert simplify.run(first) == first
    assert simplify.run(observable(where=compare("==", one, one))).correlator.where is None


def test_a_where_that_nothing_fulfils_is_an_error():
    never = Compare(op="!=", lhs=Number(value=1.0), rhs=Number(value=1.0))
    with pytest.raises(EcdslError) as caught:
        simplify.run(observable(where=never))
    assert caught.value.diagnostics[0].code == "E330"


@pytest.mark.parametrize(
    ("axis", "size"),
    [
        # An odd permutation turns the sign of a triple product, and the square has none.
        (Triple(i=1, j=2, k=3), 3),
        (apply("abs", Triple(i=1, j=2, k=3)), 6),
        (Azimuth(pole=1, j=2, k=3), 1),
        (Between(quantity="mass", i=1, j=2), 2),
        (Between(quantity="angle", i=2, j="jet"), 2),
        (apply("mul", *(Member(quantity="charge", i=i) for i in (1, 2))), 2),
        (apply("max", *(Between(quantity="z", i=i, j="jet") for i in (1, 2, 3))), 6),
    ],
)
def test_symmetry_knows_every_leaf(axis, size):
    assert pipeline.run(observable(axis=axis)).symmetry.size == size


def test_equality_is_symmetric():
    equal = compare("==", Member(quantity="charge", i=1), Member(quantity="charge", i=2))
    plan = pipeline.run(observable(order=2, axis=Side(k=1), windows=(equal,)))
    assert plan.symmetry.is_full


def test_particles_named_by_distance_run_behind_the_special_one():
    plan = pipeline.run(observable(order=4, ranked=True, axis=Side(k=1), tuples="all"))
    assert plan.symmetry.size == 1
    assert [(t.word, t.multiplicity) for t in plan.terms] == [
        ((0, 1, 1, 1), 1),
        ((0, 1, 1, 2), 3),
        ((0, 1, 2, 2), 3),
        ((0, 1, 2, 3), 6),
    ]
    with pytest.raises(EcdslError) as caught:
        pipeline.run(observable(ranked=True, tuples="sets"))
    assert caught.value.diagnostics[0].code == "E310"


def test_a_declared_measure_has_the_sign_of_its_expression():
    cosine = apply("sub", Number(value=1.0), Between(quantity="angle", i=1, j=2))
    root = apply("sqrt", apply("mul", Pair(i=1, j=2), Pair(i=1, j=2)))
    signed = simplify.run(observable(order=2, axis=root, distance=cosine)).axes[0].expr
    assert signed == apply("abs", Pair(i=1, j=2))
    assert simplify.run(observable(order=2, axis=root)).axes[0].expr == Pair(i=1, j=2)
