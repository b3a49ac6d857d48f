"""States of deployed alarms, polled with DescribeAlarms, and their changes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from cloudwatch import rules
from cloudwatch.composites import Change
from cloudwatch.states import State
from cloudwatch.suppression import By, Suppressed
from config.errors import CommandError

_NAMES_AT_ONCE = 100
"""Maximum number of names of DescribeAlarms (CloudWatch API Reference, DescribeAlarms, AlarmNames)."""

ACTIONS: Mapping[State, str] = {
    "ALARM": "AlarmActions",
    "OK": "OKActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
"""State -> the member with the actions of an alarm for that state."""


class States:
    """The states of alarms, polled repeatedly."""

    def __init__(self, cloudwatch: Any, alarms: Sequence[str]) -> None:  # noqa: ANN401  # a boto3 client
        """Observe these alarms, by their names in AWS, and their suppressors.

        Raises:
            CommandError: one of them does not exist.
        """
        self._cloudwatch = cloudwatch
        self._alarms = list(alarms)
        self.server_time_s = time.time()
        """Time of AWS at the last poll, in seconds since 1970."""
        self.described = self._describe()
        suppressors = {self.suppressor(name) for name in self.described} - {"", *alarms}
        self._alarms += sorted(suppressors)
        self.described = self._describe() if suppressors else self.described
        missing = [name for name in self._alarms if name not in self.described]
        if missing:
            message = f"not deployed: {', '.join(missing)}. Deploy monitoring first."
            raise CommandError(message)
        self.first: dict[str, State] = {}
        """State of each alarm at the start."""
        self.changes: list[Change] = []
        """Changes since the start, in drill time."""
        self.suppressed: dict[str, list[Suppressed]] = {}
        """Composite -> when its actions were suppressed, in drill time."""
        self.restart()

    def restart(self) -> None:
        """Make the current states the start."""
        self.first.update({name: self.now(name) for name in self.described})
        self.changes.clear()
        self.suppressed.clear()
        self._follow_suppression(0.0)

    def now(self, alarm: str) -> State:
        """Return the state of an alarm at the last poll."""
        return cast("State", self.described[alarm]["StateValue"])

    def suppressed_by(self, alarm: str) -> By | None:
        """Return the reason for suppression of a composite at the last poll; None if not suppressed."""
        return cast("By | None", self.described[alarm].get("ActionsSuppressedBy") or None)

    def suppressor(self, alarm: str) -> str:
        """Return the name of the suppressor of a composite; empty for other alarms."""
        # A name or an ARN (CloudWatch API Reference, PutCompositeAlarm, ActionsSuppressor).
        return str(self.described[alarm].get("ActionsSuppressor", "")).rpartition(":alarm:")[2]

    def alarming_below_suppressor(self, alarm: str) -> list[str]:
        """Return the metric alarms in ALARM that are part of the suppressor of a composite."""
        alarming: list[str] = []
        known: set[str] = set()
        below = [self.suppressor(alarm)] if self.suppressor(alarm) else []
        while below:
            known.update(below)
            described = list(self._pages(below))
            alarming += [
                entry["AlarmName"]
                for entry in described
                if "AlarmRule" not in entry and entry["StateValue"] == "ALARM"
            ]
            children = (
                rules.children(rules.parse(entry["AlarmRule"])) for entry in described if "AlarmRule" in entry
            )
            below = sorted({child for of_rule in children for child in of_rule} - known)
        return sorted(alarming)

    def poll(self, at_s: float) -> list[Change]:
        """Poll the states; return the changes since the last poll.

        Args:
            at_s: the drill time.
        """
        before = {name: self.now(name) for name in self.described}
        self.described = {**self.described, **self._describe()}
        changes = [
            Change(at_s, name, old, self.now(name)) for name, old in before.items() if self.now(name) != old
        ]
        self.changes += changes
        self._follow_suppression(at_s)
        return changes

    def _follow_suppression(self, at_s: float) -> None:
        for name in self.described:
            by, spans = self.suppressed_by(name), self.suppressed.get(name, [])
            last = spans[-1] if spans and spans[-1].to_s is None else None
            if by == (last.by if last else None):
                continue
            if last:
                spans[-1] = Suppressed(last.from_s, at_s, last.by)
            if by:
                self.suppressed.setdefault(name, spans).append(Suppressed(at_s, None, by))

    def _describe(self) -> dict[str, Mapping[str, Any]]:
        return {page["AlarmName"]: page for page in self._pages(self._alarms)}

    def _pages(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for begin in range(0, len(names), _NAMES_AT_ONCE):
            answer = self._cloudwatch.describe_alarms(
                AlarmNames=names[begin : begin + _NAMES_AT_ONCE],
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                MaxRecords=_NAMES_AT_ONCE,
            )
            self.server_time_s = _server_time_s(answer)
            yield from (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))


def _server_time_s(answer: Mapping[str, Any]) -> float:
    """Return the time of AWS in an answer, which may differ from the clock of this machine."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    at: datetime | None = parsedate_to_datetime(date) if date else None
    return at.timestamp() if at else time.time()
