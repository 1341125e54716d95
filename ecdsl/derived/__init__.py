"""Derived observables: ratios, differences and reflections of histograms of the same events."""
