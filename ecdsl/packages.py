"""Installed packages that ship observables: found by their metadata, never imported or run.

A package claims a name in the entry point group `ecdsl.observables`:

    [project.entry-points."ecdsl.observables"]
    heavy_ion = "my_package"

Then `from heavy_ion.pairs import eec` reads `my_package/observables/pairs.obs`, or
`my_package/pairs.obs` where the package has no folder `observables`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.diagnostics.suggest import listed

GROUP = "ecdsl.observables"


@dataclass(frozen=True)
class Package:
    """A folder of observables that an installed distribution ships.

    Attributes:
        name: The first part of the names of its modules.
        distribution: What was installed, and its version.
        folder: Where its `.obs` files are; nothing above it can be imported.
    """

    name: str
    distribution: str
    version: str
    folder: Path


class Packages:
    """The installed packages that ship observables; their metadata are read once, when needed."""

    @cached_property
    def _claims(self) -> dict[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for entry in sorted(entry_points(group=GROUP), key=_claim):
            found.setdefault(entry.name, []).append(entry)
        return found

    def find(self, name: str) -> Package | None:
        """Return the package that claims `name`, or None where none does.

        Raises:
            EcdslError: E410 where two claim it, E411 where the package has no folder of that name.
        """
        claims = self._claims.get(name, [])
        if not claims:
            return None
        if len(claims) > 1:
            packages = listed([_claim(entry) for entry in claims], "and")
            raise data_error(
                "E410",
                f"several installed packages claim `{name}`: {packages}",
                hint="uninstall all but one of them",
            )
        (entry,) = claims
        folder = _folder(entry.value)
        if folder is None:
            raise data_error(
                "E411",
                f"`{name}` of {_claim(entry)} leads to no folder of an installed package",
                hint="install the package again, or ask its authors: the entry point names a "
                "package",
            )
        distribution, version = _origin(entry)
        return Package(name, distribution, version, folder)

    def importable(self) -> list[Package]:
        """Return the packages that can be imported from, by name."""
        found: list[Package] = []
        for name in self._claims:
            # Whoever imports from one that cannot is told why.
            with suppress(EcdslError):
                package = self.find(name)
                found.extend([package] if package else [])
        return sorted(found, key=lambda package: package.name)


def _folder(value: str) -> Path | None:
    """Find a package's folder through its top level alone: finding that runs none of its code."""
    top, *inner = value.strip().split(".")
    if not all(part.isidentifier() for part in (top, *inner)):
        return None
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location, *inner)
        if folder.is_dir():
            own = folder / "observables"
            inside = own.is_dir() and own.resolve().is_relative_to(folder.resolve())
            return (own if inside else folder).resolve()
    return None


def _claim(entry: EntryPoint) -> str:
    return f"{' '.join(_origin(entry))} ({entry.value})"


def _origin(entry: EntryPoint) -> tuple[str, str]:
    """Return the name and the version of the distribution that an entry point is from."""
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    # A distribution that was half removed has neither.
    return name or "unknown", version or ""
