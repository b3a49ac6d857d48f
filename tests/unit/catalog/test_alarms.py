"""Rules over every metric alarm of every environment: when it fires, what silence means, what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.kinds import EVERY_KIND, PLATFORM
from catalog.naming import Names
from catalog.specs import SYMBOLS, Alarm, Composite, Event
from catalog.templates import AlarmTemplate, CompositeTemplate, Percent
from catalog.texts import number
from config.models import Environment
from functions.shared.description import read_description
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, EXISTING, LONGEST_RUNBOOKS_URL, Graph, changed

THEIR_LOGS = {
    "orders": "/aws/lambda/shop-orders",
    "invoices": "/shop/invoices",
    "storefront": "/shop/web",
    "backoffice": None,
    "canary": None,
}
"""The first log group of each existing service."""

TEMPLATES = {f"{kind.name}:{alarm.key}": alarm for kind in EVERY_KIND for alarm in kind.alarms}
COMPOSITES = {
    f"{kind.name}:{composite.key}": composite for kind in EVERY_KIND for composite in kind.composites
}


def alarms(name: str) -> Iterator[Alarm]:
    """Yield the alarms of one environment."""
    yield from EVERY[name][1].alarms


ONE_BAD_MINUTE = {
    "async-dropped": "the event is lost: there is no second datapoint to wait for",
    "notifications-redriven": "somebody has not been told",
    "notifications-lost": "somebody has not been told, and what was said is gone",
    "notifications-failed": "somebody may not have been told",
    "dead-letters-waiting": "somebody has not been told",
    "notifier-dropped": "somebody has not been told",
    "notifier-undelivered": "somebody has not been told, and what was said is gone",
    "events-failed": "somebody has not been told",
    "events-lost": "somebody has not been told, and what was said is gone",
}
"""Alarms that may wake somebody after a single bad minute, with the reason."""


@each("name", EVERY)
def test_nobody_is_woken_by_one_bad_minute(name: str) -> None:
    """Behind every composite that wakes somebody: two bad datapoints, or one of at least five minutes."""
    made = EVERY[name][1]
    graph = Graph(made)
    hasty = {
        alarm.kind_key
        for alarm in made.alarms
        if any(speaker.severity == "critical" for speaker in graph.speakers(alarm.key))
        and alarm.datapoints_to_alarm < 2
        and alarm.period_s < 300
    }
    assert hasty <= ONE_BAD_MINUTE.keys()
    assert {alarm.kind_key for alarm in made.alarms} >= ONE_BAD_MINUTE.keys() - {
        "async-dropped",
        "events-failed",
        "events-lost",
    }


def test_no_reason_for_haste_is_left_over() -> None:
    """A reason for an alarm that waits would excuse the next one of its name."""
    hasty = {
        template.key
        for template in TEMPLATES.values()
        if template.datapoints_to_alarm < 2 and template.period_s < 300
    }
    assert ONE_BAD_MINUTE.keys() <= hasty


@each("name", EVERY)
def test_only_composites_wake_somebody(name: str) -> None:
    """One metric over its line is a warning, in every environment; critical composites reach who is woken."""
    made = EVERY[name][1]
    assert {alarm.severity for alarm in made.alarms} == {"warning"}
    assert {alarm.topic for alarm in made.alarms} <= {None, "warning"}
    for composite in made.composites:
        if composite.kind_key in {"notifications-broken", "notifications-gone", "account-limits"}:
            assert composite.topic == "fallback", "whoever is told that nobody is told must be told"
            assert composite.severity == "critical"
        else:
            assert composite.topic in {None, composite.severity}, composite.key


@each("name", EVERY)
def test_only_rules_that_notify_page_for_lost_notifications(name: str) -> None:
    """Of a rule that only logs, no notification is lost: it has a ticket, as the queue of all rules."""
    made = EVERY[name][1]
    graph = Graph(made)
    spoken = {alarm.key: {speaker.kind_key for speaker in graph.speakers(alarm.key)} for alarm in made.alarms}
    for rule in made.rules:
        own = {key: keys for key, keys in spoken.items() if key.startswith(f"platform_rule-{rule.key}_")}
        if isinstance(rule, Event):
            assert own == {
                f"platform_rule-{rule.key}_events-failed": {"notifications-broken"},
                f"platform_rule-{rule.key}_events-lost": {"notifications-gone"},
            }
        else:
            assert own == {
                f"platform_rule-{rule.key}_logged-events-failed": {"events-incomplete"},
                f"platform_rule-{rule.key}_logged-events-lost": {"events-incomplete"},
            }
    assert spoken.get("platform_queue-events_events-waiting", set()) == (
        {"events-incomplete"} if made.rules else set()
    )
    assert {
        composite.topic for composite in made.composites if composite.kind_key == "events-incomplete"
    } <= {"warning"}


ABSENCE_IS_BAD = {"too-few-tasks", "no-healthy-target", "heartbeat", "no-logs"}
"""Alarms about something that should be there: without data, it is not."""

UNKNOWN_WITHOUT_DATA = {"cpu", "cpu-exhausted", "memory-exhausted", "disk"}
"""And `memory` of ECS: a service without tasks reports nothing, which too-few-tasks says."""


@each(("name", "template"), TEMPLATES.items(), ids=TEMPLATES)
def test_silence_means_what_it_should(name: str, template: AlarmTemplate) -> None:
    """Absence breaches where absence is the fault, is unknown where nobody can say, and is good elsewhere."""
    absent = template.key in ABSENCE_IS_BAD
    unknown = template.key in UNKNOWN_WITHOUT_DATA or name == "ecs:memory"
    assert template.missing == ("breaching" if absent else "missing" if unknown else "notBreaching")
    assert absent == (template.comparison == "LessThanThreshold")


@each("name", EVERY)
def test_long_windows_without_data_are_zeros(name: str) -> None:
    """Of rates, budgets and silence itself: older windows would count, and alarms be late or repeated."""
    found = 0
    for alarm in EVERY[name][1].alarms:
        absent = alarm.kind_key in ABSENCE_IS_BAD
        rate = alarm.kind_key in RATES or alarm.kind_key.endswith(("-long", "-short"))
        if alarm.period_s >= 300 and (absent or rate):
            expression = getattr(alarm.watches, "expression", "")
            assert re.match(
                r"FILL\(\w+, 0\)$" if absent else rf"IF\((?:FILL\(\w+, 0\)|{_SUM}) >= ", expression
            ), alarm.key
            found += 1
    assert found


@each("name", EVERY)
def test_an_alarm_does_with_silence_what_its_template_says(name: str) -> None:
    """Explicitly; what only suppresses others, and burn rates, are OK without data."""
    by_key = {(kind.name, alarm.key): alarm for kind in EVERY_KIND for alarm in kind.alarms}
    env, made = EVERY[name]
    for item in made.alarms:
        kind = env.services[item.service].kind if item.service else PLATFORM.name
        template = by_key.get((kind, item.kind_key))
        tuned = env.services[item.service].alarms if item.service else env.alarms.environment
        expected = tuned[item.kind_key].missing if item.kind_key in tuned else None
        assert item.treat_missing_data == (expected or (template.missing if template else "notBreaching")), (
            item.key
        )


@each("name", EVERY)
def test_an_alarm_looks_back_no_further_than_cloudwatch_does(name: str) -> None:
    """PutMetricAlarm: one day, or seven from hourly periods on; periods are multiples of a minute."""
    for alarm in alarms(name):
        assert alarm.period_s % 60 == 0
        assert alarm.window_s <= (604_800 if alarm.period_s >= 3600 else 86_400), alarm.key
        assert 1 <= alarm.datapoints_to_alarm <= alarm.evaluation_periods


_SUM = r"\(FILL\(\w+, 0\)(?: \+ FILL\(\w+, 0\))*\)"
"""A sum of metrics, in which silence is zero."""
RATES = {
    "failure-rate",
    "error-rate",
    "error-rate-elevated",
    "mostly-failing",
    "logged-error-rate",
    "target-error-rate",
}


@each("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_rate_counts_only_with_enough_samples(template: AlarmTemplate) -> None:
    """One failure in two is no rate: exactly the rates ask for a minimum, and they are per cent."""
    assert (template.min_samples is not None) == (template.key in RATES)
    if template.min_samples:
        assert re.match(r"% of |error entries per 100 requests in the log$", template.unit_words)
        assert isinstance(template.threshold, int | float)
        # Most of a few, twice in succession, is no chance either.
        most = template.threshold >= 50 and template.datapoints_to_alarm >= 2
        assert template.min_samples >= (4 if most else 20)


@each("name", EVERY)
def test_the_minimum_is_in_the_expression(name: str) -> None:
    """As tuned, and in the words."""
    env, made = EVERY[name]
    found = 0
    for alarm in made.alarms:
        if alarm.kind_key in RATES:
            guard = re.match(
                rf"IF\((?:(?:FILL\()?(invocations|requests)(, 0\))?|{_SUM}) >= (\d+), "
                rf"100 \* (?:\w+|{_SUM}) / (?:\1|{_SUM}), 0\)$",
                getattr(alarm.watches, "expression", ""),
            )
            assert guard, alarm.key
            # By the minute, what is filled may only be late: it would count as good.
            assert ("FILL(" in guard[0].partition(" >= ")[0]) == (alarm.period_s >= 300)
            assert alarm.condition.endswith(f", with at least {guard[3]} samples per datapoint")
            found += 1
    assert found >= 3 * len(env.functions) + len(env.containers)


@each("name", EVERY)
def test_an_alarm_says_who_where_how_much_and_where_to_look(name: str) -> None:
    """In the words that a person gets in an e-mail, without opening anything else, and lines for machines."""
    env, made = EVERY[name]
    for alarm in made.all_alarms:
        said = read_description(alarm.description, environment=env.environment)
        who = (
            (alarm.service and rf"{alarm.service}(, (log group|target group) \S+)?")
            or r"(The whole system|The environment|The platform|Suppression|"
            r"(topic|queue|function|account|rule|delivery stream|log group) \S+.*)"
        )
        assert re.fullmatch(who, said.subject), said
        assert said.summary == alarm.summary
        assert len(alarm.description) <= 1024
        assert "{" not in alarm.description
        assert (
            said.owner == alarm.owner == (env.services[alarm.service].owner if alarm.service else env.owner)
        )
        assert said.dashboard == f"{env.project}-{env.environment}"
        assert said.service == (alarm.service or "")
        assert said.runbook == (_link(env, alarm) or "")
        assert said.log_group == (_log_group(env, alarm) or "")
        if isinstance(alarm, Alarm):
            assert said.condition == alarm.condition
        speaks_itself = alarm.topic is not None or (isinstance(alarm, Alarm) and "_slo-" not in alarm.key)
        if alarm.runbook and speaks_itself:
            assert said.look, alarm.key


def _link(env: Environment, alarm: Alarm | Composite) -> str | None:
    base = env.notifications.runbooks_url
    if alarm.runbook and alarm.runbook.startswith("https://"):
        return alarm.runbook
    return alarm.runbook and f"{base.rstrip('/') if base else 'docs/runbooks'}/{alarm.runbook}"


def _log_group(env: Environment, alarm: Alarm | Composite) -> str | None:
    names = Names.of(env)
    if alarm.service is None:
        logging = {"notifier": names.function_log_group("notifier"), "archive": names.delivery_log_group}
        part = alarm.key.split("_")[1] if alarm.key.count("_") == 2 else ""
        of_metric = [metric.dimensions.get("LogGroupName") for metric in getattr(alarm, "metrics", ())]
        return logging.get(part) or next(filter(None, of_metric), None)
    if alarm.service in EXISTING:
        of_metric = [metric.dimensions.get("LogGroupName") for metric in getattr(alarm, "metrics", ())]
        return next(filter(None, of_metric), None) or THEIR_LOGS[alarm.service]
    if alarm.service in env.functions:
        return names.function_log_group(alarm.service)
    return names.container_log_group(alarm.service) if alarm.service in env.containers else None


def test_the_longest_names_leave_room_in_every_text() -> None:
    """With every name, team and URL as long as config takes them."""
    env, made = EVERY["longest names"]
    assert env.notifications.runbooks_url == LONGEST_RUNBOOKS_URL
    assert 700 < max(len(alarm.description) for alarm in made.all_alarms) <= 1024


@each("name", EVERY)
def test_the_words_have_the_numbers_of_the_alarm(name: str) -> None:
    """Threshold or band, M, N and period, as CloudWatch gets them."""
    for alarm in alarms(name):
        if "_slo-" in alarm.key or alarm.key.endswith("_deploying") or alarm.key.startswith("maintenance_"):
            continue
        limit = (
            f"more than {number(alarm.anomaly_band)} standard deviations above the expected "
            if alarm.anomaly_band
            else f"{SYMBOLS[alarm.comparison]} {number(alarm.threshold or 0)} "
        )
        assert alarm.condition.startswith(limit), alarm.condition
        single = alarm.evaluation_periods == 1
        m_of_n = "" if single else f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} datapoints of "
        minutes = alarm.period_s // 60
        period = f"{minutes // 60} hour" if minutes % 60 == 0 else f"{minutes} minute"
        assert f" in {m_of_n}{period}" in alarm.condition, alarm.condition
        assert (alarm.comparison == "GreaterThanUpperThreshold") == (alarm.anomaly_band is not None)
        assert (alarm.threshold is None) == (alarm.anomaly_band is not None)


def test_bands_are_in_words_and_allowed_where_the_usual_is_a_course() -> None:
    """For latency and log volume, as there is an everyday course to stray from."""
    made = EVERY["everything"][1]
    banded = {alarm.kind_key for alarm in made.alarms if alarm.anomaly_band}
    assert banded == {alarm.key for alarm in TEMPLATES.values() if alarm.anomaly}
    assert banded == {"latency", "log-flood", "target-latency"}


def queue_patience_s(timeout_s: int) -> int:
    """Return how long a message may wait that fails once: in work, then hidden for six timeouts."""
    return max(300, 7 * timeout_s + BATCHING_WINDOW_S)


BATCHING_WINDOW_S = 20

RELATIVE = {
    ("payment-handler", "near-timeout"): ("timeout_s", lambda timeout_s: 800 * timeout_s, int),
    ("payment-handler", "timeouts"): ("timeout_s", lambda timeout_s: 950 * timeout_s, int),
    ("payment-handler", "reserved-concurrency"): ("reserved_concurrency", lambda most: 0.8 * most, int),
    ("order-processor", "queue-age"): ("timeout_s", queue_patience_s, queue_patience_s),
    ("checkout-api", "too-few-tasks"): ("desired_count", lambda tasks: tasks, int),
}
"""(service, alarm) -> the key of config that its threshold depends on, how, and which number its words have.

Durations are in ms, but the age of a message is in seconds.
"""


@each(("where", "how"), RELATIVE.items(), ids=[pair[1] for pair in RELATIVE])
@each("value", [1, 3, 7, 60, 900])
def test_a_threshold_in_per_cent_follows_what_it_is_per_cent_of(
    where: tuple[str, str], how: Any, value: int
) -> None:
    """At any value, in number and words."""
    service, key = where
    field, expected, said = how

    def change(data: dict[str, Any]) -> None:
        data["services"][service][field] = value
        # The other alarms on what is limited here follow it as well.
        data["alarms"]["lambda"]["latency"] = {"threshold": "30 % of timeout"}
        data["alarms"]["lambda"]["concurrency"] = {"threshold": "50 % of concurrency_limit"}
        data["services"]["order-processor"]["sqs_trigger"]["batching_window_s"] = BATCHING_WINDOW_S

    made = changed(change)[1]
    alarm = made.alarm(f"{service}_{key}")
    assert alarm.threshold == pytest.approx(expected(value))
    assert f" {number(expected(value))} " in alarm.description
    assert re.search(rf"% of the .*\b{said(value)}\b", alarm.condition)


def test_a_percentage_is_tuned_as_a_percentage() -> None:
    """50 is half of the timeout, and not 50 ms; the account's quota is what config says it is."""

    def change(data: dict[str, Any]) -> None:
        data["services"]["payment-handler"]["alarms"]["near-timeout"] = {"threshold": 50}
        data["quotas"] = {"lambda_concurrency": 400}

    made = changed(change)[1]
    assert made.alarm("payment-handler_near-timeout").threshold == 5000
    assert made.alarm("platform_account_account-concurrency").threshold == 360


def test_every_relative_threshold_is_tried_above() -> None:
    """A new one needs its line there."""
    relative = {template.key for template in TEMPLATES.values() if isinstance(template.threshold, Percent)}
    assert relative == {key for _, key in RELATIVE} | {"account-concurrency", "slow"}


def test_an_execution_is_slow_by_its_timeout() -> None:
    """80 % of it, in number and words."""
    env, made = EVERY["state machines"]
    timeouts = {name: getattr(service, "timeout_s", None) for name, service in env.services.items()}
    alarms = {alarm.service: alarm for alarm in made.alarms if alarm.kind_key == "slow"}
    assert alarms
    for service, alarm in alarms.items():
        timeout_s = timeouts[str(service)]
        assert timeout_s
        assert alarm.threshold == 800 * timeout_s
        assert f"80 % of the timeout of {timeout_s} s" in alarm.condition


@each("template", [*TEMPLATES.values(), *COMPOSITES.values()], ids=[*TEMPLATES, *COMPOSITES])
def test_a_template_speaks_as_part_of_a_sentence(template: AlarmTemplate | CompositeTemplate) -> None:
    """As `<subject> in <environment>: <says>.` and `Look at: <look>` need it."""
    for text in (template.summary, template.look):
        assert not text.endswith((".", " ")), text
        assert text[0].islower() or text.split()[0] in {"Lambda", "CloudWatch", "EventBridge", "Firehose"}, (
            text
        )
    assert template.summary != template.look


@pytest.mark.parametrize("name", ["lambda", "ecs", "platform"])
def test_a_part_names_a_composite_of_its_kind(name: str) -> None:
    """A misspelt one would leave the alarm without a voice; so would a composite that nothing is part of."""
    composites = {
        key.partition(":")[2]: composite
        for key, composite in COMPOSITES.items()
        if key.startswith(f"{name}:")
    }
    parts = {template.part_of for key, template in TEMPLATES.items() if key.startswith(f"{name}:")}
    parts |= {composite.part_of for composite in composites.values()}
    assert parts - {None} <= composites.keys()
    assert {composite.key for composite in composites.values() if composite.rule is None} <= parts
    for composite in composites.values():
        if composite.part_of:
            assert composite.part_of != composite.key


@each("template", TEMPLATES.values(), ids=TEMPLATES)
def test_what_speaks_for_itself_is_a_ticket_about_something_that_stays(template: AlarmTemplate) -> None:
    """Without a composite nothing suppresses it: only what a deployment does not cause may do so."""
    assert (template.part_of is None) == (template.key in {
        "dead-letters", "heartbeat", "log-flood", "no-logs", "emf-invalid", "emf-unreadable",
    })  # fmt: skip
