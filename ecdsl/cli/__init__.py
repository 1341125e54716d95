"""The command line: one file per command, which parses flags, calls the package and shows."""

from __future__ import annotations
