"""Every character of a source gets a colour, and the right one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from ecdsl import resources
from ecdsl.diagnostics import Source
from ecdsl.editor.highlight import ObsLexer
from ecdsl.editor.lexicon import rules
from ecdsl.lang.grammar import keywords
from ecdsl.lang.parser import parse
from ecdsl.lang.tokens import lex

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = [*sorted(resources.library().rglob("*.obs")), *sorted(CORPUS.rglob("*.obs"))]


def coloured(text):
    return [(kind, part) for _, kind, part in ObsLexer().get_tokens_unprocessed(text)]


def read(path):
    return path.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_reproduced_and_valid_ones_have_no_error(path):
    text = read(path)

    found = coloured(text)

    assert "".join(part for _, part in found) == text
    if not parse(Source(path.name, text))[1]:
        assert Error not in {kind for kind, _ in found}


@given(st.text())
def test_any_text_is_reproduced(text):
    assert "".join(part for _, part in coloured(text)) == text


@given(st.text("az_E1.5e-+<=>!^()[]{}#\n\r\t,:|; GeVinlogor2"))
def test_words_are_cut_as_the_compiler_cuts_them(text):
    tokens, errors = lex(Source("some.obs", text))
    if errors:
        return
    ours = [part for kind, part in coloured(text) if kind not in Whitespace and kind[0] != "x"]
    ours = [part for part in ours if not part.startswith("#")]

    assert ours == [str(token) for token in tokens if token.type != "_NEWLINE"]


def test_what_is_what():
    text = """\
import a.b
## about
shape near(width in (0, 5 GeV] = .5) {  # why
  window not z12 <= sqrt(width) and dR(1, jet) < log
}
correlator c { over subjets(algorithm = cambridge, R = 0.1) }
"""

    kinds = {part: kind for kind, part in coloured(text)}

    assert kinds["import"] is Keyword.Namespace
    assert kinds["## about"] is String.Doc
    assert kinds["# why"] is Comment.Single
    assert kinds["shape"] is kinds["correlator"] is Keyword.Declaration
    assert kinds["near"] is kinds["c"] is Name.Class
    assert kinds["width"] is kinds["algorithm"] is Name
    assert kinds["5"] is kinds[".5"] is Number
    assert kinds["GeV"] is Keyword.Type
    assert kinds["window"] is kinds["over"] is Keyword.Reserved
    assert kinds["in"] is Keyword
    assert kinds["not"] is kinds["and"] is Operator.Word
    assert kinds["z12"] is Name.Variable
    assert kinds["sqrt"] is kinds["dR"] is Name.Function
    assert kinds["log"] is kinds["subjets"] is kinds["jet"] is Name.Constant
    assert kinds["<="] is Operator
    assert kinds["{"] is Punctuation


def test_every_keyword_of_the_grammar_is_one():
    for word in keywords().values():
        ((kind, part),) = coloured(word)
        assert part == word
        assert kind in Keyword or kind is Operator.Word


def test_groups_of_a_rule_have_a_kind_each():
    import re

    for rule in rules():
        assert re.compile(rule.pattern).groups == (len(rule.kinds) if len(rule.kinds) > 1 else 0)


def test_pygments_finds_the_lexer_by_name_and_by_file():
    from pygments.lexers import get_lexer_by_name, get_lexer_for_filename

    for lexer in (get_lexer_by_name("obs"), get_lexer_by_name("ecdsl")):
        assert isinstance(lexer, ObsLexer)
    assert isinstance(get_lexer_for_filename("top/mass.obs"), ObsLexer)
