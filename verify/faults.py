"""A broken link: whose way ends there, which link it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_SHOWN = 3
"""Subjects that a line names before it counts."""


class Fault(NamedTuple):
    """One thing that is not as it has to be."""

    subject: str
    """Whom it concerns: `alarm x`, `event rule x`, `dashboard x, graph y`."""
    link: str
    """Which link of the way, such as `topic policy`."""
    says: str
    """What is wrong there and what to do, without the subject: so that faults of one cause are one line."""


class Finding(NamedTuple):
    """A fault before it is known whose it is: what every alarm of a topic has in common."""

    link: str
    says: str

    def of(self, subject: str) -> Fault:
        """Return it as the fault of `subject`."""
        return Fault(subject, self.link, self.says)


def lines(faults: Iterable[Fault]) -> list[str]:
    """Return one line per broken link, in the order of discovery, with everyone whom it concerns."""
    concerned: dict[tuple[str, str], dict[str, None]] = {}
    for fault in faults:
        concerned.setdefault((fault.link, fault.says), {})[fault.subject] = None
    return [f"{_listed(list(names))}: {link}: {says}" for (link, says), names in concerned.items()]


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
