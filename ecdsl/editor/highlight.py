"""Colours for `.obs` files in what uses Pygments: Sphinx, Jupyter, rich, LaTeX's minted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from ecdsl.editor.lexicon import rules

if TYPE_CHECKING:
    from ecdsl.editor.lexicon import Kind

_TOKENS: dict[Kind, Any] = {
    "comment": Comment.Single,
    "declaration": Keyword.Declaration,
    "declared": Name.Class,
    "doc": String.Doc,
    "function": Name.Function,
    "import": Keyword.Namespace,
    "keyword": Keyword,
    "logic": Operator.Word,
    "name": Name,
    "number": Number,
    "operator": Operator,
    "punctuation": Punctuation,
    "quantity": Name.Variable,
    "setting": Name.Constant,
    "space": Whitespace,
    "statement": Keyword.Reserved,
    "unit": Keyword.Type,
}


class ObsLexer(RegexLexer):  # type: ignore[misc]  # Pygments ships no types
    """Colours for the language of energy-correlator observables."""

    name = "ecdsl observables"
    aliases: ClassVar = ["obs", "ecdsl"]
    filenames: ClassVar = ["*.obs"]
    mimetypes: ClassVar = ["text/x-obs"]
    tokens: ClassVar = {
        "root": [
            (
                rule.pattern,
                _TOKENS[rule.kinds[0]]
                if len(rule.kinds) == 1
                else bygroups(*(_TOKENS[kind] for kind in rule.kinds)),
            )
            for rule in rules()
        ]
    }
