"""E2xx: names, arity and what belongs where."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry

ROWS = (
    Entry(
        "E201",
        "unknown name",
        "An expression can use what its correlator provides, parameters and lets.",
        "A correlator of order N provides what its particles, pairs and jets have (`E1`, `pt1`, "
        "`q1`, `z12`, `theta12`, `mass12`, `Q`, `pt_jet`; the language reference lists all), and "
        "the names of its ordered sides. Columns and constants are known in the whole file, a "
        "`let` from its line on.",
        "window z_12 < 0.1",
        "window z12 < 0.1",
    ),
    Entry(
        "E202",
        "unknown function",
        "The functions are those of the reference.",
        "They are listed in the hint and in the language reference.",
        "window sqr(z12) < 0.1",
        "window sqrt(z12) < 0.1",
    ),
    Entry(
        "E203",
        "wrong number of arguments",
        "Each function takes a fixed number of arguments, some take any number.",
        "`min`, `max` and `mean` take one or more, `median` three, the others one; `z(1, 2)` takes "
        "the numbers of two particles or that of one and a leg, and `subjets` and `jets` take "
        "`algorithm` and `R`. `symlog(1e-3)` bins need their threshold, other bins have none.",
        "window sqrt(z12, z23) < 0.1",
        "window sqrt(z12) < 0.1",
    ),
    Entry(
        "E204",
        "particle beyond the order",
        "A correlator of order N has the particles 1 to N.",
        "`z14` needs four particles. A distance is between two different ones.",
        "window z14 < 0.1",
        "window z13 < 0.1",
    ),
    Entry(
        "E205",
        "declared or given twice",
        "Each name and each setting has one meaning.",
        "The second place shown is the first declaration. To use two things of one name from "
        "different modules, rename one: `from a import x as y`.",
        "let width = z12\nlet width = z23",
        "let width = z12\nlet depth = z23",
    ),
    Entry(
        "E206",
        "no such correlator, shape or observable",
        "An observable is a declared or imported correlator, seen through such a shape.",
        "It must be declared in this file, before or after, or be imported. A derivation is made "
        "of observables and of the derivations above it, and cannot be seen through a shape.",
        "observable near = triangle | {\n  axis zeta = z1: 10 bins in [0, 0.5]\n}",
        "observable near = triangles | {\n  axis zeta = z1: 10 bins in [0, 0.5]\n}",
    ),
    Entry(
        "E207",
        "unknown setting",
        "The words of a setting are fixed.",
        "`over` takes `particles`, `charged`, `subjets(...)` or `jets(...)`; the algorithm is "
        "`cambridge`, `kt` or `antikt`. `per` takes `jet` or `event`, `measure` takes `ee`, "
        "`hadron` or a measure that is declared, `tuples` takes `distinct`, `all` or `sets`. Bins "
        "are `linear` (the default), `log`, `symlog(threshold)` or `logit`.",
        "measure pp",
        "measure hadron",
    ),
    Entry(
        "E208",
        "incomplete correlator",
        "A correlator says what is summed: order, particles, measure and weight.",
        "None of the four has a default, since each changes the meaning. `tuples` is `distinct` "
        "unless it is given, and `sides` is needed only where ordered sides are used.",
        "correlator pairs {\n  order   2\n  over    particles\n  measure ee\n}",
        "correlator pairs {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "}",
    ),
    Entry(
        "E209",
        "statement outside the shape",
        "An observable gives a named shape its bins and nothing else.",
        "What selects tuples belongs into the shape, so that the shape means the same wherever it "
        "is used. For a shape that is used once, write it out: `correlator | { ... }`.",
        "from shapes.triangles import longest\n"
        "observable near = triangles | longest {\n"
        "  window z3 < 0.1\n"
        "  axis   zeta: 10 bins in [0, 0.1]\n"
        "}",
        "observable near = triangles | {\n"
        "  window z3 < 0.1\n"
        "  axis   zeta = z3: 10 bins in [0, 0.1]\n"
        "}",
    ),
    Entry(
        "E210",
        "the correlator lacks a name of the shape",
        "A shape uses only what its correlator provides.",
        "Neither is wrong by itself, but they do not fit: often the correlator has no `sides`, or "
        "the shape is for more particles. The places shown are where the shape uses the name and "
        "where the correlator is declared.",
        "correlator unordered {\n"
        "  order   3\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 * E3 / Q^3\n"
        "}\n"
        "shape short {\n"
        "  axis zeta = z1\n"
        "}\n"
        "observable near = unordered | short {\n"
        "  axis zeta: 10 bins in [0, 0.5]\n"
        "}",
        "correlator ordered {\n"
        "  order   3\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 * E3 / Q^3\n"
        "  sides   z1 <= z2 <= z3\n"
        "}\n"
        "shape short {\n"
        "  axis zeta = z1\n"
        "}\n"
        "observable near = ordered | short {\n"
        "  axis zeta: 10 bins in [0, 0.5]\n"
        "}",
    ),
    Entry(
        "E211",
        "no such parameter",
        "Arguments belong to the parameters that the shape declares.",
        "By position they are given in the order of the declaration.",
        "shape near(width in (0, 1] = 0.1) {\n"
        "  window z3 < width\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near(widht = 0.2) {\n"
        "  axis zeta: 10 bins in [0, 0.1]\n"
        "}",
        "shape near(width in (0, 1] = 0.1) {\n"
        "  window z3 < width\n"
        "  axis   zeta = z1\n"
        "}\n"
        "observable o = triangles | near(width = 0.2) {\n"
        "  axis zeta: 10 bins in [0, 0.1]\n"
        "}",
    ),
    Entry(
        "E212",
        "parameter without a value",
        "A parameter needs a default in the shape or an argument in the observable.",
        "Its value can be changed later without a new compilation, but there has to be one.",
        "shape near(width in (0, 1]) {\n"
        "  window z3 < width\n"
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
    Entry(
        "E213",
        "not a constant",
        "Bins, ranges, defaults and arguments are fixed numbers.",
        "They may be computed from numbers and declared constants, `sqrt(2)` or `m_top / 2`, but "
        "not from quantities of the particles, columns or parameters. A constant can be computed "
        "from those above it.",
        "axis zeta = z12: 10 bins in [0, z13]",
        "axis zeta = z12: 10 bins in [0, 1/3]",
    ),
    Entry(
        "E214",
        "axis and bins do not match",
        "Each axis has an expression in its shape and bins in its observable.",
        "A shape needs at least one axis and gives no bins; the observable gives bins to each of "
        "them. A shape that is written out in the observable has both on one line.",
        "axis zeta = z12",
        "axis zeta = z12: 50 log bins in [1e-3, 0.5]",
    ),
    Entry(
        "E215",
        "wrong number of sides",
        "N particles have N (N - 1) / 2 pairwise distances.",
        "`sides` names all of them, from the shortest to the longest.",
        "sides z1 <= z2",
        "sides z1 <= z2 <= z3",
    ),
    Entry(
        "E216",
        "the name has a meaning already",
        "Names of the language cannot be given another meaning.",
        "These are `E1`, `pt1`, `Q`, `z12`, `theta12`, `dR12` and their like, the legs `jet` and "
        "`beam`, and the functions. A column or a constant cannot be called like what `where` "
        "looks at either: `E`, `pt`, `et`, `eta`, `mass`, `charge`, `pdgid`.",
        "let z12 = z23",
        "let short = z23",
    ),
    Entry(
        "E220",
        "`points` that do not rank all particles",
        "Particle 1 is special, the others are named by their distance from it.",
        "All of them are named, the farthest first: `points z12 >= z13` for three particles.",
        "points z13 >= z12",
        "points z12 >= z13",
    ),
    Entry(
        "E221",
        "settings that contradict each other",
        "Each setting must leave a meaning to the others.",
        "`over jets(...)` draws tuples from the jets of a whole event, so that it is never "
        "`per jet`. `points` gives each tuple a special particle, which neither ordered `sides` "
        "nor `tuples sets` have. `order nu` sums contact terms, over sets without a fixed number "
        "of sides. `resolution` merges particles into subjets, which stand for equal particles "
        "too: it goes with `tuples all` and a whole order, and not with `points`.",
        "correlator teec {\n"
        "  order   2\n"
        "  over    jets(algorithm = antikt, R = 0.4)\n"
        "  per     jet\n"
        "  measure hadron\n"
        "  weight  et1 * et2 / et_sum^2\n"
        "}",
        "correlator teec {\n"
        "  order   2\n"
        "  over    jets(algorithm = antikt, R = 0.4)\n"
        "  measure hadron\n"
        "  weight  et1 * et2 / et_sum^2\n"
        "}",
    ),
    Entry(
        "E222",
        "`hardest` is no number of particles",
        "`hardest` is a whole number from 1 on.",
        "It keeps so many constituents, those with the largest energy (measure ee) or pT "
        "(measure hadron) of those that pass `where`. Fewer than the order make no tuple of "
        "different particles.",
        "hardest 2.5",
        "hardest 25",
    ),
    Entry(
        "E223",
        "name of a tuple in `where`",
        "`where` looks at one constituent at a time, before there are tuples.",
        "It knows `E`, `pt`, `et`, `eta`, `mass`, `charge` and `pdgid` of the one, properties of "
        "the jet, columns and constants. What depends on several particles is a `window`.",
        "where pt1 > 1 GeV",
        "where pt > 1 GeV",
    ),
    Entry(
        "E224",
        "a rapidity counted from the beam",
        "The beam has no rapidity and no azimuth.",
        "`dR`, `deta`, `dphi` and, in `measure hadron`, `z` do not exist between a particle and "
        "the beam. The angle from the beam is `theta(1, beam)`, the rapidity itself `eta1`.",
        "window deta(1, beam) < 1",
        "window abs(eta1) < 1",
    ),
    Entry(
        "E225",
        "not three different particles",
        "A triple product and an azimuth are of three different particles.",
        "`triple(1, 2, 3)` is n1 . (n2 x n3); `azimuth(1, 2, 3)` is the azimuth of 3 about 1, "
        "counted from 2.",
        "window azimuth(1, 2, 2) > 0",
        "window azimuth(1, 2, 3) > 0",
    ),
    Entry(
        "E226",
        "jets have no species",
        "Charges and PDG numbers belong to particles.",
        "Subjets and jets are made of many particles. Sum over particles to ask for charges.",
        "correlator opposite {\n"
        "  order   2\n"
        "  over    subjets(algorithm = cambridge, R = 0.1)\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  window  q1 > 0 and q2 < 0\n"
        "}",
        "correlator opposite {\n"
        "  order   2\n"
        "  over    particles\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  window  q1 > 0 and q2 < 0\n"
        "}",
    ),
    Entry(
        "E227",
        "not a distance of the two points",
        "A measure is made of what lies between its two points.",
        "That is `cos(a, b)`, `theta(a, b)`, `deta(a, b)`, `dphi(a, b)` and `dR(a, b)`, with "
        "functions, columns and constants. A point alone is no number.",
        "measure chord(a, b) = sqrt((1 - cos(a, a)) / 2)",
        "measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)",
    ),
    Entry(
        "E228",
        "broken power of GeV",
        "Columns and constants are in whole powers of GeV.",
        "Name the square of what is a root, and take the root where it is used.",
        "constant root = sqrt(5 GeV)",
        "constant square = 5 GeV",
    ),
    Entry(
        "E229",
        "not known of sets of particles",
        "`order nu` sums sets of any number of particles, which have no first and second one.",
        "Its weight is what one particle adds, `E1 / Q`. The shape sees the longest side of each "
        "set, `z12`, or with `points z12` the special particle 1 and the farthest of the set, 2.",
        "correlator between {\n"
        "  order   nu = 2.5\n"
        "  over    particles\n"
        "  hardest 16\n"
        "  measure ee\n"
        "  weight  E1 * E2 / Q^2\n"
        "  tuples  all\n"
        "  accept  W110\n"
        "}",
        "correlator between {\n"
        "  order   nu = 2.5\n"
        "  over    particles\n"
        "  hardest 16\n"
        "  measure ee\n"
        "  weight  E1 / Q\n"
        "  tuples  all\n"
        "  accept  W110\n"
        "}",
    ),
    Entry(
        "E230",
        "`resolution` is no factor above 1",
        "Tuples at the distance z see what lies at up to z / f as one.",
        "With `resolution f` the jet is reclustered with Cambridge/Aachen, and tuples at the scale "
        "of a splitting are made of subjets that are f times closer (in z, a squared angle). A "
        "larger f costs more and comes closer to the sum over all particles.",
        "correlator five {\n"
        "  order   5\n"
        "  over    particles\n"
        "  measure hadron\n"
        "  weight  pt1 * pt2 * pt3 * pt4 * pt5 / pt_sum^5\n"
        "  tuples  all\n"
        "  resolution 1\n"
        "}",
        "correlator five {\n"
        "  order   5\n"
        "  over    particles\n"
        "  measure hadron\n"
        "  weight  pt1 * pt2 * pt3 * pt4 * pt5 / pt_sum^5\n"
        "  tuples  all\n"
        "  resolution 32\n"
        "}",
    ),
    Entry(
        "E250",
        "distances mixed with angles",
        "A distance z is not an angle, though both are pure numbers.",
        "`z12`, ordered sides and products of them are distances; `theta12`, `dR12`, `deta12`, "
        "`dphi12` and azimuths are angles. To add or compare them, convert one: with `measure ee`, "
        "z12 = sin(theta12 / 2)^2, with `measure hadron`, z12 = dR12^2. Ratios of two distances "
        "or two angles are numbers, and numbers go with everything.",
        "window theta12 < z23",
        "window sin(theta12 / 2)^2 < z23",
    ),
    Entry(
        "E251",
        "equality of numbers that are not whole",
        "`==` and `!=` compare whole numbers: charges, species and whole constants.",
        "Two distances or energies are never exactly equal in a finite sample. To fix one, open "
        "an interval: `delta z12 - z13 within [0, 0.01]`.",
        "window z12 == z13",
        "window abs(id1) == 421",
    ),
)
