"""Turn a parse tree into the syntax tree: the only transformer, and nothing is interpreted here.

The transformer does not recurse, so the depth of a tree costs no stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lark import Token, Tree
from lark.visitors import Transformer_NonRecursive, v_args

from ecdsl.diagnostics import Source, Span
from ecdsl.lang import ast

if TYPE_CHECKING:
    from lark.tree import Meta


def build(tree: Tree[Token], source: Source) -> tuple[ast.Declaration, ...]:
    """Return the declarations of a parsed piece of `source`."""
    declarations: tuple[ast.Declaration, ...] = _Builder(source).transform(tree)
    return declarations


@v_args(meta=True)
class _Builder(Transformer_NonRecursive):  # type: ignore[misc]  # lark ships no complete types
    """One method per rule of the grammar; children are already syntax tree nodes or tokens."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def _span(self, meta: Meta) -> Span:
        return Span(self._source, meta.start_pos, meta.end_pos)

    def _word(self, token: Token) -> ast.Word:
        return ast.Word(self._token_span(token), str(token))

    def _token_span(self, token: Token) -> Span:
        return Span(self._source, token.start_pos, token.end_pos)

    def file(self, meta: Meta, items: list[ast.Declaration]) -> tuple[ast.Declaration, ...]:
        return tuple(items)

    # --- modules

    def reference(self, meta: Meta, items: list[Token]) -> ast.Reference:
        return ast.Reference(self._span(meta), tuple(self._word(item) for item in items))

    def import_module(self, meta: Meta, items: list[Any]) -> ast.Import:
        return ast.Import(self._span(meta), items[0])

    def import_names(self, meta: Meta, items: list[Any]) -> ast.FromImport:
        return ast.FromImport(self._span(meta), items[0], tuple(items[1:]))

    def imported(self, meta: Meta, items: list[Any]) -> ast.Imported:
        name, alias = items
        return ast.Imported(self._span(meta), self._word(name), self._word(alias or name))

    # --- columns, constants, measures

    def column(self, meta: Meta, items: list[Any]) -> ast.Column:
        name, unit = items
        return ast.Column(self._span(meta), self._word(name), unit)

    def power_of_unit(self, meta: Meta, items: list[Any]) -> ast.Unit:
        unit, power = items
        number = self._number(power) if power is not None else None
        return ast.Unit(self._span(meta), str(unit), number)  # type: ignore[arg-type]  # GEV...

    def constant(self, meta: Meta, items: list[Any]) -> ast.Constant:
        return ast.Constant(self._span(meta), self._word(items[0]), items[1])

    def user_measure(self, meta: Meta, items: list[Any]) -> ast.UserMeasure:
        name, first, second, value = items
        points = (self._word(first), self._word(second))
        return ast.UserMeasure(self._span(meta), self._word(name), points, value)

    # --- correlators

    def correlator(self, meta: Meta, items: list[Any]) -> ast.Correlator:
        name, *statements = items
        return ast.Correlator(self._span(meta), self._word(name), tuple(statements))

    def order(self, meta: Meta, items: list[Any]) -> ast.Order:
        name, value = items
        word = self._word(name) if name is not None else None
        return ast.Order(self._span(meta), word, self._number(value))

    def over(self, meta: Meta, items: list[Any]) -> ast.Over:
        kind, arguments = items
        return ast.Over(self._span(meta), self._word(kind), arguments or ())

    def per(self, meta: Meta, items: list[Token]) -> ast.Per:
        return ast.Per(self._span(meta), self._word(items[0]))

    def where(self, meta: Meta, items: list[Any]) -> ast.Where:
        return ast.Where(self._span(meta), items[0])

    def hardest(self, meta: Meta, items: list[Token]) -> ast.Hardest:
        return ast.Hardest(self._span(meta), self._number(items[0]))

    def measure(self, meta: Meta, items: list[Any]) -> ast.Measure:
        return ast.Measure(self._span(meta), items[0])

    def weight(self, meta: Meta, items: list[Any]) -> ast.Weight:
        return ast.Weight(self._span(meta), items[0])

    def tuples(self, meta: Meta, items: list[Token]) -> ast.Tuples:
        return ast.Tuples(self._span(meta), self._word(items[0]))

    def sides(self, meta: Meta, items: list[Token]) -> ast.Sides:
        return ast.Sides(self._span(meta), self._words(items))

    def points(self, meta: Meta, items: list[Token]) -> ast.Points:
        return ast.Points(self._span(meta), self._words(items))

    def resolution(self, meta: Meta, items: list[Token]) -> ast.Resolution:
        return ast.Resolution(self._span(meta), self._number(items[0]))

    def accept(self, meta: Meta, items: list[Token]) -> ast.Accept:
        return ast.Accept(self._span(meta), self._words(items))

    def _words(self, items: list[Token]) -> tuple[ast.Word, ...]:
        return tuple(self._word(item) for item in items if item.type == "NAME")

    # --- shapes

    def shape(self, meta: Meta, items: list[Any]) -> ast.Shape:
        name, parameters, body = items
        return ast.Shape(self._span(meta), self._word(name), parameters or (), body)

    def parameters(self, meta: Meta, items: list[ast.Parameter]) -> tuple[ast.Parameter, ...]:
        return tuple(items)

    def parameter(self, meta: Meta, items: list[Any]) -> ast.Parameter:
        name, interval, default = items
        return ast.Parameter(self._span(meta), self._word(name), interval, default)

    def interval(self, meta: Meta, items: list[Any]) -> ast.Interval:
        left, lower, _, upper, right = items
        return ast.Interval(self._span(meta), lower, upper, left == "(", right == ")")

    def body(self, meta: Meta, items: list[Any]) -> ast.Body:
        return ast.Body(self._span(meta), tuple(items))

    def let(self, meta: Meta, items: list[Any]) -> ast.Let:
        return ast.Let(self._span(meta), self._word(items[0]), items[1])

    def delta(self, meta: Meta, items: list[Any]) -> ast.Delta:
        value, *rest = items
        within = next((item for item in rest if isinstance(item, ast.Interval)), None)
        return ast.Delta(self._span(meta), value, within, exact="exact" in rest)

    def within(self, meta: Meta, items: list[Any]) -> ast.Interval:
        interval: ast.Interval = items[0]
        return interval

    def exact(self, meta: Meta, items: list[Any]) -> str:
        return "exact"

    def window(self, meta: Meta, items: list[Any]) -> ast.Window:
        return ast.Window(self._span(meta), items[0])

    def axis(self, meta: Meta, items: list[Any]) -> ast.Axis:
        name, value, bins = items
        return ast.Axis(self._span(meta), self._word(name), value, bins)

    def bins(self, meta: Meta, items: list[Any]) -> ast.Bins:
        number, spacing, threshold, interval = items
        word = self._word(spacing) if spacing is not None else None
        return ast.Bins(self._span(meta), self._number(number), word, threshold, interval)

    def edges(self, meta: Meta, items: list[Any]) -> ast.Edges:
        return ast.Edges(self._span(meta), tuple(items))

    def closed(self, meta: Meta, items: list[Any]) -> ast.Interval:
        return ast.Interval(self._span(meta), items[0], items[1])

    # --- observables

    def observable(self, meta: Meta, items: list[Any]) -> ast.Observable:
        name, correlator, use, body = items
        return ast.Observable(self._span(meta), self._word(name), correlator, use, body)

    def shape_use(self, meta: Meta, items: list[Any]) -> ast.ShapeUse:
        return ast.ShapeUse(self._span(meta), items[0], items[1] or ())

    def arguments(self, meta: Meta, items: list[ast.Argument]) -> tuple[ast.Argument, ...]:
        return tuple(items)

    def named(self, meta: Meta, items: list[Any]) -> ast.Argument:
        return ast.Argument(self._span(meta), self._word(items[0]), items[1])

    def positional(self, meta: Meta, items: list[Any]) -> ast.Argument:
        return ast.Argument(self._span(meta), None, items[0])

    def derive(self, meta: Meta, items: list[Any]) -> ast.Derive:
        return ast.Derive(self._span(meta), self._word(items[0]), items[1])

    # --- conditions

    def disjunction(self, meta: Meta, items: list[Any]) -> ast.Or:
        return ast.Or(self._span(meta), tuple(items))

    def conjunction(self, meta: Meta, items: list[Any]) -> ast.And:
        return ast.And(self._span(meta), tuple(items))

    def negation(self, meta: Meta, items: list[Any]) -> ast.Not:
        return ast.Not(self._span(meta), items[0])

    def comparison(self, meta: Meta, items: list[Any]) -> ast.Comparison:
        rest = tuple((str(op), value) for op, value in zip(items[1::2], items[2::2], strict=True))
        return ast.Comparison(self._span(meta), items[0], rest)  # type: ignore[arg-type]  # LESS...

    # --- expressions

    def sum(self, meta: Meta, items: list[Any]) -> ast.Sum:
        return ast.Sum(self._span(meta), tuple(zip(["+", *items[1::2]], items[::2], strict=True)))

    def product(self, meta: Meta, items: list[Any]) -> ast.Product:
        factors = tuple(zip(["*", *items[1::2]], items[::2], strict=True))
        return ast.Product(self._span(meta), factors)

    def minus(self, meta: Meta, items: list[Any]) -> ast.Minus:
        return ast.Minus(self._span(meta), items[1])

    minus_exponent = minus

    def power(self, meta: Meta, items: list[Any]) -> ast.Power:
        return ast.Power(self._span(meta), items[0], items[1])

    def call(self, meta: Meta, items: list[Any]) -> ast.Call:
        return ast.Call(self._span(meta), self._word(items[0]), tuple(items[1:]))

    def name(self, meta: Meta, items: list[Token]) -> ast.Name:
        return ast.Name(self._span(meta), str(items[0]))

    def number(self, meta: Meta, items: list[Any]) -> ast.Number:
        value, unit = items
        plain = self._number(value)
        return ast.Number(self._span(meta), plain.value, None if unit is None else str(unit))  # type: ignore[arg-type]  # GEV, TEV, MEV

    def _number(self, token: Token) -> ast.Number:
        return ast.Number(self._token_span(token), float(token))
