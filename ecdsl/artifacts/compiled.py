"""What a compilation reports: the names, where their manifests are, and the warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.diagnostics import Diagnostic


@dataclass(frozen=True)
class Compiled:
    """What was compiled: where its manifest is and whether compiling it changed anything.

    Attributes:
        files: The hashes of the manifest and of all kernels, by path relative to the build folder.
    """

    name: str
    manifest_path: Path
    status: Literal["new", "cached"]
    seconds: float
    files: Mapping[str, str] = field(repr=False)


class CompiledObservable(Compiled):
    """One observable."""

    @cached_property
    def manifest(self) -> Manifest:
        """Its manifest, read when it is first needed."""
        from ecdsl.artifacts.store import load_manifest

        return load_manifest(self.manifest_path.parent, self.name)


class CompiledDerived(Compiled):
    """One derived observable."""

    @cached_property
    def manifest(self) -> DerivedManifest:
        """Its manifest, read when it is first needed."""
        from ecdsl.artifacts.store import load_derived

        return load_derived(self.manifest_path.parent, self.name)


@dataclass(frozen=True)
class CompileReport:
    """What a compilation made, and what it has to say about the sources."""

    observables: tuple[CompiledObservable, ...]
    derived: tuple[CompiledDerived, ...]
    warnings: tuple[Diagnostic, ...]
