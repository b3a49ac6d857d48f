"""What people call alarms, topics, queues and functions: their names without project and environment."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from drill.model import Severity

SEVERITIES: Final[Mapping[str, Severity]] = {"critical": "page", "fallback": "page", "warning": "ticket"}
"""Short name of a topic, or its tag `Severity` -> what a notification of it is.

The topics by which the notifier's mail goes have none: mail is about a notification that was counted already.
"""

_FUNCTION: Final = 5
"""Which part of a function's ARN is `function`; its name follows, and perhaps an alias or a version."""


@dataclass(frozen=True, slots=True)
class Affixes:
    """What all names of an environment begin and end with."""

    before: str = ""
    after: str = ""

    def short(self, name: str) -> str:
        """Return a name without them; as it is unless it has both."""
        ends = len(self.before) + len(self.after)
        if len(name) <= ends or not (name.startswith(self.before) and name.endswith(self.after)):
            return name
        return name[len(self.before) : len(name) - len(self.after)]


def of_project(project: str, environment: str) -> Affixes:
    """Return the affixes of `<project>-<thing>-<environment>`."""
    return Affixes(f"{project}-", f"-{environment}")


def of_arn(arn: str) -> str:
    """Return the name in the ARN of a topic, queue, function or alarm; what is no ARN as it is."""
    parts = arn.split(":")
    if parts[_FUNCTION:-1] and parts[_FUNCTION] == "function":
        return parts[_FUNCTION + 1]
    return parts[-1] if parts[0] == "arn" else arn


def unambiguous(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return which short name is which full one; a short name of several is none's.

    Args:
        pairs: short names with full ones; those that are the same are left out.
    """
    found: dict[str, set[str]] = collections.defaultdict(set)
    for short, full in pairs:
        found[short].add(full)
    return {short: next(iter(full)) for short, full in found.items() if len(full) == 1 and short not in full}
