"""What happens, in the order in which it was written, and where the fault is if it cannot be computed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from config.errors import ConfigError, Problem
from drill.scenarios.model import Happening
from drill.scenarios.reading import Placed, Scenario

One = TypeVar("One", bound=Happening)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[One]):
    """Something that happens; compared by identity, so that what is made of it can be kept."""

    placed: Placed
    happens: One
    usual: bool
    """It is from a file of usual happenings, and need not mean anything in every system."""


def of_kind(scenario: Scenario, kind: type[One]) -> tuple[Entry[One], ...]:
    """Return everything of one kind that happens: the usual first."""
    return tuple(
        Entry(placed, placed.happens, usual)
        for some, usual in ((scenario.usual, True), (scenario.happens, False))
        for placed in some
        if isinstance(placed.happens, kind)
    )


@contextlib.contextmanager
def blamed_on(placed: Placed, key: str) -> Iterator[None]:
    """Say where the fault is, when computing something finds one.

    Raises:
        ConfigError: for every ValueError, with file, line and key.
    """
    try:
        yield
    except ValueError as error:
        raise ConfigError([Problem(placed.place, key, str(error))]) from error
