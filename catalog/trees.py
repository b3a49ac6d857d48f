"""Rules within CloudWatch's limits at any number of alarms: trees of composites where one does not suffice.

The limits are in `cloudwatch.quotas`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from catalog.specs import AnyOf, Composite, InAlarm
from cloudwatch.quotas import PARENTS, RULE_ALARMS, RULE_CHARACTERS

_AROUND_A_NAME = len('ALARM("") AND ')


@dataclass(frozen=True)
class Share:
    """What part of a rule may take up."""

    children: int = RULE_ALARMS
    characters: int = RULE_CHARACTERS

    @classmethod
    def of(cls, parts: int) -> Share:
        """Return the share of each of so many parts of one rule."""
        return cls(RULE_ALARMS // parts, (RULE_CHARACTERS - 2 * parts * len("() AND ")) // parts)


MakeGroup = Callable[[int, AnyOf], Composite]
"""(number of the group, from 1; its rule) -> the composite that stands for it in the rule above."""


def any_of(
    alarms: Sequence[tuple[str, str]], share: Share, group: MakeGroup
) -> tuple[AnyOf, list[Composite]]:
    """Return a rule that is true while any of many alarms is, and the composites it needs.

    Args:
        alarms: keys and names.
        share: what the rule may take up.
        group: makes the composite of a group of alarms.
    """
    made: list[Composite] = []
    level = list(alarms)
    while not _fits(level, share):
        groups = list(_chunks(level, Share()))
        composites = [
            group(len(made) + number, AnyOf(any_of=tuple(InAlarm(alarm=key) for key, _ in one)))
            for number, one in enumerate(groups, start=1)
        ]
        made += composites
        level = [(one.key, one.name) for one in composites]
    return AnyOf(any_of=tuple(InAlarm(alarm=key) for key, _ in level)), made


def _fits(alarms: Sequence[tuple[str, str]], share: Share) -> bool:
    return len(alarms) <= share.children and _length(alarms) <= share.characters


def _length(alarms: Sequence[tuple[str, str]]) -> int:
    return sum(len(name) + _AROUND_A_NAME for _, name in alarms)


def _chunks(alarms: Sequence[tuple[str, str]], share: Share) -> Iterator[list[tuple[str, str]]]:
    chunk: list[tuple[str, str]] = []
    for one in alarms:
        if chunk and not _fits([*chunk, one], share):
            yield chunk
            chunk = []
        chunk.append(one)
    if chunk:
        yield chunk


@dataclass
class Copies:
    """One composite that many others name: as many copies of it as CloudWatch's limit asks for.

    The first copy has the key of the original, so that nothing changes for those who need only one.
    """

    original: Composite
    made: list[Composite] = field(default_factory=list)
    _uses: int = 0

    def use(self) -> str:
        """Return the key of a copy that one more composite may name."""
        if self._uses % PARENTS == 0:
            number = len(self.made) + 1
            suffix = (f"_{number}", f"-{number}") if number > 1 else ("", "")
            name = _before_the_environment(self.original.name, suffix[1])
            changed = {"key": self.original.key + suffix[0], "name": name}
            self.made.append(Composite.model_validate({**self.original.model_dump(), **changed}))
        self._uses += 1
        return self.made[-1].key


def _before_the_environment(name: str, suffix: str) -> str:
    """Return a name with something added before its last word, which is the environment."""
    whole, _, environment = name.rpartition("-")
    return f"{whole}{suffix}-{environment}"
