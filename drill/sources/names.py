"""Short names of alarms, topics, queues and functions: without project and environment."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from drill.model import Severity

SEVERITIES: Final[Mapping[str, Severity]] = {"critical": "page", "fallback": "page", "warning": "ticket"}
"""Short name of a topic, or its tag `Severity` -> severity of its notifications.

The topics for e-mail of the notifier have none: its notifications are already counted.
"""

_FUNCTION: Final = 5
"""Index of `function` in the ARN of a function. The name follows, and optionally an alias or version."""


@dataclass(frozen=True, slots=True)
class Affixes:
    """Prefix and suffix of all names of an environment."""

    before: str = ""
    after: str = ""

    def short(self, name: str) -> str:
        """Return a name without prefix and suffix; unchanged unless it has both."""
        length = len(self.before) + len(self.after)
        if len(name) <= length or not (name.startswith(self.before) and name.endswith(self.after)):
            return name
        return name[len(self.before) : len(name) - len(self.after)]


def of_project(project: str, environment: str) -> Affixes:
    """Return the affixes of `<project>-<thing>-<environment>`."""
    return Affixes(f"{project}-", f"-{environment}")


def of_arn(arn: str) -> str:
    """Return the name in the ARN of a topic, queue, function or alarm; other texts unchanged."""
    parts = arn.split(":")
    if parts[_FUNCTION:-1] and parts[_FUNCTION] == "function":
        return parts[_FUNCTION + 1]
    return parts[-1] if parts[0] == "arn" else arn


def unambiguous(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return short name -> full name, without ambiguous short names.

    Args:
        pairs: short and full names. Equal ones are omitted.
    """
    full_names: dict[str, set[str]] = collections.defaultdict(set)
    for short, full in pairs:
        full_names[short].add(full)
    return {
        short: next(iter(full)) for short, full in full_names.items() if len(full) == 1 and short not in full
    }
