"""The texts of alarms: descriptions, and the words for numbers, times and runbooks in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.naming import Names
from config.models import Environment
from functions.shared.description import Description


@dataclass(frozen=True)
class Writer:
    """Writes the texts of one service, or of the platform."""

    env: Environment
    label: str
    """What it is about, as people call it."""
    owner: str
    service: str | None = None
    log_group: str | None = None

    def describe(  # noqa: PLR0913 - the parts of a description
        self,
        says: str,
        *,
        condition: str = "",
        look: str = "",
        runbook: str = "",
        causes: Sequence[str] = (),
        note: str = "",
    ) -> str:
        """Return the text.

        Args:
            says: what is happening, in one sentence without the numbers.
            condition: the numbers.
            look: where to look first.
            runbook: `<file>.md#<heading>` in docs/runbooks.
            causes: short names of the alarms of which each is enough.
            note: another sentence.
        """
        return Description(
            subject=self.label,
            environment=self.env.environment,
            summary=says,
            condition=condition,
            look=look,
            causes=tuple(causes),
            note=note,
            service=self.service or "",
            owner=self.owner,
            log_group=self.log_group or "",
            dashboard=Names.of(self.env).whole,
            runbook=runbook_link(self.env, runbook) if runbook else "",
        ).text


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
