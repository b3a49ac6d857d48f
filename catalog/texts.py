"""What an alarm says: the text that arrives by mail, in the console and wherever else somebody reads it.

A sentence or two for people, then lines of `Key: value`, which the notifier turns into links. Whatever
channel carries the alarm carries the text, so nothing has to be looked up at night.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.naming import Names
from config.models import Environment


@dataclass(frozen=True)
class Writer:
    """Writes the texts of one service, or of the platform."""

    env: Environment
    label: str
    """What it is about, as people call it."""
    owner: str
    service: str | None = None
    log_group: str | None = None

    def describe(
        self, says: str, *, condition: str = "", look: str = "", runbook: str | None = None, more: str = ""
    ) -> str:
        """Return the text.

        Args:
            says: what is happening, in one sentence without the numbers.
            condition: the numbers.
            look: where to look first.
            runbook: `<file>.md#<heading>` in docs/runbooks.
            more: another sentence.
        """
        facts = f" ({condition})" if condition else ""
        sentences = [f"{self.label} in {self.env.environment}: {says}{facts}."]
        sentences += [f"Look at {look}."] if look else []
        sentences += [more] if more else []
        lines = {
            "Service": self.service,
            "Owner": self.owner,
            "Log group": self.log_group,
            "Dashboard": Names.of(self.env).whole,
            "Runbook": runbook and runbook_link(self.env, runbook),
        }
        return "\n".join([" ".join(sentences), *(f"{key}: {value}" for key, value in lines.items() if value)])


def runbook_link(env: Environment, runbook: str) -> str:
    """Return where people read `<file>.md#<heading>`: a URL if config knows one, else the file's path."""
    base = env.notifications.runbooks_url
    return f"{base.rstrip('/')}/{runbook}" if base else f"docs/runbooks/{runbook}"


def window(period_s: int, m: int, n: int) -> str:
    """Return "in 10 minutes" or "in 3 of 5 datapoints of 1 minute"."""
    if m == n == 1:
        return f"in {duration(period_s)}"
    return f"in {m} of {n} datapoints of {duration(period_s)}"


def duration(seconds: int) -> str:
    """Return "90 seconds", "5 minutes", "1 hour" or "2 days"."""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {word}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"


def number(value: float, *, digits: int = 4) -> str:
    """Return a number as people write it: no exponent, no needless zeros, so many digits after the point."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
