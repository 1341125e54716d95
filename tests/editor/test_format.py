"""One layout for every source; nothing but the layout changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cpu_time import cpu_seconds
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecdsl import resources
from ecdsl.diagnostics import EcdslError, Source
from ecdsl.lang.format import format_source
from ecdsl.lang.parser import parse
from ecdsl.lang.tokens import lex

CORPUS = Path(__file__).parents[1] / "corpus"
LIBRARY = sorted(resources.library().rglob("*.obs"))


def without_errors(path):
    try:
        return not parse(Source(path.name, path.read_text(encoding="utf-8")))[1]
    except UnicodeDecodeError:
        return False


VALID = [path for path in (*LIBRARY, *sorted(CORPUS.rglob("*.obs"))) if without_errors(path)]
TEXTS = [path.read_text(encoding="utf-8") for path in VALID]


def tree(text):
    found, errors = parse(Source("some.obs", text))
    assert errors == []
    return found


def comments(text):
    """There are no quoted texts: a # always starts a comment."""
    return [match.rstrip() for match in re.findall(r"#[^\r\n]*", text)]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_is_laid_out(path):
    text = path.read_text(encoding="utf-8")

    assert format_source(text) == text


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_formatting_is_done_once_and_keeps_tree_and_comments(path):
    text = path.read_text(encoding="utf-8")

    result = format_source(text)

    assert format_source(result) == result
    assert tree(result) == tree(text)
    assert comments(result) == comments(text)


def test_what_the_layout_is():
    text = """\
#head
## about
shape   a(width in(0,0.05]=0.01 ,n in [ - 1,2]){let x=z12 ^ -2*- n ; # first
delta x- width within[0,  5GeV]# second


# own
   window not(z12<z23)or z23>=1
      and z13 < 2
\t axis zeta :60   log bins in[1e-3,1] }
import  a . b;from c import d as e,f
observable empty=c|a(
n=1,
  width = 2)
 {}   # end
# last"""

    assert (
        format_source(text)
        == """\
#head
## about
shape a(width in (0, 0.05] = 0.01, n in [-1, 2]) {
  let    x = z12^-2 * -n              # first
  delta  x - width within [0, 5 GeV]  # second

  # own
  window not (z12 < z23) or z23 >= 1
      and z13 < 2
  axis   zeta: 60 log bins in [1e-3, 1]
}

import a.b
from c import d as e, f

observable empty = c | a(
  n = 1,
  width = 2) {}  # end

# last
"""
    )


def test_line_ends_tabs_and_blank_lines_are_one_kind():
    text = (
        "\r\n\r\nshape a {\r\n\r\n\taxis zeta = z12  \r\n\r\n\r\n\twindow z12 < 1\r\n\r\n}\r\n\r\n"
    )

    assert format_source(text) == "shape a {\n  axis   zeta = z12\n\n  window z12 < 1\n}\n"


def test_one_line_declarations_may_stand_together():
    text = "import a\nimport b\n\n\nimport c\nshape d { axis zeta = z12 }\nshape e {}\n"

    assert format_source(text) == (
        "import a\nimport b\n\nimport c\n\nshape d {\n  axis zeta = z12\n}\n\nshape e {}\n"
    )


def test_neighbouring_axes_of_one_form_are_a_table():
    text = """\
observable o = c | {
  axis x = z12: 9 bins in [0, 1]
  axis longer = z13 / z12: 10 log bins in [1e-3, 1]

  axis y: edges [0, 1]
  window z12 < 1
}
"""

    assert (
        format_source(text)
        == """\
observable o = c | {
  axis   x      = z12:       9 bins in [0, 1]
  axis   longer = z13 / z12: 10 log bins in [1e-3, 1]

  axis   y: edges [0, 1]
  window z12 < 1
}
"""
    )


def test_brackets_that_open_on_one_line_indent_once():
    text = "shape s {\n  axis x = sqrt(max(\n z12,\nmin(z13,\nz23)\n))\n}\n"

    assert format_source(text) == (
        "shape s {\n  axis x = sqrt(max(\n    z12,\n    min(z13,\n      z23)\n  ))\n}\n"
    )


def test_comments_in_front_of_a_block_move_into_it():
    text = "shape a # one\n# two\n{ # three\n# four\n}\n"

    result = format_source(text)

    assert result == "shape a {  # one\n  # two\n  # three\n  # four\n}\n"
    assert format_source(result) == result


def test_comments_inside_a_statement_stay_there():
    text = "correlator a {\n  weight (E1 # first\n    # both\n * E2) / Q^2 # per Q\n}\n"

    assert format_source(text) == (
        "correlator a {\n  weight (E1  # first\n    # both\n    * E2) / Q^2  # per Q\n}\n"
    )


def test_docs_stay_docs():
    text = "# not\n\n## one\n## two\nshape a {}\n## three\n\nshape b {}\n"

    declared = tree(format_source(text)).declarations

    assert [item.doc for item in declared] == ["one\ntwo", ""]


def test_syntax_errors_are_reported_and_nothing_is_laid_out():
    with pytest.raises(EcdslError) as caught:
        format_source("shape a {\n  axis = z12\n}\nshape b {\n  delta\n}\n", "mine.obs")

    assert [item.code for item in caught.value.diagnostics] == ["E104", "E104"]
    assert all(item.span.source.name == "mine.obs" for item in caught.value.diagnostics)


@pytest.mark.parametrize(
    "piece", ["# comment\n", "\n", "shape s {}\n", "shape s { axis zeta = z12 # c\n}\n"]
)
def test_time_is_linear(piece):
    def seconds(n):
        return cpu_seconds(lambda: format_source("shape a {}\n" + piece * n), repeat=3)

    # Linear is 10; quadratic would be 100.
    assert seconds(1000) < 40 * seconds(100)


# --- properties

SPACE = st.sampled_from([" ", "  ", "\t", " \t "])
NAMES = st.sampled_from(["z12", "E1", "n1", "width", "_x", "abs", "longest"])
NUMBERS = st.sampled_from(["0", "1.", ".5", "1e-3", "2 GeV", "3.5TeV"])


def wrapped(inner):
    return st.one_of(
        st.builds("({})".format, inner),
        st.builds("{}({})".format, NAMES, st.lists(inner, max_size=3).map(",".join)),
        st.builds("{0}{1}{2}".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("({0})^{1}".format, inner, st.sampled_from(["2", "-2", "(1/2)", "n1", "- n1"])),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NUMBERS, NAMES.map("-{}".format)), wrapped)
CONDITIONS = st.recursive(
    st.builds("{}{}{}".format, EXPRESSIONS, st.sampled_from(["<", "<=", ">", ">="]), EXPRESSIONS),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.builds("{} and ({})".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
    ),
    max_leaves=4,
)
STATEMENTS = st.one_of(
    st.builds("let x={}".format, EXPRESSIONS),
    st.builds("delta {}".format, EXPRESSIONS),
    st.builds("delta {} within [{},{}]".format, EXPRESSIONS, NUMBERS, NUMBERS),
    st.builds("delta {} exact".format, EXPRESSIONS),
    st.builds("window {}".format, CONDITIONS),
    st.builds("axis y={}:20 log bins in[{},1]".format, EXPRESSIONS, NUMBERS),
)
BLOCKS = st.lists(STATEMENTS, max_size=4).map(lambda found: "{" + ";".join(found) + "}")
DECLARATIONS = st.one_of(
    st.just("import a.b"),
    st.just("from a import b as c,d"),
    st.builds("shape s{}".format, BLOCKS),
    st.builds("shape s(a in(0,1]={},b in[-1,2)){}".format, EXPRESSIONS, BLOCKS),
    st.builds("observable o=c|s(a={},{}){}".format, EXPRESSIONS, EXPRESSIONS, BLOCKS),
    st.builds("correlator c{{order 2;weight {}\nover particles}}".format, EXPRESSIONS),
)
FILES = st.lists(DECLARATIONS, min_size=1, max_size=4).map("\n".join)


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_any_program_keeps_its_tree(text):
    result = format_source(text)

    assert tree(result) == tree(text)
    assert format_source(result) == result


@settings(max_examples=40, deadline=None)
@given(st.one_of(FILES, st.sampled_from(TEXTS)), st.data())
def test_spaces_between_tokens_do_not_matter(text, data):
    tokens, _ = lex(Source("some.obs", text))
    cuts = data.draw(st.lists(st.sampled_from(tokens), max_size=8, unique_by=id))
    wider = text
    for token in sorted(cuts, key=lambda token: -token.start_pos):
        wider = wider[: token.start_pos] + data.draw(SPACE) + wider[token.start_pos :]

    assert format_source(wider) == format_source(text)


@settings(max_examples=40, deadline=None)
@given(st.one_of(FILES, st.sampled_from(TEXTS)), st.data())
def test_comments_are_kept_wherever_they_stand(text, data):
    tokens, _ = lex(Source("some.obs", text))
    before = tree(text)
    for number in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(tokens)).start_pos
        layout = data.draw(st.sampled_from([" {}\n", "\n{}\n", "\n\n{}\n\n\n", "{}\r\n"]))
        comment = data.draw(st.sampled_from(["#", "##", "# {", "## z12 <"])) + str(number)
        longer = text[:place] + layout.format(comment) + text[place:]
        found, errors = parse(Source("some.obs", longer))
        assume(not errors and found == before)
        text = longer
        tokens, _ = lex(Source("some.obs", text))

    result = format_source(text)

    assert comments(result) == comments(text)
    assert tree(result) == before
    assert format_source(result) == result
    assert not re.search(r"[ \t\r]\n", result)
