"""Which project a command works on: its observables, its settings and where its outputs go."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from ecdsl import resources
from ecdsl.diagnostics import Source, data_error
from ecdsl.settings import Beside, Events, Settings, Simulation, Surrogate, read_toml, settings

SETTINGS = "ecdsl.toml"
OBSERVABLES = "observables"


class Project(Settings):
    """A folder with `observables/` and `ecdsl.toml`, or the embedded default.

    Attributes:
        root: The project's folder; for the embedded default where the command was started.
        build: Where outputs go.
        sources: The `.obs` files that `ecdsl compile` takes.
        origin: Where the settings come from, to show to a reader.
    """

    root: Path
    build: Path
    sources: tuple[Path, ...]
    origin: str

    def with_surrogate(self, *, model: str | None, preset: str | None) -> Project:
        """Return this project with another surrogate model or preset, where one is named.

        Raises:
            EcdslError: D103 for a model or preset that does not exist.
        """
        changes = {k: v for k, v in (("model", model), ("preset", preset)) if v is not None}
        given = {**dict(self.surrogate), **changes}
        try:
            return Project(**{**dict(self), "surrogate": Surrogate(**given)})
        except ValidationError as error:
            detail = error.errors()[0]
            raise data_error("D103", f"--{detail['loc'][0]}: {detail['msg']}") from None

    def with_likelihood(self, likelihood: Beside | None) -> Project:
        """Return this project with another likelihood beside the binned one, where it is named."""
        if likelihood is None:
            return self
        inference = self.inference.model_copy(update={"likelihood": likelihood})
        try:
            return Project(**{**dict(self), "inference": inference})
        except ValidationError as error:
            message = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise data_error("D103", f"--likelihood: {message}") from None


def find_project(start: Path, *, build: Path | None = None) -> Project:
    """Return the project that `start` lies in.

    The nearest folder upward that holds `ecdsl.toml` or an `observables/` of its own is a project.
    Without one, and within a checkout of this package (whose `observables/` is the packaged
    library), the embedded default applies: the packaged top-mass observables.

    Args:
        start: The folder a command was started in.
        build: Where outputs go instead of the project's `build/`.

    Raises:
        EcdslError: D101-D104 for settings that cannot be used, D105 for a project without
            observables, D109 for a settings file that cannot be read, E403 for a link that leads
            out of `observables/`.
    """
    start = start.resolve()
    root = project_root(start) or start
    own = _own_observables(root)
    sources = _own_sources(own) if own else (resources.library() / "top" / "mass.obs",)
    default = read_toml(default_source())
    if own:
        del default["inference"]["observables"]
    file = root / SETTINGS
    source = _read(file) if file.is_file() else Source("the embedded default", "")
    given = settings(source, default)
    return Project(
        **{
            **dict(given),
            "simulation": _beside(root, given.simulation),
            "events": Events(**{name: path and root / path for name, path in given.events}),
        },
        root=root,
        build=(build or root / "build").resolve(),
        sources=sources,
        origin=source.name,
    )


def project_root(start: Path) -> Path | None:
    """Return the nearest folder upward that is a project, None where there is none."""
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _beside(root: Path, simulation: Simulation) -> Simulation:
    """Look a command file up beside the settings that name it, not where the command started."""
    if not simulation.process.endswith(".cmnd"):
        return simulation
    return Simulation(**{**dict(simulation), "process": str(root / simulation.process)})


def default_source() -> Source:
    """Return the embedded default settings."""
    text = files("ecdsl").joinpath("default.toml").read_text(encoding="utf-8")
    return Source("default.toml", text)


def _is_project(folder: Path) -> bool:
    return (folder / SETTINGS).is_file() or _own_observables(folder) is not None


def _own_observables(folder: Path) -> Path | None:
    own = folder / OBSERVABLES
    return own if own.is_dir() and own.resolve() != resources.library().resolve() else None


def _own_sources(folder: Path) -> tuple[Path, ...]:
    found = tuple(sorted(folder.rglob("*.obs")))
    if not found:
        raise data_error(
            "D105",
            f"{folder} holds no .obs file",
            hint="declare an observable in a .obs file there, or remove the folder to work with"
            " the packaged ones",
        )
    for path in found:
        # What a finding shows of a file, and what `fmt` writes, must be the project's own.
        if not path.resolve().is_relative_to(folder.resolve()):
            raise data_error(
                "E403",
                f"{path} leads out of {folder}",
                hint="copy the file; links out of the folder are not followed",
            )
    return found


def _read(file: Path) -> Source:
    try:
        return Source(file.name, file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise data_error(
            "D109", f"{file} is not UTF-8 (byte {error.start})", hint="save it as UTF-8"
        ) from None
