"""E33x, W31x, W32x: what the compiler proves about the tuples that an observable selects."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry

ROWS = (
    Entry(
        "E330",
        "nothing can pass",
        "A shape that no tuple satisfies has an empty histogram.",
        "It is proved, by interval analysis that knows the geometry, that the windows and deltas "
        "named contradict each other: the order of the sides, the triangle inequality of the "
        "chords sqrt(z), three directions on a sphere. Leave any of them out and something can "
        "pass.",
        "window z1 > 0.3\nwindow z3 < 0.2",
        "window z1 > 0.1\nwindow z3 < 0.2",
    ),
    Entry(
        "E331",
        "no figure has these distances",
        "Deltas ask for a triangle that does not exist.",
        "The chords of a triangle with side ratios 1 : n1 : n2 (in zeta) are as 1 : sqrt(n1) : "
        "sqrt(n2), so that n2 is between n1 and (1 + sqrt(n1))^2. Parameters count at the values "
        "that they have.",
        "delta z2 - z1 exact\ndelta z3 - 10 * z1 exact",
        "delta z2 - z1 exact\ndelta z3 - 2 * z1 exact",
    ),
    Entry(
        "E332",
        "bins that no tuple falls into",
        "An axis whose whole range is out of reach has an empty histogram.",
        "Values outside of the bins count as underflow or overflow. It is proved that all of them "
        "do; the hint says which values the axis can have.",
        "axis zeta = z12: 10 bins in [2, 3]",
        "axis zeta = z12: 10 bins in [0, 1]",
    ),
    Entry(
        "E333",
        "no particle passes `where`",
        "Without particles there is nothing to sum.",
        "The comparisons of `where` contradict each other.",
        "where pt > 2 GeV and pt < 1 GeV",
        "where pt > 1 GeV and pt < 2 GeV",
    ),
    Entry(
        "E334",
        "no tuple passes the correlator's windows",
        "A correlator that sums nothing is 0 in every shape.",
        "Its windows contradict each other, `where` or the geometry. See E330 for what is known.",
        "correlator pairs {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  window  z12 > 0.2 and z12 < 0.1\n"
        "}\n"
        "observable o = pairs | {\n"
        "  axis zeta = z12: 10 bins in [0.1, 0.2]\n"
        "}",
        "correlator pairs {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  window  z12 > 0.1 and z12 < 0.2\n"
        "}\n"
        "observable o = pairs | {\n"
        "  axis zeta = z12: 10 bins in [0.1, 0.2]\n"
        "}",
    ),
    Entry(
        "E335",
        "window of measure zero",
        "No tuple of a finite sample has exactly one value.",
        "Two windows, or the ends of one interval, leave a single value of a continuous quantity. "
        "`delta ... within [lo, hi]` opens it; `exact` keeps the limit for a smooth density.",
        "window 0.1 <= z1 <= 0.1",
        "window 0.1 <= z1 <= 0.11",
    ),
    Entry(
        "E336",
        "weight is always 0",
        "A sum of zeros is an empty histogram.",
        "The terms of the weight cancel.",
        "weight (E1 - E1) / Q",
        "weight E1 * E2 * E3 / Q^3",
    ),
    Entry(
        "W310",
        "window that always holds",
        "A window that selects nothing is often a typing error.",
        "It is proved for every tuple, and for every value that the parameters may take. The note "
        "says which fact of geometry decides.",
        "window z1 <= z3",
        "window z1 <= 0.5 * z3",
    ),
    Entry(
        "W311",
        "window implied by others",
        "A window that follows from others selects nothing more.",
        "It is proved for every value that the parameters may take.",
        "window z3 < 0.1\nwindow z1 < 0.2",
        "window z3 < 0.1\nwindow z1 < 0.05",
    ),
    Entry(
        "W312",
        "bins that no tuple reaches",
        "A part of the axis stays empty.",
        "The first or last bins are out of reach: distances in measure ee end at 1, and the "
        "shortest of three sides at 3/4. The hint says which values the axis can have.",
        "axis zeta = z12: 10 bins in [0, 2]",
        "axis zeta = z12: 10 bins in [0, 1]",
    ),
    Entry(
        "W313",
        "denominator that can be 0",
        "What is divided by 0 is infinite or no number.",
        "Some of the selected tuples have a denominator near 0, of either sign, or contact terms "
        "have one that is 0. Distances of different particles alone are no reason to warn.",
        "axis r = z12 / (z13 - z23): 10 bins in [0, 1]",
        "axis r = z12 / (z13 + z23): 10 bins in [0, 1]",
    ),
    Entry(
        "W314",
        "logarithm of what can be 0 or negative",
        "log(0) is -infinity, and log of a negative number is none.",
        "-infinity counts as underflow, what is no number as overflow.",
        "axis l = log(z13 - z12): 10 bins in [-5, 0]",
        "axis l = log(z13 + z12): 10 bins in [-5, 0]",
    ),
    Entry(
        "W315",
        "root of what can be negative",
        "The root of a negative number is no number.",
        "What is no number counts as overflow on an axis, and fails a comparison.",
        "axis r = sqrt(z13 - z12): 10 bins in [0, 1]",
        "axis r = sqrt(abs(z13 - z12)): 10 bins in [0, 1]",
    ),
    Entry(
        "W316",
        "arcsine or arccosine beyond [-1, 1]",
        "No angle has a sine above 1.",
        "What is no number counts as overflow on an axis, and fails a comparison.",
        "axis a = asin(2 * z12): 10 bins in [0, 1]",
        "axis a = asin(z12): 10 bins in [0, 1]",
    ),
    Entry(
        "W320",
        "values of a parameter that leave nothing",
        "A scan would meet empty histograms.",
        "For a part of the parameter's range, the others as they are, it is proved that no tuple "
        "falls into the bins. The note says for which values tuples exist.",
        "shape near(width in [0, 1] = 0.5) {\n"
        "  window z3 < width\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near {\n"
        "  axis zeta: 10 bins in [0.1, 0.5]\n"
        "}",
        "shape near(width in [0.2, 1] = 0.5) {\n"
        "  window z3 < width\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near {\n"
        "  axis zeta: 10 bins in [0.1, 0.5]\n"
        "}",
    ),
    Entry(
        "W321",
        "parameter that cancels",
        "A scan over it would show a flat line.",
        "The parameter is written, but drops out when terms are collected.",
        "shape near(width in (0, 1] = 0.1) {\n"
        "  window z3 + width - width < 0.1\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near {\n"
        "  axis zeta: 10 bins in [0, 0.1]\n"
        "}",
        "shape near(width in (0, 1] = 0.1) {\n"
        "  window z3 < width\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near {\n"
        "  axis zeta: 10 bins in [0, 0.1]\n"
        "}",
    ),
)
