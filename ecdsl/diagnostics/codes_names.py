"""E2xx: names, arity and what belongs where."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry

ROWS = (
    Entry(
        "E201",
        "unknown name",
        "An expression can use what its correlator provides, parameters and lets.",
        "A correlator of order N provides the energies `E1`..`EN`, `pt1`..`ptN`, the scale `Q`, "
        "the distances `z12`.., `theta12`.. (measure ee) or `dR12`.. (measure hadron), and the "
        "names of its ordered sides. A `let` is known from its line on.",
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
        "the numbers of two particles, and `subjets` takes `algorithm` and `R`.",
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
        "no such correlator or shape",
        "An observable is a declared or imported correlator, seen through such a shape.",
        "It must be declared in this file, before or after, or be imported.",
    ),
    Entry(
        "E207",
        "unknown setting",
        "The words of a setting are fixed.",
        "`over` takes `particles`, `charged` or `subjets(...)`; its algorithm is `cambridge`, `kt` "
        "or `antikt`. `measure` takes `ee` or `hadron`, `tuples` takes `distinct`, `all` or "
        "`sets`. Bins are `linear` (the default) or `log`.",
        "measure pp",
        "measure hadron",
    ),
    Entry(
        "E208",
        "incomplete correlator",
        "A correlator says what is summed: order, particles, measure and weight.",
        "None of the four has a default, since each changes the meaning. `tuples` is `distinct` "
        "unless it is given, and `sides` is needed only where ordered sides are used.",
    ),
    Entry(
        "E209",
        "statement outside the shape",
        "An observable gives a named shape its bins and nothing else.",
        "What selects tuples belongs into the shape, so that the shape means the same wherever it "
        "is used. For a shape that is used once, write it out: `correlator | { ... }`.",
    ),
    Entry(
        "E210",
        "the correlator lacks a name of the shape",
        "A shape uses only what its correlator provides.",
        "Neither is wrong by itself, but they do not fit: often the correlator has no `sides`, or "
        "the shape is for more particles. The places shown are where the shape uses the name and "
        "where the correlator is declared.",
    ),
    Entry(
        "E211",
        "no such parameter",
        "Arguments belong to the parameters that the shape declares.",
        "By position they are given in the order of the declaration.",
    ),
    Entry(
        "E212",
        "parameter without a value",
        "A parameter needs a default in the shape or an argument in the observable.",
        "Its value can be changed later without a new compilation, but there has to be one.",
    ),
    Entry(
        "E213",
        "not a constant",
        "Bins, ranges, defaults and arguments are fixed numbers.",
        "They may be computed from numbers, `sqrt(2)` or `1/3`, but not from quantities of the "
        "particles or from parameters.",
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
        "These are `E1`, `pt1`, `Q`, `z12`, `theta12`, `dR12` and their like, and the functions.",
        "let z12 = z23",
        "let short = z23",
    ),
)
