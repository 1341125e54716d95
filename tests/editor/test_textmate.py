from __future__ import annotations

import json
import re

from ecdsl import resources
from ecdsl.editor.lexicon import rules
from ecdsl.editor.textmate import textmate


def test_the_committed_grammar_is_the_generated_one(golden):
    golden(resources.root() / "grammars" / "obs.tmLanguage.json", textmate())


def test_it_has_a_scope_for_every_kind():
    grammar = json.loads(textmate())
    scopes = {
        scope["name"]
        for pattern in grammar["patterns"]
        for scope in (pattern, *pattern.get("captures", {}).values())
        if "name" in scope
    }

    assert grammar["scopeName"] == "source.obs"
    kinds = {kind for rule in rules() for kind in rule.kinds} - {"space"}
    assert len(scopes) == len(kinds)
    for pattern in grammar["patterns"]:
        groups = re.compile(pattern["match"]).groups
        assert all(1 <= int(group) <= groups for group in pattern.get("captures", {}))
