"""E3xx: what a program means in physics and mathematics."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry

ROWS = (
    Entry(
        "E301",
        "weight with a dimension",
        "A weight is a pure number.",
        "Each energy is divided by the scale: the weight of order N is `E1 * ... * EN / Q^N`. A "
        "weight in GeV would make the histogram depend on the unit.",
        "weight E1 * E2 * E3 / Q^2",
        "weight E1 * E2 * E3 / Q^3",
    ),
    Entry(
        "E302",
        "different dimensions",
        "What is added or compared has the same power of energy.",
        "Numbers have no unit unless one is written: `5 GeV`. Distances are pure numbers.",
        "window E1 > 5",
        "window E1 > 5 GeV",
    ),
    Entry(
        "E303",
        "argument with a dimension",
        "Logarithms, exponentials, angles and exponents are of pure numbers.",
        "Divide by `Q` or by an energy: `log(E1 / Q)`.",
        "window log(E1) > 1",
        "window log(E1 / Q) > -1",
    ),
    Entry(
        "E304",
        "delta of measure zero",
        "No tuple of a finite sample lies exactly on a surface.",
        "`within [lo, hi]` opens the delta to a window, which is what a histogram needs. `exact` "
        "keeps the limit, which only the marginal of a smooth density has.",
        "delta z12 - z23",
        "delta z12 - z23 within [0, 0.01]",
    ),
    Entry(
        "E305",
        "over-constrained shape",
        "N directions have 2N - 3 independent distances.",
        "Deltas and axes that depend on angles alone each fix one of them; one more than there "
        "are has no density. Three particles have three, two have one.",
        "delta z12 - z13 within [0, 0.01]\n"
        "delta z13 - z23 within [0, 0.01]\n"
        "delta z12 - 0.1 within [0, 0.01]",
        "delta z12 - z13 within [0, 0.01]\ndelta z13 - z23 within [0, 0.01]",
    ),
    Entry(
        "E306",
        "bins that hold nothing",
        "Bins rise from the lower to the upper end, at least one and at most 10 million.",
        "Logarithmic bins start above 0. The limit is for all axes of an observable together.",
        "axis zeta = z12: 50 log bins in [0, 1]",
        "axis zeta = z12: 50 log bins in [1e-4, 1]",
    ),
    Entry(
        "E307",
        "value outside its range",
        "A parameter's default and arguments lie in the range that it declares.",
        "A round bracket leaves the end out: 0 is not in `(0, 1]`. Widen the range in the shape "
        "if the value is meant.",
        "shape near(width in (0, 0.1] = 0.2) {\n  window z3 < width\n  axis   zeta = z1\n}",
        "shape near(width in (0, 0.5] = 0.2) {\n  window z3 < width\n  axis   zeta = z1\n}",
    ),
    Entry(
        "E308",
        "empty range",
        "A range goes from its lower to its upper end.",
        "A delta that is opened needs a width; without one it is `exact`.",
        "delta z12 - z23 within [0.1, 0]",
        "delta z12 - z23 within [0, 0.1]",
    ),
    Entry(
        "E309",
        "order out of range",
        "The order is a whole number from 1 to 8, or `nu = ` any number above 0 and at most 100.",
        "M particles have about M^N tuples: 28 subjets have 5,000 triplets and 10^8 sextuplets. "
        "`order nu` sums the longest side over sets of particles, of up to 22, or the farthest "
        "from a special particle, `points z12` with nu above 1, of any number.",
        "order 0",
        "order 3",
    ),
    Entry(
        "E310",
        "`tuples sets` without symmetry",
        "A set of particles has no first one.",
        "With `tuples sets` each set is summed once, so that weight and shape must not change "
        "when particles are exchanged. `tuples distinct` sums over all orders.",
        "correlator lead {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1^2 * E2 / Q^3\n"
        "  tuples  sets\n"
        "}",
        "correlator lead {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1^2 * E2 / Q^3\n"
        "  tuples  distinct\n"
        "}",
    ),
    Entry(
        "E311",
        "name of another measure",
        "Angles belong to e+e-, `dR` to hadron colliders.",
        "`theta12` needs `measure ee`, where z = (1 - cos theta) / 2; `dR12` needs `measure "
        "hadron`, where z = dR^2. `z12` is there in both.",
        "window dR12 < 0.4",
        "window theta12 < 0.4",
    ),
    Entry(
        "E312",
        "exponent out of bounds",
        "Exponents lie between -100 and 100, and those of energies are constants.",
        "A dimension must be known when the program is compiled.",
        "window z12^200 < 1",
        "window z12^2 < 1",
    ),
    Entry(
        "E313",
        "undefined value",
        "A constant has a value.",
        "It divides by zero, overflows or leaves the domain of a function.",
        "window z12^(1/0) < 1",
        "window z12^(1/2) < 1",
    ),
    Entry(
        "E314",
        "radius out of range",
        "Jets and subjets have a positive radius of at most pi, in radians (measure ee) or dR.",
        "Directions lie at most pi apart, and so do azimuths: a larger jet of hadrons would "
        "overlap itself. The published top analyses use R = 0.1.",
        "over subjets(algorithm = cambridge, R = 0)",
        "over subjets(algorithm = cambridge, R = 0.1)",
    ),
    Entry(
        "E315",
        "the same for every tuple",
        "Axes depend on the jet or its particles, deltas on the particles.",
        "A constant or a parameter alone does not tell one tuple from another, and a property of "
        "the jet does not tell the tuples of one jet apart. Cut on jets with `window`. The "
        "distance of a measure depends on its two points.",
        "delta Q / Q within [0, 1]",
        "delta z12 - z23 within [0, 1]",
    ),
    Entry(
        "E318",
        "more than subjets know",
        "A subjet has the summed energy and the direction of its particles.",
        "With `resolution` the weight is the product of all energies (of all pT with `measure "
        "hadron`) times what the jet decides, and windows, deltas and axes look at distances, "
        "angles and the jet. Powers of energies, charges and masses are lost in subjets.",
        "correlator pairs {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  tuples  all\n"
        "  resolution 32\n"
        "}\n"
        "observable masses = pairs | {\n"
        "  axis mass = mass12: 20 bins in [0 GeV, 200 GeV]\n"
        "}",
        "correlator pairs {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  tuples  all\n"
        "  resolution 32\n"
        "}\n"
        "observable distances = pairs | {\n"
        "  axis zeta = z12: 20 bins in [0, 1]\n"
        "}",
    ),
    Entry(
        "E320",
        "an expression has no value",
        "Nothing is defined where a formula divides by zero.",
        "Simplified exactly, the expression is undefined or infinite for every tuple.",
        "window 1 / (z12 - z12) < 1",
        "window 1 / (z12 + z13) < 1",
    ),
    Entry(
        "E321",
        "an expression is not real",
        "Observables are real numbers.",
        "Simplified exactly, the expression holds a root or a logarithm of a negative number.",
        "window sqrt(-1 - (z12 - z12)) < 1",
        "window sqrt(z12) < 1",
    ),
    Entry(
        "E350",
        "not an operation of histograms",
        "Histograms are added, subtracted, multiplied and divided bin by bin.",
        "Numbers, brackets, `reflect(x)`, `normalize(x)` and `density(x)` go with these. For a "
        "square, write a product.",
        "derive square = o^2",
        "derive square = o * o",
    ),
    Entry(
        "E351",
        "histograms with different bins",
        "Arithmetic of histograms is bin by bin.",
        "Both have the same number of axes, in the same units, with equal bins. The places shown "
        "are the two that differ.",
        "observable a = triangles | {\n"
        "  axis zeta = z1: 10 bins in [0, 0.5]\n"
        "}\n"
        "observable b = triangles | {\n"
        "  axis zeta = z3: 20 bins in [0, 0.5]\n"
        "}\n"
        "derive ratio = a / b",
        "observable a = triangles | {\n"
        "  axis zeta = z1: 10 bins in [0, 0.5]\n"
        "}\n"
        "observable b = triangles | {\n"
        "  axis zeta = z3: 10 bins in [0, 0.5]\n"
        "}\n"
        "derive ratio = a / b",
    ),
    Entry(
        "E352",
        "reflection of bins that are not symmetric",
        "`reflect` turns the bins of one axis round.",
        "f(lower + upper - x) needs bins that are the same in reverse: linear ones, `symlog` "
        "between -a and a, `logit` between a and 1 - a, or such edges.",
        "observable a = triangles | {\n"
        "  axis zeta = z1: 10 log bins in [1e-3, 0.5]\n"
        "}\n"
        "derive asymmetry = reflect(a) - a",
        "observable a = triangles | {\n"
        "  axis zeta = z1: 10 bins in [0, 0.5]\n"
        "}\n"
        "derive asymmetry = reflect(a) - a",
    ),
    Entry(
        "E353",
        "derivation of an observable without a histogram",
        "An exact delta has no histogram that could be divided or added.",
        "Open the delta of the observable to an interval: `within [0, 0.01]`.",
        "observable a = triangles | {\n"
        "  delta z2 - z1 exact\n"
        "  axis  zeta = z1: 10 bins in [0, 0.5]\n"
        "}\n"
        "derive fraction = normalize(a)",
        "observable a = triangles | {\n"
        "  delta z2 - z1 within [0, 0.01]\n"
        "  axis  zeta = z1: 10 bins in [0, 0.5]\n"
        "}\n"
        "derive fraction = normalize(a)",
    ),
    Entry(
        "E354",
        "derivation without an observable",
        "A derivation is made of filled observables.",
        "What is made of numbers alone is a `constant`.",
        "derive two = 1 + 1",
        "derive two = o + o",
    ),
)
