"""The TextMate grammar, which VS Code, Sublime Text, JetBrains IDEs and GitHub colour files with.

    python -m ecdsl.editor.textmate > grammars/obs.tmLanguage.json

writes the committed file again after a change of the language.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ecdsl.editor.lexicon import rules

if TYPE_CHECKING:
    from ecdsl.editor.lexicon import Kind, Rule

_SCOPES: dict[Kind, str] = {
    "comment": "comment.line.number-sign",
    "declaration": "storage.type",
    "declared": "entity.name.type",
    "doc": "comment.line.documentation",
    "function": "support.function",
    "import": "keyword.control.import",
    "keyword": "keyword.other",
    "logic": "keyword.operator.logical",
    "name": "variable.other",
    "number": "constant.numeric",
    "operator": "keyword.operator",
    "punctuation": "punctuation",
    "quantity": "variable.language",
    "setting": "support.constant",
    "statement": "keyword.control",
    "unit": "keyword.other.unit",
}


def textmate() -> str:
    """Return the grammar as JSON."""
    grammar = {
        "information_for_contributors": "made by `python -m ecdsl.editor.textmate`, do not edit",
        "name": "ecdsl observables",
        "scopeName": "source.obs",
        "fileTypes": ["obs"],
        "patterns": [_pattern(rule) for rule in rules() if rule.kinds != ("space",)],
    }
    return json.dumps(grammar, indent=2) + "\n"


def _pattern(rule: Rule) -> dict[str, Any]:
    if len(rule.kinds) == 1:
        return {"match": rule.pattern, "name": _scope(rule.kinds[0])}
    captures = {
        str(group): {"name": _scope(kind)}
        for group, kind in enumerate(rule.kinds, 1)
        if kind in _SCOPES
    }
    return {"match": rule.pattern, "captures": captures}


def _scope(kind: Kind) -> str:
    return f"{_SCOPES[kind]}.obs"


if __name__ == "__main__":
    sys.stdout.write(textmate())
