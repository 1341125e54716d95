"""D1xx: projects, settings and the command line."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry


def _row(code: str, title: str, why: str, text: str) -> Entry:
    return Entry(code, title, why, text)


ROWS = (
    _row(
        "D101",
        "the settings file is not TOML",
        "`ecdsl.toml` is read as TOML 1.0.",
        "The place is where the reading failed: often a missing quote or bracket.",
    ),
    _row(
        "D102",
        "unknown setting",
        "An ignored setting is a wrong result that nobody notices.",
        "Every key of `ecdsl.toml` must be known; the hint names the one that is spelled alike.",
    ),
    _row(
        "D103",
        "setting out of range",
        "A setting has the wrong type or an impossible value.",
        "The message names the key or the option and what it accepts.",
    ),
    _row(
        "D104",
        "malformed parameter value",
        "Parameters are given as `name=value` or `name=lo:hi:step`.",
        "`mt=173.37` is one value, `mt=170:180:0.5` a grid that includes both ends.",
    ),
    _row(
        "D105",
        "no observables here",
        "The folder holds no `.obs` file.",
        "A project keeps its observables in `observables/`; without that folder the packaged ones "
        "are used.",
    ),
    _row(
        "D106",
        "no such observable",
        "No observable of this name is declared.",
        "Give the name of an observable of the project, or `FILE.obs:NAME`.",
    ),
    _row(
        "D107",
        "ambiguous observable",
        "Several files declare an observable of this name.",
        "Name the file: `FILE.obs:NAME`.",
    ),
    _row(
        "D108",
        "no such file or folder",
        "The path does not exist.",
        "Give a `.obs` file, or a folder that holds some.",
    ),
    _row(
        "D109",
        "settings not UTF-8",
        "`ecdsl.toml` is UTF-8 text.",
        "The message gives the first byte that is not.",
    ),
    _row(
        "D110",
        "the operating system refused",
        "A file could not be read or written.",
        "Check that it exists, that you may use it, and that the disk has room. What was there "
        "before is unchanged.",
    ),
    _row(
        "D111",
        "no such diagnostic",
        "The code is not in the catalogue.",
        "Codes are a letter and three digits, as they stand in front of a message.",
    ),
    _row(
        "D120",
        "nothing is locked",
        "`--frozen` compares the observables with `ecdsl.lock`.",
        "`ecdsl lock` writes the file; commit it beside `ecdsl.toml`.",
    ),
    _row(
        "D121",
        "lock not understood",
        "`ecdsl.lock` was damaged, or written by another version.",
        "`ecdsl lock` writes it again; the difference to the version before shows what changed.",
    ),
    _row(
        "D122",
        "the meaning changed",
        "With `--frozen` an observable means what it meant when it was locked.",
        "Comments, layout and names of parameters are free; expressions, bins, values, weights and "
        "constituents are not. The notes say whether the correlator is another and which files and "
        "modules changed. If the change is meant, `ecdsl lock` accepts it.",
    ),
    _row(
        "D123",
        "another module of a package",
        "With `--frozen` the modules of packages hold what they held when they were locked.",
        "Install the version that was locked, or accept the new module with `ecdsl lock`.",
    ),
    _row(
        "D124",
        "the lock is stale",
        "With `--frozen` every observable and every module of a package is in `ecdsl.lock`.",
        "Something was added, renamed or removed after the last `ecdsl lock`.",
    ),
    _row(
        "D130",
        "not in the library",
        "No published observable of the packaged library has this name.",
        "`ecdsl library` lists them, and `ecdsl library WORD...` searches them.",
    ),
    _row(
        "D131",
        "no such sample",
        "An observable of the library is filled from one of the packaged samples.",
        "The hint names those that there are.",
    ),
    _row(
        "D132",
        "no name for an observable",
        "`ecdsl new` writes a file that declares what it is called after.",
        "Names hold letters, digits and `_`, start with no digit, and are no word of the language.",
    ),
    _row(
        "D133",
        "the file exists",
        "`ecdsl new` overwrites nothing.",
        "Nothing was written. Choose another name, or move what is there.",
    ),
)
