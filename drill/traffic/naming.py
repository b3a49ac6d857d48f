"""Things that happen to what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.errors import Problem
from drill.scenarios.model import HAPPENINGS, Band, Happening, Lines, Samples, Silence
from drill.scenarios.reading import Placed
from drill.selection import Selection, UnknownNameError


def problems(selection: Selection, happens: Iterable[Placed]) -> Iterator[Problem]:
    """Yield each name that means nothing in a system, with its file, line and key."""
    for placed in happens:
        try:
            _look_up(selection, placed.happens)
        except UnknownNameError as error:  # noqa: PERF203  # all of them are said
            yield Problem(placed.place, _key(placed.happens), str(error))


def _look_up(selection: Selection, one: Happening) -> None:
    """Look up what an entry names.

    Raises:
        UnknownNameError: there is no such thing.
    """
    if isinstance(one, Samples):
        selection.metrics(one)
    elif isinstance(one, Lines):
        selection.groups(one)
    elif isinstance(one, Silence):
        selection.silent_groups(one)
    elif isinstance(one, Band):
        _look_up_band(selection, one)
    else:
        selection.queue(one.consumer)


def _look_up_band(selection: Selection, one: Band) -> None:
    names = selection.full_names(one.band)
    banded = {alarm.name for alarm in selection.system.alarms if alarm.threshold is None}
    if not banded.intersection(names):
        message = f"no such alarm compares with a band (found: {', '.join(one.band)})"
        raise UnknownNameError(message)


def _key(one: Happening) -> str:
    """Return the key that says what happens."""
    return next(key for key, model in HAPPENINGS.items() if isinstance(one, model))
