"""The front end: `.obs` text -> syntax tree -> checks -> IR, with every error of a program."""

from __future__ import annotations

from ecdsl.lang.program import LoweredObservable, compile_module, show_ast

__all__ = ["LoweredObservable", "compile_module", "show_ast"]
