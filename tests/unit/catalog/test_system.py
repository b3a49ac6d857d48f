"""The alarm about the whole system: services of any two kinds fail at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest

from catalog.naming import Names
from catalog.specs import Alarm, Composite, InAlarm, Rule, holds
from catalog.suppression.system import Failing, system_wide
from cloudwatch.quotas import RULE_ALARMS, RULE_CHARACTERS
from tests.unit.catalog.catalogs import EVERY

ENV, MADE = EVERY["prod"]
NAMES = Names.of(ENV)


def failing(kinds: int, services: int) -> dict[str, Failing]:
    """Return so many kinds, each with the error alarms of so many services, and a part of their impact."""
    errors = MADE.alarm("payment-handler_errors")

    def alarm(kind: int, service: int, key: str) -> Alarm:
        changed = {"key": f"s{service}k{kind}_{key}", "name": NAMES.resource(f"s{service}k{kind}", key)}
        return Alarm.model_validate({**errors.model_dump(), **changed})

    return {
        f"kind-{kind}": Failing(
            f"Kind {kind}",
            [alarm(kind, service, "errors") for service in range(services)],
            [alarm(kind, service, "impact") for service in range(services)],
        )
        for kind in range(kinds)
    }


def speaks(whole: Composite, groups: Sequence[Composite], fires: set[str]) -> bool:
    """Return whether the alarm goes into ALARM while these alarms are."""
    active = set(fires)
    for _ in groups:
        active |= {group.key for group in groups if holds(group.rule, active)}
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
    parts = failing(kinds, services)
    critical, outage, groups = system_wide(ENV, NAMES, parts)
    assert critical
    assert outage
    for combination, other in itertools.combinations(parts.values(), 2):
        assert speaks(critical, groups, {combination.errors[-1].key, other.errors[-1].key})
        assert speaks(critical, groups, {combination.errors[-1].key, other.impacts[-1].key})
        assert not speaks(outage, groups, {combination.errors[-1].key, other.impacts[-1].key})
        assert speaks(outage, groups, {combination.impacts[-1].key, other.impacts[-1].key})
    for of in parts.values():
        everything = {alarm.key for alarm in (*of.errors, *of.impacts)}
        assert not speaks(critical, groups, everything)
        assert not speaks(outage, groups, everything)


@pytest.mark.parametrize(("kinds", "services"), [(2, 3), (3, 60)])
def test_an_outage_is_always_paged(kinds: int, services: int) -> None:
    """What suppresses the pages of services is never in ALARM without the alarm that pages for them."""
    parts = failing(kinds, services)
    critical, outage, groups = system_wide(ENV, NAMES, parts)
    assert critical
    assert outage
    some = [of.impacts[index].key for of in parts.values() for index in (0, -1)]
    for count in range(len(some) + 1):
        for fires in itertools.combinations(some, count):
            assert speaks(critical, groups, set(fires)) >= speaks(outage, groups, set(fires))


def test_one_kind_without_impact_has_no_outage() -> None:
    """Its errors can page for the system; nothing suppresses a page then."""
    parts = failing(2, 2)
    parts["kind-1"] = parts["kind-1"]._replace(impacts=[])
    critical, outage, _ = system_wide(ENV, NAMES, parts)
    assert critical
    assert outage is None


@pytest.mark.parametrize(("kinds", "services"), [(2, 130), (3, 70), (4, 300)])
def test_rules_over_many_kinds_stay_within_cloudwatch_s_limits(kinds: int, services: int) -> None:
    """Each kind stands in the rule once for every other."""
    critical, outage, groups = system_wide(ENV, NAMES, failing(kinds, services))
    assert critical
    assert outage
    for group in (critical, outage, *groups):
        assert len(group.children()) <= RULE_ALARMS
        written = [f'ALARM("{NAMES.resource(key)}") AND ' for key in mentions(group.rule)]
        assert len("".join(written)) <= RULE_CHARACTERS


def test_kinds_whose_names_are_words_make_names_without_spaces() -> None:
    """The key of a kind is in names and addresses, not its title."""
    groups = system_wide(ENV, NAMES, failing(2, 130)).groups
    assert groups
    assert not any(" " in group.name + group.key for group in groups)
