"""Jets: simulated, read from files, clustered into what a correlator sums over."""

from __future__ import annotations
