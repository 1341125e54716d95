"""The grammar has no hidden choices, and no program makes the front end fail in another way."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark

from ecdsl import resources
from ecdsl.diagnostics import EcdslError
from ecdsl.diagnostics.render import render, to_json
from ecdsl.lang import compile_module
from ecdsl.lang.grammar import keywords, obs_parser

FILES = sorted(resources.library().rglob("*.obs"))
SOURCES = [path.read_text(encoding="utf-8") for path in FILES]
SYMBOLS = list("{}()[]<>+-*/^=:,;.|#\n")
NUMBERS = ["0", "1", "2.5", "1e400"]
NAMES = ["z12", "z1", "E1", "Q", "pt9", "theta12", "dR12", "abs", "max", "ee", "kt", "log", "é"]
WORDS = [*sorted(keywords().values()), *SYMBOLS, "<=", ">=", *NUMBERS, *NAMES]


def test_grammar_is_strict() -> None:
    Lark(resources.grammar("obs.lark"), parser="lalr", lexer="basic", start="file", strict=True)


def survives(text: str, folder: Path) -> None:
    path = folder / "some.obs"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        found = list(compile_module(path).warnings)
    except EcdslError as error:
        found = list(error.diagnostics)
        assert any(item.severity == "error" for item in found)
    for item in found:
        if item.span is not None:
            assert 0 <= item.span.start <= item.span.end <= len(item.span.source.text)
    assert len(to_json(found)) == len(found)
    assert "\x1b" not in render(found)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A packaged file with some words dropped, doubled or replaced."""
    tokens = [str(token) for token in obs_parser().lex(draw(st.sampled_from(SOURCES)))]
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(tokens) - 1))
        replacement = draw(st.lists(st.sampled_from(WORDS), max_size=3))
        tokens[place : place + draw(st.integers(0, 2))] = replacement
        tokens = tokens or [""]
    return " ".join(tokens)


_SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_SETTINGS
@given(text=mutated())
def test_mutated_programs(text: str, tmp_path: Path) -> None:
    survives(text, tmp_path)


@_SETTINGS
@given(text=st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
@example(text="import from")
@example(text="observable x = y | z ( ) { axis : 1 bins in [ 0 , 1 ] }")
def test_random_words(text: str, tmp_path: Path) -> None:
    survives(text, tmp_path)


@_SETTINGS
@given(text=from_lark(obs_parser(), start="file"))
def test_sentences_of_the_grammar(text: str, tmp_path: Path) -> None:
    survives(text, tmp_path)


@_SETTINGS
@given(text=st.text(max_size=200))
def test_any_text(text: str, tmp_path: Path) -> None:
    survives(text.encode("utf-8", "ignore").decode(), tmp_path)
