"""E1xx: how a program is written. E4xx: modules. W...: what is suspicious but compiles."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry

ROWS = (
    Entry(
        "E101",
        "not a text file",
        "A program is UTF-8 text.",
        "The message gives the first byte that is not UTF-8, or that is NUL, as in binary files. "
        "A byte order mark and the line ends of Windows are accepted. Save the file as UTF-8.",
    ),
    Entry(
        "E102",
        "nothing declared",
        "A file without a declaration defines no observable.",
        "The file is empty or holds comments only. It needs at least a correlator and an "
        "observable that uses it, or something for other files to import.",
        "# The longest side of a triangle.",
        "# The longest side of a triangle.\nshape longest {\n  axis zeta = max(z12, z23, z31)\n}",
    ),
    Entry(
        "E103",
        "unexpected character",
        "Names, numbers and operators are written in ASCII.",
        "Characters that look alike (a Cyrillic е, a typographic minus, full-width digits) would "
        "make two names differ that look the same. Comments may hold any character.",
        "window z12 ≤ 0.1",
        "window z12 <= 0.1",
    ),
    Entry(
        "E104",
        "unexpected word or symbol",
        "The line does not follow the grammar at this place.",
        "The message lists what could stand there. A statement ends with its line; it goes on "
        "inside brackets and before or after an operator.",
        "let short z12",
        "let short = z12",
    ),
    Entry(
        "E105",
        "bracket never closed",
        "Every `{`, `(` and `[` needs its counterpart.",
        "The caret is at the bracket that was opened; the second place is where the end of the "
        "file, the next declaration or the next statement shows that it is still open.",
        "window abs(z12 - z23 < 0.1",
        "window abs(z12 - z23) < 0.1",
    ),
    Entry(
        "E106",
        "too large or too deep",
        "A program has a stated budget, so that no input can exhaust the machine.",
        "The limits are 200,000 words and symbols in a file, 100 brackets inside each other, and "
        "10,000 operations in a shape, 40 of them on top of each other, every `let` counted as "
        "often as it is used, and 1,000 observables in a file. Name parts of an expression with "
        "`let`, and split files into modules.",
    ),
    Entry(
        "E107",
        "number too large",
        "Numbers are finite.",
        "The number is beyond the largest double, about 1.8e308.",
        "window z12 < 1e999",
        "window z12 < 1e9",
    ),
    Entry(
        "E108",
        "reserved word used as a name",
        "The words of the language cannot be names.",
        "They are `correlator`, `shape`, `observable`, `derive`, `constant`, `column`, `import`, "
        "`from`, `as`, `order`, `over`, `per`, `where`, `hardest`, `measure`, `weight`, `tuples`, "
        "`sides`, `points`, `resolution`, `accept`, `let`, `delta`, `within`, `exact`, `window`, "
        "`axis`, `bins`, `edges`, `in`, `and`, `or`, `not` and the units `GeV`, `TeV`, `MeV`.",
        "let order = z12",
        "let order_1 = z12",
    ),
    Entry(
        "E109",
        "`**` is not an operator",
        "A power is written `x^2`.",
        "There is one way to write a power, and it is that of the papers.",
        "weight E1 * E2 * E3 / Q**3",
        "weight E1 * E2 * E3 / Q^3",
    ),
    Entry(
        "E401",
        "no such module",
        "`import a.b` looks for `a/b.obs` in four places and nowhere else.",
        "They are the folder of the importing file, then the project's `observables/`, then the "
        "packaged library, then an installed package that claims the name `a` in the entry point "
        "group `ecdsl.observables`. The note says what was looked for.",
        "from shapes.triangle import ratio",
        "from shapes.triangles import ratio",
    ),
    Entry(
        "E402",
        "import cycle",
        "A module cannot need itself.",
        "The note shows the cycle. Move what both modules need into a third one.",
    ),
    Entry(
        "E403",
        "not a file of this folder",
        "Imports never leave the folders they are looked up in.",
        "The path is a link that leads out of its folder, or no regular file (a device, a pipe, a "
        "folder). Copy the file to where it is imported from.",
    ),
    Entry(
        "E404",
        "the module has no such name",
        "`from a import x` needs a declaration `x` in `a`.",
        "The hint names what is spelled alike, or everything that the module declares.",
        "from shapes.triangles import ratoi",
        "from shapes.triangles import ratio",
    ),
    Entry(
        "E405",
        "too many or too large files",
        "Imports have a budget.",
        "A file holds at most 1 MiB, imports go at most 32 files deep and reach at most 256 files "
        "or 8 MiB.",
    ),
    Entry(
        "E406",
        "the file cannot be read",
        "There is no file of this name, or it may not be read.",
        "Check the path and its permissions.",
    ),
    Entry(
        "E410",
        "several packages claim a name",
        "A module is one file, whichever package was installed last.",
        "Two installed packages have an entry point of the same name in the group "
        "`ecdsl.observables`. The message names both; uninstall one of them, or ask the authors of "
        "one for another name.",
    ),
    Entry(
        "E411",
        "the package has no folder",
        "An entry point of `ecdsl.observables` names an installed Python package.",
        "Its `.obs` files lie in the package's folder or in a folder `observables` there. The "
        "package is found without running it, so it has to lie in a folder of its own.",
    ),
    Entry(
        "W301",
        "weight not infrared and collinear safe",
        "Only weights linear in each energy are blind to soft particles and collinear splittings.",
        "E = x E + (1 - x) E holds for first powers alone. Other weights, such as squared "
        "energies, are measurable, but need non-perturbative input to be computed. The notes say "
        "which limit fails. Where that is known, the correlator says `accept W301`.",
        "weight E1^2 * E2^2 * E3^2 / Q^6",
        "weight E1 * E2 * E3 / Q^3",
    ),
    Entry(
        "W110",
        "selection not collinear safe",
        "The two that a particle splits into can fall on different sides of a cut.",
        "Cuts on the energy, charge or species of single particles, `hardest` and `over charged` "
        "are routine in measurements, and infrared safe where they leave soft particles out. To "
        "compute them takes non-perturbative input, such as track functions (arXiv:2108.01674). "
        "Subjets and jets can be cut on safely. The notes say what fails; all of it in one "
        "correlator is one warning. Where that is known, the correlator says `accept W110`.",
        "where pt > 1 GeV",
        "where abs(eta) < 2.5",
    ),
    Entry(
        "W101",
        "unused parameter",
        "A parameter that no statement mentions changes nothing.",
        "A scan over it would show a flat line. Remove it, or use it: it is often a misspelled "
        "name elsewhere in the shape.",
        "shape near(width in (0, 1] = 0.1) {\n  window z3 < 0.1\n  axis   zeta = z1\n}",
        "shape near(width in (0, 1] = 0.1) {\n  window z3 < width\n  axis   zeta = z1\n}",
    ),
    Entry(
        "W102",
        "unused import",
        "The import brings nothing that is used.",
        "Remove it.",
        "from shapes.triangles import longest\n"
        "observable o = triangles | {\n"
        "  axis zeta = z3: 10 bins in [0, 1]\n"
        "}",
        "from shapes.triangles import longest\n"
        "observable o = triangles | longest {\n"
        "  axis zeta: 10 bins in [0, 1]\n"
        "}",
    ),
    Entry(
        "W103",
        "unused let",
        "The name is never mentioned.",
        "Remove it, or use it.",
        "let short = z12\naxis x = z13: 10 bins in [0, 1]",
        "let short = z12\naxis x = short: 10 bins in [0, 1]",
    ),
    Entry(
        "W104",
        "nothing to accept",
        "`accept` names warnings that the correlator has.",
        "The correlator is safe in this respect, or was made safe since. Remove the code, so that "
        "the warning is seen when it comes back.",
        "accept W301",
        "hardest 25; accept W110",
    ),
)
