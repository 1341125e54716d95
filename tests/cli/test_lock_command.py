"""`ecdsl lock` and `--frozen` on the command line."""

from __future__ import annotations

import json

GOOD = """
correlator pairs {
  order 2
  over particles
  measure ee
  weight E1 * E2 / Q^2
}
observable eec = pairs | {
  axis zeta = z12: 10 log bins in [1e-3, 1]
}
"""


def test_frozen_compiles_what_was_locked_and_nothing_else(ecdsl, project):
    root = project(observables=GOOD)

    missing = ecdsl("compile", "--frozen")
    assert missing.returncode == 1
    assert "D120" in missing.stderr

    assert ecdsl("lock").stderr.startswith("wrote: ecdsl.lock (1 observable(s), 0 module(s)")
    assert ecdsl("lock").stderr.startswith("unchanged: ecdsl.lock")
    assert ecdsl("compile", "--frozen").returncode == 0
    assert ecdsl("check", "--frozen").returncode == 0

    (root / "observables" / "mine.obs").write_text(GOOD.replace("10 log", "20 log"))
    changed = ecdsl("compile", "--frozen", "-o", "other")
    assert changed.returncode == 1
    assert "error[D122]: `eec`" in changed.stderr
    assert not (root / "other").exists()
    found = json.loads(ecdsl("check", "--frozen", "--format", "json").stdout)
    assert [(item["code"], item["line"]) for item in found] == [("D122", 8)]
    assert ecdsl("infer", "--frozen").returncode == 1
