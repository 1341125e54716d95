"""The one place that builds lark's lexer and parser from `grammars/obs.lark`."""

from __future__ import annotations

from functools import lru_cache

from lark import Lark
from lark.lexer import BasicLexer

from ecdsl import resources

# Words that begin a declaration and nothing else. `measure` begins a statement too.
DECLARATIONS = (
    *("CORRELATOR", "SHAPE", "OBSERVABLE", "DERIVE", "COLUMN", "CONSTANT", "IMPORT", "FROM"),
)
CORRELATOR_STATEMENTS = (
    *("ORDER", "OVER", "PER", "WHERE", "HARDEST", "MEASURE", "WEIGHT", "TUPLES", "SIDES"),
    *("POINTS", "WINDOW", "ACCEPT"),
)
SHAPE_STATEMENTS = ("LET", "DELTA", "WINDOW", "AXIS")
# Words that begin a line.
STARTERS = frozenset({*DECLARATIONS, *CORRELATOR_STATEMENTS, *SHAPE_STATEMENTS})


@lru_cache(maxsize=1)
def obs_parser() -> Lark:
    """Return the LALR parser of `.obs` files, with positions on every tree."""
    parser = Lark(
        resources.grammar("obs.lark"),
        parser="lalr",
        lexer="basic",
        start="file",
        propagate_positions=True,
        maybe_placeholders=True,
    )
    # Without one, `Lark.lex` would build a lexer for every text.
    parser.lexer = BasicLexer(parser.lexer_conf)
    return parser


@lru_cache(maxsize=1)
def spellings() -> dict[str, str]:
    """Return the spelling of every keyword and symbol by the name of its terminal."""
    return {
        terminal.name: str(terminal.pattern.value)
        for terminal in obs_parser().terminals
        if terminal.pattern.type == "str"
    }


@lru_cache(maxsize=1)
def keywords() -> dict[str, str]:
    """Return the reserved words of the language by the name of their terminal."""
    return {name: text for name, text in spellings().items() if text.isalpha()}


@lru_cache(maxsize=1)
def units() -> dict[str, str]:
    """Return the units of energy by the name of their terminal."""
    names = [
        rule.expansion[0].name for rule in obs_parser().rules if str(rule.origin.name) == "unit"
    ]
    return {name: keywords()[name] for name in names}
