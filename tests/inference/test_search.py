"""How often one shape beats another, where the right answer is known."""

from __future__ import annotations

import numpy as np

from ecdsl.inference.fisher import Information, Moments, information
from ecdsl.inference.search import rank

VALUES = np.linspace(170.0, 180.0, 3)
BLOCKS = 20
# Per block and value; with them an information is known to 5 percent.
EVENTS = 100


def shapes(slopes: tuple[float, ...], common: float, seed: int) -> list[Information]:
    """One bin each, of unit variance, a part `common` of which all shapes share."""
    generator = np.random.default_rng(seed)
    slope = np.array(slopes)
    moments = Moments.empty(VALUES, BLOCKS, len(slope))
    for label, value in enumerate(VALUES):
        for block in range(BLOCKS):
            shared = generator.normal(0, np.sqrt(common), size=(EVENTS, 1))
            own = generator.normal(0, np.sqrt(1 - common), size=(EVENTS, len(slope)))
            moments.add(block, label, 1 + slope * (value - 175) + shared + own)
    return [information(_one_bin(moments, k), at=175.0) for k in range(len(slope))]


def test_fluctuations_that_shapes_share_do_not_hide_the_better_one() -> None:
    """Informations of 1.00 and 0.94, each known to 5 percent: the pair tells which."""
    found = shapes((0.1, 0.097), common=0.99, seed=7)
    assert found[0].event_error / found[0].per_event > 0.03
    ranking = rank(found, "event", seed=1)
    assert ranking.order == (0, 1)
    assert ranking.beaten[1] > 0.99
    assert not ranking.may_lead(1)
    apart = rank(shapes((0.1, 0.097), common=0.0, seed=7), "event", seed=1)
    assert all(apart.may_lead(k) for k in range(2))


def test_equal_shapes_beat_each_other_as_often_as_is_said() -> None:
    """The leader of two equal ones beats the other with a probability uniform from 1/2 to 1."""
    beaten = []
    for seed in range(200):
        ranking = rank(shapes((0.1, 0.1), common=0.5, seed=seed), "event", seed=seed)
        beaten.append(ranking.beaten[ranking.order[1]])
    surely, probably = (sum(b > level for b in beaten) for level in (0.95, 0.75))
    # Binomial, 200 times 0.1 and 0.5, three standard deviations.
    assert abs(surely - 20) < 13
    assert abs(probably - 100) < 22


def _one_bin(moments: Moments, k: int) -> Moments:
    part = slice(k, k + 1)
    return Moments(
        moments.values,
        moments.counts,
        moments.n_rows,
        moments.sums[..., part],
        moments.squares[..., part, part],
    )
