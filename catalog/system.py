"""The whole system: services of two kinds that fail at the same time have one cause, and one alarm."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from catalog.naming import Names
from catalog.specs import Alarm, AllOf, AnyOf, Composite
from catalog.texts import Writer
from catalog.trees import Share, any_of
from config.models import Environment

KEY = "system-critical"
RUNBOOK = "platform.md#system-critical"


def system_wide(
    env: Environment, names: Names, failing: Mapping[str, tuple[str, Sequence[Alarm | Composite]]]
) -> tuple[Composite | None, list[Composite]]:
    """Return the system-wide composite, and those it is made of when one rule is not enough.

    Args:
        env: the environment.
        names: its names.
        failing: each kind -> its title, and what says that a service of it fails.
    """
    kinds = {kind: (title, alarms) for kind, (title, alarms) in failing.items() if alarms}
    if len(kinds) < 2:  # noqa: PLR2004  # one kind alone is what its services' own alarms say
        return None, []
    writer = Writer(env, label="The whole system", owner=env.owner)
    pairs = list(itertools.combinations(kinds, 2))
    share = Share.of(2 * len(pairs))  # every kind is in a pair with every other
    groups: list[Composite] = []
    any_fails: dict[str, AnyOf] = {}
    for kind, (title, alarms) in kinds.items():

        def group(number: int, rule: AnyOf, kind: str = kind, title: str = title) -> Composite:
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

        any_fails[kind], made = any_of([(one.key, one.name) for one in alarms], share, group)
        groups += made
    at_once = tuple(AllOf(all_of=(any_fails[one], any_fails[other])) for one, other in pairs)
    titles = [title for title, _ in kinds.values()]
    services = " and ".join(titles) if len(pairs) == 1 else f"two of {', '.join(titles)}"
    says = f"{services} services fail at the same time"
    whole = Composite(
        key=KEY,
        name=names.of_thing(KEY),
        kind_key=KEY,
        owner=env.owner,
        rule=at_once[0] if len(pairs) == 1 else AnyOf(any_of=at_once),
        severity="critical",
        topic="critical",
        says=says,
        runbook=RUNBOOK,
        description=writer.describe(
            says,
            look="the overview, and at what they share: network, database, identity, a deployment",
            runbook=RUNBOOK,
        ),
    )
    return whole, groups
