from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events import simulate as module
from ecdsl.events.batch import JetBatch, concatenate, select
from ecdsl.events.process import load_process
from ecdsl.events.read_parquet import describe, read_events
from ecdsl.events.simulate import SimulationSummary, simulate
from ecdsl.ir import nodes as ir

if TYPE_CHECKING:
    from pathlib import Path

TTBAR = load_process("ee-ttbar")
MASSES = {"mt": (170.0, 175.0, 180.0)}

SCRIPT = """
import sys
from pathlib import Path
from ecdsl.events.process import load_process
from ecdsl.events.simulate import simulate

if __name__ == "__main__":
    simulate(Path(sys.argv[1]), process=load_process("ee-ttbar"),
             labels={"mt": [float(mt) for mt in range(165, 177)]}, jets=60, seed=1, workers=2)
"""


def run(out: Path, **changes: Any) -> SimulationSummary:
    settings = {"process": TTBAR, "labels": MASSES, "jets": 20, "seed": 1, **changes}
    return simulate(out, **settings)


def read_all(path: Path) -> JetBatch:
    return concatenate(list(read_events(path)))


def refused(code: str, out: Path, **changes: Any) -> str:
    with pytest.raises(EcdslError) as caught:
        run(out, **changes)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code
    return " ".join((diagnostic.message, *diagnostic.hints))


def test_a_grid_is_simulated_in_order(tmp_path: Path) -> None:
    out = tmp_path / "new" / "events.parquet"
    summary = run(out)
    assert (summary.n_jets, summary.n_events) == (60, 30)
    assert (summary.n_shards, summary.n_reused) == (3, 0)
    assert list(out.parent.iterdir()) == [out]
    jets = read_all(out)
    assert jets.labels["mt"].tolist() == [170.0] * 20 + [175.0] * 20 + [180.0] * 20
    assert jets.event.tolist() == [k // 2 for k in range(60)]


def test_parameters_that_are_not_given_are_recorded(tmp_path: Path) -> None:
    run(tmp_path / "events.parquet", labels={})
    assert describe(tmp_path / "events.parquet").labels == {"mt": (172.5,)}


def test_the_bytes_do_not_depend_on_the_number_of_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARD_EVENTS", 6)
    masses = {"mt": (170.0, 175.0)}
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    assert run(one, labels=masses, workers=1).n_shards == 4
    run(two, labels=masses, workers=2)
    assert one.read_bytes() == two.read_bytes()
    assert len(np.unique(read_all(one).event)) == 20


def test_shards_of_a_point_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD_EVENTS", 5)
    out = tmp_path / "events.parquet"
    run(out, labels={"mt": (173.0,)})
    jets = read_all(out)
    first, second = jets.px[jets.offsets[0]], jets.px[jets.offsets[10]]
    assert first != second


def test_a_point_has_the_same_events_in_every_grid(tmp_path: Path) -> None:
    run(tmp_path / "grid.parquet")
    run(tmp_path / "point.parquet", labels={"mt": (175.0,)})
    from_grid = select(read_all(tmp_path / "grid.parquet"), {"mt": 175.0})
    np.testing.assert_array_equal(from_grid.px, read_all(tmp_path / "point.parquet").px)


def test_points_and_seeds_share_no_random_numbers(tmp_path: Path) -> None:
    run(tmp_path / "one.parquet")
    run(tmp_path / "two.parquet", seed=2)
    energies = np.concatenate(
        [read_all(tmp_path / name).energy for name in ("one.parquet", "two.parquet")]
    )
    assert len(np.unique(energies)) == len(energies)


@pytest.mark.parametrize("jets", [1, 7])
def test_an_odd_number_of_jets_is_exact(tmp_path: Path, jets: int) -> None:
    out = tmp_path / "events.parquet"
    run(out, jets=jets)
    info = describe(out)
    assert info.n_jets == 3 * jets
    assert info.n_events == 3 * (jets + 1) // 2


def test_particles_keep_their_charge(tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    run(out, constituents=ir.Particles(), labels={"mt": (173.0,)})
    info = describe(out)
    assert info.has_charge
    assert info.constituents == ir.Particles()


def test_progress_counts_jets(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    run(tmp_path / "events.parquet", progress=lambda done, total: calls.append((done, total)))
    assert calls == [(0, 60), (20, 60), (40, 60), (60, 60)]


def test_a_finished_file_is_left_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    run(out)
    before = out.stat().st_mtime_ns
    summary = run(out)
    assert summary.n_reused == summary.n_shards == 3
    assert summary.n_jets == 60
    assert out.stat().st_mtime_ns == before


def test_a_file_of_other_settings_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    run(out)
    assert "seed is 1, not 2" in refused("D324", out, seed=2)
    assert "jets is 20, not 40" in refused("D324", out, jets=40)


def test_a_file_of_another_origin_is_not_overwritten(tmp_path: Path, particle_file: Path) -> None:
    refused("D324", particle_file)
    (tmp_path / "text.parquet").write_text("not parquet")
    refused("D304", tmp_path / "text.parquet")


def test_an_interrupted_simulation_continues(tmp_path: Path) -> None:
    out, parts = tmp_path / "events.parquet", tmp_path / "events.parquet.parts"

    def interrupt(done: int, _total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(out, progress=interrupt)
    assert not out.exists()
    assert len(list(parts.glob("*.parquet"))) == 2
    assert "seed is 1, not 9" in refused("D325", out, seed=9)

    (parts / "000000.parquet").write_bytes(b"PAR1 cut")
    assert run(out).n_reused == 1
    assert not parts.exists()
    run(tmp_path / "fresh.parquet")
    assert out.read_bytes() == (tmp_path / "fresh.parquet").read_bytes()


def test_sigint_leaves_finished_parts_and_a_rerun_continues(tmp_path: Path) -> None:
    out, parts = tmp_path / "events.parquet", tmp_path / "events.parquet.parts"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(out)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(parts.glob("*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    assert not out.exists()
    done = len(list(parts.glob("*.parquet")))
    assert 1 <= done < 12
    labels = {"mt": [float(mt) for mt in range(165, 177)]}
    summary = run(out, labels=labels, jets=60)
    assert summary.n_reused == done
    assert describe(out).n_jets == 720


def test_two_simulations_do_not_share_a_folder(tmp_path: Path) -> None:
    parts = tmp_path / "events.parquet.parts"
    parts.mkdir()
    with (parts / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused("D328", tmp_path / "events.parquet")


def test_a_failed_process_leaves_no_claim_on_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    commands = tuple(c for c in TTBAR.commands if not c.startswith("Top:"))
    refused("D323", out, process=TTBAR.model_copy(update={"commands": commands}))
    assert run(out).n_jets == 60


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"jets": 0}, "D327"),
        ({"labels": {"mt": ()}}, "D322"),
        ({"labels": {"mt": (170.0, 170.0)}}, "D322"),
        ({"labels": {"mt": (170.0, float("nan"))}}, "D322"),
        ({"labels": {"alpha_s": (0.118,)}}, "D322"),
    ],
)
def test_impossible_requests_are_refused(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    refused(code, tmp_path / "events.parquet", **changes)
    assert list(tmp_path.iterdir()) == []


def test_other_suffixes_and_unwritable_places_are_refused(tmp_path: Path) -> None:
    refused("D327", tmp_path / "events.root")
    (tmp_path / "file").write_text("")
    refused("D314", tmp_path / "file" / "events.parquet")
