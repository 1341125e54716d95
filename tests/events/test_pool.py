from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.events.pool import run_all

BEAT = """
import sys, time
from functools import partial
from pathlib import Path
from ecdsl.events.pool import run_all

def beat(folder, name):
    for _ in range(300):
        (Path(folder) / name).write_text(str(time.monotonic()))
        time.sleep(0.05)

if __name__ == "__main__":
    list(run_all(partial(beat, sys.argv[1]), ["a", "b"], 2))
"""


def touch(folder: Path, name: str) -> None:
    (folder / name).write_text(str(os.getpid()))


def die(_task: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_task: int) -> None:
    raise data_error("D323", "no such luck", hint="try again")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_runs_once(tmp_path: Path, workers: int) -> None:
    names = ["a", "b", "c", "d"]
    assert sorted(run_all(partial(touch, tmp_path), names, workers)) == names
    pids = {(tmp_path / name).read_text() for name in names}
    assert (str(os.getpid()) in pids) == (workers == 1)


def test_what_a_task_raises_reaches_the_caller() -> None:
    with pytest.raises(EcdslError, match="D323: no such luck") as caught:
        list(run_all(refuse, [1, 2], 2))
    assert caught.value.diagnostics[0].hints == ("try again",)


def test_a_killed_worker_is_an_error() -> None:
    with pytest.raises(EcdslError, match="D328"):
        list(run_all(die, [1, 2], 2))


def test_workers_stop_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(BEAT)
    beats = [tmp_path / "a", tmp_path / "b"]
    with subprocess.Popen([sys.executable, str(script), str(tmp_path)]) as process:
        deadline = time.monotonic() + 30
        while not all(beat.exists() for beat in beats) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    time.sleep(0.5)
    last = [beat.read_text() for beat in beats]
    time.sleep(0.5)
    assert [beat.read_text() for beat in beats] == last
