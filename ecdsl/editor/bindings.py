"""What each name of a program stands for: declarations, and every place that refers to them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ecdsl.diagnostics import Span
from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ecdsl.lang.modules import Module

Kind: TypeAlias = str
Scope: TypeAlias = "dict[str, Binding]"
Among: TypeAlias = ast.Where | ast.UserMeasure | ast.Shape | ast.Derive


@dataclass(frozen=True, eq=False)
class Binding:
    """One declared name.

    Attributes:
        kind: The word that declares it (`correlator`, `let`, ...), or `parameter`, `side`, `point`,
            `alias`, `module`.
        name: As it is declared.
        path: The file that declares it.
        span: The name where it is declared; for a module the start of its file.
        node: What is declared.
        parent: The name of the declaration that it stands in, empty at the top of a file.
        target: What an alias stands for.
    """

    kind: Kind
    name: str
    path: Path
    span: Span
    node: ast.Node
    parent: str = ""
    target: Binding | None = None

    @property
    def declared(self) -> Binding:
        """The declaration that an alias leads to; itself for anything else."""
        return self if self.target is None else self.target.declared


@dataclass(frozen=True, eq=False)
class Use:
    """A name in a text.

    Attributes:
        span: Where it stands.
        node: The node that it belongs to.
        binding: The declaration, None for names of the language.
        role: `declares` where the name is introduced.
        among: The statement or declaration that gives the names around it a meaning of their own:
            a `where`, a user's measure, a shape, or arithmetic of histograms.
    """

    span: Span
    node: ast.Node
    binding: Binding | None
    role: Literal["declares", "refers"]
    among: Among | None = None


class Index:
    """The bindings and uses of all modules of a program.

    Args:
        modules: By path, an imported one before those that import it.
    """

    def __init__(self, modules: Mapping[Path, Module]) -> None:
        self.names: dict[Path, Scope] = {}
        self._members: dict[int, Scope] = {}
        self._modules = {path: _module_binding(module) for path, module in modules.items()}
        self.uses: dict[Path, list[Use]] = {}
        for path, module in modules.items():
            self.names[path] = {}
            self.uses[path] = sorted(self._module(module), key=lambda use: use.span.start)

    def at(self, path: Path, offset: int) -> Use | None:
        """Return the name that a cursor at `offset` stands in or directly behind."""
        uses = self.uses.get(path, [])
        last = bisect_right(uses, offset, key=lambda use: use.span.start) - 1
        if last >= 0 and offset <= uses[last].span.end:
            return uses[last]
        return None

    def of(self, binding: Binding) -> Iterator[tuple[Path, Use]]:
        """Yield every use of a declaration, through aliases too, with its file."""
        for path, uses in self.uses.items():
            for use in uses:
                if use.binding is not None and binding in (use.binding, use.binding.declared):
                    yield path, use

    def members(self, node: ast.Node) -> Scope:
        """Return what a declaration declares inside: parameters, lets, axes, sides."""
        return self._members.get(id(node), {})

    def _module(self, module: Module) -> Iterator[Use]:
        names = self.names[module.path]
        nodes = [_known(node) for node in module.tree.declarations]
        for node in nodes:
            if isinstance(node, ast.Import | ast.FromImport):
                yield from self._import(node, module)
            elif (word := name_of(node)) is not None:
                binding = Binding(kind_of(node), word.text, module.path, word.span, node)
                names.setdefault(word.text, binding)
                yield Use(word.span, node, binding, "declares")
        for node in nodes:
            if not isinstance(node, ast.Import | ast.FromImport):
                yield from _Walk(self, module, names).declaration(node)

    def _import(self, node: ast.Import | ast.FromImport, module: Module) -> Iterator[Use]:
        names = self.names[module.path]
        path = module.links.get(node.module.text)
        found = None if path is None else self._modules.get(path)
        yield Use(node.module.span, node, found, "refers")
        exported = {} if path is None else self.names.get(path, {})
        if isinstance(node, ast.Import):
            prefix = node.module.text
            if found is not None:
                names.setdefault(prefix, found)
            for name, binding in exported.items():
                if "." not in name:
                    names.setdefault(f"{prefix}.{name}", binding)
            return
        for item in node.names:
            yield from self._imported(item, exported.get(item.name.text), module)

    def _imported(
        self, item: ast.Imported, binding: Binding | None, module: Module
    ) -> Iterator[Use]:
        names = self.names[module.path]
        yield Use(item.name.span, item, binding, "refers")
        if item.alias.span == item.name.span:
            if binding is not None:
                names.setdefault(item.name.text, binding)
            return
        alias = item.alias
        local = Binding("alias", alias.text, module.path, alias.span, item, target=binding)
        names.setdefault(alias.text, local)
        yield Use(alias.span, item, local, "declares")

    def remember(self, node: ast.Node, members: Scope) -> None:
        """Keep what `node` declares inside, for those that use it."""
        self._members[id(node)] = members


class _Walk:
    """The uses inside one declaration."""

    def __init__(self, index: Index, module: Module, names: Mapping[str, Binding]) -> None:
        self._index = index
        self._path = module.path
        self._names = names
        self._scope: Scope = {}
        self._declared: Scope = {}
        self._parent = ""
        self._among: Among | None = None

    def declaration(self, node: ast.Node) -> Iterator[Use]:
        """Yield the names in a declaration, but for its own."""
        word = name_of(node)
        self._parent = word.text if word is not None else ""
        self._index.remember(node, self._declared)
        if isinstance(node, ast.Observable):
            yield from self._observable(node)
            return
        if isinstance(node, ast.Derive | ast.Shape | ast.UserMeasure):
            self._among = node
        if isinstance(node, ast.UserMeasure):
            for point in node.points:
                yield self._declare("point", point, node)
        yield from self._below(node, word)

    def _observable(self, node: ast.Observable) -> Iterator[Use]:
        yield from self._reference(node.correlator)
        correlator = self._names.get(node.correlator.text)
        if correlator is not None:
            self._scope.update(self._index.members(correlator.declared.node))
        axes: Scope = {}
        if node.use is not None:
            yield from self._reference(node.use.shape)
            shape = self._names.get(node.use.shape.text)
            axes = self._index.members(shape.declared.node) if shape is not None else {}
            for argument in node.use.arguments:
                if argument.name is not None:
                    yield self._use(argument.name, axes.get(argument.name.text))
                yield from self._node(argument.value)
        for statement in node.body.statements:
            if node.use is not None and isinstance(statement, ast.Axis):
                yield self._use(statement.name, axes.get(statement.name.text))
                for child in (statement.value, statement.bins):
                    yield from self._node(child) if child is not None else ()
            else:
                yield from self._node(statement)

    def _node(self, node: ast.Node) -> Iterator[Use]:
        """Yield the names at and below a node; a tree is at most a hundred nodes deep."""
        match node:
            case ast.Reference():
                yield from self._reference(node)
            case ast.Name(text=text):
                yield self._refer(node.span, node, text)
            case ast.Call(function=function):
                yield self._refer(function.span, node, function.text)
                yield from self._below(node, function)
            case ast.Over(kind=word) | ast.Per(kind=word) | ast.Tuples(kind=word):
                yield Use(word.span, node, None, "refers")
                yield from self._below(node, word)
            case ast.Accept(codes=words):
                yield from (Use(word.span, node, None, "refers") for word in words)
            case ast.Measure(kind=reference):
                yield from self._reference(reference, node)
            case ast.Points(names=words):
                yield from (self._refer(word.span, word, word.text) for word in words)
            case ast.Sides(names=words):
                yield from [self._declare("side", word, node) for word in words]
            case ast.Where():
                self._among = node
                yield from self._below(node)
                self._among = None
            case ast.Let() | ast.Axis() | ast.Parameter():
                yield self._declare(kind_of(node), node.name, node)
                yield from self._below(node, node.name)
            case _:
                yield from self._below(node)

    def _below(self, node: ast.Node, name: ast.Node | None = None) -> Iterator[Use]:
        """Yield the names in the children of a node, but for the one that was seen."""
        for child in ast.children(node):
            if child is not name:
                yield from self._node(child)

    def _declare(self, kind: Kind, word: ast.Word, node: ast.Node) -> Use:
        binding = Binding(kind, word.text, self._path, word.span, node, self._parent)
        self._declared.setdefault(word.text, binding)
        if kind != "axis":
            self._scope.setdefault(word.text, binding)
        return Use(word.span, node, binding, "declares")

    def _use(self, word: ast.Word, binding: Binding | None) -> Use:
        return Use(word.span, word, binding, "refers")

    def _refer(self, span: Span, node: ast.Node, name: str) -> Use:
        binding = self._scope.get(name) or self._names.get(name)
        return Use(span, node, binding, "refers", self._among)

    def _reference(self, node: ast.Reference, within: ast.Node | None = None) -> Iterator[Use]:
        *prefix, last = node.parts
        if prefix:
            module = self._names.get(".".join(part.text for part in prefix))
            yield Use(prefix[0].span.to(prefix[-1].span), node, module, "refers")
        yield Use(last.span, within or node, self._names.get(node.text), "refers")


def name_of(node: ast.Node) -> ast.Word | None:
    """Return the name that a declaration introduces."""
    name = getattr(node, "name", None)
    return name if isinstance(name, ast.Word) else None


def kind_of(node: ast.Node) -> Kind:
    """Return what a node declares, in the language's own word."""
    return "measure" if isinstance(node, ast.UserMeasure) else type(node).__name__.lower()


def _known(node: ast.Declaration) -> ast.Declaration:
    """Return what could be parsed of a broken declaration, or the declaration."""
    if isinstance(node, ast.Broken) and node.partial is not None:
        return node.partial
    return node


def _module_binding(module: Module) -> Binding:
    source = module.tree.span.source
    return Binding("module", module.path.stem, module.path, Span(source, 0, 0), module.tree)
