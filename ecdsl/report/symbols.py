"""How a name of the language is typeset."""

from __future__ import annotations

_GREEK = frozenset(
    {
        "alpha",
        "beta",
        "chi",
        "delta",
        "eta",
        "mu",
        "phi",
        "psi",
        "rho",
        "tau",
        "theta",
        "xi",
        "zeta",
    }
)
_KNOWN = {"mt": "m_t", "mW": "m_W", "alpha_s": r"\alpha_s"}


def symbol(name: str) -> str:
    """Return mathtext for a name: `zeta` is a Greek letter, `mt` the top mass, else upright."""
    if name in _GREEK:
        return rf"$\{name}$"
    if name in _KNOWN:
        return f"${_KNOWN[name]}$"
    return name.replace("$", r"\$")


def with_unit(name: str, unit: str) -> str:
    """Return an axis title such as `m_t [GeV]`."""
    return f"{symbol(name)} [{unit}]" if unit else symbol(name)
