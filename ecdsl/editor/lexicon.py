"""How the words and symbols of a source are told apart: one table for every tool that colours them.

It is put together from the grammar and from the tables that the compiler itself looks names up in,
so that a new keyword, function or quantity needs nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import check_derive
from ecdsl.lang.check_bins import SPACINGS
from ecdsl.lang.check_correlator import ALGORITHMS, CONSTITUENTS, MEASURES, TUPLES
from ecdsl.lang.check_safety import ACCEPTABLE
from ecdsl.lang.check_selection import GROUPS
from ecdsl.lang.grammar import (
    CORRELATOR_STATEMENTS,
    DECLARATIONS,
    SHAPE_STATEMENTS,
    keywords,
    obs_parser,
    spellings,
    units,
)
from ecdsl.lang.quantities import (
    CALLS,
    DOUBLE,
    LEGS,
    PER_JET,
    PRIMITIVES,
    SINGLE,
    SINGLES,
    SUMS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "comment",
    "declaration",
    "declared",
    "doc",
    "function",
    "import",
    "keyword",
    "logic",
    "name",
    "number",
    "operator",
    "punctuation",
    "quantity",
    "setting",
    "space",
    "statement",
    "unit",
]

_IMPORTS = ("IMPORT", "FROM", "AS")
_LOGIC = ("AND", "OR", "NOT")
_PUNCTUATION = "()[]{},:;."
_END = r"(?![A-Za-z0-9_])"


@dataclass(frozen=True)
class Rule:
    """What a piece of text is.

    Attributes:
        pattern: A regular expression that Python and Oniguruma read alike.
        kinds: What the match is or, where there are several, its groups in their order.
    """

    pattern: str
    kinds: tuple[Kind, ...]


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Return the rules; at a place in a source the first one that matches there holds."""
    name = _terminal("NAME")
    functions = {*FUNCTIONS, *CALLS, *PRIMITIVES, *check_derive.FUNCTIONS}
    settings = (*CONSTITUENTS, *ALGORITHMS, *MEASURES, *TUPLES, *SPACINGS, *GROUPS, *LEGS)
    settings = (*settings, *ACCEPTABLE)
    declarations = _either(_keyword_kinds()["declaration"])
    return (
        Rule(r"##[^\r\n]*", ("doc",)),
        Rule(_terminal("COMMENT"), ("comment",)),
        Rule(_terminal("NUMBER"), ("number",)),
        Rule(rf"({declarations})([ \t]+)({name})", ("declaration", "space", "declared")),
        *(Rule(_either(words), (kind,)) for kind, words in _keyword_kinds().items()),
        Rule(rf"{_either(functions)}(?=[ \t]*\()", ("function",)),
        Rule(_either(settings), ("setting",)),
        Rule(_quantities(), ("quantity",)),
        Rule(name, ("name",)),
        *(Rule(_symbols(kind), (kind,)) for kind in ("operator", "punctuation")),
        Rule(r"\s+", ("space",)),
    )


@lru_cache(maxsize=1)
def _keyword_kinds() -> dict[Kind, tuple[str, ...]]:
    """Return every reserved word of the grammar by its kind."""
    terminals: dict[Kind, Iterable[str]] = {
        "import": _IMPORTS,
        "declaration": [name for name in DECLARATIONS if name not in _IMPORTS],
        "statement": dict.fromkeys((*CORRELATOR_STATEMENTS, *SHAPE_STATEMENTS)),
        "logic": _LOGIC,
        "unit": units(),
    }
    known = {name for names in terminals.values() for name in names}
    terminals["keyword"] = [name for name in keywords() if name not in known]
    return {kind: tuple(keywords()[name] for name in names) for kind, names in terminals.items()}


def _quantities() -> str:
    single, double = _without_groups(SINGLE.pattern), _without_groups(DOUBLE.pattern)
    return rf"(?:{single}|{double}|{_either([*PER_JET, *SUMS, *SINGLES])}){_END}"


def _without_groups(pattern: str) -> str:
    """Make groups that capture plain ones: the rules count groups."""
    return re.sub(r"\((?!\?)", "(?:", pattern)


def _symbols(kind: Literal["operator", "punctuation"]) -> str:
    symbols = [text for text in spellings().values() if not text[0].isalpha()]
    wanted = [text for text in symbols if (text in _PUNCTUATION) == (kind == "punctuation")]
    return "|".join(re.escape(text) for text in sorted(wanted, key=lambda text: (-len(text), text)))


def _either(words: Iterable[str]) -> str:
    """Return a pattern for whole words."""
    return rf"(?:{'|'.join(sorted(set(words)))}){_END}"


def _terminal(name: str) -> str:
    terminal = next(item for item in obs_parser().terminals if item.name == name)
    return _without_groups(str(terminal.pattern.to_regexp()))
