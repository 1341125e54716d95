"""NAME on the command line: what a file declares, whatever other files declare."""

from __future__ import annotations

from ecdsl.cli.names import manifests
from ecdsl.cli.output import Output
from ecdsl.project import find_project

TEXT = """
correlator pair {{ order 2; over particles; measure ee; weight E1 * E2 / Q^2 }}
observable same = pair | {{ axis zeta = z12: {bins} bins in [0, 1] }}
"""


def test_two_files_may_be_named_that_declare_one_name(tmp_path, monkeypatch):
    (tmp_path / "observables").mkdir()
    for file, bins in (("a", 3), ("b", 5)):
        (tmp_path / f"observables/{file}.obs").write_text(TEXT.format(bins=bins))
    monkeypatch.chdir(tmp_path)
    project = find_project(tmp_path)
    names = ["observables/a.obs:same", "observables/b.obs:same"]
    # Compiled, and taken from one manifest after the other.
    for _ in range(2):
        found = manifests(project, names, Output(quiet=True, verbose=False))
        assert [m.observable.axes[0].bins.n for m in found] == [3, 5]
