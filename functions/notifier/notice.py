"""A notification before formatting: e-mail, Slack and PagerDuty are formats of the same `Notice`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from functions.notifier.wording import capital

if TYPE_CHECKING:
    from datetime import datetime

Severity = Literal["critical", "warning"]
State = Literal["ALARM", "OK", "INSUFFICIENT_DATA", "EVENT", "INFO"]
"""The three states of an alarm; EVENT: a failure that is no alarm; INFO: no failure, or a suppressed one."""


@dataclass(frozen=True)
class Fact:
    """A line of a message: name and value."""

    name: str
    value: str


@dataclass(frozen=True)
class Link:
    """A link of a message.

    Attributes:
        title: Its text.
        target: A URL, or a path in the repository if no base URL is configured.
    """

    title: str
    target: str

    @property
    def is_url(self) -> bool:
        """Whether the target can be opened from a message."""
        return self.target.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Notice:
    """A notification.

    Attributes:
        state: State of the alarm, or kind of event.
        severity: Severity of the topic: `critical` is a page, `warning` a ticket.
        environment: Name of the environment, such as `prod`.
        service: Name in the configuration; empty if it concerns all services or is not known.
        summary: What is wrong, as part of a sentence and without details, for the headline.
        sentence: The same with its details, as a complete sentence.
        advice: Where to look first; may be empty.
        facts: Values, times, names.
        links: Links, the most useful first.
        occurred_at: When the state changed, UTC.
        key: Identifies the problem: the notice that ends it has the same key.
        source: Name of the alarm, ECS service or topic.
        group: `<project>-<environment>`.
        is_first_evaluation: Whether a new composite alarm is OK, which ends no earlier notification.
        is_end: Whether an event ends the problem of this key; the end of an alarm has the state OK.
    """

    state: State
    severity: Severity
    environment: str
    service: str
    summary: str
    sentence: str
    advice: str
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    occurred_at: datetime
    key: str
    source: str
    group: str
    is_first_evaluation: bool = False
    is_end: bool = False

    @property
    def label(self) -> str:
        """Severity or state, in capitals."""
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
        """Severity, environment, service and summary in one line."""
        return f"{self.label} {self.place}: {self.summary}"

    @property
    def explanation(self) -> str:
        """The sentence in its state: when an alarm ends, the sentence no longer describes the present."""
        if self.state == "OK":
            return f"The alarm is resolved. It was: {self.sentence}"
        if self.state == "INSUFFICIENT_DATA":
            return (
                "The alarm has no data, so it cannot detect a problem and cannot confirm that there is none. "
                f"It watches for: {self.sentence}"
            )
        return capital(self.sentence) if self.state == "ALARM" else self.sentence
