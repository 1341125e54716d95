"""Texts for fuzzing: sentences of the grammar, and files of the library with something broken."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from hypothesis import strategies as st

from ecdsl import resources
from ecdsl.lang.grammar import obs_parser, spellings

FILES = [
    *sorted(resources.library().rglob("*.obs")),
    *sorted((Path(__file__).parent / "corpus/invalid").glob("*.obs")),
]
NAMES = (
    *("z12", "z13", "z1", "z2", "z3", "E1", "E2", "pt1", "q1", "Q", "theta12", "dR12", "phi", "x"),
    *("a", "b", "c", "ee", "hadron", "particles", "charged", "subjets", "cambridge", "R", "log"),
    *("sqrt", "min", "max", "mean", "abs", "distinct", "all", "sets", "jet", "beam", "top_eeec"),
    *("__import__", "None", "exec", "lambda", "_", "__class__", "triple", "azimuth", "symlog"),
)
NUMBERS = ("0", "1", "2", "3", "0.5", "1e-3", "10", "50", "1e999", "9", "1e-400", "007", "1.")
ODD = (
    *("\0", "\x1b[2J", "\u202e", "\u200b", "\ufeff", "é", "е", "１", "ζ", "≤", "\r", "\x0c", "\t"),
    *('"', "'", "`", "\\", "{{ 7 * 7 }}", "{% raw %}", "${x}", "%s", "\U0001f600", "\ud7ff", "//"),
)


@lru_cache(maxsize=1)
def _grammar() -> tuple[dict[str, list[list[str]]], dict[str, int]]:
    """Return the alternatives of each rule, and how deep the shortest sentence of each is."""
    rules: dict[str, list[list[str]]] = {}
    for rule in obs_parser().rules:
        symbols = [symbol.name for symbol in rule.expansion]
        rules.setdefault(rule.origin.name, []).append(symbols)
    depths: dict[str, int] = {}
    while len(depths) < len(rules):
        for name, alternatives in rules.items():
            known = [
                max((depths.get(symbol, 0) for symbol in alternative), default=0)
                for alternative in alternatives
                if all(symbol in depths or symbol not in rules for symbol in alternative)
            ]
            if known and name not in depths:
                depths[name] = 1 + min(known)
    return rules, depths


@st.composite
def sentences(draw: st.DrawFn, start: str = "file") -> str:
    """A sentence that the grammar accepts, of plausible names and numbers."""
    rules, depths = _grammar()
    words: list[str] = []
    stack: list[tuple[str, int]] = [(start, draw(st.integers(5, 40)))]
    while stack:
        symbol, budget = stack.pop()
        if symbol not in rules:
            words.append(draw(_word(symbol)))
            continue
        alternatives = rules[symbol]
        if budget - len(words) // 8 <= depths[symbol]:
            alternatives = [min(alternatives, key=lambda a: _depth(a, depths))]
        chosen = draw(st.sampled_from(alternatives))
        stack.extend((part, budget - 1) for part in reversed(chosen))
    return " ".join(words)


def _depth(alternative: list[str], depths: dict[str, int]) -> int:
    return max((depths.get(symbol, 0) for symbol in alternative), default=0)


def _word(terminal: str) -> st.SearchStrategy[str]:
    if terminal == "NAME":
        return st.sampled_from(NAMES)
    if terminal == "NUMBER":
        return st.sampled_from(NUMBERS)
    return st.just(spellings().get(terminal, "\n"))


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    """A real file after a few accidents: to its words, to its characters and to its bytes."""
    text = draw(st.sampled_from(FILES)).read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 4))):
        text = _accident(draw, text)
    data = text.encode("utf-8", "surrogatepass")
    if data and draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(data) - 1))
        flipped = data[place] ^ (1 << draw(st.integers(0, 7)))
        data = data[:place] + bytes([flipped]) + data[place + 1 :]
    return data


def _accident(draw: st.DrawFn, text: str) -> str:
    if not text:
        return draw(st.sampled_from(ODD))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    kind = draw(st.sampled_from(("cut", "drop", "double", "odd", "word", "swap")))
    if kind == "cut":
        return text[:end]
    if kind in {"drop", "double", "swap"}:
        words = text.split(" ")
        place = draw(st.integers(0, len(words) - 1))
        if kind == "swap":
            other = draw(st.integers(0, len(words) - 1))
            words[place], words[other] = words[other], words[place]
        else:
            words[place : place + 1] = [] if kind == "drop" else [words[place]] * 2
        return " ".join(words)
    insert = draw(st.sampled_from(ODD if kind == "odd" else (*NAMES, *NUMBERS, *_symbols())))
    return f"{text[:start]}{insert}{text[start:]}"


def _symbols() -> list[str]:
    return [f" {text} " for text in spellings().values()]
