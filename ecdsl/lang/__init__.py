"""The front end: `.obs` text -> syntax tree -> checks -> IR, with every error of a program."""

from __future__ import annotations

from ecdsl.lang.places import Places
from ecdsl.lang.program import (
    CompiledModule,
    LoweredDerived,
    LoweredObservable,
    compile_module,
    show_ast,
)

__all__ = [
    "CompiledModule",
    "LoweredDerived",
    "LoweredObservable",
    "Places",
    "compile_module",
    "show_ast",
]
