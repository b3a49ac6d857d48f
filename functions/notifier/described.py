"""An alarm as CloudWatch describes it: what the notification of a composite does not tell of its children."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.notifier.fields import mappings, text
from functions.notifier.wording import one_line
from functions.shared.errors import SafeError

MOST_NAMES = 100
"""Names in one question, and alarms in one answer (CloudWatch API Reference, DescribeAlarms)."""


class NotDescribedError(SafeError):
    """CloudWatch did not describe alarms; the message is an error code or says that it took too long."""


@dataclass(frozen=True)
class Described:
    """One entry of DescribeAlarms.

    Attributes:
        name: The alarm's.
        state: `OK`, `ALARM` or `INSUFFICIENT_DATA`, when CloudWatch was asked.
        description: As it was written; empty when nobody wrote one.
        reason: Why it is in its state.
        rule: Of a composite; empty for a metric alarm.
        trigger: Threshold and comparison, under the same keys as in a notification.
    """

    name: str
    state: str
    description: str = ""
    reason: str = ""
    rule: str = ""
    trigger: Mapping[str, Any] = field(default_factory=dict)


Ask = Callable[[Sequence[str]], "list[Described]"]
"""At most `MOST_NAMES` names -> the alarms of these that there are; raises `NotDescribedError`."""


def ask_nobody(_: Sequence[str]) -> list[Described]:
    """Stand in for CloudWatch where it is not asked."""
    message = "not asked"
    raise NotDescribedError(message)


def read_answer(answer: Mapping[str, Any]) -> list[Described]:
    """Read what DescribeAlarms answers: metric alarms and composites have lists of their own."""
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
