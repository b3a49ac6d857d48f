"""The one error that a bad configuration raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    place: str
    """File and line, such as `config/prod.yaml:14`, or the environment variable."""

    key: str
    """The key, such as `logs.retention_days`; empty for the file as a whole."""

    text: str
    """What was found and what is allowed."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.text) if part)


class ConfigError(Exception):
    """The configuration is refused; nothing was done with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep `problems`, in the order of the files and lines they come from."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
