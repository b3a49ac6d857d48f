"""The alarm about the whole system: services of any two kinds fail at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from catalog.naming import Names
from catalog.specs import Alarm, Composite, InAlarm, Rule, holds
from catalog.system import system_wide
from cloudwatch.quotas import RULE_ALARMS, RULE_CHARACTERS
from tests.unit.catalog.catalogs import EVERY

ENV, MADE = EVERY["prod"]
NAMES = Names.of(ENV)


def failing(kinds: int, services: int) -> dict[str, tuple[str, list[Alarm]]]:
    """Return so many kinds, each with the error alarms of so many services."""
    one = MADE.alarm("payment-handler_errors")

    def alarm(kind: int, service: int) -> Alarm:
        changed = {"key": f"s{service}k{kind}_errors", "name": NAMES.of_thing(f"s{service}k{kind}", "errors")}
        return Alarm.model_validate({**one.model_dump(), **changed})

    return {
        f"kind-{kind}": (f"Kind {kind}", [alarm(kind, service) for service in range(services)])
        for kind in range(kinds)
    }


def speaks(whole: Composite, groups: list[Composite], fires: set[str]) -> bool:
    """Tell whether the alarm speaks while these alarms are in ALARM."""
    active = set(fires)
    for _ in groups:
        active |= {one.key for one in groups if holds(one.rule, active)}
    return holds(whole.rule, active)


def mentions(rule: Rule) -> Iterator[str]:
    """Yield the alarms that a rule names, each as often as it does."""
    if isinstance(rule, InAlarm):
        yield rule.alarm
    for part in (*getattr(rule, "any_of", ()), *getattr(rule, "all_of", ())):
        yield from mentions(part)


@pytest.mark.parametrize(("kinds", "services"), [(2, 3), (3, 2), (4, 2), (2, 130), (3, 70)])
def test_any_two_kinds_are_enough_and_one_is_not(kinds: int, services: int) -> None:
    """However many kinds there are: a third must not make the alarm deafer."""
    given = failing(kinds, services)
    whole, groups = system_wide(ENV, NAMES, given)
    assert whole is not None
    last = [alarms[-1].key for _, alarms in given.values()]
    for one, other in itertools.combinations(last, 2):
        assert speaks(whole, groups, {one, other})
    for _, alarms in given.values():
        assert not speaks(whole, groups, {one.key for one in alarms})


@pytest.mark.parametrize(("kinds", "services"), [(2, 130), (3, 70), (4, 300)])
def test_rules_over_many_kinds_stay_within_cloudwatch_s_limits(kinds: int, services: int) -> None:
    """Each kind stands in the rule once for every other."""
    whole, groups = system_wide(ENV, NAMES, failing(kinds, services))
    assert whole is not None
    for one in (whole, *groups):
        assert len(one.children()) <= RULE_ALARMS
        written = [f'ALARM("{NAMES.of_thing(key)}") AND ' for key in mentions(one.rule)]
        assert len("".join(written)) <= RULE_CHARACTERS


def test_kinds_whose_names_are_words_make_names_without_spaces() -> None:
    """The key of a kind is in names and addresses, not its title."""
    _, groups = system_wide(ENV, NAMES, failing(2, 130))
    assert groups
    assert not any(" " in one.name + one.key for one in groups)
