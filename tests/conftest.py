from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable


# `--hypothesis-profile=brief` reports the first failing example as it was found: no shrinking.
settings.register_profile("brief", phases=(Phase.explicit, Phase.reuse, Phase.generate))


def pytest_configure() -> None:
    """Give BLAS one thread, here and in the processes that tests start.

    Tests run on all cores, where threads of one matrix product would wait for each other.
    """
    threadpool_limits(limits=1, user_api="blas")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the code produces now into the golden files",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or write the file where `--update-golden` is given."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"see {path}; --update-golden accepts"

    return compare
