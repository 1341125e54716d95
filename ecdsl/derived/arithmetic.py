"""Arithmetic of histograms that carries their covariance along: linear propagation, forward mode.

A derived observable is a function f of the bins h of its operands, which are filled on the same
events and therefore fluctuate together:

    values = f(h),   covariance = J C J^T,   J = df/dh,   C = covariance of all bins of all operands
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecdsl.ir.derived import Operand
from ecdsl.ir.nodes import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.ir.derived import Combine, DerivedExpr

    Array = NDArray[np.float64]

# Nearer to zero than this many of its own errors, a denominator is no small perturbation of its
# expectation, and linear propagation understates the error of the quotient.
_LINEAR = 3.0


@dataclass(frozen=True)
class Propagated:
    """The bins of a derived observable.

    Attributes:
        values: (n_bins,) f(h); NaN where it is undefined, e.g. where a denominator is empty.
        covariance: (n_bins, n_bins) J C J^T; NaN in the rows and columns of undefined bins.
        unsure: (n_bins,) whether a denominator lies within three of its own errors of zero, so that
            the errors are too small.
    """

    values: Array
    covariance: Array
    unsure: NDArray[np.bool_]

    @property
    def undefined(self) -> NDArray[np.bool_]:
        """Which bins have no value, (n_bins,)."""
        return np.isnan(self.values)


def propagate(expr: DerivedExpr, contents: Array, covariance: Array, volumes: Array) -> Propagated:
    """Evaluate an expression of histograms and propagate their covariance.

    Args:
        expr: The expression.
        contents: (n_operands, n_bins) the operands' bins, without under- and overflow.
        covariance: (n_operands * n_bins,) squared, of `contents` in C order.
        volumes: (n_bins,) of the bins, for `density`.
    """
    # Undefined bins are what is looked for below; they need no warning each.
    with np.errstate(all="ignore"):
        term = _Arithmetic(contents, covariance, volumes).term(expr)
        undefined = ~np.isfinite(term.values)
        jacobian = np.where(undefined[:, None], 0.0, term.jacobian)
        product = jacobian @ covariance @ jacobian.T
    product = (product + product.T) / 2
    np.fill_diagonal(product, np.maximum(product.diagonal(), 0.0))
    product[undefined, :] = product[:, undefined] = np.nan
    return Propagated(
        values=np.where(undefined, np.nan, term.values),
        covariance=product,
        unsure=term.unsure & ~undefined,
    )


class _Term(NamedTuple):
    """A part of the expression: values (n_bins,), jacobian (n_bins, n_all), unsure (n_bins,)."""

    values: Array
    jacobian: Array
    unsure: NDArray[np.bool_]


@dataclass(frozen=True)
class _Arithmetic:
    contents: Array
    covariance: Array
    volumes: Array

    def term(self, expr: DerivedExpr) -> _Term:
        n_operands, n_bins = self.contents.shape
        match expr:
            case Number(value=value):
                jacobian = np.zeros((n_bins, n_operands * n_bins))
                return _Term(np.full(n_bins, value), jacobian, np.zeros(n_bins, dtype=bool))
            case Operand(index=k):
                jacobian = np.eye(n_bins, n_operands * n_bins, k * n_bins)
                return _Term(self.contents[k], jacobian, np.zeros(n_bins, dtype=bool))
            case _:
                return self._combine(expr)

    def _combine(self, expr: Combine) -> _Term:
        a, *rest = (self.term(arg) for arg in expr.args)
        match expr.fn:
            case "neg":
                return _Term(-a.values, -a.jacobian, a.unsure)
            case "reflect":
                return _Term(a.values[::-1], a.jacobian[::-1], a.unsure[::-1])
            case "density":
                return _Term(a.values / self.volumes, a.jacobian / self.volumes[:, None], a.unsure)
            case "normalize":
                return self._quotient(a, _sum_of_bins(a))
            case "div":
                return self._quotient(a, *rest)
            case fn:
                return _elementwise(fn, a, *rest)

    def _quotient(self, a: _Term, b: _Term) -> _Term:
        """Return a / b with d(a/b) = (da - (a/b) db) / b."""
        values = a.values / b.values
        jacobian = (a.jacobian - values[:, None] * b.jacobian) / b.values[:, None]
        variance = ((b.jacobian @ self.covariance) * b.jacobian).sum(axis=1)
        near_zero = b.values**2 < _LINEAR**2 * variance
        return _Term(values, jacobian, a.unsure | b.unsure | near_zero)


def _elementwise(fn: str, a: _Term, b: _Term) -> _Term:
    unsure = a.unsure | b.unsure
    match fn:
        case "add":
            return _Term(a.values + b.values, a.jacobian + b.jacobian, unsure)
        case "sub":
            return _Term(a.values - b.values, a.jacobian - b.jacobian, unsure)
        case _:
            jacobian = a.values[:, None] * b.jacobian + b.values[:, None] * a.jacobian
            return _Term(a.values * b.values, jacobian, unsure)


def _sum_of_bins(a: _Term) -> _Term:
    """Return the sum of all bins, in each of them."""
    values = np.full_like(a.values, a.values.sum())
    jacobian = np.broadcast_to(a.jacobian.sum(axis=0), a.jacobian.shape)
    return _Term(values, jacobian, np.zeros_like(a.unsure))
