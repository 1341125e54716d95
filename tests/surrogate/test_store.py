"""A surrogate comes back from disk as it was, or not at all."""

from __future__ import annotations

import json

import pytest
import torch

from ecdsl.diagnostics import EcdslError
from ecdsl.surrogate.config import CubeFlowConfig, DenseConfig, TrainConfig, UnweightedFlowConfig
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.store import Training, load_surrogate, save_surrogate, surrogate_path
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import TotalWeight

FINGERPRINT = "f" * 64
NETWORKS = [
    DenseConfig(hidden=16),
    CubeFlowConfig(hidden=16),
    UnweightedFlowConfig(blocks=1, bins=4, hidden=8, nodes=2),
]


def stored(build, chart, network=NETWORKS[1]):
    config = TrainConfig(network=network)
    built = build_network(network, chart, [170.0], [180.0], seed=3).double().eval()
    weight = TotalWeight((170.0,), (180.0,), 2, (0.2, 0.01, 0.001))
    surrogate = Surrogate(FINGERPRINT, chart, ("mt",), built, weight)
    training = Training(config, "d" * 64, ((1.0, 1.1), (0.9, 1.0)))
    return surrogate, save_surrogate(build, surrogate, training)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.kind)
def test_a_surrogate_survives_the_disk(network, chart, tmp_path):
    surrogate, path = stored(tmp_path, chart, network)
    loaded = load_surrogate(path, FINGERPRINT)
    cube = torch.rand(50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    context = torch.full((50, 1), 172.5, dtype=torch.float64)
    sides = chart.from_cube(cube)
    expected = surrogate.log_density(sides, context)
    torch.testing.assert_close(loaded.log_density(sides, context), expected, rtol=0, atol=0)
    assert (loaded.chart, loaded.labels) == (surrogate.chart, surrogate.labels)
    assert loaded.total_weight == surrogate.total_weight


def test_shapes_of_one_correlator_share_one_place(chart, tmp_path):
    _, path = stored(tmp_path, chart)
    assert path == tmp_path / "surrogates" / FINGERPRINT / "flow-fast.json"
    assert path == surrogate_path(tmp_path, FINGERPRINT, TrainConfig(network=NETWORKS[1]))
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "flow-fast.json",
        "flow-fast.safetensors",
    ]


def test_another_correlator_is_refused_showing_both(chart, tmp_path):
    _, path = stored(tmp_path, chart)
    with pytest.raises(EcdslError, match="D407") as caught:
        load_surrogate(path, "0" * 64)
    notes = " ".join(caught.value.diagnostics[0].notes)
    assert FINGERPRINT in notes
    assert "0" * 64 in notes


@pytest.mark.parametrize("position", [3, 100, -5])
def test_a_flipped_bit_is_found(position, chart, tmp_path):
    _, path = stored(tmp_path, chart)
    weights = path.with_suffix(".safetensors")
    content = bytearray(weights.read_bytes())
    content[position] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(EcdslError, match="D405"):
        load_surrogate(path, FINGERPRINT)


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_cut_or_missing_file_is_refused(suffix, chart, tmp_path):
    _, path = stored(tmp_path, chart)
    file = path.with_suffix(suffix)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(EcdslError, match="D405"):
        load_surrogate(path, FINGERPRINT)
    file.unlink()
    with pytest.raises(EcdslError, match=r"D405.*ecdsl train|D405.*missing|D405.*no surrogate"):
        load_surrogate(path, FINGERPRINT)


def test_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.")
    with pytest.raises(EcdslError, match=r"D406.*never loaded") as caught:
        load_surrogate(path, FINGERPRINT)
    assert "ecdsl train" in caught.value.diagnostics[0].hints[0]


@pytest.mark.parametrize(
    ("schema", "code"), [("ecdsl/surrogate/1", "D409"), ("ecdsl/observable/1", "D405")]
)
def test_another_schema_is_refused(schema, code, chart, tmp_path):
    _, path = stored(tmp_path, chart)
    data = json.loads(path.read_text())
    data["schema_version"] = schema
    path.write_text(json.dumps(data))
    with pytest.raises(EcdslError, match=code):
        load_surrogate(path, FINGERPRINT)


def test_a_later_minor_addition_is_ignored(chart, tmp_path):
    _, path = stored(tmp_path, chart)
    data = json.loads(path.read_text())
    data["trained_on"] = "a machine of the future"
    path.write_text(json.dumps(data))
    assert load_surrogate(path, FINGERPRINT).labels == ("mt",)
