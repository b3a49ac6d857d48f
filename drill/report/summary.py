"""One line of a rehearsal: how much was as expected, and how often somebody was told."""

from __future__ import annotations

from dataclasses import dataclass

from drill.model import Severity
from drill.rehearsal import Notification, Rehearsal
from drill.report.texts import count


@dataclass(frozen=True, slots=True)
class Summary:
    """A rehearsal in numbers."""

    expected: int
    as_expected: int
    pages: int
    tickets: int

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> Summary:
        """Count what was expected, and what told somebody that something is wrong."""
        told = [severity(rehearsal, one) for one in rehearsal.notifications if one.state == "ALARM"]
        passed = sum(one.passed for one in rehearsal.verdicts)
        return cls(len(rehearsal.verdicts), passed, told.count("page"), told.count("ticket"))

    @property
    def verdict(self) -> str:
        """`6 of 6 as expected`."""
        return f"{self.as_expected} of {self.expected} as expected" if self.expected else "nothing expected"

    @property
    def told(self) -> str:
        """`1 page, 0 tickets`."""
        return f"{count(self.pages, 'page')}, {count(self.tickets, 'ticket')}"


def severity(rehearsal: Rehearsal, notification: Notification) -> Severity | None:
    """Return what a notification is to whom it reaches; None for a topic of no severity."""
    found = (topic.severity for topic in rehearsal.system.topics if topic.name == notification.topic)
    return next(found, None)


def took(rehearsal: Rehearsal) -> str:
    """Return how long it took: `0.04 s`."""
    return f"{rehearsal.took_s:.2f} s"
