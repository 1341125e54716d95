"""From a template to a module's text: rendered strictly, then parsed and checked."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jinja2

from ecdsl.diagnostics import InternalError
from ecdsl.resources import PACKAGE

if TYPE_CHECKING:
    from pydantic import BaseModel

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("ecdsl.backends", "."),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    # Python source, not markup; nothing a user wrote reaches a template.
    autoescape=False,  # noqa: S701
)
_RUNTIME = ("bins", "geometry", "lanes", "picks", "tables", "vectors")
_IMPORTS = {"__future__", "math", "numba", "numpy", "torch"} | {
    f"ecdsl.kernel_runtime.{name}" for name in _RUNTIME
}
_FORBIDDEN = (
    ast.ClassDef,
    ast.Global,
    ast.Lambda,
    ast.Try,
    ast.With,
    ast.AsyncFunctionDef,
    ast.Await,
)


@dataclass(frozen=True)
class SourceFile:
    """A generated module: its name within the kernel's folder, and its text."""

    name: str
    text: str


def runtime_version() -> str:
    """Return the hash of what generated kernels have in common: their machine code holds it too."""
    texts = [(PACKAGE / "kernel_runtime" / f"{name}.py").read_bytes() for name in _RUNTIME]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def render(template: str, context: BaseModel) -> str:
    """Return the rendered module.

    Raises:
        InternalError: The text is not the plain numerical Python that templates are meant to make.
    """
    # Not model_dump: templates read the nested models' fields.
    fields = {name: getattr(context, name) for name in type(context).model_fields}
    rendered = _ENVIRONMENT.get_template(template).render(fields)
    lines = (line.rstrip() for line in rendered.rstrip().splitlines())
    # What a kernel does not need leaves the empty lines around it.
    text = re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)) + "\n"
    _verify(text, template)
    return text


def _verify(text: str, template: str) -> None:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise InternalError(f"{template} rendered invalid Python: {error}\n{text}") from error
    for node in ast.walk(tree):
        if isinstance(node, _FORBIDDEN):
            raise InternalError(f"{template} rendered a {type(node).__name__}\n{text}")
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = (
                [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            )
            if not set(modules) <= _IMPORTS:
                raise InternalError(f"{template} rendered an import of {modules}\n{text}")
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        if isinstance(name, str) and name.startswith("__"):
            raise InternalError(f"{template} rendered the name {name!r}\n{text}")


def templates() -> jinja2.Environment:
    """Return the environment, so that tests can compare templates with their contexts."""
    return _ENVIRONMENT
