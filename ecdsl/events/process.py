"""What to generate: Pythia commands, the jets that are kept, and which setting a label sets."""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ecdsl.diagnostics import data_error
from ecdsl.ir.nodes import Constituents, Measure, Particles, Subjets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecdsl.settings import Held

JES = "jes"
"""The label of every process that multiplies the momenta of all particles: jet-energy scale."""
DEFAULT_CONSTITUENTS = Subjets(algorithm="cambridge", radius=0.1)

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BEAM = re.compile(r"^Beams:id([AB])[\s=]+(-?\d+)", re.IGNORECASE | re.MULTILINE)
# Settings that would make a sample depend on more than the recorded commands and the seed, or
# that load code.
_REFUSED = {
    "random:": "the seed is set by `--seed`",
    "include": "an included file is not part of the recorded settings; paste its lines",
    "init:plugins": "plugins load code from a library",
    "main:numberofevents": "the number of jets is set by `--jets`",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Jets(_Frozen):
    """The jets that are kept of each event: the `hardest` inclusive anti-kt jets.

    With the measure `ee` this is FastJet's `ee_genkt` with p = -1, a radius in radians, and the
    hardest are those with most energy; with `hadron` it is anti-kt (arXiv:0802.1189), a radius in
    (y, phi), and the hardest are those with the largest transverse momentum.

    Attributes:
        measure: Which distances the algorithm uses.
        radius: Jet radius.
        hardest: How many jets are kept per event; events with fewer are rejected and counted.
        minimum: Smallest energy (`ee`) or transverse momentum (`hadron`) of a jet, in GeV.
    """

    measure: Measure = "ee"
    radius: float = Field(default=1.2, gt=0)
    hardest: int = Field(default=2, ge=1)
    minimum: float = Field(default=0.0, ge=0)


class Process(_Frozen):
    """A Pythia process with the jets made of it.

    Attributes:
        name: What to call it.
        commands: Pythia settings; `{NAME}` stands for the value of the label NAME.
        jets: The jets that are kept; None where each event is kept as a whole, as one row.
        scale: The hard scale Q in GeV, or None where it is each jet's transverse momentum.
        defaults: Values of labels that need not be given.
    """

    name: str
    commands: tuple[str, ...]
    jets: Jets | None
    scale: float | None = Field(default=None, gt=0)
    defaults: dict[str, float] = {}

    @property
    def measure(self) -> Measure:
        """The geometry of the process: that of its jets, else that of its beams."""
        if self.jets is not None:
            return self.jets.measure
        return "ee" if _are_leptons(self.commands) else "hadron"

    @property
    def rows_per_event(self) -> int:
        """How many rows an event fills: its jets, or one where it is kept as a whole."""
        return 1 if self.jets is None else self.jets.hardest

    @property
    def placeholders(self) -> frozenset[str]:
        """The labels that the commands ask for."""
        return frozenset(name for line in self.commands for name in _PLACEHOLDER.findall(line))

    def commands_for(self, labels: Mapping[str, float]) -> tuple[str, ...]:
        """Return the commands with every placeholder replaced by its label's value."""
        return tuple(
            _PLACEHOLDER.sub(lambda match: repr(float(labels[match[1]])), line)
            for line in self.commands
        )

    def complete(self, labels: Mapping[str, float]) -> dict[str, float]:
        """Return `labels` with the defaults of those that are not given.

        Raises:
            EcdslError: D322 for a label that the commands do not use or that is missing, or whose
                value is not finite, or an energy scale that is not positive.
        """
        known_labels = self.placeholders | {JES}
        for name, value in labels.items():
            if name not in known_labels:
                known = ", ".join(sorted(known_labels))
                raise data_error(
                    "D322",
                    f"the process {self.name} has no parameter `{name}`",
                    hint=f"its parameters are: {known}; a command file declares one by "
                    f"`Some:setting = {{{name}}}`",
                )
            if not isfinite(value):
                raise data_error("D322", f"the parameter `{name}` = {value} is not a finite number")
            if name == JES and value <= 0:
                raise data_error("D322", f"the energy scale `{JES}` = {value:g} is not positive")
        full = {**self.defaults, **labels}
        missing = sorted(self.placeholders - set(full))
        if missing:
            raise data_error(
                "D322",
                f"the process {self.name} needs a value of `{missing[0]}`",
                hint=f"add `--param {missing[0]}=VALUE`",
            )
        return full


def ee_ttbar(scale: float = 2000.0, *, radiation: bool = False) -> Process:
    """Return e+e- -> t tbar with hadronic W decays (arXiv:2508.10988).

    Args:
        scale: Collision energy and hard scale Q, in GeV.
        radiation: Switch on photon radiation off the beams (`PDF:lepton`); it moves the mean jet
            energy at 2 TeV from 945 to 920 GeV and smears the top peak.
    """
    return Process(
        name="ee-ttbar-isr" if radiation else "ee-ttbar",
        commands=(
            "Beams:idA = 11",
            "Beams:idB = -11",
            f"Beams:eCM = {float(scale)!r}",
            f"PDF:lepton = {'on' if radiation else 'off'}",
            "Top:ffbar2ttbar(s:gmZ) = on",
            "24:onMode = off",
            "24:onIfAny = 1 2 3 4 5",
            "6:m0 = {mt}",
        ),
        jets=Jets(),
        scale=scale,
        defaults={"mt": 172.5},
    )


def ee_hadrons(scale: float = 91.2) -> Process:
    """Return e+e- -> hadrons, whole events, without photon radiation off the beams.

    Args:
        scale: Collision energy and hard scale Q, in GeV; by default at the Z.
    """
    return Process(
        name="ee-hadrons",
        commands=(
            "Beams:idA = 11",
            "Beams:idB = -11",
            f"Beams:eCM = {float(scale)!r}",
            "PDF:lepton = off",
            "WeakSingleBoson:ffbar2gmZ = on",
            "23:onMode = off",
            "23:onIfAny = 1 2 3 4 5",
        ),
        jets=None,
        scale=scale,
    )


def pp_dijet(scale: float = 13000.0) -> Process:
    """Return hard QCD scattering in pp: the two hardest anti-kt jets of R = 0.4 above 100 GeV.

    The hard scale Q of a jet is its transverse momentum.

    Args:
        scale: Collision energy in GeV.
    """
    return Process(
        name="pp-dijet",
        commands=(
            "Beams:idA = 2212",
            "Beams:idB = 2212",
            f"Beams:eCM = {float(scale)!r}",
            "HardQCD:all = on",
            # Well below the jets' minimum, so that the cut does not shape their spectrum.
            "PhaseSpace:pTHatMin = 80",
        ),
        jets=Jets(measure="hadron", radius=0.4, hardest=2, minimum=100.0),
    )


# The embedded processes: each made from a collision energy in GeV, and that where none is given.
EMBEDDED: dict[str, tuple[Callable[[float], Process], float]] = {
    "ee-ttbar": (ee_ttbar, 2000.0),
    "ee-ttbar-isr": (lambda scale: ee_ttbar(scale, radiation=True), 2000.0),
    "ee-hadrons": (ee_hadrons, 91.2),
    "pp-dijet": (pp_dijet, 13000.0),
}


def constituents_of(held: Held | None, name: str) -> Constituents:
    """Return what the columns of a simulated process hold.

    Where nothing is asked for, these are subjets for the analyses of jets, as in arXiv:2508.10988,
    and particles, with charge and species, for `ee-hadrons` and `pp-dijet`.

    Args:
        held: What is asked for.
        name: The process.
    """
    if held is None:
        held = "particles" if name in {"ee-hadrons", "pp-dijet"} else "subjets"
    return DEFAULT_CONSTITUENTS if held == "subjets" else Particles(charged=held == "charged")


def load_process(name: str, *, scale: float | None = None, jets: Jets | None = None) -> Process:
    """Return an embedded process by its name, or the one of a Pythia command file.

    A command file sets the beams and the hard process; its jets are `Jets()` for lepton beams,
    and the two hardest anti-kt jets of radius 0.8 otherwise.

    Args:
        name: `ee-ttbar`, `ee-ttbar-isr` (the same with photon radiation off the beams),
            `ee-hadrons` (whole events), `pp-dijet`, or the path of a `.cmnd` file.
        scale: Hard scale Q in GeV. Embedded processes collide at this energy (where it is None at
            2000, ee-hadrons at 91.2, pp-dijet at 13000); for a command file with lepton beams it
            is needed. With hadron beams Q is each jet's transverse momentum, in a command file
            where it is None.
        jets: Another choice of jets.

    Raises:
        EcdslError: D320 for an unknown name, an unreadable file or an impossible scale, D321 for a
            refused command.
    """
    if scale is not None and not (isfinite(scale) and scale > 0):
        raise data_error("D320", f"the scale Q = {scale} GeV is not a positive energy")
    if name in EMBEDDED:
        make, energy = EMBEDDED[name]
        process = make(scale or energy)
    elif name.endswith(".cmnd"):
        process = _command_file(Path(name), scale)
    else:
        raise data_error(
            "D320",
            f"no process is called `{name}`",
            hint=f"the embedded ones are {', '.join(EMBEDDED)}; others are read from a Pythia "
            "command file whose name ends in .cmnd",
        )
    return process.model_copy(update={"jets": jets}) if jets else process


def _command_file(path: Path, scale: float | None) -> Process:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise data_error("D320", f"cannot read the command file {path}: {error}") from error
    # Pythia skips lines that do not start with a letter or digit. A block comment left open would
    # swallow our own settings, so comments never reach it.
    lines = _BLOCK_COMMENT.sub("", text).splitlines()
    commands = tuple(line.strip() for line in lines if line.strip()[:1].isalnum())
    for command in commands:
        for start, reason in _REFUSED.items():
            if command.lower().startswith(start):
                raise data_error("D321", f"{path}: `{command}` is refused: {reason}")
    leptons = _are_leptons(commands)
    if leptons and scale is None:
        raise data_error(
            "D321",
            f"{path}: the hard scale Q of lepton collisions is not known",
            hint="give the collision energy in GeV with `--scale`",
        )
    jets = Jets() if leptons else Jets(measure="hadron", radius=0.8)
    return Process(name=path.stem, commands=commands, jets=jets, scale=scale)


def _are_leptons(commands: Sequence[str]) -> bool:
    beams = dict(_BEAM.findall("\n".join(commands)))
    return len(beams) == 2 and all(11 <= abs(int(beam)) <= 16 for beam in beams.values())
