"""Passes over the IR; the only place that knows sympy."""
