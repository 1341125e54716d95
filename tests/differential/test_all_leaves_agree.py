"""Interpreter against generated code, over everything the IR can ask."""

from __future__ import annotations

import backends_under_test as backends
from decisions import assert_equal_rows, compiles, near_a_decision, weights_of_both_signs
from hypothesis import HealthCheck, assume, given, settings
from ir_strategies import observables, samples

RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def assert_agree(rows, observable, jets):
    assume(compiles(observable) and not near_a_decision(observable, jets))
    expected = backends.reference_rows(observable, jets)
    cancelled = 1e-3 if weights_of_both_signs(observable) else 0.0
    assert_equal_rows(rows(observable, jets), expected, cancelled=cancelled)


@given(observables(), samples())
@settings(max_examples=70, **RELAXED)
def test_generated_code_equals_the_interpreter(observable, jets):
    assert_agree(backends.python_rows, observable, jets)


@given(observables(orders=(4,)), samples(max_jets=1, max_particles=4))
@settings(max_examples=5, **RELAXED)
def test_order_four(observable, jets):
    assert_agree(backends.python_rows, observable, jets)


@given(observables(), samples())
@settings(max_examples=5, **RELAXED)
def test_compiled_code_equals_the_interpreter(observable, jets):
    assert_agree(backends.numba_rows, observable, jets)


@given(observables(), samples())
@settings(max_examples=30, **RELAXED)
def test_the_passes_change_no_value(observable, jets):
    def of_canonical(observable, jets):
        return backends.reference_rows(backends.pipeline.run(observable).observable, jets)

    assert_agree(of_canonical, observable, jets)
