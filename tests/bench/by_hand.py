"""Kernels as a careful physicist writes them by hand in numba, for one observable each.

They know what they are for: positive log bins, finite values, energies or transverse momenta over Q
as weights, no ties. Which of both, and what a distance is, they are told by a function, `ee` or
`hadron`. Rows of the distances are padded to whole vectors, bins are found by a table over the
leading bits of floats, windows are tested as vectors before anything is filled.
"""

# ruff: noqa: PLR0917 - compiled functions take arrays one by one
from __future__ import annotations

import math

import numba
import numpy as np

compiled = numba.njit(error_model="numpy")
summed = numba.njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})


@compiled
def ee(px, py, pz, energy, z):
    """Write (1 - cos) / 2 of all pairs, and return energies."""
    u = np.empty((len(px), 3))
    for a in range(len(px)):
        p = math.sqrt(px[a] ** 2 + py[a] ** 2 + pz[a] ** 2)
        u[a, 0], u[a, 1], u[a, 2] = px[a] / p, py[a] / p, pz[a] / p
        for b in range(a):
            dx, dy, dz = u[a, 0] - u[b, 0], u[a, 1] - u[b, 1], u[a, 2] - u[b, 2]
            z[a, b] = z[b, a] = 0.25 * (dx * dx + dy * dy + dz * dz)
    return energy


@compiled
def hadron(px, py, pz, energy, z):
    """Write (d eta)^2 + (d phi)^2 of all pairs, and return transverse momenta."""
    pt, eta, phi = np.empty(len(px)), np.empty(len(px)), np.empty(len(px))
    for a in range(len(px)):
        pt[a] = math.sqrt(px[a] ** 2 + py[a] ** 2)
        eta[a], phi[a] = math.asinh(pz[a] / pt[a]), math.atan2(py[a], px[a])
        for b in range(a):
            along, around = eta[a] - eta[b], abs(phi[a] - phi[b])
            around = min(around, 2 * math.pi - around)
            z[a, b] = z[b, a] = along * along + around * around
    return pt


SHIFT = 46


@compiled
def table_of(edges):
    """Return the edges with NaN behind them, and how many lie below each range of leading bits."""
    padded = np.append(edges, np.nan)
    bits = padded.view(np.int64) >> SHIFT
    base = bits[0] - 1
    table = np.zeros(bits[len(edges) - 1] - base + 2, dtype=np.int64)
    for k in range(len(edges)):
        table[bits[k] - base + 1 :] += 1
    return padded, base, table


@compiled
def bin_of(value, edges, base, table):
    entry = (np.float64(value).view(np.int64) >> SHIFT) - base
    low = table[min(max(entry, 0), len(table) - 1)]
    return low + (edges[low] <= value)


@compiled
def longest_jet(offsets):
    return (np.max(np.diff(offsets)) + 15) // 16 * 16


@compiled
def two_point(measure, offsets, px, py, pz, energy, scale, event, edges, rows):
    edges, base, table = table_of(edges)
    size = longest_jet(offsets)
    z = np.zeros((size, size))
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        share = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z)
        row = rows[event[jet]]
        for a in range(j - i):
            weight = 2 * share[a] / scale[jet] ** 2
            for b in range(a):
                row[bin_of(z[a, b], edges, base, table)] += weight * share[b]


@summed
def lens(near_a, near_b, energy, side, size):
    total = 0.0
    for c in range(size):
        total += energy[c] if (near_a[c] < side) & (near_b[c] < side) else 0.0
    return total


@compiled
def longest_side(measure, offsets, px, py, pz, energy, scale, event, edges, rows):
    edges, base, table = table_of(edges)
    size = longest_jet(offsets)
    z, shares = np.zeros((size, size)), np.zeros(size)
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        n = j - i
        shares[:n] = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z) / scale[jet]
        shares[n:] = 0.0
        row = rows[event[jet]]
        for a in range(n):
            for b in range(a):
                inside = lens(z[a], z[b], shares, z[a, b], (n + 15) // 16 * 16)
                row[bin_of(z[a, b], edges, base, table)] += 6 * shares[a] * shares[b] * inside


@summed
def within(near, energy, side, size):
    total = 0.0
    for d in range(size):
        total += energy[d] if near[d] < side else 0.0
    return total


@compiled
def longest_of_4(measure, offsets, px, py, pz, energy, scale, event, edges, rows):
    edges, base, table = table_of(edges)
    size = longest_jet(offsets)
    z, shares, inside = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    # Distances from earlier particles only: each two of a lens are met once.
    earlier, members = np.full((size, size), np.inf), np.zeros(size, dtype=np.int64)
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        n = j - i
        shares[:n] = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z) / scale[jet]
        shares[n:] = 0.0
        for a in range(n):
            earlier[a, :a] = z[a, :a]
        row = rows[event[jet]]
        for a in range(n):
            for b in range(a):
                near_a, near_b, side, count, total = z[a], z[b], z[a, b], 0, 0.0
                for c in range((n + 15) // 16 * 16):
                    inside[c] = shares[c] if (near_a[c] < side) & (near_b[c] < side) else 0.0
                for c in range(n):
                    members[count] = c
                    count += inside[c] > 0
                for k in range(count):
                    c = members[k]
                    total += shares[c] * within(earlier[c], inside, side, (c + 15) // 16 * 16)
                row[bin_of(side, edges, base, table)] += 24 * shares[a] * shares[b] * total


@compiled
def equilateral(measure, offsets, px, py, pz, energy, scale, event, edges, rows, width):
    edges, base, table = table_of(edges)
    size = longest_jet(offsets)
    z, kept = np.zeros((size, size)), np.zeros(size, dtype=np.bool_)
    words = kept.view(np.uint64)
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        share = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z)
        row = rows[event[jet]]
        for a in range(j - i):
            for b in range(a):
                near_a, near_b, side = z[a], z[b], z[a, b]
                for c in range((b + 15) // 16 * 16):
                    first, second = near_a[c], near_b[c]
                    close = (abs(side - first) < width) & (abs(side - second) < width)
                    kept[c] = close & (abs(first - second) < width)
                weight = 6 * share[a] * share[b] / scale[jet] ** 3
                for word in range((b + 7) // 8):
                    if words[word] != 0:
                        for c in range(8 * word, min(8 * word + 8, b)):
                            if kept[c]:
                                mean = (side + near_a[c] + near_b[c]) / 3
                                row[bin_of(mean, edges, base, table)] += weight * share[c]


@compiled
def ratio_shape(measure, offsets, px, py, pz, energy, scale, event, edges, rows, n1, n2, width):
    edges, base, table = table_of(edges)
    size = longest_jet(offsets)
    z, kept = np.zeros((size, size)), np.zeros(size, dtype=np.bool_)
    words = kept.view(np.uint64)
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        share = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z)
        row = rows[event[jet]]
        for a in range(j - i):
            for b in range(a):
                near_a, near_b, side = z[a], z[b], z[a, b]
                for c in range((b + 15) // 16 * 16):
                    low, high = min(near_a[c], near_b[c]), max(near_a[c], near_b[c])
                    short, long = min(side, low), max(side, high)
                    middle = max(low, min(side, high))
                    first, second = middle - n1 * short, long - n2 * short
                    within = (first >= 0) & (first <= width)
                    kept[c] = within & (second >= 0) & (second <= width)
                weight = 6 * share[a] * share[b] / scale[jet] ** 3
                for word in range((b + 7) // 8):
                    if words[word] != 0:
                        for c in range(8 * word, min(8 * word + 8, b)):
                            if kept[c]:
                                short = min(side, near_a[c], near_b[c])
                                row[bin_of(short, edges, base, table)] += weight * share[c]


@compiled
def resolved(measure, offsets, px, py, pz, energy, scale, event, longest, ratios, angles, rows):
    """R_L, xi and phi: the bin of the longest side is known per pair, phi falls with its square."""
    longest, base_l, table_l = table_of(longest * longest)
    across, along = len(ratios) + 1, len(angles) + 1
    ratios, base_r, table_r = table_of(ratios)
    angles, base_a, table_a = table_of(np.cos(angles[::-1]) ** 2)
    size = longest_jet(offsets)
    z, roots, cells = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size))
    ratio, square, cell = np.zeros(size), np.zeros(size), np.zeros(size)
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        share = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z)
        for a in range(j - i):
            for b in range(a):
                roots[a, b] = roots[b, a] = math.sqrt(z[a, b])
                cells[a, b] = cells[b, a] = bin_of(z[a, b], longest, base_l, table_l)
        row = rows[event[jet]]
        for a in range(j - i):
            for b in range(a):
                near_a, near_b, side = roots[a], roots[b], roots[a, b]
                cells_a, cells_b, own = cells[a], cells[b], cells[a, b]
                for c in range((b + 15) // 16 * 16):
                    low, high = min(near_a[c], near_b[c]), max(near_a[c], near_b[c])
                    short, long = min(side, low), max(side, high)
                    middle = max(low, min(side, high))
                    gap = (long - middle) / short
                    # Three particles on a line are at the first edge, whatever they are rounded to.
                    ratio[c], square[c] = short / middle, min(gap * gap, 1 - 1e-16)
                    cell[c] = max(own, cells_a[c], cells_b[c])
                weight = 6 * share[a] * share[b] / scale[jet] ** 3
                for c in range(b):
                    xi = bin_of(ratio[c], ratios, base_r, table_r)
                    phi = along - 1 - bin_of(square[c], angles, base_a, table_a)
                    place = (np.int64(cell[c]) * across + xi) * along + phi
                    row[np.uint64(place)] += weight * share[c]


@compiled
def summed_up(box, rows, row):
    """Sum differences up along both parameters, into a row for each point; empty the box."""
    size = box.shape[1] - 1
    for cell in range(len(box)):
        plane = box[cell]
        for first in range(1, size):
            for second in range(size):
                plane[first, second] += plane[first - 1, second]
        for first in range(size):
            total = 0.0
            for second in range(size):
                total += plane[first, second]
                rows[first * size + second, row, cell] += total
        plane[:] = 0.0


@compiled
def beyond(value, axis, rate):
    """Return the first place of the evenly spaced `axis` that lies above `value`."""
    place = (value - axis[0]) * rate + 1.0
    return np.int64(min(max(place, 0.0), len(axis)))


@compiled
def ratio_grid(measure, offsets, px, py, pz, energy, scale, event, edges, rows, axis, width):
    """Fill `ratio_shape` at all n1 and n2 of `axis`: each triplet passes for a box of them."""
    edges, base, table = table_of(edges)
    size, steps = longest_jet(offsets), len(axis)
    z, kept = np.zeros((size, size)), np.zeros(size, dtype=np.bool_)
    words = kept.view(np.uint64)
    least, most, rate = axis[0], axis[-1], (steps - 1) / (axis[-1] - axis[0])
    box = np.zeros((len(edges), steps + 1, steps + 1))
    for jet in range(len(offsets) - 1):
        i, j = offsets[jet], offsets[jet + 1]
        share = measure(px[i:j], py[i:j], pz[i:j], energy[i:j], z)
        for a in range(j - i):
            for b in range(a):
                near_a, near_b, side = z[a], z[b], z[a, b]
                for c in range((b + 15) // 16 * 16):
                    low, high = min(near_a[c], near_b[c]), max(near_a[c], near_b[c])
                    short, long = min(side, low), max(side, high)
                    middle = max(low, min(side, high))
                    within = (middle >= least * short) & (long >= least * short)
                    near = (middle - most * short <= width) & (long - most * short <= width)
                    kept[c] = within & near
                weight = 6 * share[a] * share[b] / scale[jet] ** 3
                for word in range((b + 7) // 8):
                    if words[word] != 0:
                        for c in range(8 * word, min(8 * word + 8, b)):
                            if kept[c]:
                                low, high = min(near_a[c], near_b[c]), max(near_a[c], near_b[c])
                                short, long = min(side, low), max(side, high)
                                middle = max(low, min(side, high))
                                start1 = beyond((middle - width) / short, axis, rate)
                                start2 = beyond((long - width) / short, axis, rate)
                                stop1 = beyond(middle / short, axis, rate)
                                stop2 = beyond(long / short, axis, rate)
                                if start1 < stop1 and start2 < stop2:
                                    plane = box[bin_of(short, edges, base, table)]
                                    part = weight * share[c]
                                    plane[start1, start2] += part
                                    plane[start1, stop2] -= part
                                    plane[stop1, start2] -= part
                                    plane[stop1, stop2] += part
        if jet + 2 == len(offsets) or event[jet + 1] != event[jet]:
            summed_up(box, rows, event[jet])
