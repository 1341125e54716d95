"""Where numbers come from: versions and settings, as text for the report."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from ecdsl.settings import REPLACED

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ecdsl.project import Project

_UNITS = {"mt": "GeV"}
_SECTIONS = ("simulation", "data", "inference", "surrogate")
_LIBRARIES = (
    "ecdsl",
    "numpy",
    "scipy",
    "numba",
    "torch",
    "nflows",
    "zuko",
    "torchquad",
    "sympy",
    "pythia8mc",
    "fastjet",
)


def unit(parameter: str) -> str:
    """Return the unit of a simulation's parameter, empty where none is known."""
    return _UNITS.get(parameter, "")


def versions() -> dict[str, str]:
    """Return the versions of Python and of every library that numbers depend on."""
    return {
        "python": platform.python_version(),
        **{library: version(library) for library in _LIBRARIES},
    }


def seeds(project: Project) -> dict[str, int]:
    """Return every seed of the run by what it is used for."""
    return {
        section: getattr(project, section).seed
        for section in _SECTIONS
        if getattr(project.events, section, None) is None
    }


def flat_settings(project: Project) -> dict[str, str]:
    """Return every setting of the run as `section.key` and its text."""
    found = {f"events.{name}": str(path) for name, path in project.events if path}
    for section in _SECTIONS:
        model: BaseModel = getattr(project, section)
        replaced = REPLACED.get(section, ()) if f"events.{section}" in found else ()
        for key, value in model.model_dump().items():
            if key not in replaced:
                found[f"{section}.{key}"] = _text(value)
    return found


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(inner)}" for name, inner in value.items())
    if isinstance(value, tuple):
        long = len(value) > 6
        shown = (*value[:2], "...", value[-1]) if long else value
        text = ", ".join(_text(v) for v in shown)
        return f"{text} ({len(value)} values)" if long else text
    return f"{value:g}" if isinstance(value, float) else str(value)
