"""The alarms on the whole system: services of two kinds that fail together have one cause, and one page.

`system-critical` pages. An alarm on errors is sufficient for it, so it may also report two small problems at
the same time. `system-outage` does not notify: it is in ALARM while services of two kinds affect users, and
suppresses the pages of services. `system-critical` is then in ALARM as well and pages.

Both name the conditions of services, not the composites that notify, which `system-outage` suppresses.
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
    """The alarms on failures of services of a kind."""

    title: str
    """Title of the kind."""
    errors: Sequence[Alarm]
    """Alarms on errors, one of each service; each alone opens a ticket."""
    impacts: Sequence[Alarm | Composite]
    """The parts of the impact of the services; each alone sends a page."""


class SystemWide(NamedTuple):
    """The composites on the whole system; None if there is only one kind."""

    critical: Composite | None = None
    outage: Composite | None = None
    groups: Sequence[Composite] = ()
    """Composites of services, if one rule is too long."""


def system_wide(env: Environment, names: Names, failing: Mapping[str, Failing]) -> SystemWide:
    """Return the composites on the whole system.

    Args:
        env: the environment.
        names: its names.
        failing: kind -> the alarms on failures of its services.
    """
    kinds = {kind: of for kind, of in failing.items() if of.errors or of.impacts}
    if len(kinds) < 2:  # noqa: PLR2004  # with one kind only, its services page
        return SystemWide()
    writer = Writer(env, label="The whole system", owner=env.owner)
    pairs = len(list(itertools.combinations(kinds, 2)))
    share = Share.of(2 * pairs)  # every kind is in a pair with every other
    groups: list[Composite] = []
    fails: dict[str, AnyOf] = {}
    affected: dict[str, AnyOf] = {}
    for kind, of in kinds.items():

        def group(number: int, rule: AnyOf, kind: str = kind, title: str = of.title) -> Composite:
            summary = f"a {title} service of group {number} fails"
            return Composite(
                key=f"{KEY}_{kind}-{number}",
                name=names.resource(KEY, kind, str(number)),
                kind_key=KEY,
                owner=env.owner,
                rule=rule,
                severity="warning",
                summary=summary,
                runbook=RUNBOOK,
                description=writer.describe(summary, runbook=RUNBOOK),
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
    summary = f"{services} services fail at the same time"
    critical = Composite(
        key=KEY,
        name=names.resource(KEY),
        kind_key=KEY,
        owner=env.owner,
        rule=_two_of(fails),
        severity="critical",
        topic="critical",
        summary=summary,
        runbook=RUNBOOK,
        description=writer.describe(
            summary,
            look="the overview, then what the services share: network, database, identity, deployments",
            runbook=RUNBOOK,
        ),
    )
    if len(affected) < 2:  # noqa: PLR2004  # as above
        return SystemWide(critical, groups=groups)
    affects = f"{services} services affect users: {KEY} pages, and their own pages are suppressed"
    outage = Composite(
        key=OUTAGE,
        name=names.resource(OUTAGE),
        kind_key=OUTAGE,
        owner=env.owner,
        rule=_two_of(affected),
        severity="warning",
        summary=affects,
        description=writer.describe(affects),
    )
    return SystemWide(critical, outage, groups)


def _two_of(kinds: Mapping[str, AnyOf]) -> Rule:
    """Return the rule that is true while the rules of two kinds are."""
    pairs = tuple(AllOf(all_of=pair) for pair in itertools.combinations(kinds.values(), 2))
    return pairs[0] if len(pairs) == 1 else AnyOf(any_of=pairs)
