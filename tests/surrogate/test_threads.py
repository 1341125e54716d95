from __future__ import annotations

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from ecdsl.surrogate.threads import pinned_threads


def _threads() -> tuple[int, set[int]]:
    np.eye(2) @ np.eye(2)
    blas = {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}
    return torch.get_num_threads(), blas


def test_torch_and_blas_have_the_threads_that_are_asked_for_and_get_back_theirs() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        before = _threads()
        with pinned_threads(1):
            assert _threads() == (1, {1})
        assert _threads() == before
        assert before[1] == {2}
