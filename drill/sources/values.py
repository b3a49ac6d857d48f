"""One form for what AWS keeps in no order, so that the same alarm is the same value wherever it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drill.model import Query


def pairs(dimensions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return dimensions, sorted by their names."""
    return tuple(sorted(dimensions.items()))


def queries(asked: Iterable[Query]) -> tuple[Query, ...]:
    """Return queries, statistics before the expressions over them, each sorted by their ids.

    Terraform keeps them as a set, so an account may list them in another order than they were written.
    """
    return tuple(sorted(asked, key=lambda one: (isinstance(one.asks, str), one.id)))
