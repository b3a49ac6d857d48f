"""The contributor of an alarm on several time series, which changes its state by itself.

Metrics Insights, PromQL and log alarms notify for each contributor ("Alarm actions" and "Log alarms",
CloudWatch User Guide). The notification of a contributor has `AlarmContributorId` and
`AlarmContributorAttributes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.notifier.fields import mapping, text
from functions.notifier.wording import clip, one_line

_KEYS = ("AlarmContributorId", "AlarmContributorAttributes")
_SHOWN = 80  # characters in a headline; an attribute has up to 1,024


@dataclass(frozen=True)
class Contributor:
    """A time series of an alarm.

    Attributes:
        identity: What identifies it within its alarm: its id; without one, its attributes.
        words: Its attributes, such as `TableName=orders`; without any, its id.
    """

    identity: str
    words: str

    @property
    def short(self) -> str:
        """The words, cut for a headline."""
        return clip(self.words, _SHOWN)


def contributor_of(message: Mapping[str, Any]) -> Contributor | None:
    """Return the contributor that a notification is about; None if it is about the alarm.

    A contributor that cannot be read is still not the alarm: it has an empty identity.
    """
    if all(message.get(key) is None for key in _KEYS):
        return None
    attributes = ", ".join(
        f"{one_line(name)}={one_line(str(value))}"
        for name, value in mapping(message, _KEYS[1]).items()
        if isinstance(value, str | int | float)
    )
    identity = one_line(text(message, _KEYS[0]))
    unnamed = f"contributor {identity}" if identity else "a contributor without a name"
    return Contributor(identity or attributes, attributes or unnamed)
