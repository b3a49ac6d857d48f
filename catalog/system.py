"""The whole system: functions and containers that fail at the same time have one cause, and one alarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.naming import Names
from catalog.specs import Alarm, AllOf, AnyOf, Composite
from catalog.texts import Writer
from catalog.trees import Share, any_of
from config.models import Environment

KEY = "system-critical"
RUNBOOK = "platform.md#system-critical"


def system_wide(
    env: Environment, names: Names, failing: Mapping[str, Sequence[Alarm]]
) -> tuple[Composite | None, list[Composite]]:
    """Return the system-wide composite, and those it is made of when one rule is not enough.

    Args:
        env: the environment.
        names: its names.
        failing: title of each kind -> the alarms that say that a service of it fails.
    """
    kinds = {title: alarms for title, alarms in failing.items() if alarms}
    if len(kinds) < 2:  # noqa: PLR2004  # one kind alone is what its services' own alarms say
        return None, []
    writer = Writer(env, label="The whole system", owner=env.owner)
    groups: list[Composite] = []
    parts: list[AnyOf] = []
    for title, alarms in kinds.items():
        word = title.lower()

        def group(number: int, rule: AnyOf, title: str = title, word: str = word) -> Composite:
            says = f"a {title} service of group {number} fails"
            return Composite(
                key=f"{KEY}_{word}-{number}",
                name=names.of_thing(KEY, word, str(number)),
                kind_key=KEY,
                owner=env.owner,
                rule=rule,
                severity="warning",
                says=says,
                runbook=RUNBOOK,
                description=writer.describe(says, runbook=RUNBOOK),
            )

        rule, made = any_of([(one.key, one.name) for one in alarms], Share.of(len(kinds)), group)
        parts.append(rule)
        groups += made
    says = f"{' and '.join(kinds)} services fail at the same time"
    whole = Composite(
        key=KEY,
        name=names.of_thing(KEY),
        kind_key=KEY,
        owner=env.owner,
        rule=AllOf(all_of=tuple(parts)),
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
