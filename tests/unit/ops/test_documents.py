"""Generated documents say what config says, also what it leaves out."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

from catalog import Catalog, environment
from catalog.kinds import KINDS
from catalog.specs import Alarm, Composite, is_of_environment
from config.alarms import Tuning
from config.models import Environment
from config.services import SERVICE_MODELS
from ops.documents.alarms import alarms, coverage
from ops.documents.reference import reference
from ops.documents.schema import schema
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, Graph


def rows(text: str, heading: str = "") -> Iterator[list[str]]:
    """Yield the cells of every row of every table below a heading, or of all."""
    part = (
        text.split(f"\n{heading}\n", 1)[1].split(f"\n{heading.partition(' ')[0]} ", 1)[0] if heading else text
    )
    for line in part.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@each("name", EVERY)
def test_every_alarm_has_one_row_with_when_whom_and_what_to_do(name: str) -> None:
    """Whoever is woken finds the very words, and through which composite it was said."""
    env, made = EVERY[name]
    graph = Graph(made)
    listed, _, shortened = alarms(env, made).partition("## Shortened names")
    assert bool(shortened) == (name == "longest names")
    first = [row for row in rows(listed) if row[0].startswith("`")]
    by_name = {row[0].strip("`"): row for row in first}
    for alarm in made.all_alarms:
        row = by_name[alarm.name]
        assert sum(other[0] == row[0] for other in first) == 1 + (
            alarm.name in {window.name for window in made.windows}
        )
        if isinstance(alarm, Alarm):
            row = [other for other in first if other[0] == row[0]][-1]
            assert row[1] == f"{alarm.summary}: {alarm.condition}"
            assert (row[2], row[4]) == (alarm.severity, alarm.treat_missing_data)
            through = {
                f"`{speaker.topic}` through `{speaker.kind_key}`" for speaker in graph.speakers(alarm.key)
            }
            assert row[3] in {f"`{alarm.topic}`", "none: suppressor"} or set(row[3].split(", ")) == through
            assert ("none" in row[3]) == (
                alarm.key.endswith("_deploying") or alarm.key in {window.alarm for window in made.windows}
            )
        elif alarm.topic:
            assert row[2:4] == [alarm.severity, f"`{alarm.topic}`"]
            assert set(re.findall(r"`([^`]+)`", row[4])) == what_suppresses(made, alarm)
            assert (row[4] == "never") == (alarm.suppressor is None)
        assert (
            (row[-1] == f"[{alarm.runbook}](../runbooks/{alarm.runbook})")
            or not alarm.runbook
            or not getattr(alarm, "topic", True)
        )


def what_suppresses(made: Catalog, composite: Composite) -> set[str]:
    """Return what people read of it: the service's own alarms by short names, others by their names."""
    if composite.suppressor is None:
        return set()
    keys, own = [composite.suppressor.alarm], f"{composite.service}_"
    helpers = {
        item.key: item for item in made.composites if item.service and item.service == composite.service
    }
    if keys[0] in helpers:
        keys = list(helpers[keys[0]].children())
    return {key.removeprefix(own) if key.startswith(own) else made.alarm_name(key) for key in keys}


@each("name", EVERY)
def test_everybody_who_is_told_is_named(name: str) -> None:
    """By severity, and when notifications fail; references to secrets and not the secrets."""
    env, made = EVERY[name]
    told = {row[0].strip("`"): row[1] for row in rows(alarms(env, made), "## Recipients")}
    for severity in ("critical", "warning"):
        of = getattr(env.notifications, severity)
        assert all(address in told[severity] for address in (*of.direct, *of.slack, *of.pagerduty))
        assert ("ALARM only" in told[severity]) == (not of.ok_notifications)
        assert of.direct or of.slack or "the alarm queue only" in told[severity]
    assert all(address in told["fallback"] for address in env.notifications.critical.direct)


@each("name", EVERY)
def test_events_windows_and_objectives_are_in_the_list(name: str) -> None:
    """With when they are, and what is promised; and no empty table where there are none."""
    env, made = EVERY[name]
    text = alarms(env, made)
    assert ("## Events" in text) == bool(made.events)
    assert ("## Maintenance windows" in text) == bool(made.windows)
    for window in made.windows:
        expected = [
            f"`{window.name}`",
            f"`{window.cron}`",
            window.timezone,
            f"{window.duration_min} minutes",
            window.reason,
        ]
        assert expected in list(rows(text, "## Maintenance windows"))
    assert all(f"- SLO `{slo.name}`: {slo.summary}." in text for slo in made.slos)
    assert all(f"| `{event.name}` | {event.summary} |" in text for event in made.events)


def switched_off() -> tuple[Environment, Catalog]:
    """Return production with one alarm off."""
    tuning = json.dumps({"memory": {"enabled": False, "reason": "the cache | is meant to fill up"}})
    return environment.read("prod", variables={"REVEILLE_SERVICES__CHECKOUT_API__ALARMS": tuning})


def test_a_switched_off_alarm_is_listed_with_its_reason() -> None:
    """Whoever misses an alarm finds in the coverage why it is not there."""
    env, made = switched_off()
    text = coverage([(env, made)])
    assert "| checkout-api | `memory` | switched off | the cache \\| is meant to fill up |" in text
    assert "reveille-checkout-api-memory-prod" not in alarms(env, made)
    table = {row[0].strip("`"): row[1:] for row in rows(text, "### ECS")}
    assert table["memory"] == ["**off**", "yes"]
    assert table["cpu"] == ["yes", "yes"]


@each("name", EVERY)
def test_the_coverage_has_every_service_and_every_alarm_of_its_kind(name: str) -> None:
    """`yes` exactly where the alarm is; else the reason stands below."""
    env, made = EVERY[name]
    text = coverage([(env, made)])
    for kind in KINDS.values():
        services = [view.name for view in made.services if view.kind == kind.name]
        if not services:
            assert f"### {kind.title}" not in text
            continue
        heading, *table = rows(text, f"### {kind.title}")
        existing = {view.name for view in made.services if view.existing}
        assert heading == ["alarm", *(f"{one} (existing)" if one in existing else one for one in services)]
        cells = {row[0].strip("`"): dict(zip(services, row[1:], strict=True)) for row in table}
        own = {key for name in services for key, tuning in env.services[name].alarms.items() if tuning.is_own}
        assert cells.keys() == own | {alarm.key for alarm in kind.alarms}
        for key, service in itertools.product(cells, services):
            there = any(item.service == service and item.kind_key == key for item in made.alarms)
            assert (cells[key][service] == "yes") == there, (key, service)
    of_environment = [alarm.kind_key for alarm in made.alarms if is_of_environment(alarm)]
    listed = list(rows(text, "### The environment as a whole")) if of_environment else []
    assert [row[0].strip("`") for row in listed[1:]] == of_environment
    reasons = list(rows(text, "### Missing alarms")) if made.left_out else []
    assert [
        [left_out.service or "the platform", f"`{left_out.kind_key}`", left_out.why, left_out.reason]
        for left_out in made.left_out
    ] == [[cell.replace("\\|", "|") for cell in row] for row in reasons[1:]]


def test_the_reference_has_every_alarm_key_with_what_may_be_said_of_it() -> None:
    """Keys, thresholds, minimum, band, opt-in, and what each objective may count."""
    text = reference()
    for kind in KINDS.values():
        for alarm in kind.alarms:
            (row,) = (
                group
                for group in rows(text)
                if group[0] == f"`{alarm.key}`" and f"runbooks/{kind.name}.md" in group[-1]
            )
            assert row[1] == alarm.summary
            assert row[4] == (f"`{alarm.part_of}`" if alarm.part_of else "itself")
            assert ("`min_samples`" in row[5]) == (alarm.min_samples is not None)
            assert ("`anomaly_band`" in row[5]) == alarm.anomaly
            assert ("off unless" in row[5]) == bool(alarm.opt_in)
        for events in kind.events:
            assert any(row[:2] == [kind.name, f"`{events.key}`"] for row in rows(text, "## Events of SLOs"))


def test_the_schema_offers_only_what_an_alarm_has() -> None:
    """An editor completes `min_samples` for rates, and a band where one is allowed."""
    definitions = json.loads(schema())["$defs"]
    own = definitions["ownAlarm"]
    assert own["properties"].keys() == Tuning.model_fields.keys()
    assert own["additionalProperties"] is False
    for kind in KINDS.values():
        properties = definitions[f"{kind.name}Alarms"]["properties"]
        assert properties.keys() == {alarm.key for alarm in kind.alarms}
        assert definitions[f"{kind.name}Alarms"]["additionalProperties"] == {"$ref": "#/$defs/ownAlarm"}
        for alarm in kind.alarms:
            assert properties[alarm.key]["properties"].keys() == alarm.tunable
            assert properties[alarm.key]["additionalProperties"] is False
        for model in SERVICE_MODELS[kind.name]:
            slos = definitions[model.__name__]["properties"]["slos"]["additionalProperties"]
            assert slos["allOf"][1]["properties"]["events"]["enum"] == [event.key for event in kind.events]
