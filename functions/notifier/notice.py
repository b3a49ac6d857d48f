"""What people are told, before it has a format: mail, Slack and PagerDuty are views of one `Notice`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from functions.notifier.wording import capital

if TYPE_CHECKING:
    from datetime import datetime

Severity = Literal["critical", "warning"]
State = Literal["ALARM", "OK", "INSUFFICIENT_DATA", "EVENT", "INFO"]
"""The three states of an alarm; EVENT: something failed and has no end of its own; INFO: nothing failed."""


@dataclass(frozen=True)
class Fact:
    """One line of a message: what it is about, and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Link:
    """A place to look.

    Attributes:
        title: What is there.
        target: A URL, or a path in the repository when no base of URLs is configured.
    """

    title: str
    target: str

    @property
    def is_url(self) -> bool:
        """Tell whether the target can be opened from a message."""
        return self.target.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Notice:
    """One message, complete.

    Attributes:
        state: What happened, as a kind.
        severity: The topic's: `critical` wakes somebody, `warning` is a ticket.
        environment: Such as `prod`.
        service: Name in the config; empty when it concerns all services or is not known.
        what: What is wrong, as part of a sentence and without details: the headline.
        sentence: The same with its details, a whole sentence.
        advice: Where to look first; empty when nobody has written it.
        facts: Values, times, names.
        links: Places to look, the most useful first.
        occurred_at: When the state changed, UTC.
        key: The same for everything about one problem, so that its end closes its beginning.
        source: The alarm, ECS service or topic that speaks.
        group: `<project>-<environment>`.
        is_first_look: A composite was made and found nothing wrong: nobody was told of what this would end.
        is_end: News that end what has this key, if it was told; an alarm that is OK says so by its state.
    """

    state: State
    severity: Severity
    environment: str
    service: str
    what: str
    sentence: str
    advice: str
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    occurred_at: datetime
    key: str
    source: str
    group: str
    is_first_look: bool = False
    is_end: bool = False

    @property
    def label(self) -> str:
        """How bad it is, in a word or two."""
        if self.state == "OK":
            return f"RESOLVED ({self.severity})"
        if self.state == "INSUFFICIENT_DATA":
            return f"NO DATA ({self.severity})"
        return "INFO" if self.state == "INFO" else self.severity.upper()

    @property
    def place(self) -> str:
        """Environment and service, as far as they are known."""
        return f"{self.environment} {self.service}".rstrip()

    @property
    def headline(self) -> str:
        """All of it in one line."""
        return f"{self.label} {self.place}: {self.what}"

    @property
    def explanation(self) -> str:
        """What to make of it, in words: the same sentence means the opposite when an alarm ends."""
        if self.state == "OK":
            return f"It is over. The alarm was: {self.sentence}"
        if self.state == "INSUFFICIENT_DATA":
            return (
                "The alarm is blind: it has no data to judge by, so it can neither fire nor say that all is "
                f"well. It watches for: {self.sentence}"
            )
        return capital(self.sentence) if self.state == "ALARM" else self.sentence
