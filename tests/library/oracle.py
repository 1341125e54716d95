"""The library's observables once more, in plain numpy, written from the formulas of the papers.

Nothing here comes from the compiler. Each function takes one jet (or one event) and returns what is
read off its tuples, one array per axis, and what each tuple weighs. All tuples are written out as
arrays of N dimensions: slow and plain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import fastjet
import numpy as np

M_TOP = 172.5
E_PROTON = 275.0


@dataclass(frozen=True)
class Jet:
    """Momenta in GeV, charges in e, species by PDG number, and the hard scale Q."""

    px: np.ndarray
    py: np.ndarray
    pz: np.ndarray
    energy: np.ndarray
    charge: np.ndarray
    pdgid: np.ndarray
    Q: float
    columns: dict[str, float]
    axis: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def pt(self):
        return np.hypot(self.px, self.py)

    @property
    def phi(self):
        return np.arctan2(self.py, self.px)

    @property
    def eta(self):
        return np.arcsinh(self.pz / self.pt)

    @property
    def p(self):
        return np.sqrt(self.px**2 + self.py**2 + self.pz**2)

    @property
    def et(self):
        return self.energy * self.pt / self.p

    @property
    def jet_pt(self):
        return float(np.hypot(*self.axis[:2]))


def make(**columns):
    axis = tuple(float(np.sum(columns[name])) for name in ("px", "py", "pz"))
    return Jet(**columns, axis=axis)


def pick(jet, mask):
    names = ("px", "py", "pz", "energy", "charge", "pdgid")
    return replace(jet, **{name: getattr(jet, name)[mask] for name in names})


def charged(jet):
    return pick(jet, jet.charge != 0)


def hardest(jet, k):
    return pick(jet, np.argsort(-jet.pt)[:k])


def clustered(jet, algorithm, radius):
    particles = [
        fastjet.PseudoJet(*map(float, row))
        for row in zip(jet.px, jet.py, jet.pz, jet.energy, strict=True)
    ]
    sequence = fastjet.ClusterSequence(particles, fastjet.JetDefinition(algorithm, radius))
    rows = np.array([(j.px(), j.py(), j.pz(), j.e()) for j in sequence.inclusive_jets()])
    nothing = np.zeros(len(rows))
    px, py, pz, energy = rows.T
    return replace(jet, px=px, py=py, pz=pz, energy=energy, charge=nothing, pdgid=nothing)


# --- distances of all pairs --------------------------------------------------------------------


def zeta(jet):
    """(1 - cos theta)/2 = |n_i - n_j|^2 / 4."""
    n = np.stack([jet.px, jet.py, jet.pz]) / jet.p
    return ((n[:, :, None] - n[:, None, :]) ** 2).sum(axis=0) / 4


def dphi(jet):
    difference = np.abs(jet.phi[:, None] - jet.phi[None, :])
    return np.minimum(difference, 2 * np.pi - difference)


def dr(jet):
    return np.hypot(jet.eta[:, None] - jet.eta[None, :], dphi(jet))


# --- all N-tuples as arrays of N dimensions ----------------------------------------------------


def product(values, order):
    """prod_k values[i_k] for all tuples."""
    result = np.ones(())
    for _ in range(order):
        result = result[..., None] * values
    return result


def along(values, axis, order):
    """values[i_axis] for all tuples."""
    shape = [1] * order
    shape[axis] = len(values)
    return np.broadcast_to(values.reshape(shape), (len(values),) * order)


def pair(matrix, i, j, order):
    """matrix[i_i, i_j] for all tuples."""
    n = len(matrix)
    shape = [1] * order
    shape[i] = shape[j] = n
    return np.broadcast_to(matrix.reshape(shape), (n,) * order)


def distances(matrix, order):
    """(pairs, n, ..., n): the distances of all pairs of each tuple."""
    return [pair(matrix, i, j, order) for i, j in combinations(range(order), 2)]


def longest(matrix, order):
    result = np.zeros((len(matrix),) * order)
    for one in distances(matrix, order):
        result = np.maximum(result, one)
    return result


def different(n, order):
    """Which tuples have no particle twice."""
    index = np.arange(n)
    result = np.ones((n,) * order, dtype=bool)
    for i, j in combinations(range(order), 2):
        result &= along(index, i, order) != along(index, j, order)
    return result


def triangles(jet, matrix, weights):
    """Sorted sides (S, M, L) and weights of all ordered triplets of different particles."""
    keep = different(len(jet.px), 3)
    sides = np.sort(np.stack([one[keep] for one in distances(matrix, 3)]), axis=0)
    return sides, product(weights, 3)[keep]


def pt_share(jet):
    return jet.pt / jet.jet_pt


# --- e+e- events -------------------------------------------------------------------------------


def _event_pairs(jet):
    return zeta(jet).ravel(), product(jet.energy / jet.Q, 2).ravel()


def eec(jet):
    z, weight = _event_pairs(jet)
    return [z], weight


def eec_angle(jet):
    z, weight = _event_pairs(jet)
    return [2 * np.arcsin(np.sqrt(z))], weight


def eec_tracks(jet):
    return eec(charged(jet))


def e3c(jet):
    return [longest(zeta(jet), 3).ravel()], product(jet.energy / jet.Q, 3).ravel()


def coplanarity(jet):
    n = np.stack([jet.px, jet.py, jet.pz]) / jet.p
    volume = np.abs(
        np.einsum("ai,aijk->ijk", n, np.cross(n[:, :, None], n[:, None, :], axis=0)[:, None])
    )
    keep = different(len(jet.px), 3)
    return [volume[keep]], product(jet.energy / jet.Q, 3)[keep]


def beam_flow(jet):
    return [jet.pz / jet.p], jet.energy / jet.Q


# --- jets of hadron colliders ------------------------------------------------------------------


def jet_eec(jet):
    return [dr(jet).ravel()], product(pt_share(jet), 2).ravel()


def hard_tracks(jet):
    return charged(pick(jet, jet.pt > 1))


def distinct_pairs(jet, power=1):
    keep = different(len(jet.px), 2)
    return dr(jet)[keep], product(pt_share(jet), 2)[keep] ** power


def track_eec(jet):
    distance, weight = distinct_pairs(hard_tracks(jet))
    return [distance], weight


def track_eec_scaled(jet):
    distance, weight = distinct_pairs(hard_tracks(jet))
    return [jet.jet_pt * distance], weight


def jet_eec_squared(jet):
    distance, weight = distinct_pairs(jet, power=2)
    return [distance], weight


def projected(order, k=None, cut=0.0):
    def function(jet):
        some = pick(jet, jet.pt > cut)
        some = some if k is None else hardest(some, k)
        return [longest(dr(some), order).ravel()], product(pt_share(some), order).ravel()

    return function


def continued(nu, k):
    """All sets of particles, as numbers with a bit for each particle."""

    def function(jet):
        some = hardest(jet, k)
        n, distance = len(some.pt), dr(some)
        holds = [np.arange(1 << n) >> i & 1 for i in range(n)]
        weights = sum(share * inside for share, inside in zip(pt_share(some), holds, strict=True))
        sides = np.zeros(1 << n)
        for i, j in combinations(range(n), 2):
            sides = np.maximum(sides, distance[i, j] * (holds[i] & holds[j]))
        weights **= nu
        for i in range(n):
            split = weights.reshape(-1, 2, 1 << i)
            split[:, 1] -= split[:, 0]
        return [sides], weights

    return function


def triangle_sides(jet):
    sides, weight = triangles(jet, dr(jet), pt_share(jet))
    return list(sides), weight


def xi_and_phi(short, middle, long):
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = 1 - (long - middle) ** 2 / short**2
        return short / middle, np.arcsin(np.sqrt(np.maximum(inside, 0)))


def triangle_shape(jet):
    (short, middle, long), weight = triangles(jet, dr(jet), pt_share(jet))
    return [long, *xi_and_phi(short, middle, long)], weight


def plane(low, high):
    def function(jet):
        (short, middle, long), weight = triangles(jet, dr(jet), pt_share(jet))
        keep = (low < long) & (long < high)
        return list(xi_and_phi(short[keep], middle[keep], long[keep])), weight[keep]

    return function


def squeezed_azimuth(jet):
    """In the (eta, phi) plane: between the short side and the line from its middle to the third."""
    (short, middle, long), weight = triangles(jet, dr(jet), pt_share(jet))
    keep = short < 0.1 * long
    short, middle, long = short[keep], middle[keep], long[keep]
    # Law of cosines in the triangle (one end of the short side, its middle, the third particle).
    reach = np.sqrt((2 * middle**2 + 2 * long**2 - short**2) / 4)
    cosine = (reach**2 + (short / 2) ** 2 - middle**2) / (reach * short)
    return [np.arccos(np.minimum(cosine, 1))], weight[keep]


def pair_flux(jet):
    return jet_eec(jet)


def equilateral_flux(jet):
    (short, middle, long), weight = triangles(jet, dr(jet), pt_share(jet))
    keep = long < 1.2 * short
    radius = np.sqrt((short**2 + middle**2 + long**2) / 3)
    return [radius[keep]], weight[keep]


def wake_equilateral(jet):
    (short, middle, long), weight = triangles(jet, dr(jet), pt_share(jet))
    keep = short > 0.8 * middle
    return [long[keep]], weight[keep]


# --- about a special particle: the formula with sums over shells -------------------------------


def shells(order, k=None, *, events=False):
    """arXiv:2410.16368: sum_s x_s [(sum_{<=k} x)^(N-1) - (sum_{<k} x)^(N-1)] at R_1 = R_sk."""

    def function(jet):
        some = jet if k is None else hardest(jet, k)
        share, matrix = pt_share(some), dr(some)
        if events:
            share, matrix = some.energy / some.Q, zeta(some)
        radius, weight = [], []
        for centre in range(len(share)):
            near_first = np.argsort(matrix[centre])
            reached = np.concatenate([[0], np.cumsum(share[near_first])])
            radius.append(matrix[centre][near_first])
            weight.append(share[centre] * np.diff(reached ** (order - 1)))
        return [np.concatenate(radius)], np.concatenate(weight)

    return function


def _wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _seen_from(jet, centre):
    """Distances and directions in the (eta, phi) plane of all others, the farthest first."""
    others = np.arange(len(jet.px)) != centre
    x = (jet.eta - jet.eta[centre])[others]
    y = _wrapped(jet.phi - jet.phi[centre])[others]
    order = np.argsort(-np.hypot(x, y))
    return np.hypot(x, y)[order], np.arctan2(y, x)[order], pt_share(jet)[others][order]


def re3c(jet):
    rows = []
    for centre in range(len(jet.px)):
        radius, angle, share = _seen_from(jet, centre)
        far, near = np.triu_indices(len(radius), 1)
        # Both orders of the pair name the same triangle.
        weight = 2 * pt_share(jet)[centre] * share[far] * share[near]
        rows.append(
            (radius[far], radius[near] / radius[far], _wrapped(angle[near] - angle[far]), weight)
        )
    *values, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
    return values, weight


def re4c(jet):
    some = hardest(jet, 20)
    rows = []
    for centre in range(len(some.px)):
        radius, angle, share = _seen_from(some, centre)
        if len(radius) < 3:
            continue
        first, second, third = np.array(list(combinations(range(len(radius)), 3))).T
        weight = 6 * pt_share(some)[centre] * share[first] * share[second] * share[third]
        rows.append((
            radius[first],
            radius[second] / radius[first],
            _wrapped(angle[second] - angle[first]),
            radius[third] / radius[second],
            _wrapped(angle[third] - angle[first]),
            weight,
        ))  # fmt: skip
    *values, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
    return values, weight


# --- four particles ----------------------------------------------------------------------------


def four_point_ratios(jet):
    some = hardest(jet, 16)
    keep = different(len(some.px), 4)
    z12, z13, z14, z23, z24, z34 = (one[keep] ** 2 for one in distances(dr(some), 4))
    weight = product(pt_share(some), 4)[keep]
    return [z12 * z34 / (z13 * z24), z14 * z23 / (z13 * z24)], weight


def four_point_sides(jet):
    some = hardest(jet, 16)
    keep = different(len(some.px), 4)
    sides = np.sort(np.stack([one[keep] for one in distances(dr(some), 4)]), axis=0)
    return [sides[-1], sides[0] / sides[-1]], product(pt_share(some), 4)[keep]


# --- charge and flavour ------------------------------------------------------------------------


def signs(wanted):
    def function(jet):
        some = charged(jet)
        keep = different(len(some.px), 2) & wanted(some.charge[:, None], some.charge[None, :])
        return [dr(some)[keep]], product(pt_share(some), 2)[keep]

    return function


def charge_weighted(jet):
    some = charged(jet)
    keep = different(len(some.px), 2)
    return [dr(some)[keep]], product(some.charge * pt_share(some), 2)[keep]


def charge_odd(jet):
    some = charged(jet)
    keep = different(len(some.px), 3)
    return [longest(dr(some), 3)[keep]], product(some.charge * pt_share(some), 3)[keep]


def flavours(wanted):
    def function(jet):
        keep = different(len(jet.px), 2) & wanted(jet.pdgid[:, None], jet.pdgid[None, :])
        return [dr(jet)[keep]], product(pt_share(jet), 2)[keep]

    return function


# --- one point ---------------------------------------------------------------------------------


def jet_profile(jet):
    x, y, z = jet.axis
    eta, phi = np.arcsinh(z / np.hypot(x, y)), np.arctan2(y, x)
    return [np.hypot(jet.eta - eta, _wrapped(jet.phi - phi))], pt_share(jet)


def _polar(jet):
    return np.arctan2(jet.pt, jet.pz)


def nucleon_energy(jet):
    return [_polar(jet) ** 2], jet.columns["x_B"] ** 2 * jet.energy / E_PROTON


def target_energy(jet):
    seen = jet if jet.columns["x_B"] < 0.01 else pick(jet, np.zeros(len(jet.px), dtype=bool))
    return [_polar(seen)], seen.energy / E_PROTON


# --- transverse --------------------------------------------------------------------------------


def _jet_pairs(jet):
    some = pick(jet, (jet.pt > 60) & (np.abs(jet.eta) < 2.4))
    cosine = np.cos(some.phi[:, None] - some.phi[None, :])
    return cosine.ravel(), (product(some.et, 2) / max(some.et.sum(), 1e-300) ** 2).ravel()


def teec(jet):
    cosine, weight = _jet_pairs(jet)
    return [cosine], weight


def teec_back_to_back(jet):
    cosine, weight = _jet_pairs(jet)
    return [(1 + cosine) / 2], weight


def dis_teec(jet):
    lepton = (jet.pdgid == 11) & (jet.pt > 5)
    hadron = np.abs(jet.pdgid) != 11
    keep = lepton[:, None] & hadron[None, :]
    weight = jet.et[None, :] / (jet.et.sum() - jet.et[:, None])
    return [np.cos(dphi(jet))[keep]], weight[keep]


# --- subjets -----------------------------------------------------------------------------------


def ewoc_mass(jet):
    some = clustered(jet, fastjet.cambridge_algorithm, 0.2)
    columns = [some.px, some.py, some.pz, some.energy]
    px, py, pz, energy = (column[:, None] + column[None, :] for column in columns)
    mass = np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0))
    own = np.sqrt(np.maximum(some.energy**2 - some.p**2, 0))
    np.fill_diagonal(mass, own)
    return [mass.ravel()], product(pt_share(some), 2).ravel()


def ewoc_mass_squared(jet):
    (mass,), weight = ewoc_mass(jet)
    return [mass**2], weight


# --- top quarks --------------------------------------------------------------------------------


def ee_triangles(jet, power=1):
    """Sides in zeta and weights of all ordered triplets of the jet's subjets."""
    sides, weight = triangles(jet, zeta(jet), jet.energy / jet.Q)
    return sides, weight**power


def equal_sides(width, power=1):
    """Pairwise differences below `width`; the mean side."""

    def function(jet):
        sides, weight = ee_triangles(jet, power)
        keep = sides[2] - sides[0] < width
        return [sides.mean(axis=0)[keep]], weight[keep]

    return function


def ratio(n1, n2, width):
    """0 <= z2 - n1 z1 <= width and 0 <= z3 - n2 z1 <= width; the shortest side."""

    def function(jet):
        sides, weight = ee_triangles(jet)
        first, second = sides[1] - n1 * sides[0], sides[2] - n2 * sides[0]
        keep = (first >= 0) & (first <= width) & (second >= 0) & (second <= width)
        return [sides[0][keep]], weight[keep]

    return function


def zeta_max(jet):
    sides, weight = ee_triangles(jet)
    return [sides[2]], weight


def zeta_mean(jet):
    sides, weight = ee_triangles(jet)
    return [sides.mean(axis=0)], weight


def mean_and_asymmetry(jet):
    sides, weight = ee_triangles(jet)
    return [sides.mean(axis=0), sides[2] - sides[0]], weight


def boosted_equilateral(jet):
    some = pick(jet, jet.pt > 1)
    sides, weight = triangles(some, dr(some) ** 2, pt_share(some))
    keep = sides[2] - sides[0] < 0.05
    return [sides.mean(axis=0)[keep]], weight[keep]


def scaled_equilateral(jet):
    some = pick(jet, jet.pt > 1)
    sides, weight = triangles(some, dr(some) ** 2, pt_share(some))
    unit = (M_TOP / jet.jet_pt) ** 2
    keep = sides[2] - sides[0] < 0.5 * unit
    return [sides.mean(axis=0)[keep] / unit], weight[keep]


def candle(top):
    """arXiv:2311.02157: X of the triangles whose long sides differ little."""

    def function(jet):
        some = hardest(charged(pick(jet, jet.pt > 5)), 25)
        if len(some.px) < 3:
            return [np.zeros(0)], np.zeros(0)
        (short, middle, long), weight = triangles(some, dr(some), pt_share(some))
        legs = ((long + middle) / 2) ** 2
        keep = (long - middle) ** 2 < (M_TOP / jet.jet_pt) ** 2
        keep &= short**2 > 0.1 if top else short**2 < 0.1
        return [legs[keep] * (jet.jet_pt / M_TOP) ** 2], weight[keep]

    return function


def sum_of_sides(top):
    def function(jet):
        some = hardest(charged(jet), 50)
        sides, weight = triangles(some, dr(some) ** 2, pt_share(some))
        if top:
            keep = sides[2] - sides[0] < 3.5 / 3 * (170 / jet.jet_pt) ** 2
        else:
            keep = (sides[2] - sides[1] < 0.05) & (sides[0] < 0.05)
        return [sides.sum(axis=0)[keep]], weight[keep] ** 2

    return function


Oracle = Callable[[Jet], tuple[list[np.ndarray], np.ndarray]]

ORACLES: dict[str, Oracle] = {
    "eec": eec,
    "e3c": e3c,
    "eec_angle": eec_angle,
    "eec_ends": eec,
    "eec_tracks": eec_tracks,
    "coplanarity": coplanarity,
    "beam_flow": beam_flow,
    "jet_eec": jet_eec,
    "track_eec": track_eec,
    "track_eec_scaled": track_eec_scaled,
    "jet_eec_squared": jet_eec_squared,
    "jet_e2c": jet_eec,
    "jet_e3c": projected(3),
    "jet_e4c": projected(4),
    "jet_e5c": projected(5, k=16),
    "jet_e6c": projected(6, k=16),
    "jet_e2_5c": continued(2.5, k=16),
    "cms_e2c": projected(2, cut=1),
    "cms_e3c": projected(3, cut=1),
    "triangle_sides": triangle_sides,
    "triangle_shape": triangle_shape,
    "triangle_plane": plane(0.1, 0.4),
    "wake_plane": plane(0.5, 0.7),
    "wake_equilateral": wake_equilateral,
    "squeezed_azimuth": squeezed_azimuth,
    "pair_flux": pair_flux,
    "equilateral_flux": equilateral_flux,
    "pe3c": shells(3),
    "pe4c": shells(4, k=20),
    "pe3c_ends": shells(3, events=True),
    "re3c": re3c,
    "re4c": re4c,
    "four_point_ratios": four_point_ratios,
    "four_point_sides": four_point_sides,
    "opposite_sign": signs(lambda a, b: a * b < 0),
    "like_sign": signs(lambda a, b: a * b > 0),
    "positive_sign": signs(lambda a, b: (a > 0) & (b > 0)),
    "charge_weighted": charge_weighted,
    "charge_blind": signs(lambda a, b: a * b != 0),
    "charge_odd": charge_odd,
    "charm_jet_eec": jet_eec,
    "d_meson_eec": flavours(lambda a, b: (np.abs(a) == 421) & (np.abs(b) != 421)),
    "d_meson_pair": flavours(lambda a, b: (a == 421) & (b == -421)),
    "jet_profile": jet_profile,
    "nucleon_energy": nucleon_energy,
    "target_energy": target_energy,
    "teec": teec,
    "teec_back_to_back": teec_back_to_back,
    "dis_teec": dis_teec,
    "ewoc_mass": ewoc_mass,
    "ewoc_mass_squared": ewoc_mass_squared,
    "equilateral": equal_sides(0.02),
    "equilateral_squared": equal_sides(0.02, power=2),
    "right_isosceles": ratio(1, 2, 0.01),
    "most_sensitive": ratio(1.02, 1.99, 0.01),
    "isosceles": ratio(1, 1.5, 0.01),
    "one_sided_equilateral": ratio(1, 1, 0.01),
    "zeta_max": zeta_max,
    "zeta_mean": zeta_mean,
    "mean_and_asymmetry": mean_and_asymmetry,
    "boosted_equilateral": boosted_equilateral,
    "scaled_equilateral": scaled_equilateral,
    "top_window": candle(top=True),
    "w_window": candle(top=False),
    "top_sum": sum_of_sides(top=True),
    "w_sum": sum_of_sides(top=False),
}
