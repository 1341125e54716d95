"""What a module knows besides its correlators: columns of the event file and constants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from ecdsl.diagnostics import Span


@dataclass(frozen=True)
class Externals:
    """The columns and constants of one module.

    Attributes:
        names: Those without errors, under the names they have in this module.
        broken: Names that stand for something with an error of its own; their users stay quiet.
        places: Where each name was declared or imported.
        used: The names of the module, of whatever kind, that something mentions.
    """

    names: Mapping[str, checked.Column | checked.Constant] = field(default_factory=dict)
    broken: AbstractSet[str] = frozenset()
    places: Mapping[str, Span] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def value(self, node: ast.Name | ast.Call) -> float:
        """Return the value of a constant; the lookup of `constants.evaluate`.

        Raises:
            NotConstantError: The name is that of no constant.
        """
        found = self.names.get(node.text) if isinstance(node, ast.Name) else None
        if not isinstance(found, checked.Constant):
            raise NotConstantError(node.span)
        return found.value

    def taken(self) -> dict[str, Span]:
        """Return the names that a let, a parameter or a side cannot have, and their places."""
        return {name: self.places[name] for name in self.names}
