from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.inference.ratio_loss import BALANCE, LOSSES, balanced, binary, contrastive

LOGITS = torch.tensor([[1.0, -2.0, 0.3], [0.5, 3.0, -1.0], [0.1, 0.2, -0.4]], dtype=torch.float64)


def test_the_contrastive_loss_is_that_of_its_definition() -> None:
    """M = 2 parameters for each datum: none was drawn with it, or the first was."""
    ratios = np.exp(LOGITS.numpy())
    none, one = 0.0, 0.0
    for i in range(3):
        others = [j for j in range(3) if j != i]
        none += -np.log(2 / (2 + ratios[i, others].sum())) / 3
        kept = [j for j in others if j != (i + 1) % 3]
        one += -np.log(ratios[i, i] / (2 + ratios[i, i] + ratios[i, kept].sum())) / 3
    assert float(contrastive(LOGITS)) == pytest.approx((none + one) / 2)


def test_the_binary_loss_is_that_of_all_pairs() -> None:
    logits = LOGITS.numpy()
    own = np.eye(3, dtype=bool)
    joint = np.log1p(np.exp(-logits[own])).mean()
    apart = np.log1p(np.exp(logits[~own])).mean()
    assert float(binary(LOGITS)) == pytest.approx(joint + apart)
    assert float(binary(torch.zeros(4, 4))) == pytest.approx(2 * np.log(2))


def test_the_balance_costs_what_both_classes_together_miss() -> None:
    probabilities = 1 / (1 + np.exp(-LOGITS.numpy()))
    own = np.eye(3, dtype=bool)
    missed = probabilities[own].mean() + probabilities[~own].mean() - 1
    penalty = float(balanced(LOGITS) - binary(LOGITS))
    assert penalty == pytest.approx(BALANCE * missed**2)
    assert float(balanced(torch.zeros(4, 4))) == pytest.approx(float(binary(torch.zeros(4, 4))))


@pytest.mark.parametrize("loss", LOSSES.values())
def test_losses_are_finite_for_logits_of_any_size(loss) -> None:  # type: ignore[no-untyped-def]
    certain = torch.full((3, 3), -1e4) + 2e4 * torch.eye(3)
    assert float(loss(certain)) == pytest.approx(0, abs=1e-3)
    assert np.isfinite(float(loss(-certain)))


@pytest.mark.parametrize("name", ["nre-c", "nre-a"])
def test_the_true_ratio_is_the_minimum(name: str) -> None:
    """x = m + noise: moving the logits in any way makes the loss larger."""
    rng = np.random.default_rng(1)
    m = rng.standard_normal((12, 250))
    x = m + rng.standard_normal(m.shape)
    pairs = -0.5 * (x[:, :, None] - m[:, None]) ** 2 + 0.25 * x[:, :, None] ** 2 + 0.5 * np.log(2)

    def loss(logits: np.ndarray) -> float:
        return float(np.mean([float(LOSSES[name](torch.as_tensor(one))) for one in logits]))

    least = loss(pairs)
    bend = 0.1 * np.sin(x)[:, :, None] * m[:, None]
    for moved in (pairs + 0.15, pairs - 0.15, 1.2 * pairs, 0.8 * pairs, pairs + bend):
        assert loss(moved) > least
