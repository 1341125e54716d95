"""Random `.obs` texts without errors: every construct of the language, spelled in many ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

from hypothesis import strategies as st

NUMBERS = ("0.5", "2", "1e-3", ".25", "1/3", "(1 + 2)", "sqrt(2)")
JET = ("Q", "E_jet", "pt_jet", "mass_jet")
SUMS = ("E_sum", "pt_sum", "et_sum")
BINS = {
    "energy": ("5 bins in [1 GeV, 0.2 TeV]", "edges [0 GeV, 50 GeV, 80 GeV]"),
    "number": (
        *("4 bins in [-1, 2]", "6 log bins in [1e-3, 1]", "7 symlog(1e-2) bins in [-1, 1]"),
        *("8 logit bins in [1e-3, 0.999]", "edges [0, 0.1, 1/2, 1]", "3 linear bins in [0, 1]"),
    ),
}
MEASURES = (
    "sqrt((1 - cos({a}, {b})) / 2)",
    "deta({a}, {b})^2 + dphi({b}, {a})^2",
    "theta({a}, {b}) * 0.5",
    "max(dR({a}, {b}), 0.1)",
)
OVER = (
    *("particles", "charged", "subjets(algorithm = cambridge, R = 0.1)", "subjets(kt, 1/5)"),
    *("jets(algorithm = antikt, R = 0.4)",),
)


@dataclass(frozen=True)
class Names:
    """The names that an expression can use, by what they are."""

    leaves: dict[str, tuple[str, ...]]

    def with_(self, kind: str, name: str) -> Names:
        return Names(self.leaves | {kind: (*self.leaves.get(kind, ()), name)})


@dataclass
class Sum:
    """A correlator: its text and what it provides."""

    name: str
    text: str
    order: int
    names: Names


@dataclass
class File:
    """The declarations of a file, and the names they can use of each other."""

    texts: list[str] = field(default_factory=list)
    outer: Names = field(default_factory=lambda: Names({}))
    measures: list[str] = field(default_factory=list)


# --- expressions ---------------------------------------------------------------------------------


@st.composite
def expression(draw, kind, names, depth=2):
    """An expression of a `distance`, an `angle`, an `energy`, a `whole` or another `number`."""
    leaves = names.leaves.get(kind, ())
    if kind == "number" and (not leaves or draw(st.integers(0, 3)) == 0):
        leaves = NUMBERS
    if kind == "whole":
        return draw(st.sampled_from(("{}", "abs({})", "-{}", "2 * {}"))).format(
            draw(st.sampled_from((*leaves, "421", "1")))
        )
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(leaves))

    def again(other=kind):
        return draw(expression(other, names, depth - 1))

    forms = [
        lambda: f"{again()} + {again()}",
        lambda: f"{again()}\n    - ({again()})",
        lambda: f"max({again()}, {again()})",
        lambda: f"mean({again()}, {again()}, {again()})",
        lambda: f"median({again()}, {again()}, {again()})",
        lambda: f"({again()}) * {draw(st.sampled_from(NUMBERS))}",
        lambda: f"abs(-({again()}))",
    ]
    if kind == "number":
        forms += [
            lambda: f"exp(-({again()})^2)",
            lambda: f"({again()})^2 / (1 + ({again()})^2)",
        ]
        for other in ("distance", "angle", "energy"):
            if names.leaves.get(other):
                forms.append(lambda other=other: f"atan(({again(other)}) / ({again(other)}))")
    return draw(st.sampled_from(forms))()


@st.composite
def condition(draw, names, depth=1):
    """A condition on what `names` offer."""
    kinds = [kind for kind, leaves in names.leaves.items() if leaves and kind != "fixed"]
    kind = draw(st.sampled_from(kinds))
    sides = [draw(expression(kind, names, 1)) for _ in range(draw(st.integers(2, 3)))]
    operators = ("==", "!=", "<", ">=") if kind == "whole" else ("<", "<=", ">", ">=")
    text = sides[0]
    for side in sides[1:]:
        text += f" {draw(st.sampled_from(operators))} {side}"
    if depth == 0 or draw(st.booleans()):
        return text
    other = draw(condition(names, depth - 1))
    form = draw(st.sampled_from(("({}) and {}", "{} or ({})", "not ({}) and {}", "{}\n    and {}")))
    return form.format(text, other)


# --- correlators ---------------------------------------------------------------------------------


def tuple_names(order, measure, outer, sides, *, clustered):
    """What a correlator offers to expressions."""
    particles = range(1, order + 1)
    pairs = list(combinations(particles, 2))
    written = [(f"{i}{j}", f"({j}, {i})") for i, j in pairs]
    angles = {"ee": ("theta",), "hadron": ("dR",)}.get(measure, ("theta", "dR"))
    leaves = {
        "distance": [f"z{text}" for both in written for text in both] + list(sides),
        "angle": [f"{kind}{text}" for kind in (*angles, "deta", "dphi") for _, text in written],
        "energy": [f"{kind}{i}" for kind in ("E", "pt", "et", "mass") for i in particles],
        "number": [f"eta{i}" for i in particles] + ["eta_jet"],
        "whole": [] if clustered else [f"{kind}{i}" for kind in ("q", "id") for i in particles],
    }
    leaves["distance"] += [f"z({i}, jet)" for i in particles]
    leaves["angle"] += [f"theta({i}, beam)" for i in particles] + ["dphi(1, jet)"]
    leaves["energy"] += [*JET, *SUMS, *(f"mass{text}" for both in written for text in both)]
    if order >= 3:
        leaves["number"] += ["triple(1, 3, 2)"]
        leaves["angle"] += ["azimuth(2, 1, 3)"]
    return merged(leaves, outer)


def merged(leaves, outer):
    kinds = {*leaves, *outer.leaves}
    return Names({k: (*leaves.get(k, ()), *outer.leaves.get(k, ())) for k in sorted(kinds)})


@st.composite
def correlator(draw, name, file):
    order = draw(st.integers(1, 4))
    over = draw(st.sampled_from(OVER))
    clustered = over.startswith(("subjets", "jets"))
    measure = draw(st.sampled_from(("ee", "hadron", *file.measures)))
    count = order * (order - 1) // 2
    naming = draw(st.sampled_from(("", "sides", "points"))) if count else ""
    sides = [f"s{k}" for k in range(1, count + 1)] if naming == "sides" else []
    names = tuple_names(order, measure, file.outer, sides, clustered=clustered)
    energy, scale = draw(st.sampled_from((("E", "Q"), ("pt", "pt_jet"), ("et", "et_sum"))))
    product = " * ".join(f"{energy}{i}" for i in range(1, order + 1))
    weight = f"({product} / {scale}^{order})^{draw(st.sampled_from(('1', '2', '0.5')))}"
    if not clustered and draw(st.booleans()):
        weight = f"q1 * {weight}"
    lines = [f"order {order}", f"over {over}", f"measure {measure}", f"weight {weight}"]
    lines += [f"tuples {draw(st.sampled_from(('distinct', 'all')))}"]
    if not over.startswith("jets"):
        lines += draw(st.sampled_from(([], ["per jet"], ["per event"])))
    if draw(st.booleans()):
        lines += [f"where {draw(condition(one_names(file.outer, clustered=clustered)))}"]
    if draw(st.booleans()):
        lines += [f"hardest {draw(st.integers(order, 50))}"]
    if draw(st.booleans()):
        lines += [f"accept {draw(st.sampled_from(('W110', 'W301', 'W110, W301')))}"]
    lines += [f"window {draw(condition(names))}" for _ in range(draw(st.integers(0, 2)))]
    if naming == "sides":
        lines += [f"sides {' <= '.join(sides)}"]
    if naming == "points":
        lines += [f"points {' >= '.join(f'z1{j}' for j in range(2, order + 1))}"]
    body = draw(block(draw(st.permutations(lines))))
    return Sum(name, f"correlator {name} {body}", order, names)


def one_names(outer, *, clustered):
    """What `where` knows."""
    leaves = {
        "energy": ["E", "pt", "et", "mass", *JET],
        "number": ["eta", "eta_jet"],
        "whole": [] if clustered else ["charge", "pdgid"],
    }
    return merged(leaves, outer)


# --- shapes and observables ----------------------------------------------------------------------


@st.composite
def statements(draw, made, names):
    """Lets, windows, a delta and axes; the kind of each axis by its name."""
    lines = []
    for k in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from([k for k in ("distance", "energy") if names.leaves.get(k)]))
        lines.append(f"let let{k} = {draw(expression(kind, names))}")
        names = names.with_(kind, f"let{k}")
    lines += [f"window {draw(condition(names))}" for _ in range(draw(st.integers(0, 2)))]
    if made.order > 2 and draw(st.booleans()):
        ending = draw(st.sampled_from(("within [-0.1, 0.2]", "within [0, 1/4]")))
        lines.append(f"delta z12 - ({draw(expression('distance', names, 1))}) {ending}")
    axes = {"x": draw(st.sampled_from(("distance", "angle") if made.order > 1 else ("angle",)))}
    if draw(st.booleans()):
        axes["p"] = "energy"
    values = {"x": draw(expression(axes["x"], names)), "p": draw(st.sampled_from((*JET, *SUMS)))}
    return lines, {name: (values[name], kind) for name, kind in axes.items()}


def bins_for(draw, kind):
    return draw(st.sampled_from(BINS["energy" if kind == "energy" else "number"]))


@st.composite
def anonymous(draw, name, made):
    lines, axes = draw(statements(made, made.names))
    lines += [
        f"axis {axis} = {text}: {bins_for(draw, kind)}" for axis, (text, kind) in axes.items()
    ]
    return f"observable {name} = {made.name} | {draw(block(lines))}"


@st.composite
def named(draw, name, made):
    """A shape with parameters, and an observable of it."""
    names = made.names.with_("number", "low").with_("number", "width")
    lines, axes = draw(statements(made, names))
    lines += [f"axis {axis} = {text}" for axis, (text, _) in axes.items()]
    head = f"shape of_{name}(low in [0, 1] = 0.5, width in (0, 1/2])"
    bins = [f"axis {axis}: {bins_for(draw, kind)}" for axis, (_, kind) in axes.items()]
    arguments = draw(st.sampled_from(("width = 0.1", "0.25, 0.5", "width = 1/4, low = 1")))
    use = f"observable {name} = {made.name} | of_{name}({arguments}) {draw(block(bins))}"
    return f"{head} {draw(block(lines))}\n\n{use}"


@st.composite
def block(draw, lines):
    """Statements between braces, ended in one of the ways there are."""
    end = st.sampled_from(("\n  ", "\n\n  ", "  # why\n  ", ";\n  ", "; ", "\r\n\t"))
    return "{\n  " + "".join(line + draw(end) for line in lines) + "}"


@st.composite
def derivations(draw, names):
    """Arithmetic of observables, each with itself: others may have other bins."""
    forms = (
        *("{0} / {0}", "normalize({0}) - 2 * {0}", "density({0})", "-{0} + 1", "(1/2) * {0}"),
        "({0} + {0}) / (3 - {0})",
    )
    lines = []
    for k, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=3))):
        lines.append(f"derive d{k} = {draw(st.sampled_from(forms)).format(name)}")
        if draw(st.booleans()):
            lines.append(f"derive e{k} = d{k} * d{k}")
    return lines


@st.composite
def source_files(draw):
    """A file that the front end accepts, if not without warnings; passes may still reject it."""
    file = File()
    if draw(st.booleans()):
        file.texts += ["constant mass_0 = 172.5 GeV", "constant third = 1 / 3"]
        file.texts += ["constant half_mass = mass_0 / 2; constant D0 = 421"]
        file.outer = Names(
            {"energy": ("mass_0", "half_mass"), "number": ("third",), "whole": ("D0",)}
        )
    if draw(st.booleans()):
        file.texts += ["column x_B", f"column m_ref in {draw(st.sampled_from(('GeV', 'MeV^1')))}"]
        file.outer = merged({"energy": ["m_ref"], "number": ["x_B"]}, file.outer)
    for k in range(draw(st.integers(0, 2))):
        text = draw(st.sampled_from(MEASURES)).format(a="a", b="b")
        file.texts.append(f"measure own{k}(a, b) = {text}")
        file.measures.append(f"own{k}")
    made = [draw(correlator(f"sum{k}", file)) for k in range(draw(st.integers(1, 2)))]
    file.texts += [item.text for item in made]
    names = [f"seen{k}" for k in range(draw(st.integers(1, 3)))]
    for name in names:
        file.texts.append(draw(st.one_of(*(f(name, m) for f in (anonymous, named) for m in made))))
    file.texts += draw(derivations(names))
    gap = st.sampled_from(("\n", "\n\n", "\n\n## What it is.\n", "\n# why\n"))
    return "".join(text + draw(gap) for text in file.texts)
