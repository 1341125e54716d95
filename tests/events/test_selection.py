from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ir_strategies import sample

from ecdsl.diagnostics import EcdslError
from ecdsl.events.batch import JetBatch, concatenate, take_jets, whole_events
from ecdsl.events.quantities import constituent_values, jet_values
from ecdsl.events.selection import kernel_columns, require_directions, select_constituents
from ecdsl.ir import nodes as ir
from ecdsl.ir.columns import correlator_alone

CHARGED = ir.Compare(op="!=", lhs=ir.Member(quantity="charge", i=1), rhs=ir.Number(value=0.0))


def jets(counts: list[int], *, shared: bool = False, seed: int = 4) -> JetBatch:
    return sample(np.random.default_rng(seed), counts, shared=shared)


def correlator(**given: object) -> ir.Correlator:
    fields = {
        "order": 2,
        "constituents": ir.Particles(),
        "measure": "ee",
        "weight": ir.Number(value=1.0),
    }
    return ir.Correlator.model_validate(fields | given)


def above(pt: float) -> ir.Compare:
    return ir.Compare(op="<", lhs=ir.Number(value=pt, energy=1), rhs=ir.Pt(i=1))


def code(batch: JetBatch, chosen: ir.Correlator) -> str:
    with pytest.raises(EcdslError) as caught:
        kernel_columns(select_constituents(batch, chosen), correlator_alone(chosen))
    return caught.value.diagnostics[0].code


def test_the_hardest_are_taken_after_the_cut() -> None:
    batch = jets([8, 0, 5])
    chosen = select_constituents(batch, correlator(where=CHARGED, hardest=2))
    for jet in range(3):
        rows = slice(batch.offsets[jet], batch.offsets[jet + 1])
        assert batch.charge is not None
        energies = batch.energy[rows][batch.charge[rows] != 0]
        kept = chosen.energy[chosen.offsets[jet] : chosen.offsets[jet + 1]]
        np.testing.assert_array_equal(np.sort(kept)[::-1], np.sort(energies)[::-1][:2])
        # What is kept stands in the order of the file.
        assert [e for e in energies if e in kept] == list(kept)


@pytest.mark.parametrize(("measure", "what"), [("ee", ir.Energy(i=1)), ("hadron", ir.Pt(i=1))])
def test_what_hardest_means_belongs_to_the_measure(measure: str, what: ir.Expr) -> None:
    batch, chosen = jets([9]), correlator(measure=measure, hardest=3)
    values = constituent_values(what, batch, chosen)
    kept = constituent_values(what, select_constituents(batch, chosen), chosen)
    np.testing.assert_array_equal(np.sort(kept), np.sort(values)[-3:])


def test_the_jet_is_everything_that_the_file_holds() -> None:
    batch = jets([7, 4])
    chosen = select_constituents(batch, correlator(where=above(5.0), hardest=2))
    assert len(chosen.energy) < len(batch.energy)
    np.testing.assert_allclose(chosen.jet_momenta(), batch.jet_momenta())
    np.testing.assert_allclose(
        jet_values(ir.Jet(quantity="energy"), chosen), batch.sum_over_jets(batch.energy)
    )
    # ... and the sums are those over what is left.
    np.testing.assert_allclose(
        jet_values(ir.Jet(quantity="pt_sum"), chosen),
        chosen.sum_over_jets(np.hypot(chosen.px, chosen.py)),
    )


def test_cut_jets_survive_being_taken_and_joined() -> None:
    batch = select_constituents(jets([6, 3, 4]), correlator(hardest=2))
    one, rest = (take_jets(batch, np.array(mask)) for mask in ([1, 0, 0], [0, 1, 1]))
    one, rest = (take_jets(batch, np.arange(3) < 1), take_jets(batch, np.arange(3) > 0))
    joined = concatenate([one, rest])
    np.testing.assert_array_equal(joined.jet_momenta(), batch.jet_momenta())
    np.testing.assert_array_equal(joined.pdgid, batch.pdgid)


def test_whole_events_hold_the_particles_of_all_their_jets() -> None:
    batch = replace(jets([3, 0, 2, 4]), event=np.array([5, 5, 6, 6]))
    merged = whole_events(batch)
    assert merged.offsets.tolist() == [0, 3, 9]
    assert merged.event.tolist() == [5, 6]
    momenta = batch.jet_momenta()
    expected = np.stack([momenta[:, :2].sum(axis=1), momenta[:, 2:].sum(axis=1)], axis=1)
    np.testing.assert_allclose(merged.jet_momenta(), expected)


def test_what_differs_between_the_jets_of_an_event_is_no_value_of_the_event() -> None:
    batch = jets([3, 2], shared=True)
    batch = replace(batch, scale=np.array([200.0, 300.0]))
    by_scale = ir.Apply(fn="div", args=(ir.Energy(i=1), ir.Scale()))
    assert code(batch, correlator(group="event", weight=by_scale)) == "D318"
    low = ir.Compare(op="<", lhs=ir.Column(name="x_B"), rhs=ir.Number(value=1.0))
    mixed = replace(batch, labels={"x_B": np.array([0.1, 0.2])})
    assert code(mixed, correlator(group="event", windows=(low,))) == "D318"
    assert code(mixed, correlator(group="event", where=low)) == "D318"
    # Nothing asks for Q here.
    merged = select_constituents(batch, correlator(group="event"))
    kernel_columns(merged, correlator_alone(correlator(group="event")))


@pytest.mark.parametrize(
    ("lost", "leaf"),
    [
        ({"charge": None}, ir.Member(quantity="charge", i=2)),
        ({"pdgid": None}, ir.Member(quantity="pdgid", i=1)),
        ({"labels": {"mt": np.array([1.0])}}, ir.Column(name="x_B")),
    ],
)
def test_columns_that_the_events_lack_are_named(lost: dict[str, object], leaf: ir.Expr) -> None:
    batch = replace(jets([3]), **lost)  # type: ignore[arg-type]
    window = ir.Compare(op="<", lhs=ir.Number(value=0.0), rhs=leaf)
    assert code(batch, correlator(windows=(window,))) == "D317"


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({"charge": None}, {"constituents": ir.Particles(charged=True)}),
        ({"charge": None}, {"where": CHARGED}),
        ({"labels": {}}, {"weight": ir.Column(name="x_B")}),
        ({"scale": np.array([1.0, 2.0])}, {"group": "event", "weight": ir.Scale()}),
        ({"px": np.zeros(5), "py": np.zeros(5)}, {"measure": "hadron"}),
    ],
)
def test_what_is_wrong_with_one_of_many_files_names_it(
    changes: dict[str, object], chosen: dict[str, object]
) -> None:
    batch = replace(jets([3, 2], shared=True), origin="second.parquet: ", **changes)  # type: ignore[arg-type]
    summed = correlator(**chosen)
    with pytest.raises(EcdslError, match=r"^D31\d: second\.parquet: "):
        kernel_columns(select_constituents(batch, summed), correlator_alone(summed))


def test_subjets_have_no_charge() -> None:
    chosen = correlator(
        constituents=ir.Subjets(algorithm="cambridge", radius=0.3),
        weight=ir.Member(quantity="charge", i=1),
    )
    assert code(jets([5]), chosen) == "D317"


def test_jets_of_an_event_are_clustered_from_all_of_it() -> None:
    batch = jets([6, 5], shared=True)
    wanted = ir.Subjets(algorithm="antikt", radius=0.8)
    found = select_constituents(batch, correlator(constituents=wanted, group="event"))
    assert found.n_jets == 1
    np.testing.assert_allclose(found.energy.sum(), batch.energy.sum(), rtol=1e-12)
    per_jet = select_constituents(batch, correlator(constituents=wanted))
    assert code(per_jet, correlator(constituents=wanted, group="event")) == "D311"


def test_the_geometry_of_subjets_is_the_correlators() -> None:
    wanted = ir.Subjets(algorithm="cambridge", radius=0.3)
    held = select_constituents(jets([6]), correlator(constituents=wanted))
    assert held.measure == "ee"
    assert select_constituents(held, correlator(constituents=wanted)).n_jets == 1
    assert code(held, correlator(constituents=wanted, measure="hadron")) == "D311"


def along_the_beam() -> JetBatch:
    batch = jets([3])
    return replace(batch, px=batch.px * [1, 0, 1], py=batch.py * [1, 0, 1])


@pytest.mark.parametrize(
    "given",
    [
        {"measure": "hadron"},
        {"distance": ir.Between(quantity="deta", i=1, j=2)},
        {"weight": ir.Member(quantity="eta", i=1)},
    ],
)
def test_particles_along_the_beam_have_no_pseudorapidity(given: dict[str, object]) -> None:
    batch, chosen = along_the_beam(), correlator(**given)
    with pytest.raises(EcdslError, match="no transverse momentum"):
        require_directions(batch, correlator_alone(chosen))
    # A cut removes them, and looking at eta there is no error: it is infinite.
    central = ir.Compare(
        op="<",
        lhs=ir.Apply(fn="abs", args=(ir.Member(quantity="eta", i=1),)),
        rhs=ir.Number(value=20.0),
    )
    kept = select_constituents(batch, correlator(**given, where=central))
    assert kept.offsets.tolist() == [0, 2]
    require_directions(kept, correlator_alone(chosen))


def test_in_ee_the_beam_is_a_direction() -> None:
    require_directions(along_the_beam(), correlator_alone(correlator()))


def test_more_particles_than_their_sets_can_be_summed_of() -> None:
    continued = correlator(nu=2.5, tuples="all")
    assert code(jets([3, 23]), continued) == "D330"
    assert select_constituents(jets([3, 22]), continued).n_jets == 2
    # About a special particle no sets are written out.
    ranked = correlator(nu=2.5, tuples="all", ranked=True)
    assert select_constituents(jets([3, 23]), ranked).n_jets == 2
