from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events.batch import JetBatch, concatenate
from ecdsl.events.read_parquet import describe, read_events
from ecdsl.events.schema import CHECKSUM_KEY, METADATA_KEY, EventsMetadata, metadata_checksum
from ecdsl.events.write_parquet import write_events
from ecdsl.ir import nodes as ir

if TYPE_CHECKING:
    from collections.abc import Callable


def read_all(path: Path) -> JetBatch:
    return concatenate(list(read_events(path)))


def foreign(folder: Path, **changes: Any) -> Path:
    """A file of another program: two events, three jets."""
    columns: dict[str, Any] = {
        "px": [[1.0, 2.0], [3.0], [4.0]],
        "py": [[0.0, 0.0], [0.0], [0.0]],
        "pz": [[0.0, 0.0], [0.0], [0.0]],
        "E": [[1.0, 2.0], [3.0], [4.0]],
        "Q": [10.0, 10.0, 20.0],
        "event": [1, 1, 2],
        **changes,
    }
    path = folder / "foreign.parquet"
    pq.write_table(pa.table({k: v for k, v in columns.items() if v is not None}), path)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(EcdslError) as caught:
        read_all(path)
    diagnostic = caught.value.diagnostics[0]
    assert path.name in diagnostic.message
    return diagnostic.code


def test_jets_survive_the_file(particles: JetBatch, particle_file: Path) -> None:
    again = read_all(particle_file)
    for column in ("offsets", "px", "py", "pz", "energy", "charge", "pdgid", "scale", "event"):
        np.testing.assert_array_equal(getattr(again, column), getattr(particles, column))
    np.testing.assert_array_equal(again.labels["mt"], particles.labels["mt"])
    assert again.constituents == ir.Particles()


def test_a_file_says_what_is_in_it(sample: Path) -> None:
    info = describe(sample)
    assert (info.n_jets, info.n_events) == (120, 60)
    assert info.labels == {"mt": (170.0, 180.0)}
    assert info.constituents == ir.Subjets(algorithm="cambridge", radius=0.1)
    assert info.metadata is not None
    assert info.metadata.simulation is not None
    assert info.metadata.simulation.seed == 5
    stored = json.loads(pq.read_metadata(sample).metadata[b"ecdsl"])
    assert stored["schema"] == "ecdsl/events/1"


@pytest.mark.parametrize("chunk_jets", [1, 7, 30, 119, 120, 1000])
def test_chunks_end_where_events_end(sample: Path, chunk_jets: int) -> None:
    chunks = list(read_events(sample, chunk_jets=chunk_jets))
    events = [set(chunk.event.tolist()) for chunk in chunks]
    assert sum(len(event) for event in events) == 60
    assert all(chunk.n_jets == max(2, min(chunk_jets, 120) // 2 * 2) for chunk in chunks[:-1])
    np.testing.assert_array_equal(concatenate(chunks).px, read_all(sample).px)


def test_chunks_do_not_depend_on_row_groups(particle_file: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.parquet"
    pq.write_table(pq.read_table(particle_file), small, row_group_size=17)
    sizes = [
        [b.n_jets for b in read_events(path, chunk_jets=31)] for path in (particle_file, small)
    ]
    assert sizes[0] == sizes[1]


def long_file(folder: Path) -> Path:
    """A file of 40 parts."""
    energy = np.random.default_rng(1).uniform(1, 2, 200_000)
    offsets = np.arange(0, len(energy) + 1, 10)
    px, zero = (pa.LargeListArray.from_arrays(offsets, x) for x in (energy, 0 * energy))
    jets = np.arange(len(px))
    columns = {"px": px, "py": zero, "pz": zero, "E": px, "Q": 1.0 + jets, "event": jets}
    pq.write_table(pa.table(columns), folder / "long.parquet", row_group_size=500)
    return folder / "long.parquet"


def test_a_file_that_is_read_in_chunks_is_never_held_whole(tmp_path: Path) -> None:
    before, path = pa.total_allocated_bytes(), long_file(tmp_path)
    held = [pa.total_allocated_bytes() for _ in read_events(path, chunk_jets=500)]
    assert len(held) == 40
    assert max(held) - before < path.stat().st_size / 4


def test_an_event_larger_than_a_chunk_stays_whole(tmp_path: Path) -> None:
    path = foreign(tmp_path, event=[1, 1, 1])
    assert [chunk.n_jets for chunk in read_events(path, chunk_jets=2)] == [3]


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    path = foreign(tmp_path, label_mt=[170, 170, 175], note=["a", "b", "c"])
    jets = read_all(path)
    assert jets.constituents == ir.Particles()
    assert jets.labels["mt"].tolist() == [170.0, 170.0, 175.0]
    assert jets.offsets.tolist() == [0, 2, 3, 4]
    assert describe(path).metadata is None
    assert describe(path).labels == {"mt": (170.0, 175.0)}


@pytest.mark.parametrize("kind", [pa.float32(), pa.int32()])
def test_other_kinds_of_numbers_are_cast(tmp_path: Path, kind: pa.DataType) -> None:
    px = pa.array([[1, 2], [3], [4]], pa.large_list(kind))
    jets = read_all(foreign(tmp_path, px=px, event=pa.array([1, 1, 2], pa.uint16())))
    assert jets.px.dtype == np.float64
    assert jets.event.dtype == np.int64
    assert jets.px.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_jet_may_be_empty(tmp_path: Path) -> None:
    empty = {name: [[1.0], [], [2.0]] for name in ("px", "E")}
    zero = {name: [[0.0], [], [0.0]] for name in ("py", "pz")}
    assert read_all(foreign(tmp_path, **empty, **zero)).offsets.tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"E": None}, "D306"),
        ({"event": None}, "D306"),
        ({"px": [[1.0, None], [3.0], [4.0]]}, "D307"),
        ({"px": [[1.0, 2.0], None, [4.0]]}, "D307"),
        ({"Q": [10.0, None, 20.0]}, "D307"),
        ({"event": [1, None, 2]}, "D307"),
        ({"px": [["1", "2"], ["3"], ["4"]]}, "D307"),
        ({"px": [1.0, 2.0, 3.0]}, "D307"),
        ({"Q": ["10", "10", "20"]}, "D307"),
        ({"Q": [[10.0], [10.0], [20.0]]}, "D307"),
        ({"event": [1.0, 1.5, 2.0]}, "D307"),
        ({"event": ["a", "a", "b"]}, "D307"),
        ({"label_mt": ["a", "b", "c"]}, "D307"),
        ({"py": [[0.0], [0.0, 0.0], [0.0]]}, "D307"),
        ({"charge": [[1.0], [0.0], [0.0]]}, "D307"),
        ({"pdgid": [[211.5, 1.0], [1.0], [2.0]]}, "D307"),
        ({"E": [{"a": 1.0}, {"a": 3.0}, {"a": 4.0}]}, "D307"),
        ({"E": pa.array([[(1, 2.0)]] * 3, pa.map_(pa.int8(), pa.float64()))}, "D307"),
        ({"label_mt": [170.0, float("nan"), 175.0]}, "D307"),
        ({"weight_up": [1.0, 1.0, float("nan")]}, "D307"),
        ({"weight_up": [1.0, 1.0, None]}, "D307"),
        ({"weight_up": [1.0, 2.0, 1.0]}, "D331"),
        ({"event": [2, 2, 1]}, "D310"),
        ({"event": [1, 2, 1]}, "D310"),
        ({"px": [[float("nan"), 2.0], [3.0], [4.0]]}, "D301"),
        ({"E": [[1.0, 2.0], [1e300], [4.0]]}, "D301"),
        ({"charge": [[1.0, float("nan")], [1.0], [0.0]]}, "D301"),
        ({"charge": [[1.0, 0.0], [float("inf")], [0.0]]}, "D301"),
        ({"E": [[1.0, 2.0], [2.0], [4.0]]}, "D302"),
        ({"Q": [10.0, 10.0, 0.0]}, "D303"),
        ({"Q": [10.0, 10.0, float("inf")]}, "D303"),
    ],
)
def test_what_is_wrong_with_a_column_is_said(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    assert code_of(foreign(tmp_path, **changes)) == code


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = foreign(tmp_path)
    table = pq.read_table(path)
    twice = pa.Table.from_arrays([*table.columns, table["E"]], [*table.column_names, "E"])
    pq.write_table(twice, path)
    assert code_of(path) == "D307"


def test_missing_columns_are_listed_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(EcdslError, match="`E`") as caught:
        read_all(foreign(tmp_path, E=None, energy=[[1.0, 2.0], [3.0], [4.0]]))
    assert "energy" in caught.value.diagnostics[0].notes[0]


def test_order_is_checked_across_chunks(tmp_path: Path) -> None:
    path = foreign(tmp_path, event=[3, 3, 2])
    with pytest.raises(EcdslError, match="D310"):
        list(read_events(path, chunk_jets=1))


def test_no_jets_is_an_error(tmp_path: Path) -> None:
    path = foreign(tmp_path)
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert code_of(path) == "D309"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "D309"), (b"E 1 2 3\n", "D304"), (b"\x89HDF\r\n", "D304"), (b"PAR1", "D305")],
)
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(content)
    assert code_of(path) == code


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere.parquet") == "D304"
    assert code_of(tmp_path) == "D304"


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(sample: Path, tmp_path: Path, fraction: float) -> None:
    content = sample.read_bytes()
    path = tmp_path / "cut.parquet"
    path.write_bytes(content[: int(fraction * len(content))])
    assert code_of(path) == "D305"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"radius":0.1', b'"radius":0.3'),
        (b"ecdsl.sha256", b"ecdsl.sha255"),
        (b"\x05ecdsl\x18", b"\x05ecdsm\x18"),
        (b"label_mt", b"label_mu"),
    ],
)
def test_a_changed_description_is_noticed(
    sample: Path, tmp_path: Path, old: bytes, new: bytes
) -> None:
    content = sample.read_bytes()
    assert old in content
    path = tmp_path / "changed.parquet"
    path.write_bytes(content.replace(old, new))
    assert code_of(path) == "D305"


@pytest.mark.parametrize("footer", [b"PAR1", b"\x00" * 200 + b"\xff\xff\x00\x00PAR1"])
def test_a_spoiled_footer_is_refused(sample: Path, tmp_path: Path, footer: bytes) -> None:
    path = tmp_path / "footer.parquet"
    path.write_bytes(sample.read_bytes()[:-300] + footer)
    assert code_of(path) == "D305"


def test_a_flipped_bit_is_noticed_or_harmless(sample: Path, tmp_path: Path) -> None:
    content, whole = sample.read_bytes(), read_all(sample)
    footer = len(content) - int.from_bytes(content[-8:-4], "little") - 8
    path = tmp_path / "flipped.parquet"
    noticed = 0
    in_pages, in_footer = range(4, footer, footer // 60), range(footer, len(content) - 8, 23)
    for place in (*in_pages, *in_footer):
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << (place % 8)
        path.write_bytes(spoiled)
        try:
            jets = read_all(path)
        except EcdslError:
            noticed += place < footer
            continue
        # What no checksum covers are statistics and the like, which are not read.
        for column in ("px", "py", "pz", "energy", "offsets", "scale", "event"):
            np.testing.assert_array_equal(getattr(jets, column), getattr(whole, column))
        np.testing.assert_array_equal(jets.labels["mt"], whole.labels["mt"])
        assert jets.constituents == whole.constituents
    assert noticed > 0.9 * len(in_pages)


def rewritten(sample: Path, path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of the sample whose description is changed and whose checksum agrees."""
    table = pq.read_table(sample)
    description = json.loads(pq.read_metadata(sample).metadata[METADATA_KEY])
    change(description)
    text = json.dumps(description).encode()
    metadata = {METADATA_KEY: text, CHECKSUM_KEY: metadata_checksum(text)}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_another_major_schema_is_refused(sample: Path, tmp_path: Path) -> None:
    def later(description: dict[str, Any]) -> None:
        description["schema"] = "ecdsl/events/2"

    assert code_of(rewritten(sample, tmp_path / "two.parquet", later)) == "D308"


def test_fields_of_a_later_minor_version_are_ignored(sample: Path, tmp_path: Path) -> None:
    def later(description: dict[str, Any]) -> None:
        description["weather"] = "fair"

    path = rewritten(sample, tmp_path / "later.parquet", later)
    assert describe(path).n_jets == 120


def test_jets_that_are_missing_are_noticed(sample: Path, tmp_path: Path) -> None:
    def more(description: dict[str, Any]) -> None:
        description["n_jets"] = 122

    assert code_of(rewritten(sample, tmp_path / "few.parquet", more)) == "D305"


def test_a_failed_write_leaves_the_old_file(particles: JetBatch, particle_file: Path) -> None:
    before = particle_file.read_bytes()
    metadata = EventsMetadata(constituents=ir.Particles(), labels=("mt",), n_jets=1, n_events=1)
    spoiled = replace(particles, scale=particles.scale[:-1])
    with pytest.raises(pa.ArrowInvalid):
        write_events(particle_file, [particles, spoiled], metadata)
    assert particle_file.read_bytes() == before
    assert list(particle_file.parent.iterdir()) == [particle_file]


def test_a_folder_that_cannot_be_written_is_an_error(particles: JetBatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    metadata = EventsMetadata(constituents=ir.Particles(), labels=("mt",), n_jets=1, n_events=1)
    with pytest.raises(EcdslError, match="D314"):
        write_events(tmp_path / "file" / "out.parquet", [particles], metadata)
