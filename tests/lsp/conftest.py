from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lsp_client import Editor

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One server for all tests of a module: starting one takes a second."""
    editor = Editor(tmp_path_factory.mktemp("project"))
    editor.start()
    yield editor
    assert editor.stop() == 0
