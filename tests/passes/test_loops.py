"""A loop adds up to the sum that is declared, tuple by tuple, for whatever stays the same."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations, product
from time import process_time

import pytest
from strategies import energy_weight

from ecdsl.diagnostics import EcdslError
from ecdsl.ir.nodes import Correlator, Particles
from ecdsl.ir.plan import Symmetry
from ecdsl.passes import loops

N_PARTICLES = 5


def correlator(order, tuples, *, ranked=False):
    return Correlator(
        order=order,
        constituents=Particles(),
        measure="ee",
        weight=energy_weight(order),
        tuples=tuples,
        ranked=ranked,
    )


def group(order, *moves):
    """Return the group that some relabellings generate."""
    found, frontier = set(), {tuple(range(order))}
    while frontier:
        found |= frontier
        frontier = {tuple(p[k] for k in move) for p in frontier for move in moves} - found
    return Symmetry(order=order, generators=tuple(sorted(found)), size=len(found))


GROUPS = [
    group(1),
    group(2),
    group(2, (1, 0)),
    group(3),
    group(3, (0, 2, 1)),
    group(3, (2, 1, 0)),
    group(3, (1, 2, 0)),
    group(3, (1, 2, 0), (1, 0, 2)),
    group(4),
    group(4, (1, 0, 3, 2)),
    group(4, (1, 2, 3, 0)),
    group(4, (0, 2, 3, 1)),
    group(4, (1, 0, 2, 3), (1, 2, 3, 0)),
    group(5),
    group(5, (1, 0, 2, 3, 4)),
    group(5, (1, 2, 3, 4, 0)),
    group(5, (0, 2, 3, 4, 1), (0, 2, 1, 3, 4)),
]


def class_of(indices, symmetry):
    """Return what all tuples that a symmetry makes equal have in common."""
    return min(tuple(indices[k] for k in move) for move in symmetry.generators)


def visited(loop, ranking):
    """Yield each tuple of particles that a loop evaluates, and how often it counts."""
    everyone = range(N_PARTICLES)
    for term in loop.terms:
        letters = max(term.word) + 1
        if loop.kind == "sets":
            bound = combinations(everyone, letters)
        elif loop.kind == "ordered":
            bound = product(everyone, repeat=letters)
            bound = (b for b in bound if loop.contact or len(set(b)) == letters)
        else:
            bound = (
                (special, *others)
                for special in everyone
                for others in combinations(behind(ranking, special, loop.contact), letters - 1)
            )
        for particles in bound:
            yield tuple(particles[letter] for letter in term.word), term.multiplicity


def behind(ranking, special, contact):
    return [k for k in ranking if contact or k != special]


def declared(order, tuples):
    if tuples == "all":
        return product(range(N_PARTICLES), repeat=order)
    return permutations(range(N_PARTICLES), order)


@pytest.mark.parametrize("tuples", ["distinct", "all"])
@pytest.mark.parametrize("symmetry", GROUPS)
def test_every_class_of_equal_contributions_counts_as_often_as_it_occurs(symmetry, tuples):
    loop = loops.of_correlator(correlator(symmetry.order, tuples), symmetry)
    found = Counter()
    for indices, multiplicity in visited(loop, range(N_PARTICLES)):
        found[class_of(indices, symmetry)] += multiplicity
    expected = Counter(class_of(indices, symmetry) for indices in declared(symmetry.order, tuples))
    assert found == expected


@pytest.mark.parametrize("tuples", ["distinct", "all"])
@pytest.mark.parametrize("symmetry", GROUPS)
def test_equal_contributions_are_evaluated_once_unless_the_code_would_be_too_long(symmetry, tuples):
    order = symmetry.order
    loop = loops.of_correlator(correlator(order, tuples), symmetry)
    # Words of the first letters only: with five particles every class of words is among them.
    words = {word for word in product(range(order), repeat=order) if first_letters(word)}
    if tuples == "distinct":
        words = {word for word in words if len(set(word)) == order}
    classes = {class_of(word, symmetry) for word in words}
    assert loop.kind == ("sets" if len(classes) <= 150 else "ordered")
    assert len(loop.terms) == (len(classes) if loop.kind == "sets" else 1)
    assert type(loop.terms[0].multiplicity) is int


def first_letters(word):
    return set(word) == set(range(max(word) + 1))


@pytest.mark.parametrize("order", [6, 7, 8])
def test_many_particles_need_a_symmetry_to_be_written_out(order):
    none = Symmetry(order=order, generators=(tuple(range(order)),), size=1)
    for tuples in ("distinct", "all"):
        assert loops.of_correlator(correlator(order, tuples), none).kind == "ordered"


@pytest.mark.parametrize("tuples", ["distinct", "all"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_particles_behind_a_special_one_stand_in_their_order(order, tuples):
    trivial = group(order)
    loop = loops.of_correlator(correlator(order, tuples, ranked=True), trivial)
    ranking = (3, 0, 4, 2, 1)

    def renamed(indices):
        special, *others = indices
        return (special, *sorted(others, key=ranking.index))

    assert loop.kind == "ranked"
    found = Counter()
    for indices, multiplicity in visited(loop, ranking):
        assert indices == renamed(indices)
        found[indices] += multiplicity
    assert found == Counter(map(renamed, declared(order, tuples)))


def test_sets_count_once():
    loop = loops.of_correlator(correlator(3, "sets"), group(3, (1, 2, 0), (1, 0, 2)))
    found = list(visited(loop, range(N_PARTICLES)))
    assert found == [(indices, 1) for indices in combinations(range(N_PARTICLES), 3)]
    with pytest.raises(EcdslError) as caught:
        loops.of_correlator(correlator(3, "sets"), group(3, (1, 2, 0)))
    assert caught.value.diagnostics[0].code == "E310"


def test_classes_that_are_too_many_are_not_listed_to_be_counted():
    """One vertex of eight apart: half a million words are in too many classes."""
    apart = Symmetry(
        order=8,
        generators=tuple(
            tuple({k: k + 1, k + 1: k}.get(i, i) for i in range(8)) for k in range(1, 7)
        ),
        size=5040,
    )
    start = process_time()
    assert loops.of_correlator(correlator(8, "all"), apart).kind == "ordered"
    assert process_time() - start < 2
