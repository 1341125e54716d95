"""What a program is made of: its own files and the modules that packages ship, each by content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from ecdsl import resources
from ecdsl.lang.findings import Findings
from ecdsl.lang.modules import Loader
from ecdsl.lang.tokens import cut, lex
from ecdsl.packages import Package, Packages

if TYPE_CHECKING:
    from pathlib import Path

    from ecdsl.diagnostics import Source


@dataclass(frozen=True)
class Content:
    """One file.

    Attributes:
        name: The module's dotted name if a package ships it, else the file's name.
        package: The distribution that ships it and its version; empty for a file of one's own.
        digest: A hash of its words: comments, blank lines and indentation do not count.
    """

    name: str
    package: str
    version: str
    digest: str


def contents(path: Path, project_root: Path | None) -> tuple[Content, ...]:
    """Return the contents of a file and of all that it imports.

    Args:
        path: The file.
        project_root: As for `compile_module`.

    Raises:
        EcdslError: The file cannot be read.
    """
    loader = Loader(project_root, Findings())
    main = loader.load(path)
    packages = (_library(), *Packages().importable())
    found = []
    for module in loader.modules.values():
        shipped = () if module is main else packages
        package = next((p for p in shipped if module.path.is_relative_to(p.folder)), None)
        source = module.tree.span.source
        if package is None:
            found.append(Content(source.name, "", "", _digest(source)))
        else:
            inner = module.path.relative_to(package.folder).with_suffix("").parts
            prefix = (package.name,) if package.name else ()
            name = ".".join((*prefix, *inner))
            found.append(Content(name, package.distribution, package.version, _digest(source)))
    return tuple(found)


def _library() -> Package:
    """Return the packaged library, whose modules have no first part of their own."""
    return Package("", "ecdsl", version("ecdsl"), resources.library().resolve())


def _digest(source: Source) -> str:
    pieces, _ = cut(source, lex(source)[0])
    words = [[str(token) for token in piece.tokens] for piece in pieces]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]
