from __future__ import annotations

import numpy as np
from strategies import batch

from ecdsl.execute_rows import sharing


def jets(events, masses):
    made = batch(np.ones((len(events), 3)), [1] * len(events))
    fields = {"event": np.array(events), "labels": {"mt": np.array(masses, dtype=float)}}
    return type(made)(**vars(made) | fields)


def test_events_share_rows_only_with_the_same_labels():
    some = jets([0, 0, 1, 2, 2, 3, 4], [170, 170, 170, 170, 170, 171, 171])
    shared = sharing(some, 2)
    np.testing.assert_array_equal(shared.row, [0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(shared.first, [0, 3, 5])
    np.testing.assert_array_equal(shared.sizes, [2, 1, 2])


def test_a_row_for_each_event():
    shared = sharing(jets([5, 5, 6, 9], [170] * 4), 1)
    np.testing.assert_array_equal(shared.row, [0, 0, 1, 2])
    np.testing.assert_array_equal(shared.first, [0, 2, 3])
    np.testing.assert_array_equal(shared.sizes, [1, 1, 1])


def test_no_jets_have_no_rows():
    shared = sharing(jets([], []), 3)
    assert [len(column) for column in (shared.row, shared.first, shared.sizes)] == [0, 0, 0]
