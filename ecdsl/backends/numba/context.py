"""What the numba templates are given: frozen, and nothing else reaches them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ecdsl.ir.nodes import Measure


class _Context(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnCode(_Context):
    """A comparison that a parameter turns once at most.

    Attributes:
        here: The comparison at the value of the parameter.
        first: At the first value of its grid.
        last: At the last one.
        way: Whether it holds up to where it turns or from there on; empty where that is not known.
        about: The value at which it turns, up to rounding.
    """

    here: str
    first: str
    last: str
    way: Literal["up to", "from", ""]
    about: str


class PassCode(_Context):
    """What must hold of the parameter at a place."""

    parameter: int
    turns: tuple[TurnCode, ...]


class TermCode(_Context):
    """One evaluation.

    Attributes:
        multiplicity: How many tuples it stands for, an expression.
        setup: Statements that name intermediate values.
        guard: What must hold; empty for nothing.
        held: What the windows look at whose parameter runs over a grid.
        values: Of the axes, or what they follow from.
        functions: How they follow, as functions of `x`, each empty where the value stands on the
            axis itself; empty where all do.
        weight: What is added.
    """

    multiplicity: str
    setup: tuple[str, ...]
    guard: str
    held: tuple[str, ...] = ()
    values: tuple[str, ...]
    functions: tuple[str, ...] = ()
    weight: str


class MaskCode(_Context):
    """The test of all particles of the innermost loop before any of them is filled.

    Attributes:
        tables: Statements that read what does not depend on the particle.
        lanes: What is read of sixteen particles at once.
        setup: Statements that name intermediate values.
        keep: Which of them pass.
        letter: The letter of the innermost loop.
        stop: The letter that it stays below.
    """

    tables: tuple[str, ...] = ()
    lanes: tuple[str, ...]
    setup: tuple[str, ...]
    keep: str
    letter: str
    stop: str


class KeyCode(_Context):
    """The key of tuples on an axis.

    Attributes:
        axis: The place of the axis.
        value: Whose leading bits are the key.
        word: The packed number that holds it.
        shift: The bit of that where it starts.
    """

    axis: int
    value: str
    word: int
    shift: int


class RowCode(_Context):
    """What is computed of all particles of the innermost loop before any of them is filled.

    Attributes:
        tables: Statements that read what does not depend on the particle.
        lanes: What is read for each particle.
        setup: Statements that name intermediate values.
        cells: What the axes whose bins are found per pair add to the place in a row, 2^32 times.
        keys: To the bins of the other axes.
        letter: The letter of the innermost loop.
        stop: The letter that it stays below.
    """

    tables: tuple[str, ...]
    lanes: tuple[str, ...]
    setup: tuple[str, ...]
    cells: str
    keys: tuple[KeyCode, ...]
    letter: str
    stop: str

    @property
    def words(self) -> int:
        """How many packed numbers a tuple has."""
        return 1 + max((key.word for key in self.keys), default=0)


class LevelCode(_Context):
    """One loop.

    Attributes:
        header: The statements that bind its letter to a particle, the `for` first.
        prologue: What is done before the loop.
        reads: What is read once the letter is bound.
        terms: What is evaluated there.
        mask: The test before that, of all particles of this loop.
        row: The bins of all particles of this loop, before that.
    """

    prologue: tuple[str, ...]
    header: tuple[str, ...]
    reads: tuple[str, ...]
    terms: tuple[TermCode, ...]
    mask: MaskCode | None = None
    row: RowCode | None = None


class LensLetterCode(_Context):
    """A loop over the particles of a lens.

    Attributes:
        letter: Its letter.
        weights: What tuples add whose last letter it is; empty where there are none.
        rest: What the tuples of all letters add, but for the factor of the last, if that is next.
    """

    letter: str
    weights: str
    rest: str


class LensCode(_Context):
    """The sum over longest pairs.

    Attributes:
        reads: What is read of a particle, of the letter `a`.
        factor: What each particle multiplies the weight with.
        common: What all tuples of a jet share.
        alone: Tuples of one particle, if they count.
        pair: All tuples with one longest pair.
        weights: What tuples of these two add, over what they share; empty where there are none.
        rest: For three points: what the tuples add but for the factor of the third.
        sums: What each particle adds to the sum over all tuples, by the name of the sum, and to
            those that it needs.
        letters: The loops over particles of the lens, but for the last.
        nu: The order where sets of particles are summed instead of tuples.
    """

    reads: tuple[str, ...]
    factor: str
    common: str
    alone: TermCode | None
    pair: TermCode
    weights: str = ""
    rest: str = ""
    sums: dict[str, str] = {}
    letters: tuple[LensLetterCode, ...] = ()
    nu: float | None = None


class CentredCode(_Context):
    """The sum about a special particle over the farthest of the others.

    Attributes:
        reads: What is read of a particle, of the letter `a`.
        factor: What each of the others multiplies the weight with.
        common: What all tuples of a jet share.
        others: How many others there are; of a continued order, that less one.
        contact: Whether the same particle may stand twice.
    """

    reads: tuple[str, ...]
    factor: str
    common: str
    others: int | float
    contact: bool


class GeometryCode(_Context):
    """Context of `imports.py.j2` and `between.py.j2`: what is computed per particle and pair.

    Attributes:
        measure: The geometry of distances and azimuths.
        own_distance: Whether distances in the measure itself are needed.
        distance: A user's distance as an expression of `quantities`; empty for the measure's own.
        matrices: Quantities of pairs that the loops read, each with its array.
        quantities: All quantities of pairs that are computed.
        triple: Whether triple products are asked for.
        azimuth: Whether azimuths are asked for.
        lower: Whether all loops read distances from a particle to earlier ones, and to itself.
    """

    measure: Measure
    own_distance: bool
    distance: str
    matrices: tuple[tuple[str, str], ...]
    quantities: tuple[str, ...]
    triple: bool
    azimuth: bool
    lower: bool

    @property
    def per_pair(self) -> bool:
        """Whether anything is computed per pair besides the measure's own distance."""
        return bool(self.matrices or self.distance)

    @property
    def pair_arrays(self) -> tuple[str, ...]:
        """The arrays that are filled per pair besides the measure's own distance."""
        return (*(["z"] if self.distance else []), *(array for _, array in self.matrices))

    @property
    def between(self) -> tuple[str, ...]:
        """The directions that quantities of pairs follow from."""
        in_plane = "deta" in self.quantities or "dphi" in self.quantities
        wanted = {"units": "angle" in self.quantities, "plane": in_plane}
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    @property
    def views(self) -> tuple[tuple[str, str], ...]:
        """What triple products and azimuths look at, and the directions that it is a part of."""
        triple = [("directions", "units")] if self.triple else []
        azimuth = [("points", self._measured)] if self.azimuth else []
        return (*triple, *azimuth)

    @property
    def directions(self) -> frozenset[str]:
        """What is computed of all particles: unit vectors, or pseudorapidity and azimuth."""
        own = [self._measured] if self.own_distance else []
        return frozenset((*own, *self.between, *(of for _, of in self.views)))

    @property
    def _measured(self) -> str:
        return "units" if self.measure == "ee" else "plane"


class FillContext(_Context):
    """Context of `fill.py.j2`.

    Attributes:
        axes: How many there are.
        functions: How the axes follow from what is looked at, as functions of `x`.
        pulled: The same of axes whose edges are taken over to what is looked at.
        levels: The loop nest.
        masked: Whether its innermost loop tests all particles before it fills any.
        slacks: By how much each of its tests gives way where they are made in float32 first.
        lens: The sum over longest pairs instead of a loop nest.
        centred: What precedes the loop nest of a sum about a special particle.
        row: The innermost loop where it finds its bins before it fills.
        pair_axes: The axes whose bins it looks up per pair.
        tables: Tables of pairs that it looks at: of roots of distances, and of their inverses.
    """

    header: tuple[str, ...]
    geometry: GeometryCode
    needs_pt: bool
    parameters: tuple[str, ...]
    jet_reads: tuple[str, ...]
    axes: int
    functions: tuple[str, ...] = ()
    pulled: tuple[str, ...] = ()
    levels: tuple[LevelCode, ...] = ()
    masked: bool = False
    slacks: tuple[str, ...] = ()
    lens: LensCode | None = None
    centred: CentredCode | None = None
    row: RowCode | None = None
    pair_axes: tuple[int, ...] = ()
    tables: tuple[str, ...] = ()


class GridContext(FillContext):
    """Context of `grid.py.j2`.

    Attributes:
        grid: Places of the parameters that run over a grid.
        held: Names of what the windows look at that these parameters turn.
        setup: Statements that name intermediate values of it.
        passes: For each of these parameters: what must hold of it.
        corners: Of a box of points: the place of each, and `+=` or `-=`.
    """

    grid: tuple[int, ...]
    held: tuple[str, ...]
    setup: tuple[str, ...]
    passes: tuple[PassCode, ...]
    corners: tuple[tuple[str, str], ...]


class ResolveContext(_Context):
    """Context of `resolve.py.j2`.

    Attributes:
        measure: Which distances jets are reclustered with, and what adds up.
    """

    measure: Measure


class TuplesContext(_Context):
    """Context of `tuples.py.j2`."""

    header: tuple[str, ...]
    geometry: GeometryCode
    needs_pt: bool
    jet_reads: tuple[str, ...]
    multiplicity: int
    levels: tuple[LevelCode, ...]
