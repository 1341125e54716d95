"""The picture of a plan: DOT that parses, holds what the plan holds, and no name means more."""

from __future__ import annotations

import shutil
import subprocess

import pydot
import pytest

from ecdsl.backends.graph import graph
from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Bins,
    Compare,
    Correlator,
    Delta,
    Energy,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Scale,
    Side,
    Subjets,
)
from ecdsl.passes import pipeline

# pydot calls an older pyparsing's names.
pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")


def apply(fn, *args):
    return Apply(fn=fn, args=args)


def observable(tuples="all", name="seen", constituents=None):
    energies = apply("mul", Energy(i=1), Energy(i=2), Energy(i=3))
    weight = apply("div", energies, apply("pow", Scale(), Number(value=3.0)))
    close = Compare(op="<", lhs=apply("sub", Side(k=3), Side(k=1)), rhs=Parameter(index=0))
    return Observable(
        name=name,
        correlator=Correlator(
            order=3,
            constituents=constituents or Particles(charged=True),
            measure="ee",
            weight=weight,
            tuples=tuples,
        ),
        parameters=(ParameterSpec(name=name, lower=0, upper=1, value=0.1),),
        deltas=(
            Delta(
                expr=apply("sub", Side(k=2), Side(k=1)),
                lower=Number(value=0),
                upper=Parameter(index=0),
            ),
        ),
        windows=(close,),
        axes=(
            Axis(name=name, expr=Pair(i=1, j=2), bins=Bins(n=5, lower=0, upper=1)),
            Axis(name="zeta", expr=Side(k=3), bins=Bins(n=9, lower=0.1, upper=1, spacing="log")),
        ),
    )


def parsed(text):
    (drawing,) = pydot.graph_from_dot_data(text)
    return drawing


def nodes(drawing):
    inner = [node for cluster in drawing.get_subgraphs() for node in nodes(cluster)]
    return [*(n for n in drawing.get_nodes() if n.get_name() not in {"node", "edge"}), *inner]


def labels(drawing):
    return [node.get_label().strip('"').replace("\\l", "\n") for node in nodes(drawing)]


def test_every_part_of_the_plan_is_drawn():
    plan = pipeline.run(observable(constituents=Subjets(algorithm="kt", radius=0.25)))
    text = "\n".join(labels(parsed(graph(plan))))

    for part in (
        "one jet at a time",
        "over subjets(algorithm = kt, R = 0.25)",
        "measure ee",
        "for a",
        "for b > a",
        "for c > b",
        "weight E1*E2*E3",
        "delta ",
        "window ",
        "5 bins in [0, 1]",
        "9 log bins in [0.1, 1]",
    ):
        assert part in text
    assert text.count("counts") == len(plan.terms)
    for term in plan.terms:
        assert f"({', '.join('abc'[k] for k in term.word)})\ncounts {term.multiplicity}" in text
    assert text.count("share") == sum(region.node == "region" for region in plan.regions)


def test_every_edge_joins_two_nodes_and_no_node_is_alone():
    drawing = parsed(graph(pipeline.run(observable())))
    edges = [*drawing.get_edges(), *(e for c in drawing.get_subgraphs() for e in c.get_edges())]
    ends = {end for edge in edges for end in (edge.get_source(), edge.get_destination())}

    assert ends == {node.get_name() for node in nodes(drawing)}


def test_terms_hang_below_the_loop_that_completes_them():
    drawing = parsed(graph(pipeline.run(observable())))
    (loops,) = (c for c in drawing.get_subgraphs() if "sum over tuples" in c.get_label())
    label = {node.get_name(): node.get_label() for node in nodes(loops)}
    below = [
        (label[e.get_destination()][2:9], label[e.get_source()])
        for e in loops.get_edges()
        if label[e.get_destination()].startswith('"(')
    ]

    assert ("a, a, a", '"for a\\l"') in below
    for letters, loop in below:
        assert loop.startswith(f'"for {max(letters)}')


def test_picture_is_the_same_every_time():
    assert graph(pipeline.run(observable())) == graph(pipeline.run(observable()))


@pytest.mark.parametrize(
    "name", ['"]; evil [label="', "\\", '\\"', "a\nb", "<b>", "\\N", "{{x}}", "]}", "é\u202e"]
)
def test_names_are_text_only(name):
    tame, wild = (graph(pipeline.run(observable(name=n))) for n in ("seen", name))

    found = parsed(wild)
    assert [n.get_name() for n in nodes(found)] == [n.get_name() for n in nodes(parsed(tame))]
    assert "evil" not in {node.get_name() for node in nodes(found)}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_dot_draws_it():
    text = graph(pipeline.run(observable()))
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True)  # noqa: S607
    assert "<svg" in done.stdout
