"""Expressions without a value: what is found, and what is left alone though nothing proves it."""

from __future__ import annotations

import pytest
from judgement_cases import Z1, Z2, Z3, Z12, Z13, apply, less, number, observable

from ecdsl.ir.nodes import Axis, Bins, Delta, Energy, Jet, Parameter, ParameterSpec
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_case import Case, Place
from ecdsl.passes.judge_values import never_defined, not_always_defined

E1, E2 = Energy(i=1), Energy(i=2)
NEVER = apply("neg", apply("add", 1, Z1))
NOTHING = apply("sub", Z1, Z1)
EITHER = apply("sub", Z12, Z13)
# Above 0 and between 0 and 1 for every pair of energies, which no enclosure of its terms tells.
POSITIVE = apply(
    "add", apply("sub", apply("mul", E1, E1), apply("mul", E1, E2)), apply("mul", E2, E2)
)
SQUARES = apply("add", apply("mul", E1, E1), apply("mul", E2, E2))
SHARE = apply("div", apply("mul", 2, E1, E2), SQUARES)
NEAR_ONE = apply(
    "div", apply("mul", 2, Z1, Z2), apply("add", apply("mul", Z1, Z1), apply("mul", Z2, Z2))
)
CONTACT = "`tuples all` sums contact terms, whose distances are 0"


def judged(found):
    return judge(found, lambda place: f"{place.part} {place.index}")


def troubles(found):
    return not_always_defined(Case(found), lambda place: f"{place.part} {place.index}")


@pytest.mark.parametrize(
    ("expr", "code", "message", "hint"),
    [
        (apply("sqrt", NEVER), "E321", "is not a real number", "root, logarithm or arcsine"),
        (apply("log", NEVER), "E321", "is not a real number", "root, logarithm or arcsine"),
        (apply("pow", NEVER, 0.5), "E321", "is not a real number", "root, logarithm or arcsine"),
        (apply("asin", apply("sub", NEVER, 1)), "E321", "is not a real", "root, logarithm"),
        (apply("acos", apply("add", 1.5, Z1)), "E321", "is not a real", "root, logarithm"),
        # It could be 0 at most, where two distances are equal.
        (apply("sqrt", apply("sub", Z1, Z2)), "E321", "is not a real number", "root, logarithm"),
        (apply("pow", apply("sub", Z1, Z2), 1.5), "E321", "is not a real number", "root, loga"),
        # Beside a root that has a value.
        (apply("add", apply("sqrt", Z1), apply("sqrt", NEVER)), "E321", "is not a real", "root,"),
        (apply("log", NOTHING), "E320", "takes the logarithm of 0", "difference"),
        (apply("div", 1, NOTHING), "E320", "divides by something that is always 0", "difference"),
        (apply("pow", NOTHING, -2), "E320", "divides by something that is always 0", "difference"),
        (apply("pow", NOTHING, -0.5), "E320", "divides by something that is alw", "difference"),
    ],
)
def test_what_no_tuple_has_a_value_of_is_an_error(expr, code, message, hint):
    (finding,) = judged(observable(axis=expr))

    assert (finding.code, finding.place) == (code, Place("axis"))
    assert finding.message.startswith(f"`axis 0` {message}")
    assert finding.hints[0].startswith(f"look for the {hint}")


@pytest.mark.parametrize(
    "expr",
    [
        apply("sqrt", NOTHING),
        apply("pow", NOTHING, 0.5),
        apply("asin", NOTHING),
        # On the edge of its domain for some tuple.
        apply("acos", apply("add", 1, Z1)),
        apply("log", Z1),
    ],
)
def test_what_some_tuple_has_a_value_of_is_no_error(expr):
    assert never_defined(Case(observable(axis=expr)), lambda place: place.part) == []


@pytest.mark.parametrize(("value", "codes"), [(1, ["E321"]), (3, [])])
def test_an_expression_is_judged_at_the_values_of_its_parameters(value, codes):
    root = apply("sqrt", apply("sub", Parameter(index=0), apply("add", 2, Z1)))
    spec = ParameterSpec(name="a", lower=0, upper=4, value=value)

    found = never_defined(Case(observable(axis=root, parameters=(spec,))), lambda place: place.part)

    assert [finding.code for finding in found] == codes


def test_every_place_is_looked_at_and_named_once():
    root, log = apply("sqrt", NEVER), apply("log", NEVER)
    both = apply("add", root, log)
    found = observable(
        less(Z1, 1),
        less(both, 1),
        windows=(less(Z2, 1), less(1, root)),
        weight=apply("div", both, E1),
        deltas=(Delta(expr=Z1, lower=root, upper=number(1)), Delta(expr=log, exact=True)),
        axis=both,
    )

    assert [(finding.code, finding.place) for finding in judged(found)] == [
        ("E321", Place("weight")),
        ("E321", Place("correlator_window", 1)),
        ("E321", Place("delta", 0)),
        ("E321", Place("delta", 1)),
        ("E321", Place("window", 1)),
        ("E321", Place("axis", 0)),
    ]


def test_each_axis_is_looked_at():
    found = observable()
    second = Axis(name="x", expr=apply("sqrt", NEVER), bins=Bins(n=1, lower=0, upper=1))

    (finding,) = judged(found.model_copy(update={"axes": (*found.axes, second)}))

    assert (finding.code, finding.place) == ("E321", Place("axis", 1))


def test_a_weight_that_is_always_zero_is_an_error():
    weight = apply("div", apply("sub", E1, E1), Jet(quantity="energy"))

    (finding,) = judged(observable(weight=weight))

    assert (finding.code, finding.place) == ("E336", Place("weight"))
    assert judged(observable(weight=apply("sub", E1, E2))) == []


@pytest.mark.parametrize(
    ("expr", "code", "words"),
    [
        (apply("div", 1, EITHER), "W313", "divides by something that can be 0"),
        (apply("log", EITHER), "W314", "takes the logarithm of something that can be 0 or neg"),
        (apply("sqrt", EITHER), "W315", "takes the root of something that can be negative"),
        (apply("pow", EITHER, 1.5), "W315", "raises something that can be negative to a broken"),
        (apply("asin", apply("sub", Z12, 1.5)), "W316", "takes the arcsine of something beyond"),
        (apply("acos", apply("sub", 1.5, Z12)), "W316", "takes the arccosine of something bey"),
    ],
)
def test_what_some_tuples_have_no_value_of_is_a_warning(expr, code, words):
    (finding,) = troubles(observable(axis=expr))

    assert (finding.code, finding.place) == (code, Place("axis"))
    assert finding.message.startswith(f"`axis 0` {words}")
    assert finding.hints[0].startswith("exclude it")
    (note,) = finding.notes
    assert note.endswith("there; what is no number counts as overflow")


def test_a_comparison_with_what_is_no_number_fails():
    root = apply("sqrt", EITHER)
    limit = Delta(expr=root, lower=number(0), upper=number(1))

    found = troubles(observable(less(root, 2), windows=(less(root, 2),), deltas=(limit,)))

    assert [finding.place.part for finding in found] == ["correlator_window", "delta", "window"]
    for finding in found:
        assert finding.notes == (
            "a comparison with what is no number fails: the tuple does not pass",
        )


@pytest.mark.parametrize(
    "expr",
    [
        apply("log", POSITIVE),
        apply("sqrt", POSITIVE),
        apply("pow", POSITIVE, 0.5),
        apply("div", 1, POSITIVE),
        apply("asin", SHARE),
        apply("acos", apply("neg", SHARE)),
        # Within rounding of 1 for sides that are almost equal.
        apply("asin", NEAR_ONE),
        apply("asin", apply("neg", NEAR_ONE)),
        apply("tan", apply("mul", 3, Z12)),
    ],
)
def test_what_is_defined_for_every_tuple_is_left_alone_though_nothing_proves_it(expr):
    assert troubles(observable(axis=expr)) == []


def test_each_function_is_named_once_and_each_trouble():
    roots = apply("add", apply("sqrt", EITHER), apply("sqrt", apply("sub", Z1, 0.5)))
    expr = apply("add", apply("tan", Z1), apply("sqrt", Z1), roots, apply("log", EITHER))

    assert [finding.code for finding in troubles(observable(axis=expr))] == ["W315", "W314"]


def test_a_window_keeps_what_is_undefined_away():
    root = apply("sqrt", EITHER)

    assert troubles(observable(less(Z13, Z12), axis=root)) == []
    assert [f.code for f in troubles(observable(less(Z12, Z13), axis=root))] == ["W315"]
    assert troubles(observable(less(Z13, Z12), less(root, 0.5))) == []
    # Not from itself, but a tuple for which it fails is on no axis.
    (finding,) = troubles(observable(less(0, root), axis=root))
    assert (finding.code, finding.place) == ("W315", Place("window", 0))


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize(
    ("expr", "code"), [(apply("log", Z12), "W314"), (apply("div", E1, Z12), "W313")]
)
def test_what_only_contact_terms_have_no_value_of_says_so(order, expr, code):
    (finding,) = troubles(observable(order=order, tuples="all", axis=expr))

    assert finding.code == code
    assert finding.notes[1:] == (CONTACT,)
    assert troubles(observable(order=order, axis=expr)) == []


def test_what_contact_terms_divide_by_is_told_apart_from_what_they_take_the_logarithm_of():
    found = troubles(observable(tuples="all", axis=apply("log", apply("div", Z12, Z13))))

    assert [finding.code for finding in found] == ["W313", "W314"]


def test_what_others_have_no_value_of_either_is_not_about_contact_terms():
    (finding,) = troubles(observable(tuples="all", axis=apply("log", EITHER)))

    assert (finding.code, len(finding.notes)) == ("W314", 1)


def test_what_contact_terms_have_a_value_of_is_left_alone():
    assert troubles(observable(tuples="all", axis=apply("sqrt", Z3))) == []
    assert troubles(observable(less(0, Z1), tuples="all", axis=apply("log", Z1))) == []
