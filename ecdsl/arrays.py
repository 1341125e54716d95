"""Arrays on disk that can be made again: whole, or as good as not there."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from ecdsl.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray


def keep_arrays(path: Path, arrays: Mapping[str, ArrayLike]) -> None:
    """Write named arrays, whole or not at all."""
    content, named = io.BytesIO(), dict[str, Any](arrays)
    np.savez(content, **named)
    write_atomic(path, content.getvalue())


def kept_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.float64]] | None:
    """Return arrays that were kept, None where there are none or they are damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error):
        return None
