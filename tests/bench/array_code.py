"""The sums as array code, as physicists write them today with awkward and numpy.

All pairs or triplets of some jets at a time are arrays: distances and axes by formula, windows as
masks, and one histogram of what is left.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb, factorial, prod

import awkward as ak
import numpy as np

# Tuples at a time; their arrays take some 200 MB.
TUPLES = 1_000_000


def histogram(name, measure, jets, axes, parameters):
    """Return one row, the sum over all jets."""
    shape = [len(axis) + 1 for axis in axes]
    total = np.zeros(shape)
    sums, order = SUMS[name]
    for some in chunks(constituents(measure, jets), order):
        # What stands in a combination is looked up once, and not in each formula.
        tuples = ak.to_packed(ak.flatten(ak.combinations(some, order)))
        values, weights = sums(ak.unzip(tuples), *parameters)
        cells = [
            np.searchsorted(axis, value, side="right")
            for axis, value in zip(axes, values, strict=True)
        ]
        np.add.at(total, tuple(cells), weights)
    return total.ravel()


def constituents(measure, jets):
    """Return directions and weights of the particles of each jet."""
    if measure == "ee":
        p = np.sqrt(jets.px**2 + jets.py**2 + jets.pz**2)
        fields = {"x": jets.px / p, "y": jets.py / p, "z": jets.pz / p, "weight": jets.energy}
    else:
        pt = np.hypot(jets.px, jets.py)
        eta, phi = np.arcsinh(jets.pz / pt), np.arctan2(jets.py, jets.px)
        fields = {"eta": eta, "phi": phi, "weight": pt}
    counts = np.diff(jets.offsets)
    fields["weight"] = fields["weight"] / np.repeat(jets.scale, counts)
    return ak.unflatten(ak.zip(fields), counts)


def chunks(particles, order):
    """Split jets into groups that have about TUPLES tuples each."""
    group = np.cumsum([comb(n, order) for n in ak.num(particles).tolist()]) // TUPLES
    ends = [0, *(np.flatnonzero(np.diff(group)) + 1), len(group)]
    return [particles[i:j] for i, j in pairwise(ends)]


def distance(a, b):
    if "eta" in a.fields:
        around = abs(a.phi - b.phi)
        around = np.minimum(around, 2 * np.pi - around)
        return ak.to_numpy((a.eta - b.eta) ** 2 + around**2)
    return ak.to_numpy(((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2) / 4)


def sides(points):
    """Return the distances of all pairs of points, each of an array of particles."""
    return np.array([distance(a, b) for a, b in combinations(points, 2)])


def weight(points):
    return factorial(len(points)) * ak.to_numpy(prod(point.weight for point in points))


def longest_side(points):
    return [sides(points).max(axis=0)], weight(points)


def equilateral(points, width):
    first, second, third = sides(points)
    kept = (abs(first - second) < width) & (abs(second - third) < width)
    kept &= abs(third - first) < width
    mean = (first[kept] + second[kept] + third[kept]) / 3
    return [mean], weight([point[kept] for point in points])


def ratio_shape(points, n1, n2, width):
    short, middle, long = np.sort(sides(points), axis=0)
    first, second = middle - n1 * short, long - n2 * short
    kept = (first >= 0) & (first <= width) & (second >= 0) & (second <= width)
    return [short[kept]], weight([point[kept] for point in points])


def resolved(points):
    short, middle, long = np.sqrt(np.sort(sides(points), axis=0))
    cosine = (long - middle) / short
    phi = np.arcsin(np.sqrt(np.maximum(1 - cosine**2, 0)))
    return [long, short / middle, phi], weight(points)


SUMS = {
    "two_point": (longest_side, 2),
    "longest_side": (longest_side, 3),
    "equilateral": (equilateral, 3),
    "ratio_shape": (ratio_shape, 3),
    "resolved": (resolved, 3),
}
