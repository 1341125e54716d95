"""Energy-correlator observables: declared in `.obs` files, compiled, filled and inferred from.

    ecdsl.load(path)            compile a `.obs` file and return its observables by name: each has
                                a `formula` and can `fill` a histogram from files of jets
    ecdsl.compile_file(path)    compile a `.obs` file into a build folder
    ecdsl.read_events(path)     iterate over the jets of a file, in chunks
    ecdsl.explain(code)         the page of a diagnostic
    ecdsl.EcdslError            what is wrong with the user's input, as data
    %load_ext ecdsl             the notebook magic %%obs

Names are imported when they are first used, so that `import ecdsl` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecdsl.api import DerivedObservable, Observable, compile_file, explain, load, read_events
    from ecdsl.diagnostics import EcdslError

    __version__: str

__all__ = [
    "DerivedObservable",
    "EcdslError",
    "Observable",
    "__version__",
    "compile_file",
    "explain",
    "load",
    "read_events",
]

_HOMES = {
    "DerivedObservable": "ecdsl.api",
    "EcdslError": "ecdsl.diagnostics",
    "Observable": "ecdsl.api",
    "compile_file": "ecdsl.api",
    "explain": "ecdsl.api",
    "load": "ecdsl.api",
    "load_ipython_extension": "ecdsl.notebook",
    "read_events": "ecdsl.api",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ecdsl")
    if name not in _HOMES:
        msg = f"module 'ecdsl' has no attribute '{name}'"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
