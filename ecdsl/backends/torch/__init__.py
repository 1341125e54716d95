"""Shapes as torch masks and as maps from the unit cube."""
