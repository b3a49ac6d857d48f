"""The whole system: services of two kinds that fail at the same time have one cause, and one page.

Two composites. `system-critical` pages: an alarm on errors is enough for it, so it may also report two small
problems that coincide. `system-outage` notifies nobody: it is in ALARM while services of two kinds affect
users, and suppresses the pages of services. It implies `system-critical`, which pages then.

Both name the conditions of services, not the composites that notify: these are suppressed by `system-outage`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.naming import Names
from catalog.specs import Alarm, AllOf, AnyOf, Composite, Rule
from catalog.suppression.trees import Share, any_of, fitted
from catalog.texts import Writer
from config.models import Environment

KEY = "system-critical"
OUTAGE = "system-outage"
RUNBOOK = "platform.md#system-critical"


class Failing(NamedTuple):
    """What reports that services of a kind fail."""

    title: str
    """The kind as people call it."""
    errors: Sequence[Alarm]
    """Alarms on errors, one of each service: a ticket alone."""
    impacts: Sequence[Alarm | Composite]
    """The parts of the services' impact: a page alone."""


class SystemWide(NamedTuple):
    """The composites about the whole system; none where one kind alone can fail."""

    critical: Composite | None = None
    outage: Composite | None = None
    groups: Sequence[Composite] = ()
    """What the two are made of when one rule is not enough."""


def system_wide(env: Environment, names: Names, failing: Mapping[str, Failing]) -> SystemWide:
    """Return the composites about the whole system.

    Args:
        env: the environment.
        names: its names.
        failing: each kind -> what reports that services of it fail.
    """
    kinds = {kind: of for kind, of in failing.items() if of.errors or of.impacts}
    if len(kinds) < 2:  # noqa: PLR2004  # one kind alone: its services page for themselves
        return SystemWide()
    writer = Writer(env, label="The whole system", owner=env.owner)
    pairs = len(list(itertools.combinations(kinds, 2)))
    share = Share.of(2 * pairs)  # every kind is in a pair with every other
    groups: list[Composite] = []
    fails: dict[str, AnyOf] = {}
    affected: dict[str, AnyOf] = {}
    for kind, of in kinds.items():

        def group(number: int, rule: AnyOf, kind: str = kind, title: str = of.title) -> Composite:
            says = f"a {title} service of group {number} fails"
            return Composite(
                key=f"{KEY}_{kind}-{number}",
                name=names.of_thing(KEY, kind, str(number)),
                kind_key=KEY,
                owner=env.owner,
                rule=rule,
                severity="warning",
                says=says,
                runbook=RUNBOOK,
                description=writer.describe(says, runbook=RUNBOOK),
            )

        impacts, made = fitted([(part.key, part.name) for part in of.impacts], share, group)
        errors = [(alarm.key, alarm.name) for alarm in of.errors]
        both, more = fitted([*errors, *impacts], share, group, first=len(made) + 1)
        groups += [*made, *more]
        fails[kind] = any_of(both)
        if impacts:
            affected[kind] = any_of(impacts)
    titles = [of.title for of in kinds.values()]
    services = " and ".join(titles) if pairs == 1 else f"two of {', '.join(titles)}"
    says = f"{services} services fail at the same time"
    critical = Composite(
        key=KEY,
        name=names.of_thing(KEY),
        kind_key=KEY,
        owner=env.owner,
        rule=_two_of(fails),
        severity="critical",
        topic="critical",
        says=says,
        runbook=RUNBOOK,
        description=writer.describe(
            says,
            look="the overview, and what they share: network, database, identity, a deployment",
            runbook=RUNBOOK,
        ),
    )
    if len(affected) < 2:  # noqa: PLR2004  # as above
        return SystemWide(critical, groups=groups)
    affects = f"{services} services affect users: the system alarm pages for all of them"
    outage = Composite(
        key=OUTAGE,
        name=names.of_thing(OUTAGE),
        kind_key=OUTAGE,
        owner=env.owner,
        rule=_two_of(affected),
        severity="warning",
        says=affects,
        description=writer.describe(affects),
    )
    return SystemWide(critical, outage, groups)


def _two_of(kinds: Mapping[str, AnyOf]) -> Rule:
    """Return the rule that is true while it is for two kinds."""
    pairs = tuple(AllOf(all_of=pair) for pair in itertools.combinations(kinds.values(), 2))
    return pairs[0] if len(pairs) == 1 else AnyOf(any_of=pairs)
