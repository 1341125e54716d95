"""Histogrammers and tuple samplers as numba modules."""
