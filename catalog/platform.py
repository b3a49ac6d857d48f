"""The platform's own alarms, made concrete for one environment."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.kinds import platform as kind
from catalog.naming import Names
from catalog.specs import Alarm, Composite, LeftOut
from catalog.subjects import Grouping, Subject
from catalog.templates import AlarmTemplate, CompositeTemplate
from catalog.texts import Writer
from config.models import Environment


@dataclass(frozen=True)
class Platform:
    """What is watched of the platform itself."""

    env: Environment
    names: Names
    subjects: tuple[Subject, ...]

    @classmethod
    def of(cls, env: Environment, names: Names) -> Platform:
        """Return the platform of `env`."""
        return cls(env, names, tuple(_subject(env, names, one) for one in kind.subjects(env, names)))

    @functools.cached_property
    def _alarms(self) -> tuple[tuple[AlarmTemplate, Alarm], ...]:
        return tuple(pair for subject in self.subjects for pair in subject.alarms())

    def alarms(self) -> Iterator[Alarm]:
        """Yield its metric alarms."""
        yield from (alarm for _, alarm in self._alarms)

    def composites(self) -> Iterator[tuple[CompositeTemplate, Composite]]:
        """Yield its composites, each with its template."""
        writer = Writer(self.env, label="The platform", owner=self.env.owner)
        grouping = Grouping(self.names, kind.NAME, (kind.NAME,), writer, kind.RUNBOOK, self._alarms)
        return grouping.composites(kind.COMPOSITES)

    def left_out(self) -> Iterator[LeftOut]:
        """Yield what config switches off; what is about another part of the platform is not left out."""
        found = (one for subject in self.subjects for one in subject.all_left_out())
        yield from dict.fromkeys(one for one in found if one.why != "not applicable")


def _subject(env: Environment, names: Names, part: kind.Subject) -> Subject:
    return Subject(
        env=env,
        names=names,
        key=f"{kind.NAME}_{part.key}",
        parts=(kind.NAME, part.key),
        writer=Writer(env, label=part.label, owner=env.owner, log_group=part.dimensions.get("LogGroupName")),
        runbook=kind.RUNBOOK,
        dimensions=part.dimensions,
        facts=part.facts,
        facts_words={},
        templates=kind.ALARMS,
        general=env.alarms.platform,
    )
