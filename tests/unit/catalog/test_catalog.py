"""Rules over every key, name, filter, log group and query of every environment."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest

import catalog
from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.owned import queues, roles
from catalog.routes import routes
from catalog.specs import LogFilter
from cloudwatch.publishing import MetricFilter, check_group
from config.loader import FOLDER, load
from config.models import Environment
from config.services import DeployedService
from tests.support.tables import each
from tests.unit.catalog.catalogs import ALL, EVERY, LONGEST, Graph, is_of_own_metric, many, plain, rendered
from tests.unit.config.configs import Folder


@functools.cache
def filters() -> list[Any]:
    """Return every filter of every environment."""
    return [
        pytest.param(log_filter, id=f"{name}:{log_filter.key}")
        for name, (_, made) in EVERY.items()
        for log_filter in made.filters
    ]


PARTS = ("alarms", "composites", "filters", "log_groups", "queries", "events", "windows", "slos")


@each("name", EVERY)
def test_keys_and_names_are_unique_within_an_environment(name: str) -> None:
    """A key is a Terraform address, and CloudWatch overwrites an alarm by one of the same name."""
    made = EVERY[name][1]
    for things in ("all_alarms", *PARTS):
        for what in ("key", "name"):
            found = [
                getattr(entry, what) for entry in getattr(made, things) if (things, what) != ("slos", "name")
            ]
            assert sorted(set(found)) == sorted(found), (things, what)


def test_no_name_is_used_twice_even_across_environments() -> None:
    """Environments may share an account; `/aws/lambda-insights` is AWS's own name and once per account."""
    shared = {names.lambda_insights_log_group for names in (Names.of(env) for env, _ in ALL.values())}
    for things in ("all_alarms", "filters", "log_groups", "queries", "events", "windows"):
        names = [entry.name for _, made in ALL.values() for entry in getattr(made, things)]
        own = [name for name in names if name not in shared]
        assert sorted(set(own)) == sorted(own)
        assert names or things == "windows"


KEY = r"[a-z][a-z0-9-]*(_[a-z0-9-]+){0,2}"


@each("name", EVERY)
def test_a_key_is_made_of_what_does_not_change(name: str) -> None:
    """Service, alarm and part of the platform; a number only where composites are copied or grouped."""
    env, made = EVERY[name]
    numbered = re.compile(
        r"(maintenance|system-(critical|outage))-copy_\d+|system-critical_(lambda|ecs)-\d+"
        r"|storefront_log-shop-web-access-[0-9a-f]{8}_.*"  # a hash, as of a shortened name
    )
    for item in made.all_alarms:
        assert re.fullmatch(KEY, item.key), item.key
        own = item.key
        for word in (*env.services, *env.maintenance, *(slo.name for slo in made.slos)):
            own = own.replace(word, "")
        assert not re.search(r"\d", own) or numbered.fullmatch(item.key), item.key


TUNED: Mapping[str, Any] = {
    "threshold": 1,
    "period_s": 120,
    "evaluation_periods": 7,
    "datapoints_to_alarm": 2,
}


@pytest.mark.parametrize("name", ALL)
def test_no_key_and_no_name_follows_from_a_threshold_or_a_position(name: str) -> None:
    """Other numbers and another order give the same resources: nothing is deleted in an account."""
    data = plain(ALL[name][0])
    data["services"] = dict(reversed(data["services"].items()))
    data["alarms"] = {kind.name: {alarm.key: dict(TUNED) for alarm in kind.alarms} for kind in KINDS.values()}
    changed = catalog.build(Environment.model_validate(data))
    for things in PARTS:
        before, after = (
            {(entry.key, entry.name) for entry in getattr(made, things)} for made in (ALL[name][1], changed)
        )
        assert before == after, things
    assert {item.threshold for item in changed.alarms} != {item.threshold for item in ALL[name][1].alarms}


def limit(service: str, shape: str, member: str) -> int:
    """Return the most characters that AWS's own description of its API allows."""
    model: Any = botocore.session.get_session().get_service_model(service).shape_for(shape)
    return int(model.members[member].metadata["max"])


def test_the_longest_legal_names_fit_into_aws() -> None:
    """Limits: botocore's models; for Lambda, IAM, SQS, SNS, S3, X-Ray and KMS their API references."""
    env, made = EVERY["longest names"]
    names = Names.of(env)
    word, log = r"[a-z][a-z0-9-]*", r"[A-Za-z0-9._/#-]+"
    alarm, rule = (
        limit("cloudwatch", "PutMetricAlarmInput", "AlarmName"),
        limit("events", "PutRuleRequest", "Name"),
    )
    schedule, metric = (
        limit("scheduler", "CreateScheduleInput", "Name"),
        limit("logs", "PutMetricFilterRequest", "filterName"),
    )
    limits = [
        *((item.name, alarm, word) for item in made.all_alarms),
        *((group.name, 512, log) for group in made.log_groups),
        *((log_filter.name, metric, r"[^:*]+") for log_filter in made.filters),
        *((log_filter.namespace, 255, r"[A-Za-z0-9._/#:-]+") for log_filter in made.filters),
        *((query.name, 255, r".+") for query in made.queries),
        *((event.name, rule, word) for event in made.events),
        *((window.name, schedule, word) for window in made.windows),
        *((names.of_service(service), 64, word) for service in env.services),
        *((name, 64, word) for name, _ in roles(env, names)),
        *((name, 80, word) for name, _ in queues(env, names)),
        *((topic.name, 256, word) for topic in routes(env, names).topics),
        (names.notifier, 64, word),
        (names.log_archive, 64, word),
        (names.archive_bucket, 63, word),
        (names.tracing, 32, word),
        (names.key_alias, 256, f"alias/{word}"),
    ]
    for name, most, pattern in limits:
        assert len(name) <= most, (name, len(name))
        assert re.fullmatch(pattern, name), name
        assert LONGEST["environment"] in name or name == names.lambda_insights_log_group
    assert max(len(name) for name, _ in roles(env, names)) > 50
    assert len(made.windows[0].reason) <= limit("scheduler", "CreateScheduleInput", "Description")
    assert all(
        len(event.summary) <= limit("events", "PutRuleRequest", "Description") for event in made.events
    )


PROMISED = {
    ("lambda", "errors"): ("AWS/Lambda", "Errors", "Sum", 5, 600),
    ("lambda", "latency"): ("AWS/Lambda", "Duration", "p99", 3000, None),
    ("lambda", "concurrency"): ("AWS/Lambda", "ConcurrentExecutions", "Maximum", 100, None),
    ("ecs", "cpu"): ("AWS/ECS", "CPUUtilization", "Average", 80, None),
    ("ecs", "memory"): ("AWS/ECS", "MemoryUtilization", "Average", 80, None),
    ("ecs", "errors"): (None, "Errors", "Sum", 10, 600),
}
"""What the platform promises to watch: namespace (none: ours), metric, statistic, threshold, window (s)."""


@pytest.mark.parametrize("name", ALL)
def test_every_service_has_the_alarms_that_are_promised(name: str) -> None:
    """In every environment, with these defaults, and all of them with > ."""
    env, made = ALL[name]
    for service_name, service in env.services.items():
        promised = {key: value for (kind, key), value in PROMISED.items() if kind == service.kind}
        alarms = {item.kind_key: item for item in made.alarms if item.service == service_name}
        assert alarms.keys() >= promised.keys()
        for key, (namespace, metric, stat, threshold, window_s) in promised.items():
            alarm = alarms[key]
            (watched,) = alarm.metrics
            ours = Names.of(env).log_metrics_namespace(service_name)
            assert watched == alarm.watches
            assert watched.namespace == (namespace or ours)
            assert (watched.name, watched.stat) == (metric, stat)
            assert (alarm.comparison, alarm.threshold) == ("GreaterThanThreshold", threshold)
            assert window_s in {None, alarm.window_s}
            assert Graph(made).speakers(alarm.key), "each reaches somebody"


@pytest.mark.parametrize("name", ALL)
def test_the_promised_composites_have_their_rules(name: str) -> None:
    """(errors OR latency) AND concurrency; CPU AND memory; both kinds: errors OR a part of impact."""
    env, made = ALL[name]
    rules = {composite.key: rendered(composite.rule, made) for composite in made.composites}
    names, graph = Names.of(env), Graph(made)

    def alarm(service: str, key: str) -> str:
        return f'ALARM("{names.resource(service, key)}")'

    expected = {}
    for function in env.functions:
        either = f"({alarm(function, 'errors')} OR {alarm(function, 'latency')})"
        expected[f"{function}_critical"] = f"({either} AND {alarm(function, 'concurrency')})"
    for container in env.containers:
        expected[f"{container}_resource-exhaustion"] = (
            f"({alarm(container, 'cpu')} AND {alarm(container, 'memory')})"
        )
    impact = {composite.service: composite for composite in made.composites if composite.kind_key == "impact"}
    functions, containers = (
        " OR ".join(
            [
                *(alarm(text, "errors") for text in of),
                *(f'ALARM("{made.alarm_name(key)}")' for text in of for key in impact[text].children()),
            ]
        )
        for of in (env.functions, env.containers)
    )
    expected["system-critical"] = f"(({functions}) AND ({containers}))"
    assert {key: rules[key] for key in expected} == expected
    for composite in (composite for composite in made.composites if composite.key in expected):
        assert composite.severity == "critical"
        assert "critical" in {composite.topic, *(speaker.topic for speaker in graph.speakers(composite.key))}


@each("name", EVERY)
def test_every_log_group_has_filters_that_cloudwatch_logs_takes(name: str) -> None:
    """Pattern, value, dimensions, names, unit, and how many there are of them."""
    _, made = EVERY[name]
    log_groups = {group.key: group.name for group in made.log_groups}
    check_group(
        MetricFilter(
            name=log_filter.name,
            log_group=log_groups[log_filter.log_group_key],
            pattern=log_filter.pattern,
            namespace=log_filter.namespace,
            metric=log_filter.metric,
            value=log_filter.value,
            default_value=log_filter.default_value,
            dimensions=tuple(log_filter.dimensions.items()),
            unit=log_filter.unit,
        )
        for log_filter in made.filters
    )


@each("log_filter", filters)
def test_a_value_or_dimension_is_a_field_that_the_pattern_asks_for(log_filter: LogFilter) -> None:
    """A line that matches has it: by its name in the pattern, or in the line as AWS documents it."""
    fields = [
        log_filter.value.lstrip("$."),
        *(field.lstrip("$.") for field in log_filter.dimensions.values()),
    ]
    if not is_of_own_metric(log_filter):
        assert all(field == "1" or field in log_filter.pattern for field in fields)


@each("log_filter", filters)
def test_a_percentile_is_not_pulled_down_by_default_values(log_filter: LogFilter) -> None:
    """Counts and sums are zero in silence; latency, and what somebody else writes too, have no default."""
    if is_of_own_metric(log_filter):
        return
    assert log_filter.default_value == (
        None if log_filter.metric in {"Latency", "Deployments", "StoppedTasks"} else 0
    )


@each("name", EVERY)
def test_every_service_has_filters_for_errors_latency_and_concurrency(name: str) -> None:
    """Whatever the format of its log; and none for the other format."""
    env, made = EVERY[name]
    for service_name in (*env.functions, *env.containers):
        all_own = [log_filter for log_filter in made.filters if log_filter.service == service_name]
        assert {log_filter.log_group_key for log_filter in all_own} == {service_name}
        own = [log_filter for log_filter in all_own if not is_of_own_metric(log_filter)]
        assert {log_filter.metric for log_filter in own} == {"Errors", "Latency", "BusyTime"}
        durations = [log_filter for log_filter in own if log_filter.metric != "Errors"]
        log = env.log_format(env.services[service_name])
        assert log
        is_json = log.preset.json_lines
        assert all(log_filter.pattern.startswith("{") == is_json for log_filter in durations)


@each("name", EVERY)
def test_a_filter_reads_a_log_group_that_is_there(name: str) -> None:
    """And those that count what the cluster says: deployments in all and by service, and stopped tasks."""
    env, made = EVERY[name]
    groups = {group.key for group in made.log_groups}
    assert {log_filter.log_group_key for log_filter in made.filters} <= groups
    counted = [log_filter for log_filter in made.filters if log_filter.service is None]
    has_ecs = any(service.kind == "ecs" for service in env.services.values())
    assert [(log_filter.metric, log_filter.dimensions) for log_filter in counted] == (
        [
            ("Deployments", {}),
            ("Deployments", {"Resource": "$resource"}),
            ("StoppedTasks", {"ClusterArn": "$.detail.clusterArn", "TaskGroup": "$.detail.group"}),
        ]
        if has_ecs
        else []
    )
    assert all(
        not log_filter.dimensions or log_filter.default_value is None for log_filter in made.filters
    )  # PutMetricFilter
    assert ("events" in groups) == has_ecs
    for log_filter in counted:
        assert (log_filter.log_group_key, log_filter.namespace) == ("events", made.deployments.namespace)
        is_all = log_filter.metric == "Deployments" and not log_filter.dimensions
        assert is_all == ("SERVICE_DEPLOYMENT_IN_PROGRESS" in log_filter.pattern)


ENTRIES = {
    "lambda": "  new-one: {kind: lambda, description: New, source: functions/payment_handler}\n",
    "ecs": "  new-one: {kind: ecs, description: New, image: 'example.com/new:1', logs: {format: text}}\n",
    "state-machine": "  new-one: {kind: state-machine, description: New, state_machine: new}\n",
}


@each("kind", KINDS)
@each("name", ALL)
def test_a_service_is_added_by_one_entry(kind: str, name: str, folder: Folder) -> None:
    """Its alarms, filters, log groups, graphs and composites follow, as those of its kind have them."""
    for stem in ("base", name):
        folder.write(stem, (FOLDER / f"{stem}.yaml").read_text(encoding="utf-8"))
    folder.append("base", ENTRIES[kind])
    env = load(name, rules=[catalog.check], folder=folder.path, variables={})
    made, before = catalog.build(env), ALL[name][1]

    def of_new(things: Any) -> set[str]:
        return {thing.key for thing in things if thing.service == "new-one"}

    its = KINDS[env.services["new-one"].kind]
    new = env.services["new-one"]
    left_out = {item.kind_key for item in made.left_out if item.service == "new-one"}
    expected = {
        f"new-one_{alarm_template.key}" for alarm_template in its.alarms if alarm_template.key not in left_out
    }
    deployed = isinstance(new, DeployedService)
    assert of_new(made.alarms) == {*expected, *(["new-one_deploying"] if deployed else [])}
    helpers = {"new-one_page-suppressor", "new-one_ticket-suppressor"}
    assert of_new(made.composites) - helpers == {f"new-one_{composite.key}" for composite in its.composites}
    log = env.log_format(new)
    expected = {f"new-one_{filter_template.key}" for filter_template in its.filters(log)} if log else set()
    assert of_new(made.filters) == expected
    assert of_new(made.log_groups) == {
        "lambda": {"new-one"},
        "ecs": {"new-one", "new-one_collector"},
    }.get(kind, set())
    view = next(service for service in made.services if service.name == "new-one")
    of_logs = {"concurrency", "error-rate"} if deployed else set[str]()
    assert {graph.role for graph in view.graphs} >= {"errors", "latency", *of_logs}
    whole = next(composite for composite in made.composites if composite.key == "system-critical")
    impact = next(composite for composite in made.composites if composite.key == "new-one_impact")
    assert {f"new-one_{its.failing}", *impact.children()} <= set(whole.children())
    assert {item.key for item in before.alarms} < {item.key for item in made.alarms}


@each("name", EVERY)
def test_every_alarm_of_its_kind_is_there_or_left_out_with_a_reason(name: str) -> None:
    """One or the other, never both and never neither; and a reason is a sentence that somebody can use."""
    env, made = EVERY[name]
    for service_name, service in env.services.items():
        there = {item.kind_key for item in made.alarms if item.service == service_name}
        left_out = {item.kind_key: item for item in made.left_out if item.service == service_name}
        templates = {alarm.key for alarm in KINDS[service.kind].alarms}
        assert templates <= there | left_out.keys()
        assert not templates & there & left_out.keys()
        assert all(
            len(item.reason) > 10 and not item.reason.startswith("it has no ") for item in left_out.values()
        )
    assert {item.kind_key for item in made.left_out if item.service is None} == set()


@each("name", EVERY)
def test_every_log_group_matches_what_the_key_allows(name: str) -> None:
    """The key's policy names patterns; a group that matches none could not be written to."""
    env, made = EVERY[name]
    patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in Names.of(env).log_group_patterns]
    for group in (group for group in made.log_groups if group.owned):
        assert any(re.fullmatch(pattern, group.name) for pattern in patterns), group.name


def test_the_platform_tells_its_own_parts_apart() -> None:
    """Each topic, rule, queue, function and log group of it has its alarms."""
    env, made = EVERY["everything"]
    names = Names.of(env)
    watched = {
        value
        for item in made.alarms if item.service is None
        for metric in item.metrics
        for value in metric.dimensions.values()
    }  # fmt: skip
    topics = {topic.name for topic in routes(env, names).topics}
    assert len(topics) == 5
    counted = [view.deployments for view in made.services if view.deployments]
    deployed = {value for metric in counted for value in metric.dimensions.values()}
    assert watched - set(env.maintenance) - deployed == {
        *topics, names.alarm_dead_letters, names.notifier_dead_letters, names.notifier,
        *(rule.name for rule in made.rules), names.event_dead_letters,
        *(group.name for group in made.log_groups), names.log_archive, "Firehose",
    }  # fmt: skip


def test_many_services_keep_the_keys_of_the_few() -> None:
    """Whoever adds the fifth service destroys no alarm of the four."""
    few, more = (catalog.build(many(count)) for count in (4, 40))
    for things in ("alarms", "composites", "filters", "log_groups"):
        assert {entry.key for entry in getattr(few, things)} < {entry.key for entry in getattr(more, things)}
