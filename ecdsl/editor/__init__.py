"""What editors need: the language server and the colours of the text."""

from __future__ import annotations
