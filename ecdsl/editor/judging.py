"""Judge observables while they are being written: again only where something about them changed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from ecdsl.checking import heading, judgement
from ecdsl.diagnostics import Diagnostic, Related, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecdsl.lang import LoweredObservable

MAX_KNOWN = 1000


class Judge:
    """Remembers the last judgement of each observable.

    A finding stands at one of the places where the parts of an observable are written. Where
    meaning and wording are as they were, it is moved to where that place is now.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[LoweredObservable, tuple[Diagnostic, ...]]] = {}

    def findings(self, item: LoweredObservable) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the meaning of an observable."""
        key = item.span.source.name, item.observable.name
        if key in self._known:
            last, found = self._known[key]
            moved = _moved(last, item, found)
            if moved is not None:
                return moved
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        result = tuple(judgement([item]))
        self._known[key] = item, result
        return result


def _moved(
    last: LoweredObservable, item: LoweredObservable, found: tuple[Diagnostic, ...]
) -> tuple[Diagnostic, ...] | None:
    """Return findings at their new places, None where the observable is not the same."""
    before, after = _places(last), _places(item)
    if [span.text for span in before] != [span.text for span in after]:
        return None
    if last.observable != item.observable:
        return None
    where = dict(zip(before, after, strict=True))
    try:
        return tuple(_at(one, where) for one in found)
    except KeyError:
        return None


def _at(found: Diagnostic, where: Mapping[Span, Span]) -> Diagnostic:
    related = tuple(Related(where[other.span], other.label) for other in found.related)
    span = None if found.span is None else where[found.span]
    return replace(found, span=span, related=related)


def _places(item: LoweredObservable) -> list[Span]:
    """Return every place that a finding about an observable can have."""
    spans = [heading(item)]
    for place in fields(item.places):
        value = getattr(item.places, place.name)
        if isinstance(value, Span):
            spans.append(value)
        elif value is not None:
            spans.extend(value)
    return spans
