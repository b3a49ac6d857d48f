"""An alarm as DescribeAlarms returns it, for the children of a composite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.notifier.fields import mappings, text
from functions.notifier.wording import one_line
from functions.shared.errors import SafeError

MOST_NAMES = 100
"""Maximum number of names and alarms per call (CloudWatch API Reference, DescribeAlarms)."""


class NotDescribedError(SafeError):
    """CloudWatch did not describe the alarms; the message is an error code, or that it did not answer."""


@dataclass(frozen=True)
class Described:
    """An alarm of DescribeAlarms.

    Attributes:
        name: Name of the alarm.
        state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
        description: The alarm's description; may be empty.
        reason: The reason for the state.
        rule: Rule of a composite; empty for a metric alarm.
        trigger: Threshold and comparison, with the same keys as in a notification.
    """

    name: str
    state: str
    description: str = ""
    reason: str = ""
    rule: str = ""
    trigger: Mapping[str, Any] = field(default_factory=dict)


Describe = Callable[[Sequence[str]], "list[Described]"]
"""At most `MOST_NAMES` names -> the alarms that exist; raises `NotDescribedError`."""


def describe_none(_: Sequence[str]) -> list[Described]:
    """Describe no alarm, where CloudWatch must not be asked."""
    message = "not requested"
    raise NotDescribedError(message)


def read_answer(answer: Mapping[str, Any]) -> list[Described]:
    """Read a response of DescribeAlarms, which has a list each of metric alarms and composite alarms."""
    return [
        Described(
            name=one_line(text(mapping, "AlarmName")),
            state=one_line(text(mapping, "StateValue")),
            description=text(mapping, "AlarmDescription"),
            reason=one_line(text(mapping, "StateReason")),
            rule=text(mapping, "AlarmRule"),
            trigger={key: mapping[key] for key in ("Threshold", "ComparisonOperator") if key in mapping},
        )
        for kind in ("MetricAlarms", "CompositeAlarms")
        for mapping in mappings(answer, kind)
    ]
