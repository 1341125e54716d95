"""Import a generated module: from its own file, under a stable name, if its bytes are ours.

numba caches machine code by file and module name, so the module must come from a real file and be
in `sys.modules` under a name that is the same in the next process.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from importlib.util import module_from_spec, spec_from_file_location
from threading import Lock
from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError, data_error

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from ecdsl.artifacts.manifest import KernelFile

# A module must not be seen by a second thread before it has been executed.
_LOCK = Lock()


def load_kernel(build: Path, file: KernelFile) -> ModuleType:
    """Return the module of a generated file.

    Raises:
        EcdslError: D203 where the file is missing, D204 where its bytes are not those the manifest
            names, D205 where others may write to its folder (numba's cache there is code too).
    """
    path = build / file.path
    if not path.is_file():
        raise data_error("D203", f"{path} is missing", hint="run `ecdsl compile`")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != file.sha256:
        raise data_error(
            "D204",
            f"{path} was changed after it was generated",
            notes=(f"expected sha256 {file.sha256}", f"found    sha256 {digest}"),
            hint="run `ecdsl compile` to write it again",
        )
    _refuse_shared_folder(path.parent)
    with _LOCK:
        return _import(path, f"ecdsl_kernels_{path.parent.name}_{path.stem}", digest)


def rebuild_kernel(build: Path, file: KernelFile, failed: ModuleType) -> ModuleType:
    """Return the module without the machine code that numba keeps beside it, which `failed` used.

    numba does not check what it keeps: a file that is cut, by a full disk or a kill, fails with any
    exception when a function is called.
    """
    path = build / file.path
    with _LOCK:
        if sys.modules.get(failed.__name__) is failed:
            shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
            del sys.modules[failed.__name__]
    return load_kernel(build, file)


def _import(path: Path, name: str, digest: str) -> ModuleType:
    known = sys.modules.get(name)
    if known is not None and getattr(known, "ecdsl_origin", None) == (str(path.resolve()), digest):
        return known
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InternalError(f"no loader for {path}")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    module.ecdsl_origin = (str(path.resolve()), digest)  # type: ignore[attr-defined]
    return module


def _refuse_shared_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    status = folder.stat()
    writable = status.st_mode & stat.S_IWOTH
    if writable or status.st_uid not in {os.getuid(), 0}:
        why = "can be written by every user" if writable else "belongs to another user"
        raise data_error(
            "D205",
            f"{folder} {why}, and what lies there is run as code",
            hint=f"chmod o-w {folder}, or build elsewhere with `ecdsl compile -o DIR`",
        )
