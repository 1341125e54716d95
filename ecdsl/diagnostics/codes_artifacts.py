"""D2xx: compiled observables and the files that hold them."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry


def _row(code: str, title: str, why: str, text: str) -> Entry:
    return Entry(code, title, why, text)


ROWS = (
    _row(
        "D201",
        "not compiled or not there",
        "The artifact does not exist yet.",
        "Run the command that the hint names.",
    ),
    _row(
        "D202",
        "artifact not understood",
        "The file was written by another version, or was changed.",
        "Artifacts can always be made again from the sources.",
    ),
    _row(
        "D203",
        "generated code missing",
        "The manifest points to a file that is gone.",
        "Compile again.",
    ),
    _row(
        "D204",
        "generated code changed",
        "Code that was edited after it was generated no longer is what the manifest says.",
        "Compile again; to change what is computed, change the `.obs` file.",
    ),
    _row(
        "D205",
        "unsafe build folder",
        "Generated code is run, so nobody else may be able to write it.",
        "Take the write permission from others, or build in a folder of your own.",
    ),
    _row(
        "D206",
        "no such parameter",
        "The observable's shape does not declare this parameter.",
        "The hint names those that it has.",
    ),
    _row(
        "D207",
        "parameter outside its range",
        "The shape declares which values its parameters can have.",
        "Widen the range in the `.obs` file if the value is meant.",
    ),
    _row(
        "D208",
        "no histogram",
        "An exact delta has measure zero: no event can be histogrammed.",
        "Give the delta a width, or take the marginal of a surrogate.",
    ),
    _row(
        "D209",
        "two artifacts of one name",
        "An observable is compiled to `build/<name>.json`, so a name can be used once.",
        "Rename one of the observables, or compile them into different folders with `-o`.",
    ),
    _row(
        "D210",
        "an observable of the other kind",
        "An observable has kernels, a derived observable has operands that have them.",
        "The hint says what to ask for instead.",
    ),
    _row(
        "D211",
        "derived artifact not understood",
        "The file was written by another version, or was changed.",
        "Artifacts can always be made again from the sources.",
    ),
    _row(
        "D212",
        "nothing to learn or to infer from",
        "A derived observable is arithmetic of histograms: it has no tuples that a surrogate could "
        "learn, and its bins are no sum over events.",
        "Train, infer or calibrate with the observables that it is made of. `ecdsl fill` gives the "
        "derived histogram and its covariance, which a fit of your own can take.",
    ),
    _row(
        "D213",
        "too many bins for a joint covariance",
        "Errors of a derived observable need the covariance of all bins of all its operands.",
        "Give the operands fewer bins.",
    ),
    _row(
        "D214",
        "no such stage",
        "A derived observable is evaluated on filled histograms: no plan and no code is its own.",
        "Show the stage of one of its operands; `ir` and `latex` exist for both kinds.",
    ),
    _row(
        "D215",
        "no such kind of figure",
        "The ending of a figure's name says how it is written.",
        "Figures are written as `.png` or `.svg`.",
    ),
)
