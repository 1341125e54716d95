"""The plan as a picture: Graphviz DOT text (`ecdsl show NAME --stage graph | dot -Tsvg`).

From top to bottom: what is read, the loop nest over particles with its terms, what selects tuples,
and the axes; beside it the regions that marginals of a surrogate are integrated over.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ecdsl.ir.describe import LETTERS, loop_line, region_lines
from ecdsl.ir.plan import Region
from ecdsl.ir.printer import print_expr
from ecdsl.ir.text import (
    axis_line,
    geometry_lines,
    input_lines,
    selection_lines,
    spelling,
    window_lines,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.plan import Plan

_WIDTH = 72
_HEAD = """\
digraph plan {
  rankdir=TB;
  fontname="Helvetica";
  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=10];"""


def graph(plan: Plan) -> str:
    """Return the plan as a digraph in the DOT language.

    Nodes have generated names; what a user named stands in quoted labels only.
    """
    observable = plan.observable
    correlator = observable.correlator
    words = spelling([parameter.name for parameter in observable.parameters])
    drawing = _Drawing()
    events = drawing.node(["events", f"one {correlator.group} at a time"], shape="cylinder")
    source = drawing.after(events, input_lines(correlator, words))
    geometry = [f"measure {correlator.measure}", *geometry_lines(correlator, words)]
    source = drawing.after(source, geometry)
    terms = _loop(drawing, plan, source)
    selected = [*window_lines(correlator, words), *selection_lines(observable, words)]
    weight = drawing.node([f"weight {print_expr(correlator.weight, words)}"])
    gate = drawing.node(selected, shape="diamond", style="solid") if selected else weight
    for term in terms:
        drawing.edge(term, gate)
    if gate != weight:
        drawing.edge(gate, weight, "passes")
    for axis in observable.axes:
        drawing.after(weight, [axis_line(axis, words)], shape="folder", style="solid")
    _regions(drawing, plan, events)
    title = _quoted([f"observable {observable.name}"])
    return "\n".join([_HEAD, f"  label={title};", "  labelloc=t;", *drawing.lines, "}"]) + "\n"


class _Drawing:
    """Lines of DOT, with nodes numbered as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._n_nodes = 0

    def node(self, text: Sequence[str], **attributes: str) -> str:
        name = f"n{self._n_nodes}"
        self._n_nodes += 1
        rest = "".join(f", {key}={value}" for key, value in attributes.items())
        self.lines.append(f"  {name} [label={_quoted(text)}{rest}];")
        return name

    def edge(self, start: str, end: str, label: str = "") -> None:
        text = f" [label={_quoted([label])}]" if label else ""
        self.lines.append(f"  {start} -> {end}{text};")

    def after(self, start: str, text: Sequence[str], **attributes: str) -> str:
        name = self.node(text, **attributes)
        self.edge(start, name)
        return name

    def cluster(self, label: str) -> None:
        self.lines.append(f"  subgraph cluster_{self._n_nodes} {{")
        self.lines.append(f"  label={_quoted([label])};")

    def end_cluster(self) -> None:
        self.lines.append("  }")


def _loop(drawing: _Drawing, plan: Plan, source: str) -> list[str]:
    """Draw a node for each loop and one for each term, inside the loop that it is added in."""
    symmetry = plan.symmetry
    kind = "every relabelling" if symmetry.is_full else f"{symmetry.size} relabelling(s)"
    drawing.cluster(f"sum over tuples; {kind} of {symmetry.order} particles change(s) nothing")
    terms: list[str] = []
    depth = max(letter for term in plan.terms for letter in term.word)
    for level in range(depth + 1):
        source = drawing.after(source, [loop_line(plan.loop, level)], shape="house")
        for term in plan.terms:
            if max(term.word) == level:
                tuple_text = ", ".join(LETTERS[letter] for letter in term.word)
                label = [f"({tuple_text})", f"counts {term.multiplicity}"]
                terms.append(drawing.after(source, label, shape="ellipse", style="solid"))
    drawing.end_cluster()
    return terms


def _regions(drawing: _Drawing, plan: Plan, events: str) -> None:
    if not plan.regions:
        return
    words = spelling([parameter.name for parameter in plan.observable.parameters])
    drawing.cluster("marginals of a surrogate")
    density = drawing.node(["density of the sorted sides"], shape="cylinder")
    for region in plan.regions:
        if isinstance(region, Region):
            drawing.after(density, region_lines(region, words))
        else:
            drawing.after(density, [f"no change of variables: {region.reason}"])
    drawing.end_cluster()
    drawing.lines.append(f'  {events} -> {density} [style=dashed, label="learned"];')


def _quoted(lines: Sequence[str]) -> str:
    """Return lines as a DOT string, left-justified, in which nothing has a meaning of its own."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, _WIDTH) or [""]]
    escaped = (part.replace("\\", "\\\\").replace('"', '\\"') for part in wrapped)
    return '"' + "".join(f"{part}\\l" for part in escaped) + '"'
