"""Numbers in, files out: the table, the figures and the page of an `AnalysisResult`."""

from __future__ import annotations
