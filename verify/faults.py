"""Faults: which resource is affected, which link of the delivery is broken, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_SHOWN = 3
"""Number of subjects that a line lists; the others are counted."""


class Fault(NamedTuple):
    """A broken link, for one affected resource."""

    subject: str
    """The affected resource: `alarm x`, `event rule x`, `dashboard x, graph y`."""
    link: str
    """The broken link, such as `topic policy`."""
    message: str
    """What is wrong and how to fix it, without the subject: faults with the same cause share one line."""


class Finding(NamedTuple):
    """A broken link without the affected resource, which all alarms of a topic have in common."""

    link: str
    message: str

    def of(self, subject: str) -> Fault:
        """Return the fault for an affected resource."""
        return Fault(subject, self.link, self.message)


def lines(faults: Iterable[Fault]) -> list[str]:
    """Return one line per broken link, in the order of discovery, with all affected resources."""
    subjects: dict[tuple[str, str], dict[str, None]] = {}
    for fault in faults:
        subjects.setdefault((fault.link, fault.message), {})[fault.subject] = None
    return [f"{_listed(list(names))}: {link}: {message}" for (link, message), names in subjects.items()]


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
