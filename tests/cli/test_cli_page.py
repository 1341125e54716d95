from __future__ import annotations

from pathlib import Path

from ecdsl.cli.main import app
from ecdsl.project import default_source

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def test_the_page_lists_every_command():
    for command in app.registered_commands:
        assert f"| `ecdsl {command.name}" in PAGE


def test_the_page_shows_the_embedded_default():
    settings = default_source().text.split("\n", 2)[2]
    assert settings in PAGE
