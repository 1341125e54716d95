"""The Python door: compile, fill and read in a notebook or a script.

observables = ecdsl.load("observables/top/mass.obs")
histogram = observables["zeta_max"].fill("events.parquet")
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ecdsl.project import find_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.artifacts.compiled import CompileReport
    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.derived.fill import DerivedSpectrum
    from ecdsl.events.batch import JetBatch
    from ecdsl.spectrum import Spectrum


@dataclass(frozen=True)
class Observable:
    """A compiled observable: its manifest, and the build folder that holds its kernels."""

    manifest: Manifest
    build: Path

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.manifest.name

    @property
    def formula(self) -> str:
        """The defining formula in LaTeX."""
        return self.manifest.formula

    def fill(self, *events: str | Path, workers: int = 1, **parameters: float) -> Spectrum:
        """Return the histogram over all jets of some files; `.to_hist()` makes it a `hist.Hist`.

        Args:
            events: Parquet files of jets.
            workers: Threads to use; the result does not depend on it.
            parameters: Values of the shape's parameters that differ from the declared ones.

        Raises:
            EcdslError: D2xx for parameters, D3xx for events that cannot be used.
        """
        from ecdsl.execute import fill

        files = [Path(file) for file in events]
        return fill(self.manifest, self.build, files, parameters=parameters, workers=workers)


@dataclass(frozen=True)
class DerivedObservable:
    """A compiled derived observable: its manifest, and the build folder with its operands' kernels.

    It is filled as an observable is, and has no surrogate.
    """

    manifest: DerivedManifest
    build: Path

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.manifest.name

    @property
    def formula(self) -> str:
        """The formula in the names of the operands, in LaTeX."""
        return self.manifest.formula

    def fill(self, *events: str | Path, workers: int = 1, **parameters: float) -> DerivedSpectrum:
        """Fill all operands on the same events and return their arithmetic, with its covariance.

        Args:
            events: Parquet files of jets.
            workers: Threads to use; the result does not depend on it.
            parameters: Values of parameters that differ from the declared ones, for every operand
                whose shape has them.

        Raises:
            EcdslError: D2xx for parameters, D3xx for events that cannot be used.
        """
        from ecdsl.derived.fill import fill_derived

        files = [Path(file) for file in events]
        return fill_derived(
            self.manifest, self.build, files, parameters=parameters, workers=workers
        )


def load(
    path: str | Path, *, build: Path | None = None
) -> dict[str, Observable | DerivedObservable]:
    """Compile a `.obs` file and return its observables by name, the derived ones among them.

    Args:
        path: The file.
        build: Where artifacts go; the user's cache where it is not given.

    Raises:
        EcdslError: Everything that is wrong with the file.
    """
    folder = build or default_build()
    return opened(compile_file(path, build=folder), folder)


def default_build() -> Path:
    """Return the folder in the user's cache that holds what was compiled outside of a project."""
    return platformdirs.user_cache_path("ecdsl")


def opened(report: CompileReport, build: Path) -> dict[str, Observable | DerivedObservable]:
    """Return what was compiled into `build`, by name."""
    return {
        **{c.name: Observable(c.manifest, build) for c in report.observables},
        **{c.name: DerivedObservable(c.manifest, build) for c in report.derived},
    }


def compile_file(path: str | Path, *, build: Path, text: str | None = None) -> CompileReport:
    """Compile a `.obs` file into a build folder and say what was new.

    Imports are looked up beside the file, then in the `observables/` of the project it lies in.

    Args:
        path: The file.
        build: Where artifacts go.
        text: Stands in for what the file holds; then it need not exist.

    Raises:
        EcdslError: Everything that is wrong with the file.
    """
    from ecdsl.compiler import compile_paths

    file = Path(path)
    root = find_project(file.parent).root
    overlay = None if text is None else {file.resolve(): text}
    return compile_paths((file,), build=build, project_root=root, overlay=overlay)


def read_events(path: str | Path) -> Iterator[JetBatch]:
    """Iterate over the jets of a file in chunks of whole events.

    Raises:
        EcdslError: D3xx for a file that is missing, damaged or not physical.
    """
    from ecdsl.events.read_parquet import read_events as read

    return read(Path(path))


def explain(code: str) -> str:
    """Return the page of a diagnostic, e.g. of `"E301"`.

    Raises:
        EcdslError: D111 for a code that does not exist.
    """
    from ecdsl.diagnostics.catalogue import page

    return page(code)
