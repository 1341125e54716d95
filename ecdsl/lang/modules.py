"""Load a file and all that it imports: four places to look in, and no way out of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl import resources
from ecdsl.artifacts.record import Reads, found_at, text_digest
from ecdsl.diagnostics import Diagnostic, EcdslError, Related, Source, Span, data_error
from ecdsl.diagnostics.suggest import did_you_mean, listed
from ecdsl.files import read_regular
from ecdsl.lang import ast
from ecdsl.lang.findings import Findings
from ecdsl.lang.parser import parse
from ecdsl.packages import Packages

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 1 << 20
MAX_BYTES_IN_ALL = 8 << 20
MAX_DEPTH = 32
MAX_FILES = 256

Declared = ast.Declared


@dataclass
class Module:
    """One file: its tree and what each name in it refers to.

    Attributes:
        symbols: Declarations and imported names; after `import a.b`, also `a.b.name`.
        missing: Modules whose `import` failed: nothing is known of their names.
        links: The file of each imported module, by the name that the import gives it.
    """

    path: Path
    tree: ast.File
    symbols: dict[str, Declared] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    imported: dict[str, Span] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    links: dict[str, Path] = field(default_factory=dict)


def read_source(
    path: Path, project_root: Path | None, overlay: Mapping[Path, str] | None = None
) -> Source:
    """Return the text of a `.obs` file.

    Args:
        path: The file.
        project_root: The folder that its name is shown relative to.
        overlay: Texts that stand in for those of files, by resolved path: an editor's buffers.

    Raises:
        EcdslError: It is missing, no regular file, too large or no UTF-8 text.
    """
    name = _shown(path, project_root)
    unsaved = (overlay or {}).get(path.resolve())
    if unsaved is not None:
        return decoded(unsaved.encode("utf-8", "surrogatepass"), name)
    try:
        data = read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        raise data_error("E406", f"there is no file `{name}`", hint=_nearby(path)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise data_error("E406", f"`{name}` cannot be read: {reason}") from None
    if data is None:
        raise data_error("E403", f"`{name}` is not a regular file")
    return decoded(data, name)


def decoded(data: bytes, name: str) -> Source:
    """Return the source that some bytes hold.

    Raises:
        EcdslError: They are too many, or no UTF-8 text.
    """
    if len(data) > MAX_BYTES:
        raise data_error("E405", f"`{name}` is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"`{name}` is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}"
        raise data_error("E101", message, hint="save the file as UTF-8") from None
    if "\0" in text:
        message = f"`{name}` is not a text: byte {data.index(0)} is NUL"
        raise data_error("E101", message, hint="is this a `.obs` file?")
    return Source(name, text)


def _shown(path: Path, project_root: Path | None) -> str:
    for root in (project_root, resources.root()):
        if root is not None and path.resolve().is_relative_to(root.resolve()):
            return path.resolve().relative_to(root.resolve()).as_posix()
    return str(path)


def _nearby(path: Path) -> str:
    siblings = [item.name for item in path.parent.glob("*.obs")] if path.parent.is_dir() else []
    return "".join(did_you_mean(path.name, siblings))


class Loader:
    """Loads each file once and reports imports that cannot be followed."""

    def __init__(
        self,
        project_root: Path | None,
        findings: Findings,
        overlay: Mapping[Path, str] | None = None,
    ) -> None:
        self._project_root = project_root
        self._findings = findings
        self._overlay = overlay or {}
        self._packages = Packages()
        self._importable: dict[Path, list[str]] = {}
        self._chain: list[Path] = []
        self._bytes = 0
        self._places: dict[str, str | None] = {}
        self._folders: dict[str, str] = {}
        self.modules: dict[Path, Module] = {}

    def load(self, path: Path) -> Module:
        """Return the module of a file, with everything it imports loaded before it."""
        path = path.resolve()
        if path in self.modules:
            return self.modules[path]
        source = read_source(path, self._project_root, self._overlay)
        self._bytes += len(source.text)
        tree, found = parse(source)
        self._findings.extend(found)
        module = Module(path, tree)
        self._chain.append(path)
        for node in tree.declarations:
            if isinstance(node, ast.Import | ast.FromImport):
                self._import(node, module)
            else:
                self._declare(node, module)
        self._chain.pop()
        self.modules[path] = module
        return module

    def reads(self) -> Reads:
        """Return what has been looked at so far."""
        sources = {str(path): m.tree.span.source for path, m in self.modules.items()}
        texts = {path: text_digest(source.text) for path, source in sources.items()}
        return Reads(texts=texts, places=self._places, packages=self._folders)

    def _declare(self, node: Declared, module: Module) -> None:
        if isinstance(node, ast.Broken):
            module.symbols.setdefault(node.name, node)
        else:
            self._bind(node.name.text, node, node.name.span, module)

    def _bind(self, name: str, node: Declared, span: Span, module: Module) -> None:
        if name in module.places:
            first = Related(module.places[name], "first declared here")
            self._findings.add("E205", f"`{name}` is declared twice", span, related=(first,))
            return
        module.symbols[name] = node
        module.places[name] = span

    def _import(self, node: ast.Import | ast.FromImport, module: Module) -> None:
        imported = self._follow(node.module, module)
        if imported is None:
            self._poison(node, module)
            return
        module.links[node.module.text] = imported.path
        if isinstance(node, ast.Import):
            prefix = node.module.text
            module.imported[prefix] = node.module.span
            for name, declared in imported.symbols.items():
                if "." not in name:
                    module.symbols[f"{prefix}.{name}"] = declared
            return
        for item in node.names:
            self._import_name(item, node.module, imported, module)

    def _poison(self, node: ast.Import | ast.FromImport, module: Module) -> None:
        """Keep the users of names quiet that a failed import would have brought."""
        if isinstance(node, ast.Import):
            module.missing.add(node.module.text)
            return
        for item in node.names:
            broken = ast.Broken(item.span, item.alias.text)
            module.symbols.setdefault(item.alias.text, broken)

    def _import_name(
        self, item: ast.Imported, source: ast.Reference, imported: Module, module: Module
    ) -> None:
        declared = imported.symbols.get(item.name.text)
        if declared is None:
            module.symbols.setdefault(item.alias.text, ast.Broken(item.span, item.alias.text))
            names = [name for name in imported.symbols if name and "." not in name]
            otherwise = f"it declares {listed([f'`{name}`' for name in names], 'and')}"
            hints = did_you_mean(item.name.text, names, otherwise=otherwise)
            message = f"module `{source.text}` has no `{item.name.text}`"
            self._findings.add("E404", message, item.name.span, hints=hints)
            return
        self._bind(item.alias.text, declared, item.alias.span, module)
        module.imported[item.alias.text] = item.alias.span

    def _follow(self, reference: ast.Reference, module: Module) -> Module | None:
        """Return the module a reference names, or None after reporting why there is none."""
        try:
            path = self._find(reference, module)
        except EcdslError as error:
            self._at(reference, error)
            return None
        if path is None:
            return None
        if path in self._chain:
            names = [_shown(item, self._project_root) for item in self._chain]
            cycle = [*names[self._chain.index(path) :], _shown(path, self._project_root)]
            message = "modules import each other in a cycle"
            notes = (" -> ".join(cycle),)
            hint = "move what both need into a module of its own"
            self._findings.add("E402", message, reference.span, notes=notes, hints=(hint,))
            return None
        if path not in self.modules and self._is_too_much():
            message = (
                f"imports go deeper than {MAX_DEPTH} files, reach more than {MAX_FILES} or hold "
                f"more than {MAX_BYTES_IN_ALL >> 20} MiB"
            )
            self._findings.add("E405", message, reference.span)
            return None
        try:
            return self.load(path)
        except EcdslError as error:
            self._at(reference, error)
            return None

    def _is_too_much(self) -> bool:
        return (
            len(self._chain) >= MAX_DEPTH
            or len(self.modules) >= MAX_FILES
            or self._bytes >= MAX_BYTES_IN_ALL
        )

    def _at(self, reference: ast.Reference, error: EcdslError) -> None:
        """Report at an import what is wrong with the file or the package that it names."""
        for item in error.diagnostics:
            where = Diagnostic(item.code, item.message, reference.span, hints=item.hints)
            self._findings.extend([where])

    def _find(self, reference: ast.Reference, module: Module) -> Path | None:
        parts = tuple(part.text for part in reference.parts)
        for root in _roots(module.path, self._project_root):
            candidate = _module_file(root, parts)
            if self._exists(candidate):
                return self._inside(candidate, root, reference)
        package = self._packages.find(parts[0])
        if package is not None and len(parts) > 1:
            self._folders[parts[0]] = str(package.folder)
            candidate = _module_file(package.folder, parts[1:])
            if self._exists(candidate):
                return self._inside(candidate, package.folder, reference)
        self._no_module(reference, module)
        return None

    def _exists(self, candidate: Path) -> bool:
        found = found_at(candidate)
        self._places[str(candidate)] = found
        return found is not None or Path(os.path.realpath(candidate)) in self._overlay

    def _inside(self, candidate: Path, root: Path, reference: ast.Reference) -> Path | None:
        path = candidate.resolve()
        if path.is_relative_to(root.resolve()):
            return path
        message = f"module `{reference.text}` leads out of {_shown(root, self._project_root)}"
        hint = "copy the file; links out of the folder are not followed"
        self._findings.add("E403", message, reference.span, hints=(hint,))
        return None

    def _no_module(self, reference: ast.Reference, module: Module) -> None:
        beside = _shown(module.path.parent, self._project_root)
        project = ", in the project's observables" if self._project_root else ""
        file = "/".join(part.text for part in reference.parts) + ".obs"
        note = (
            f"looked for `{file}` in {beside}{project}, in the packaged library and in installed "
            "packages that ship observables"
        )
        folder = module.path.parent
        if folder not in self._importable:
            self._importable[folder] = importable(module.path, self._project_root, self._packages)
        hints = did_you_mean(reference.text, self._importable[folder])
        message = f"there is no module `{reference.text}`"
        self._findings.add("E401", message, reference.span, notes=(note,), hints=hints)


def importable(
    path: Path, project_root: Path | None, packages: Packages | None = None
) -> list[str]:
    """Return the modules that a file can import, from each folder those two levels down."""
    found = _available(_roots(path, project_root))
    for package in (packages or Packages()).importable():
        found.extend(f"{package.name}.{module}" for module in _available([package.folder]))
    return found


def _roots(path: Path, project_root: Path | None) -> list[Path]:
    """Return the folders that imports of a file are looked up in, in that order."""
    project = [project_root / "observables"] if project_root else []
    roots = [path.parent, *project, resources.library()]
    return list(dict.fromkeys(root.resolve() for root in roots))


def _module_file(root: Path, parts: tuple[str, ...]) -> Path:
    return root.joinpath(*parts[:-1], f"{parts[-1]}.obs")


def _available(roots: list[Path]) -> list[str]:
    """The modules of the folders, at most two levels down."""
    found: list[str] = []
    for root in roots:
        for pattern in ("*.obs", "*/*.obs"):
            for path in sorted(root.glob(pattern))[:MAX_FILES]:
                found.append(".".join(path.relative_to(root).with_suffix("").parts))
    return found
