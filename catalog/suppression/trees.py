"""Rules within the quotas of CloudWatch for any number of alarms, as trees of composites.

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
    """The share of a rule that a part may use."""

    children: int = RULE_ALARMS
    characters: int = RULE_CHARACTERS

    @classmethod
    def of(cls, parts: int) -> Share:
        """Return the share of each of `parts` parts of one rule."""
        return cls(RULE_ALARMS // parts, (RULE_CHARACTERS - 2 * parts * len("() AND ")) // parts)


MakeGroup = Callable[[int, AnyOf], Composite]
"""(number of the group, from 1; its rule) -> the composite for it in the rule above."""


def fitted(
    alarms: Sequence[tuple[str, str]], share: Share, group: MakeGroup, *, first: int = 1
) -> tuple[list[tuple[str, str]], list[Composite]]:
    """Return the alarms (keys and names) to join by OR, and the composites that this requires.

    Args:
        alarms: keys and names.
        share: the share of the rule that they may use.
        group: makes the composite of a group of alarms.
        first: the number of the first group.
    """
    made: list[Composite] = []
    level = list(alarms)
    while not _fits(level, share):
        groups = list(_chunks(level, Share()))
        composites = [group(first + len(made) + number, any_of(chunk)) for number, chunk in enumerate(groups)]
        made += composites
        level = [(composite.key, composite.name) for composite in composites]
    return level, made


def any_of(alarms: Sequence[tuple[str, str]]) -> AnyOf:
    """Return the rule that is true while one of these alarms is in ALARM."""
    return AnyOf(any_of=tuple(InAlarm(alarm=key) for key, _ in alarms))


def _fits(alarms: Sequence[tuple[str, str]], share: Share) -> bool:
    return len(alarms) <= share.children and _length(alarms) <= share.characters


def _length(alarms: Sequence[tuple[str, str]]) -> int:
    return sum(len(name) + _AROUND_A_NAME for _, name in alarms)


def _chunks(alarms: Sequence[tuple[str, str]], share: Share) -> Iterator[list[tuple[str, str]]]:
    chunk: list[tuple[str, str]] = []
    for alarm in alarms:
        if chunk and not _fits([*chunk, alarm], share):
            yield chunk
            chunk = []
        chunk.append(alarm)
    if chunk:
        yield chunk


_NAME_IT_DIRECTLY = 100
"""Composites that name a shared alarm directly; the other `PARENTS` are for its copies."""


@dataclass
class Shared:
    """An alarm that many composites name. Beyond the quota of CloudWatch, they name copies of it."""

    key: str
    copy: Callable[[int], Composite]
    """(number, from 2) -> a composite that is in ALARM while the alarm is."""
    copies: list[Composite] = field(default_factory=list)
    _uses: int = 0

    def use(self) -> str:
        """Return the key that another composite may name."""
        self._uses += 1
        beyond = self._uses - _NAME_IT_DIRECTLY
        if beyond <= 0:
            return self.key
        if (beyond - 1) % PARENTS == 0:
            self.copies.append(self.copy(len(self.copies) + 2))
        return self.copies[-1].key
