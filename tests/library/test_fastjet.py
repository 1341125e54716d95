"""FastJet's exclusive energy correlators against correlators of the same weight.

Of one exclusive jet these are, arXiv:1305.0007 and arXiv:1609.07483,

    ECF(N, beta) = sum_{i1 < ... < iN} prod pT_i  prod_{pairs} R_ij^beta            (`generic`)
    v_e_3        = sum_{i < j < k} x_i x_j x_k  min over v pairs R^beta ...          (`generalized`)

with x = pT / sum pT where it normalises. A correlator whose weight is the summand and whose bins
hold every tuple has the same total.
"""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import fastjet
import numpy as np
import pytest

from ecdsl.api import load
from ecdsl.events.batch import JetBatch
from ecdsl.events.schema import EventsMetadata
from ecdsl.events.write_parquet import write_events
from ecdsl.ir.nodes import Particles

N_JETS = 12
LONGEST = {2: "dR12", 3: "max(dR12, dR13, dR23)"}

CASES = {
    "ecf2": ("pt1 * pt2 / GeV2 * dR12^{beta}", 2, {"npoint": 2, "func": "generic"}),
    "ecf3": (
        "pt1 * pt2 * pt3 / GeV3 * (dR12 * dR13 * dR23)^{beta}",
        3,
        {"npoint": 3, "func": "generic"},
    ),
    "e2": ("pt1 * pt2 / pt_sum^2 * dR12^{beta}", 2, {"npoint": 2, "func": "generalized"}),
    "e3_1": (
        "pt1 * pt2 * pt3 / pt_sum^3 * min(dR12, dR13, dR23)^{beta}",
        3,
        {"npoint": 3, "angles": 1, "func": "generalized"},
    ),
    "e3_2": (
        "pt1 * pt2 * pt3 / pt_sum^3 * min(dR12 * dR13, dR12 * dR23, dR13 * dR23)^{beta}",
        3,
        {"npoint": 3, "angles": 2, "func": "generalized"},
    ),
    "e3_3": (
        "pt1 * pt2 * pt3 / pt_sum^3 * (dR12 * dR13 * dR23)^{beta}",
        3,
        {"npoint": 3, "angles": 3, "func": "generalized"},
    ),
}


def jets() -> JetBatch:
    """Jets of massless particles: FastJet's rapidity is then the pseudorapidity."""
    rng = np.random.default_rng(5)
    counts = rng.integers(3, 20, N_JETS)
    n = int(counts.sum())
    pt = 1 + rng.exponential(10, n)
    eta, phi = rng.normal(0.5, 0.2, n), rng.normal(2.9, 0.2, n)
    return JetBatch(
        offsets=np.concatenate(([0], np.cumsum(counts))),
        px=pt * np.cos(phi),
        py=pt * np.sin(phi),
        pz=pt * np.sinh(eta),
        energy=pt * np.cosh(eta),
        scale=np.ones(N_JETS),
        event=np.arange(N_JETS),
        constituents=Particles(),
    )


def by_fastjet(batch: JetBatch, beta: float, **options: object) -> list[float]:
    totals = []
    for k in range(batch.n_jets):
        own = slice(batch.offsets[k], batch.offsets[k + 1])
        columns = zip(*(c[own] for c in (batch.px, batch.py, batch.pz, batch.energy)), strict=True)
        rows = [dict(zip(("px", "py", "pz", "E"), row, strict=True)) for row in columns]
        particles = ak.Array(rows, with_name="Momentum4D")
        definition = fastjet.JetDefinition(fastjet.cambridge_algorithm, 5.0)
        sequence = fastjet.ClusterSequence(particles, definition)
        found = sequence.exclusive_jets_energy_correlator(
            njets=1, beta=beta, normalized=options["func"] == "generalized", **options
        )
        totals.append(float(np.ravel(found)[0]))
    return totals


@pytest.mark.parametrize(
    ("name", "beta"),
    [("ecf2", 0.5), ("ecf3", 1), ("e2", 2), ("e3_1", 0.5), ("e3_2", 1), ("e3_3", 2)],
)
def test_same_total(name: str, beta: float, tmp_path: Path) -> None:
    weight, order, options = CASES[name]
    weight = weight.replace("GeV2", "(1 GeV)^2").replace("GeV3", "(1 GeV)^3")
    text = f"""
    correlator c {{
      order   {order}
      over    particles
      measure hadron
      weight  {weight.format(beta=beta)}
      tuples  sets
    }}
    observable o = c | {{
      axis distance = {LONGEST[order]}: 1 bins in [0, 10]
    }}
    """
    (tmp_path / "c.obs").write_text(text, encoding="utf-8")
    batch = jets()
    metadata = EventsMetadata(constituents=Particles(), n_jets=N_JETS, n_events=N_JETS)
    write_events(tmp_path / "jets.parquet", [batch], metadata)

    filled = load(tmp_path / "c.obs", build=tmp_path / "build")["o"].fill(tmp_path / "jets.parquet")

    np.testing.assert_allclose(
        filled.sums.sum(), sum(by_fastjet(batch, beta, **options)), rtol=1e-9
    )
