"""One learned, energy-weighted density per correlator, and the marginals of any shape of it."""

from __future__ import annotations
