"""D3xx events, D4xx surrogates, D5xx inference."""

from __future__ import annotations

from ecdsl.diagnostics.catalogue import Entry


def _row(code: str, title: str, why: str, text: str) -> Entry:
    return Entry(code, title, why, text)


ROWS = (
    _row(
        "D301",
        "value not finite",
        "Energies, momenta and charges are finite numbers.",
        "The message names the event and the constituent. One NaN would spoil a whole histogram.",
    ),
    _row(
        "D302",
        "impossible momentum",
        "A constituent has E >= |p| within rounding, and E > 0.",
        "Check the units, all GeV, and the order of the components.",
    ),
    _row(
        "D303",
        "no scale",
        "The scale Q of an event is a positive energy in GeV.",
        "It is the collision energy in e+e-, and divides the energies in a weight.",
    ),
    _row(
        "D304",
        "not an event file",
        "Events are read from parquet files.",
        "Convert other formats first.",
    ),
    _row(
        "D305",
        "damaged event file",
        "The file is cut or was changed after it was written.",
        "Every page has a checksum, so that a flipped bit is no silent result. Copy it again.",
    ),
    _row(
        "D306",
        "column missing",
        "An event file has `px, py, pz, E` per constituent, and `Q` and `event` per jet.",
        "The notes list the columns that were found and those that are needed.",
    ),
    _row(
        "D307",
        "column of the wrong kind",
        "Columns are numbers without gaps, and the lists of a jet are of one length.",
        "The message says what the column holds and what it should.",
    ),
    _row(
        "D308",
        "another schema",
        "The file was written for another version.",
        "Use that version to read it, or simulate again.",
    ),
    _row(
        "D309",
        "no events",
        "A file without jets is more often a failed job than an empty sample.",
        "Check what wrote it.",
    ),
    _row(
        "D310",
        "events not in order",
        "Jets of one event stand together: the event is the unit that is resampled.",
        "Sort the file by `event`.",
    ),
    _row(
        "D311",
        "other constituents than declared",
        "The events were clustered in another way than the correlator says.",
        "Simulate with what the correlator declares, or keep particles: all else follows from "
        "them.",
    ),
    _row(
        "D312",
        "no charges",
        "A correlator over charged particles needs the charge of each.",
        "Add a column `charge`, in units of e.",
    ),
    _row(
        "D313",
        "no such label",
        "The events do not carry this simulated parameter.",
        "The message lists those they have.",
    ),
    _row(
        "D314",
        "cannot write events",
        "The file or its folder is not writable, or the disk is full.",
        "Nothing was left half-written.",
    ),
    _row(
        "D315",
        "constituent without a direction",
        "Distances are between directions; a constituent at rest (or along the beam, in the hadron "
        "measure) has none.",
        "Drop such constituents when writing the file.",
    ),
    _row(
        "D316",
        "the same events twice",
        "Repeated events would be counted as independent ones.",
        "Name each file once; samples that belong together need different seeds.",
    ),
    _row(
        "D317",
        "a column that the observable uses",
        "Charges, species and columns of one's own are read from the file that holds the events.",
        "Add `charge` or `pdgid` (lists, one entry per particle) or `label_<name>` (one number per "
        "jet) to the file.",
    ),
    _row(
        "D318",
        "no one value for the event",
        "Where tuples are drawn from the whole event, Q and columns are those of the event.",
        "Give all jets of an event one value, or draw the tuples per jet.",
    ),
    _row(
        "D319",
        "weight not finite",
        "The weight of every tuple that passes is a finite number.",
        "It divides by something that is 0 in this event, such as the pT of a balanced event or "
        "the distance of two equal particles. A window leaves these out.",
    ),
    _row(
        "D320",
        "no such process",
        "Processes are embedded ones or Pythia command files.",
        "A command file's name ends in `.cmnd`.",
    ),
    _row(
        "D321",
        "Pythia setting refused",
        "The setting is unknown to Pythia, or would change what the file format promises.",
        "See the manual of Pythia for names and ranges.",
    ),
    _row(
        "D322",
        "simulation parameter",
        "A process declares its parameters, each with distinct finite values.",
        "Give them by `--param NAME=VALUE`.",
    ),
    _row(
        "D323",
        "simulation failed",
        "Pythia made no events, or hardly any with enough jets.",
        "A process must be switched on and allowed by beams and energy.",
    ),
    _row(
        "D324",
        "output exists",
        "A file that something else wrote is not overwritten.",
        "Choose another name, or remove it.",
    ),
    _row(
        "D325",
        "unfinished simulation",
        "A simulation with other settings was interrupted here.",
        "Ask for the same settings to finish it, or remove its folder.",
    ),
    _row(
        "D326",
        "weighted events",
        "Jets here have no weights of their own.",
        "Switch off biased phase space and enhanced emissions.",
    ),
    _row(
        "D327",
        "not a sample",
        "A simulation writes one parquet file with at least one jet per point.",
        "Correct the file name or the number of jets.",
    ),
    _row(
        "D328",
        "worker stopped or file in use",
        "A process was killed, or another simulation writes the same file.",
        "The same command continues where it stopped. Memory is the usual reason.",
    ),
    _row(
        "D329",
        "an event in two files",
        "All rows of an event stand in one file: read from two, it would count as two events.",
        "One file ends with the id that the next starts with. Cut files between events; if these "
        "are two events, number them differently. Files that each count from the same number are "
        "separate samples.",
    ),
    _row(
        "D330",
        "too many particles for `order nu`",
        "M particles have 2^M sets, and the longest side of each counts: 22 take 42 MB and 0.2 s.",
        "Sum over subjets or the hardest particles, as in arXiv:2406.08577, or about a special "
        "particle with `points z12`, which takes any number.",
    ),
    _row(
        "D331",
        "weights that differ within an event",
        "A generator's weight is that of an event, and all of its rows carry it.",
        "Write the event's weight into the row of each of its jets.",
    ),
    _row(
        "D332",
        "weights that not all files have",
        "A variation is filled from all events or from none.",
        "Fill files with the same `weight_..` columns together, or leave the column out of all.",
    ),
    _row(
        "D401",
        "no surrogate",
        "Not every correlator has a density that can be learned.",
        "The message says why; a histogram can be filled in any case.",
    ),
    _row(
        "D402",
        "tuples cannot be learned from",
        "A density is learned from positive weights and sorted finite sides.",
        "The message says what is wrong with the tuples or how many are missing.",
    ),
    _row(
        "D403",
        "a single parameter value",
        "A dependence cannot be learned from one point.",
        "Simulate a grid: `--param mt=170:180:0.5`.",
    ),
    _row(
        "D404",
        "outside the training range",
        "A network says nothing where it saw nothing.",
        "Give a value inside the range, or simulate events that cover it and train again.",
    ),
    _row(
        "D405",
        "damaged model",
        "The weights are cut or were changed.",
        "Train again. Models are safetensors files, never pickles.",
    ),
    _row(
        "D406",
        "a pickled model",
        "A pickle can run code when it is read, so none is ever read.",
        "Train the surrogate with `ecdsl train`, which writes safetensors and JSON.",
    ),
    _row(
        "D407",
        "model of another correlator",
        "A surrogate belongs to one correlator, known by its fingerprint.",
        "The notes show both. Train one for the correlator that you ask for.",
    ),
    _row(
        "D408",
        "no such preset",
        "Each model has named settings.",
        "The hint lists them.",
    ),
    _row(
        "D409",
        "model of another version",
        "The file has a schema that this version does not read.",
        "Train again, or use the version that wrote it.",
    ),
    _row(
        "D410",
        "no change of variables",
        "No map was found from a box onto the region that the shape selects.",
        "The slow integration with a mask gives the same numbers, with an error.",
    ),
    _row(
        "D501",
        "too few simulated values",
        "Templates interpolate between distinct values of the parameter.",
        "Simulate a finer grid.",
    ),
    _row(
        "D502",
        "too few events",
        "A covariance needs many events.",
        "Simulate more jets.",
    ),
    _row(
        "D503",
        "empty information",
        "Every event has the same histogram.",
        "Axis range and windows do not meet what the jets contain.",
    ),
    _row(
        "D504",
        "rows that do not fit",
        "Data and simulation are finite and have the same bins.",
        "Fill both with the same observable.",
    ),
    _row(
        "D505",
        "bins too sparse",
        "A template of a few effective events gives no honest interval.",
        "Simulate more, or open the windows.",
    ),
    _row(
        "D506",
        "prior outside the simulation",
        "Nothing is known of parameter values that were not simulated.",
        "Narrow the prior, or simulate a wider grid.",
    ),
    _row(
        "D507",
        "too few samples for coverage",
        "Coverage is tested on events that the templates have not seen.",
        "Simulate more values of the parameter or more jets at each.",
    ),
    _row(
        "D508",
        "events without the parameter's grid",
        "Templates need events that differ in this parameter and in no other but its nuisances.",
        "Simulate a grid of it alone, e.g. `--param mt=170:180:0.5`, or infer the others with it: "
        "`inference.nuisances`.",
    ),
    _row(
        "D509",
        "data at several values",
        "A posterior asks for one value of the parameter, and labelled data say they have more.",
        "Use a sample that was simulated at one value, or data without the label.",
    ),
    _row(
        "D510",
        "no shape to scan",
        "A shape is judged by its bins' dependence on the parameter; it needs events in them at "
        "every simulated value, and few enough bins for their covariance.",
        "Simulate more jets, open the shape's windows, or give its axes fewer bins.",
    ),
    _row(
        "D511",
        "observables that the events cannot feed",
        "A simulation has the constituents that the settings name and the columns of its "
        "parameters, and nothing else; a file has what was written to it.",
        'The notes give reason and remedy for each. `constituents = "particles"` under '
        "`[simulation]` keeps particles with charge and species, of which all others are made.",
    ),
    _row(
        "D512",
        "no held-out events",
        "Where `[events]` names a file in the place of the simulation there is nothing to simulate "
        "other events with, and those of the file are known to the templates.",
        "Name a second file under `[events]`: `data`, `validation` or `calibration`.",
    ),
)
