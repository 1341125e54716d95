"""The run-time driver: from compiled observables and settings to posteriors."""

from __future__ import annotations

from ecdsl.analysis.calibrate import calibrate
from ecdsl.analysis.run import run, train
from ecdsl.analysis.scan import scan
from ecdsl.analysis.validate import validate

__all__ = ["calibrate", "run", "scan", "train", "validate"]
