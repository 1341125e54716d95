"""A compiled derived observable: its expression and all that its operands are filled with.

`build/<name>.json` is self-contained: it holds the operands' manifests, whose kernels lie where
those of every observable lie, under their fingerprints.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ecdsl.artifacts.manifest import Manifest, Provenance
from ecdsl.ir.derived import DerivedExpr, operand_indices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Axis

SCHEMA: Final = "ecdsl/derived/1"


class DerivedManifest(BaseModel):
    """One compiled derived observable.

    Attributes:
        fingerprint: Of everything that determines its values: the expression and the fingerprints
            of the operands.
        expr: The expression of the operands.
        operands: The compiled observables that `expr` counts, all of equal bins.
        formula: LaTeX of the expression in the operands' names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["ecdsl/derived/1"] = SCHEMA
    name: str
    fingerprint: str
    expr: DerivedExpr
    operands: tuple[Manifest, ...] = Field(min_length=1)
    formula: str
    provenance: Provenance
    versions: dict[str, str]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, named as those of the first operand."""
        return self.operands[0].observable.axes

    @model_validator(mode="after")
    def _operands_fit(self) -> DerivedManifest:
        bins = [tuple(axis.bins for axis in m.observable.axes) for m in self.operands]
        if any(other != bins[0] for other in bins):
            msg = "the operands have different bins"
            raise ValueError(msg)
        if max(operand_indices(self.expr), default=0) >= len(self.operands):
            msg = "the expression has an operand that is not there"
            raise ValueError(msg)
        return self


def derived_fingerprint(expr: DerivedExpr, operands: Sequence[str]) -> str:
    """Return the hash of what determines a derived observable's values; names are no part of it.

    Args:
        expr: The expression.
        operands: The fingerprints of the observables that it counts.
    """
    content = [SCHEMA, expr.model_dump(mode="json"), list(operands)]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
