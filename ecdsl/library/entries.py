"""The library of published observables: what each one is, read from the files that declare it.

The `##` lines above an observable say what it is, where it was published (`Reference:`) and which
packaged sample it can be filled from (`Sample:`). Files are parsed and not checked: listing is
quick.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ecdsl import resources
from ecdsl.diagnostics import data_error
from ecdsl.diagnostics.suggest import likely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FIELD = re.compile(r"^(Reference|Sample):\s*(.*)$")


@dataclass(frozen=True)
class Entry:
    """One published observable.

    Attributes:
        module: Where to import it from, e.g. `eec.jets`.
        name: Its name there; no two of the library share one.
        path: The file.
        text: The declaration as it is written.
        description: What it is, in a sentence or two.
        reference: arXiv identifiers and journals.
        sample: The packaged sample it can be filled from.
        derived: Whether it is arithmetic of other observables.
    """

    module: str
    name: str
    path: Path
    text: str
    description: str
    reference: str
    sample: str
    derived: bool

    @property
    def full_name(self) -> str:
        """Its module and its name, e.g. `eec.jets.jet_eec`."""
        return f"{self.module}.{self.name}"

    @property
    def family(self) -> str:
        """The folder of its module, which holds observables of one kind."""
        return self.module.partition(".")[0]


@cache
def entries() -> tuple[Entry, ...]:
    """Return every observable of the packaged library, by module and then as declared."""
    root = resources.library()
    return tuple(entry for path in sorted(root.rglob("*.obs")) for entry in _declared(path, root))


def find(name: str) -> Entry:
    """Return the observable called `name` or `module.name`.

    Raises:
        EcdslError: The library holds no such observable (D130).
    """
    for entry in entries():
        if name in (entry.name, entry.full_name):
            return entry
    known = [entry.name for entry in entries()]
    hint = likely(name, known, otherwise="`ecdsl library` lists all of them")
    raise data_error("D130", f"the library holds no observable `{name[:60]}`", hint=hint)


def search(words: Sequence[str]) -> tuple[Entry, ...]:
    """Return the observables in whose name, module, description or reference every word occurs.

    Capitals do not matter, and `arXiv:` in front of an identifier may be left out.
    """
    wanted = [word.lower().removeprefix("arxiv:") for word in words]
    return tuple(entry for entry in entries() if all(word in _text(entry) for word in wanted))


def sample(name: str) -> Path:
    """Return the file of a packaged sample, e.g. of `pp_dijet`.

    Raises:
        EcdslError: The library holds no such sample (D131).
    """
    folder = resources.library() / "samples"
    path = folder / f"{name}.parquet"
    if not re.fullmatch(r"\w+", name) or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.parquet")))
        raise data_error("D131", f"there is no packaged sample `{name[:60]}`", hint=f"have {known}")
    return path


def formula(entry: Entry) -> str:
    """Return the defining formula in LaTeX, or of a derivation its arithmetic as it is written.

    Raises:
        EcdslError: The file does not compile.
    """
    from ecdsl.backends.latex import formula as latex
    from ecdsl.lang import compile_module

    if entry.derived:
        return entry.text.partition("=")[2].strip()
    lowered = compile_module(entry.path).observables
    return latex(next(item.observable for item in lowered if item.observable.name == entry.name))


def _declared(path: Path, root: Path) -> Iterator[Entry]:
    from ecdsl.lang import ast
    from ecdsl.lang.modules import read_source
    from ecdsl.lang.parser import parse

    tree, _ = parse(read_source(path, None))
    module = ".".join(path.relative_to(root).with_suffix("").parts)
    for node in tree.declarations:
        if not isinstance(node, ast.Observable | ast.Derive):
            continue
        description, fields = _fields(node.doc)
        yield Entry(
            module=module,
            name=node.name.text,
            path=path,
            text=node.span.text,
            description=description,
            reference=fields.get("Reference", ""),
            sample=fields.get("Sample", ""),
            derived=isinstance(node, ast.Derive),
        )


def _fields(doc: str) -> tuple[str, dict[str, str]]:
    """Split a description from the fields `Reference:` and `Sample:` below it."""
    lines, fields = [], {}
    for line in doc.splitlines():
        found = _FIELD.match(line)
        if found:
            fields[found[1]] = found[2].strip()
        else:
            lines.append(line)
    return " ".join(" ".join(lines).split()), fields


def _text(entry: Entry) -> str:
    parts = (entry.full_name, entry.description, entry.reference, entry.sample)
    return " ".join(parts).lower()
