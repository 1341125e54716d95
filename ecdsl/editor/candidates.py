"""The names that can stand at a place of a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ecdsl.editor.analysis import exports
from ecdsl.editor.vocabulary import describe, signature
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast
from ecdsl.lang.check_bins import SPACINGS
from ecdsl.lang.check_correlator import ALGORITHMS, CONSTITUENTS, MEASURES, TUPLES
from ecdsl.lang.check_derive import FUNCTIONS as OF_HISTOGRAMS
from ecdsl.lang.check_order import MAX_ORDER
from ecdsl.lang.check_safety import ACCEPTABLE
from ecdsl.lang.check_selection import GROUPS
from ecdsl.lang.modules import importable
from ecdsl.lang.quantities import (
    LEGS,
    PAIRS,
    PER_JET,
    PRIMITIVES,
    SINGLES,
    TRIPLES,
    named,
    named_of_one,
    provided,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.editor.analysis import Analysis
    from ecdsl.editor.bindings import Binding
    from ecdsl.editor.cursor import Cursor


@dataclass(frozen=True)
class Candidate:
    """Something that can be written.

    Attributes:
        label: The text.
        kind: `keyword`, `function`, `quantity`, `setting` or what declares it.
        doc: Markdown.
        detail: A few words shown beside the label.
        snippet: The text with places to fill in, as the protocol spells them.
    """

    label: str
    kind: str
    doc: str = ""
    detail: str = ""
    snippet: str = ""


_SKELETONS = {
    "CORRELATOR": (
        "correlator ${1:name} {\n  order   ${2:2}\n  over    ${3:particles}\n"
        "  measure ${4:ee}\n  weight  ${5:E1 * E2 / Q^2}\n}"
    ),
    "SHAPE": "shape ${1:name} {\n  axis ${2:zeta} = ${3:z12}\n}",
    "OBSERVABLE": (
        "observable ${1:name} = ${2:correlator} | {\n"
        "  axis ${3:zeta} = ${4:z12}: ${5:50 log bins in [1e-4, 1]}\n}"
    ),
}
# Terminals behind which a new name is made up.
_NAMES_NEW = frozenset(
    {"CORRELATOR", "SHAPE", "OBSERVABLE", "DERIVE", "COLUMN", "CONSTANT", "LET", "AS"}
)
_EXPRESSIONS = ("column", "constant")


def keyword(terminal: str, text: str) -> Candidate:
    """Return a word of the language; those that declare bring the statements they need."""
    return Candidate(text, "keyword", snippet=_SKELETONS.get(terminal, ""))


def names(cursor: Cursor, analysis: Analysis) -> list[Candidate]:
    """Return the names that can stand at a cursor."""
    if cursor.before in _NAMES_NEW or not (cursor.accepted & {"NAME"} or not cursor.accepted):
        return []
    known = analysis.index.names.get(analysis.path, {})
    if cursor.block is not None:
        if cursor.declaration == "CORRELATOR":
            return _in_correlator(cursor, known)
        return _in_body(cursor, analysis, known)
    match cursor.declaration:
        case "IMPORT":
            return _modules(analysis)
        case "FROM":
            return _imported(cursor, analysis)
        case "OBSERVABLE":
            return _in_observable_head(cursor, analysis, known)
        case "SHAPE" | "CONSTANT":
            is_value = cursor.before not in {"LPAR", "COMMA"} or cursor.declaration != "SHAPE"
            return [*_declared(known, ("constant",)), *_functions()] if is_value else []
        case "DERIVE":
            functions = [
                Candidate(name, "function", doc, snippet=f"{name}($1)")
                for name, doc in OF_HISTOGRAMS.items()
            ]
            return [*_declared(known, ("observable", "derive")), *functions]
        case "MEASURE" if "EQUAL" in (token.type for token in cursor.head):
            points = [token for token in cursor.head if token.type == "NAME"][1:3]
            return [*(Candidate(str(p), "parameter") for p in points), *_primitives()]
        case _:
            return []


# --- modules -------------------------------------------------------------------------------------


def _modules(analysis: Analysis) -> list[Candidate]:
    return [Candidate(name, "module") for name in importable(analysis.path, analysis.root)]


def _imported(cursor: Cursor, analysis: Analysis) -> list[Candidate]:
    """After `from`, modules; after its `import`, the names that the module declares."""
    words = [token.type for token in cursor.head]
    if "IMPORT" not in words:
        return _modules(analysis)
    module = _between(cursor, "FROM", {"IMPORT"})
    return [_binding(name, item) for name, item in exports(module, analysis).items()]


# --- declarations --------------------------------------------------------------------------------


def _in_observable_head(
    cursor: Cursor, analysis: Analysis, known: Mapping[str, Binding]
) -> list[Candidate]:
    """`observable name = correlator | shape(parameter = value)`."""
    words = [token.type for token in cursor.head]
    if cursor.arguments is not None:
        parameters = _inside(_shape(cursor, known), "parameter", analysis)
        values = [*_declared(known, ("constant",)), *_functions()]
        return values if cursor.arguments[-1] else [*parameters, *values]
    if "VBAR" in words:
        return _declared(known, ("shape",))
    return _declared(known, ("correlator",)) if "EQUAL" in words else []


def _in_correlator(cursor: Cursor, known: Mapping[str, Binding]) -> list[Candidate]:
    match cursor.keyword:
        case "OVER":
            return _over(cursor)
        case "PER":
            return _settings(GROUPS)
        case "MEASURE":
            return [*_settings(MEASURES), *_declared(known, ("measure",))]
        case "TUPLES":
            return _settings(TUPLES)
        case "ACCEPT":
            return _settings(ACCEPTABLE)
        case "WHERE":
            names = [*SINGLES, *PER_JET]
            quantities = [(name, named_of_one(name)) for name in names]
            found = [
                Candidate(name, "quantity", describe(item)) for name, item in quantities if item
            ]
            return [*found, *_declared(known, _EXPRESSIONS), *_functions()]
        case "WEIGHT" | "WINDOW" | "POINTS":
            this = known.get(_name(cursor))
            return _expression([] if this is None else [this], known)
        case _:
            return []


def _over(cursor: Cursor) -> list[Candidate]:
    """`over subjets(algorithm = cambridge, R = 0.1)`."""
    if cursor.arguments is None:
        return _settings(CONSTITUENTS)
    argument = cursor.arguments[-1]
    if not argument:
        return [
            Candidate("algorithm", "parameter", snippet="algorithm = "),
            Candidate("R", "parameter", "radius", snippet="R = "),
        ]
    return _settings(ALGORITHMS) if argument[0] == "algorithm" else []


def _in_body(cursor: Cursor, analysis: Analysis, known: Mapping[str, Binding]) -> list[Candidate]:
    """The statements of a shape, or of an observable."""
    shape = _shape(cursor, known)
    if cursor.keyword == "AXIS" and cursor.before == "AXIS":
        return _inside(shape, "axis", analysis)
    words = [token.type for token in cursor.statement]
    if cursor.keyword == "AXIS" and "COLON" in words:
        return _settings(SPACINGS) if cursor.before == "NUMBER" else []
    if not cursor.statement:
        return []
    used = known.get(_between(cursor, "EQUAL", {"VBAR"}))
    correlators = [item for item in known.values() if item.declared.kind == "correlator"]
    return [*_own(cursor), *_expression([used] if used is not None else correlators, known)]


def _own(cursor: Cursor) -> list[Candidate]:
    """The parameters of this shape, and the lets before this statement."""
    tokens = [*cursor.head, *(cursor.block or ())]
    found = []
    for first, second in pairwise(tokens):
        if first.type == "NAME" and second.type == "IN":
            found.append(Candidate(str(first), "parameter"))
        if first.type == "LET" and second.type == "NAME":
            found.append(Candidate(str(second), "let"))
    return found


# --- what there is -------------------------------------------------------------------------------


def _expression(correlators: Iterable[Binding], known: Mapping[str, Binding]) -> list[Candidate]:
    """What an expression of tuples of any of some correlators can name."""
    names = dict.fromkeys(name for item in correlators for name in _provided(item))
    found = []
    for name in names or provided(3, "ee", ()):
        quantity = named(name)
        doc = describe(quantity) if quantity is not None else "an ordered distance"
        found.append(Candidate(name, "quantity", doc))
    calls = [
        Candidate(name, "function", doc, snippet=f"{name}($1)")
        for name, doc in {**PAIRS, **TRIPLES}.items()
    ]
    legs = [Candidate(name, "quantity") for name in LEGS]
    return [*found, *calls, *legs, *_declared(known, _EXPRESSIONS), *_functions()]


def _provided(correlator: Binding) -> list[str]:
    """Return the names that a correlator provides, as far as its statements can be read."""
    order, measure = 3, "ee"
    sides: tuple[str, ...] = ()
    node = correlator.declared.node
    for statement in node.statements if isinstance(node, ast.Correlator) else ():
        match statement:
            case ast.Order(name=ast.Word()):
                order = 2
            case ast.Order(value=value) if 1 <= value.value <= MAX_ORDER:
                order = int(value.value)
            case ast.Measure(kind=kind):
                measure = kind.text
            case ast.Sides(names=words):
                sides = tuple(word.text for word in words)
    return provided(order, measure, sides)


def _declared(known: Mapping[str, Binding], kinds: Iterable[str]) -> list[Candidate]:
    return [_binding(name, item) for name, item in known.items() if item.declared.kind in kinds]


def _binding(name: str, item: Binding) -> Candidate:
    declared = item.declared
    text = declared.node.span.text
    first = text.splitlines()[0].rstrip(" {") if text else name
    doc = getattr(declared.node, "doc", "")
    return Candidate(name, declared.kind, f"```obs\n{first}\n```\n\n{doc}".rstrip(), declared.kind)


def _inside(item: Binding | None, kind: str, analysis: Analysis) -> list[Candidate]:
    """What a declaration declares inside, of one kind."""
    members = {} if item is None else analysis.index.members(item.declared.node)
    return [_binding(name, member) for name, member in members.items() if member.kind == kind]


def _functions() -> list[Candidate]:
    return [
        Candidate(row.name, "function", row.doc, signature(row), f"{row.name}($1)")
        for row in FUNCTIONS.values()
    ]


def _primitives() -> list[Candidate]:
    primitives = [
        Candidate(name, "function", "of the two points", snippet=f"{name}($1)")
        for name in PRIMITIVES
    ]
    return [*_functions(), *primitives]


def _settings(words: Iterable[str]) -> list[Candidate]:
    docs = words if isinstance(words, Mapping) else {}
    return [Candidate(word, "setting", docs.get(word, "")) for word in words]


# --- reading the cursor --------------------------------------------------------------------------


def _name(cursor: Cursor) -> str:
    return str(cursor.head[1]) if len(cursor.head) > 1 else ""


def _shape(cursor: Cursor, known: Mapping[str, Binding]) -> Binding | None:
    """Return the shape that the observable at hand uses."""
    return known.get(_between(cursor, "VBAR", {"LPAR", "LBRACE"}))


def _between(cursor: Cursor, first: str, last: set[str]) -> str:
    """Return what stands in the head of a declaration between two terminals."""
    words = [token.type for token in cursor.head]
    if first not in words:
        return ""
    start = words.index(first) + 1
    end = next((k for k in range(start, len(words)) if words[k] in last), len(words))
    return "".join(cursor.head[start:end])
