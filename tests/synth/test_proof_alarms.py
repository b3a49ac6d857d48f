"""Every alarm and composite of every environment, broken one by one between the alarm and who notifies."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from terraform.configuration import Configuration
from tests.proof_support import Edited, changed, unheard
from tests.synth.everything import NAMES, made
from tests.synth.synthesized import ENVIRONMENTS
from verify import Fault, composites
from verify.alarms import Alarms

METRIC, COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
MENTION = re.compile(r"ALARM\((?P<name>[^)]*)\)")

BROKEN = (*ENVIRONMENTS, "everything")
"""The environments that are broken one alarm at a time."""

Body = dict[str, Any]

LOSSES: tuple[Body, ...] = ({"alarm_actions": [], "ok_actions": []}, {"actions_enabled": False})


@functools.cache
def edited(name: str) -> Edited:
    """Return an environment to be changed for a while."""
    return Edited(made(name).stacks)


def notifying(stacks: Edited, *kinds: str) -> Iterator[Body]:
    """Yield the alarms that notify."""
    for kind in kinds or (METRIC, COMPOSITE):
        yield from (body for _, body in stacks.of_type(kind) if body.get("alarm_actions"))


def suppressed(stacks: Edited) -> Iterator[Body]:
    """Yield the composites that another alarm suppresses."""
    yield from (body for _, body in stacks.of_type(COMPOSITE) if body.get("actions_suppressor"))


def of_rules(stacks: Edited) -> list[Fault]:
    """Return what is wrong with rules, texts and suppressors."""
    return list(composites.faults(Alarms(Configuration(stacks.stacks))))


def is_found(stacks: Edited) -> bool:
    """Tell whether anything is found."""
    return bool(unheard(stacks.stacks) or of_rules(stacks))


@pytest.mark.parametrize("name", BROKEN)
def test_whoever_loses_its_actions_is_missed(name: str) -> None:
    """Each composite and each alarm that notifies: removed, or switched off."""
    stacks = edited(name)
    alarms = list(notifying(stacks))
    assert {key for key in (METRIC, COMPOSITE) if any(notifying(stacks, key))} == {METRIC, COMPOSITE}
    for body in alarms:
        for loss in LOSSES:
            with changed(body, **loss):
                assert body["alarm_name"] in unheard(stacks.stacks), loss


@pytest.mark.parametrize("name", BROKEN)
def test_whoever_asks_for_all_instead_of_any_is_found(name: str) -> None:
    """Each composite that notifies, by the alarms that would be heard no more, not only by its text."""
    stacks = edited(name)
    found = 0
    for body in notifying(stacks, COMPOSITE):
        if " OR " not in body["alarm_rule"] or " AND " in body["alarm_rule"]:
            continue
        found += 1
        with changed(body, alarm_rule=body["alarm_rule"].replace(" OR ", " AND ")):
            assert unheard(stacks.stacks), body["alarm_name"]
            assert any(
                body["alarm_name"] in rule.subject and "Any of" in rule.message for rule in of_rules(stacks)
            )
    assert found


@pytest.mark.parametrize("name", BROKEN)
def test_whoever_forgets_one_of_its_alarms_is_found(name: str) -> None:
    """Each mention of each rule that only its own text, or a lost alarm, can tell of."""
    stacks = edited(name)
    for body in notifying(stacks, COMPOSITE):
        rule = body["alarm_rule"]
        for mention in MENTION.finditer(rule):
            # What fails in the whole system is heard of its services too: that is not lost.
            if " OR " in rule and " AND " in rule:
                continue
            for instead in ("FALSE", f"OK({mention['name']})"):
                broken = rule[: mention.start()] + instead + rule[mention.end() :]
                with changed(body, alarm_rule=broken):
                    assert is_found(stacks), broken


@pytest.mark.parametrize("name", BROKEN)
def test_whoever_is_suppressed_by_its_own_alarms_is_found(name: str) -> None:
    """Each composite, by each alarm of its rule."""
    stacks = edited(name)
    for body in suppressed(stacks):
        for mention in MENTION.finditer(body["alarm_rule"]):
            by = {**body["actions_suppressor"], "alarm": mention["name"].strip('"')}
            with changed(body, actions_suppressor=by):
                assert "suppressor" in {rule.link for rule in of_rules(stacks)}, (body["alarm_name"], by)


@pytest.mark.parametrize("name", BROKEN)
def test_whoever_suppresses_itself_through_others_is_found(name: str) -> None:
    """Each composite, added to the rule of what suppresses it, by OR and by AND."""
    stacks = edited(name)
    by_name = {f"${{{COMPOSITE}.{key}.alarm_name}}": body for key, body in stacks.of_type(COMPOSITE)}
    for body in suppressed(stacks):
        suppressor = by_name.get(body["actions_suppressor"]["alarm"])
        if suppressor is None:  # an alarm on a metric, which no rule can make part of anything
            continue
        for word in ("OR", "AND"):
            rule = f'({suppressor["alarm_rule"]}) {word} ALARM("{body["alarm_name"]}")'
            with changed(suppressor, alarm_rule=rule):
                found = of_rules(stacks)
                assert any(
                    body["alarm_name"] in pair.subject for pair in found if pair.link == "suppressor"
                ), rule


@pytest.mark.parametrize("name", NAMES)
def test_alarms_that_only_suppress_are_those_of_the_catalog(name: str) -> None:
    """Whatever has no runbook there, and nothing else."""
    one = made(name)
    suppress_only = {alarm.name for alarm in one.catalog.alarms if not alarm.runbook}
    suppress_only |= {composite.name for composite in one.catalog.composites if not composite.runbook}
    assert Alarms(Configuration(one.stacks)).suppress_only == suppress_only


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_where_nothing_is_broken(name: str) -> None:
    """So that whatever is found in the tests above is what they broke."""
    assert not is_found(edited(name))
