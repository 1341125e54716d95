"""Windows that select nothing: always true, or implied by what is asked besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecdsl.passes.judge_case import Finding
from ecdsl.passes.judge_region import places, why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecdsl.passes.judge_case import Case, Constraint, Place

    Text = Callable[[Place], str]


def superfluous(case: Case, _text: Text) -> list[Finding]:
    """Find windows and cuts that hold for every tuple, whatever the parameters are."""
    found = [
        Finding("W310", "this cut holds for every particle", item.place, hints=("remove it",))
        for item in case.where
        if item.place is not None and _always(case, item)
    ]
    implied = [item for item in case.given if item.place is None]
    windows = [
        (item, item.place)
        for item in case.all
        if item.place is not None and item.place.part in {"window", "correlator_window"}
    ]
    selecting = []
    for item, place in windows:
        if _always(case, item, implied):
            notes = why(case, [*implied, replace(item, holds=False)])
            message = "this window always holds, so that it selects nothing"
            found.append(Finding("W310", message, place, notes=notes, hints=("remove it",)))
        else:
            selecting.append((item, place))
    return found + _implied(case, selecting)


def _always(case: Case, item: Constraint, others: Sequence[Constraint] = ()) -> bool:
    return case.is_empty([*others, replace(item, holds=False)], ranges=True)


def _implied(case: Case, windows: Sequence[tuple[Constraint, Place]]) -> list[Finding]:
    """Find windows that follow from the others; of two equal ones, the later."""
    found = []
    dropped: list[Constraint] = []
    for item, place in reversed(windows):
        others = [other for other in case.all if other is not item and other not in dropped]
        if not _always(case, item, others):
            continue
        # Of what says the same, the first is named.
        for other in others[::-1]:
            fewer = [one for one in others if one is not other]
            if _always(case, item, fewer):
                others = fewer
        dropped.append(item)
        related = tuple((other, "implied by this") for other in places(others))
        message = "this window holds whenever the others do, so that it selects nothing more"
        found.append(Finding("W311", message, place, hints=("remove it",), related=related))
    return found[::-1]
