"""Content hashes: they change with meaning, and not with spelling, comments or names."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ecdsl.ir.nodes import IR_VERSION

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Correlator, Observable
    from ecdsl.ir.plan import Plan

# Part of every kernel's hash: raise it when a template changes what it writes.
CODE_VERSION = 5


def observable_fingerprint(observable: Observable) -> str:
    """Return the hash of everything that determines a histogram (bins and values included)."""
    return _digest("observable", _anonymous(observable.model_dump()))


def kernel_fingerprint(plan: Plan) -> str:
    """Return the hash of what generated code depends on: no bins, no parameter values."""
    content = plan.model_dump()
    observable = _anonymous(content["observable"])
    for axis in observable["axes"]:
        del axis["bins"]
    for parameter in observable["parameters"]:
        del parameter["value"]
    # Which particles (or subjets) are looked at is settled before a kernel runs.
    for key in ("constituents", "group", "where", "hardest", "resolution"):
        observable["correlator"].pop(key, None)
    return _digest("kernel", {**content, "observable": observable, "code": CODE_VERSION})


def correlator_fingerprint(correlator: Correlator) -> str:
    """Return the hash of a correlator: the key under which its surrogate is shared."""
    return _digest("correlator", correlator.model_dump())


def _anonymous(observable: dict[str, Any]) -> dict[str, Any]:
    """Return the dump of an observable without the names its author chose."""
    named = {**observable, "name": ""}
    for key in ("parameters", "axes"):
        named[key] = [{**item, "name": ""} for item in observable[key]]
    return named


def _digest(kind: str, content: Any) -> str:
    text = json.dumps([kind, IR_VERSION, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
