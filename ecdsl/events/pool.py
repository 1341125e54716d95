"""Run tasks in several processes that stop when the one that started them stops."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, TypeVar

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


def run_all(function: Callable[[T], None], tasks: Sequence[T], workers: int) -> Iterator[T]:
    """Yield each task when `function` has finished with it, in no particular order.

    An interruption lets the tasks that have begun finish and starts no other. One worker means this
    process.

    Args:
        function: A picklable function, called once per task for its effect.
        tasks: Picklable arguments.
        workers: Number of processes.

    Raises:
        EcdslError: D328 if a worker is killed.
    """
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            function(task)
            yield task
        return
    pool = ProcessPoolExecutor(
        max_workers=min(workers, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=follow_parent,
    )
    try:
        futures = {pool.submit(function, task): task for task in tasks}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    except BrokenProcessPool as error:
        raise data_error(
            "D328",
            "a worker process was killed",
            hint="look whether memory ran out; the same command continues where this one stopped",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def follow_parent() -> None:
    """Leave an interruption to the parent, and stop when the parent was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
