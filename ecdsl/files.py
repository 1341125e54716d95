"""Read a file of a known size at most; write one whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from tempfile import NamedTemporaryFile


def read_regular(path: Path, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a file, None for what is no regular file.

    Opening does not block, so that a pipe cannot hang.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    with open(path, "rb", opener=_without_blocking) as file:  # it takes an opener
        return file.read(limit) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None


def _without_blocking(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_atomic(path: Path, content: bytes | str) -> Path:
    """Write `content` under a temporary name beside `path`, then rename; return `path`.

    A reader sees the old file or the new one, also after a full disk or a kill. A link is followed,
    and a file that is replaced keeps its permissions.

    Raises:
        OSError: As `require_target`, and where the disk is full; it names `path`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    require_target(path)
    try:
        _replace(path.resolve(), data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return path


def write_changed(path: Path, content: str) -> bool:
    """Write `content` as `write_atomic` does and return True; False where it is there already."""
    if path.is_file() and path.read_bytes() == content.encode():
        return False
    write_atomic(path, content)
    return True


def require_target(path: Path) -> None:
    """Make the folder of `path` and refuse what a file cannot be written to.

    Raises:
        OSError: For a folder or a device at `path`, and where its folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # Renaming would put a file in the place of a device, for every program on the machine.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    if not os.access(path.resolve().parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))


def _replace(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(_permissions(path))
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _permissions(path: Path) -> int:
    """Those of the file that is replaced, else what an ordinary new file has.

    Temporary files are private, so they cannot stay as they are.
    """
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
