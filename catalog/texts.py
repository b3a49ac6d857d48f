"""The texts of alarms: descriptions, with numbers, durations and links to runbooks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.naming import Names
from cloudwatch.quotas import DESCRIPTION_CHARACTERS
from config.models import Environment
from functions.shared.description import Description


@dataclass(frozen=True)
class Writer:
    """Writes the texts of one service, or of the platform."""

    env: Environment
    label: str
    """The subject of the texts, such as the name of the service."""
    owner: str
    service: str | None = None
    log_group: str | None = None

    def describe(  # noqa: PLR0913 - the parts of a description
        self,
        summary: str,
        *,
        condition: str = "",
        look: str = "",
        runbook: str = "",
        causes: Sequence[str] = (),
        note: str = "",
    ) -> str:
        """Return the description of an alarm.

        Args:
            summary: what happens, in one sentence without the threshold.
            condition: the measured quantity, with threshold, unit and datapoints.
            look: the next step, as a continuation of "Look at".
            runbook: `<file>.md#<heading>` in docs/runbooks.
            causes: short names of the alarms; each alone puts a composite into ALARM. Those that do not fit
                are counted.
            note: an additional sentence.
        """
        description = Description(
            subject=self.label,
            environment=self.env.environment,
            summary=summary,
            condition=condition,
            look=look,
            causes=tuple(causes),
            note=note,
            service=self.service or "",
            owner=self.owner,
            log_group=self.log_group or "",
            dashboard=Names.of(self.env).whole,
            runbook=runbook_link(self.env, runbook) if runbook else "",
        )
        shown = len(causes)
        while len(description.text) > DESCRIPTION_CHARACTERS and shown:
            shown -= 1
            listed = (*causes[:shown], f"and {len(causes) - shown} more")
            description = dataclasses.replace(description, causes=listed)
        return description.text


def runbook_link(env: Environment, runbook: str) -> str:
    """Return the link to `<file>.md#<heading>`: a URL with `runbooks_url`, else the path of the file.

    A runbook that is a URL is the link itself.
    """
    if "://" in runbook:
        return runbook
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
    """Return a number without exponent and trailing zeros, with at most `digits` decimal places."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
