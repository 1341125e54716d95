"""What is known of tuples by their labels."""

from __future__ import annotations

import pytest
import torch

from ecdsl.surrogate.label_terms import label_weights


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_weight_of_each_label_in_any_order(shuffled):
    points = torch.tensor([[170.0, 0.1], [170.0, 0.2], [180.0, 0.1]], dtype=torch.float64)
    order = torch.arange(3).repeat_interleave(4)
    if shuffled:
        order = order[torch.randperm(12, generator=torch.Generator().manual_seed(1))]
    labels, weights = label_weights(points[order], torch.ones(12).double() * (1 + order))
    assert torch.equal(labels, points)
    assert weights.tolist() == [4, 8, 12]
