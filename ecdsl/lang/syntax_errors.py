"""Say in the field's words what the parser stumbled over.

First the table of common slips is asked, each recognised by the tokens around it; then come the
words that look like the one meant; then the plain list of what could stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Diagnostic, Source, Span
from ecdsl.diagnostics.suggest import closest, listed, quoted
from ecdsl.lang.grammar import (
    CORRELATOR_STATEMENTS,
    DECLARATIONS,
    STARTERS,
    keywords,
    obs_parser,
    spellings,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from lark import Token, UnexpectedToken

_VALUE_ENDS = frozenset({"NUMBER", "NAME", "RPAR", "GEV", "TEV", "MEV"})
_COMPARATORS = frozenset({"LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUALS", "DIFFERS"})
_OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE", "CIRCUMFLEX"})
_EXPRESSION = frozenset({"NUMBER", "NAME", "LPAR", "MINUS"})
_LINE_ENDS = frozenset({"_NEWLINE", "SEMICOLON", "$END"})


@dataclass(frozen=True)
class Slip:
    """A common mistake: the token before it, the token that cannot stand there, and the remedy.

    Where `spelled` is set, the source around the two tokens must hold it.
    """

    before: frozenset[str]
    found: frozenset[str]
    message: str
    hint: str
    code: str = "E104"
    spelled: str = ""


SLIPS = (
    Slip(
        frozenset({"TIMES"}),
        frozenset({"TIMES"}),
        "`**` is not an operator",
        "write a power as `x^2`",
        code="E109",
        spelled="**",
    ),
    Slip(
        frozenset({*CORRELATOR_STATEMENTS, "DELTA", "WINDOW"}),
        frozenset({"EQUAL", "COLON"}),
        "a setting takes no `=` or `:`",
        "write `order 3`, `measure ee`, `weight E1 * E2 / Q^2`",
    ),
    Slip(
        frozenset({"MINUS"}),
        frozenset({"MINUS"}),
        "two signs follow each other",
        "put the negative number in brackets: `-(-x)`",
    ),
    Slip(
        _VALUE_ENDS,
        frozenset({"CIRCUMFLEX"}),
        "a power of a power needs brackets",
        "write `(a^b)^c` or `a^(b*c)`",
    ),
    Slip(
        frozenset({"NUMBER", "RPAR"}),
        frozenset({"NAME", "LPAR", "NUMBER"}),
        "an operator is missing",
        "write a product with `*`: `2 * z12`",
    ),
    Slip(
        _VALUE_ENDS,
        _COMPARATORS,
        "a comparison cannot stand here",
        "comparisons belong into a `window`",
    ),
    Slip(
        frozenset({"VBAR", "EQUAL"}),
        frozenset({"VBAR"}),
        "`|` has no correlator before it",
        "write `observable name = correlator | shape { ... }`",
    ),
)


def explain(error: UnexpectedToken, source: Source, before: Sequence[Token]) -> Diagnostic:
    """Return the diagnostic of a token that cannot follow the tokens `before`."""
    token = error.token
    span = _place(source, token, before)
    accepted = _accepted(before)
    return (
        _no_unit(token, accepted, span)
        or _slip(token, before, accepted, span)
        or _reserved(token, accepted, span)
        or _misspelled(token, accepted, span)
        or _expected(token, accepted, span)
    )


def _place(source: Source, token: Token, before: Sequence[Token]) -> Span:
    """The token itself or, where it is the end of the line, the last character before it."""
    if token.type in {"_NEWLINE", "$END"} and before:
        return Span(source, before[-1].start_pos, before[-1].end_pos)
    return Span(source, token.start_pos, token.end_pos)


def _accepted(before: Sequence[Token]) -> Set[str]:
    parser = obs_parser().parse_interactive()
    for token in before:
        parser.feed_token(token)
    accepted: set[str] = parser.accepts()
    return accepted


def _no_unit(token: Token, accepted: Set[str], span: Span) -> Diagnostic | None:
    """A unit in other capitals, or something else where nothing but a unit can stand."""
    known = list(units().values())
    meant = [unit for unit in known if unit.lower() == token.lower()]
    if meant and accepted & units().keys():
        message = f"`{token}` is no unit"
        return Diagnostic("E104", message, span, hints=(f"did you mean `{meant[0]}`?",))
    if not accepted or not accepted <= units().keys():
        return None
    found = "the end of the line" if token.type in _LINE_ENDS else f"`{token}`"
    hint = f"units are {quoted(known, 'and')}"
    return Diagnostic("E104", f"expected a unit, found {found}", span, hints=(hint,))


def _slip(
    token: Token, before: Sequence[Token], accepted: Set[str], span: Span
) -> Diagnostic | None:
    last = before[-1] if before else None
    for slip in SLIPS:
        if last is None or last.type not in slip.before or token.type not in slip.found:
            continue
        if slip.spelled not in span.source.text[last.start_pos : token.end_pos + 1]:
            continue
        if token.type in _COMPARATORS and not accepted & _OPERATORS:
            continue
        return Diagnostic(slip.code, slip.message, span, hints=(slip.hint,))
    return None


def _reserved(token: Token, accepted: Set[str], span: Span) -> Diagnostic | None:
    """A keyword where a name should be, unless it starts the next statement."""
    if "NAME" not in accepted or token.type not in keywords() or not _follows_on(token, span):
        return None
    message = f"`{token}` is a word of the language and cannot be a name"
    return Diagnostic("E108", message, span, hints=(f"use another name, e.g. `{token}_1`",))


def _follows_on(token: Token, span: Span) -> bool:
    """Whether a token stands on a line that began before it."""
    line, column = span.source.line_column(token.start_pos)
    return bool(span.source.line_text(line)[: column - 1].strip())


def _misspelled(token: Token, accepted: Set[str], span: Span) -> Diagnostic | None:
    if token.type != "NAME":
        return None
    words = [text for name, text in keywords().items() if name in accepted and name not in units()]
    meant = closest(str(token), words)
    if meant is None:
        return None
    message = f"expected {_in_words(accepted)}, found `{token}`"
    return Diagnostic("E104", message, span, hints=(f"did you mean `{meant}`?",))


def _expected(token: Token, accepted: Set[str], span: Span) -> Diagnostic:
    if token.type in _LINE_ENDS:
        found, label = "the end of the line", "the line ends here"
    else:
        found, label = f"`{token}`", "unexpected"
    message = f"expected {_in_words(accepted)}, found {found}"
    hints = ("a number here has no sign",) if token.value == "-" and "NUMBER" in accepted else ()
    return Diagnostic("E104", message, span, label=label, hints=hints)


_GROUPS: tuple[tuple[frozenset[str], str], ...] = (
    (_EXPRESSION, "an expression"),
    (
        frozenset({*DECLARATIONS, "MEASURE"}),
        "a declaration (`correlator`, `shape`, `observable`, `derive`, `constant`, `column`, "
        "`measure` or `import`)",
    ),
    (_COMPARATORS, "a comparison"),
    (_OPERATORS, "an operator"),
    (frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE"}), "an operator"),
    (frozenset({"PLUS", "MINUS"}), "an operator"),
)


def _in_words(accepted: Set[str]) -> str:
    """Name what could stand in a place, groups of tokens under one word."""
    rest = set(accepted) - units().keys()
    groups: list[str] = []
    for members, word in _GROUPS:
        if members <= rest:
            rest -= members
            groups.append(word)
    plain = [word for name, word in (("NAME", "a name"), ("NUMBER", "a number")) if name in rest]
    in_line = rest & _LINE_ENDS and not accepted & STARTERS
    ends = ["the end of the line"] if in_line else []
    rest -= _LINE_ENDS | {"NAME", "NUMBER"}
    if accepted & _OPERATORS:
        rest.discard("LPAR")  # any name could be called; that is no news
    symbols = sorted(f"`{spellings()[name]}`" for name in rest)
    return listed([*plain, *symbols, *groups, *ends])
