"""Existing services: the same alarms as created ones, on what the configuration names and says of it."""

# ruff: noqa: E501  # an entry reads best on one line

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

import catalog
from catalog import Catalog
from catalog.kinds import KINDS
from catalog.known_metrics import AWS_METRICS
from catalog.specs import Alarm
from cloudwatch.quotas import EVENT_PATTERN_CHARACTERS
from config.models import Environment
from config.rules import RULES
from config.services import SERVICE_MODELS, ExistingService
from tests.support.tables import each
from tests.unit.catalog.catalogs import ALL, EVERY, EXISTING, LOAD_BALANCER, plain
from tests.unit.config.configs import NEXT_LINE, Folder

PROD = plain(ALL["prod"][0])
MADE = EVERY["existing services"][1]
OF_LAMBDA = {"kind": "lambda", "description": "It"}
OF_ECS = {"kind": "ecs", "description": "It"}


def build(**services: dict[str, Any]) -> Catalog:
    """Return the catalog of production with these services only, which all rules accept."""
    env = Environment.model_validate({**PROD, "services": services})
    assert [breach for rule in (*RULES, catalog.check) for breach in rule(env)] == []
    return catalog.build(env)


def alarms(made: Catalog, service: str) -> dict[str, Alarm]:
    """Return the metric alarms of a service, by the rest of their keys."""
    return {alarm.key.partition("_")[2]: alarm for alarm in made.alarms if alarm.service == service}


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lambda": (
        {"source": "functions/payment_handler", "timeout_s": 20, "reserved_concurrency": 200, "sqs_trigger": {}},
        {
            "function": "orders",
            "timeout_s": 20,
            "reserved_concurrency": 200,
            "insights": True,
            "sqs_trigger": {"queue": "orders", "dead_letter_queue": "letters"},
        },
    ),
    "lambda without a queue": ({"source": "functions/payment_handler"}, {"function": "it", "timeout_s": 10, "insights": True}),
    "ecs": (
        {"image": "example.com/it:1", "port": 80, "desired_count": 3, "load_balancer": LOAD_BALANCER},
        {
            "cluster": "shop",
            "ecs_service": "web",
            "desired_count": 3,
            "container_insights": True,
            "log_groups": ["/shop/web"],
            "target_groups": [{key: value for key, value in LOAD_BALANCER.items() if key != "security_group_id"}],
        },
    ),
}  # fmt: skip
"""A created service, and an existing one with the same facts."""


@pytest.mark.parametrize("name", SAME)
def test_an_existing_service_has_the_alarms_of_a_created_one_with_the_same_facts(name: str) -> None:
    """Condition, severity and texts; composites, filters, graphs and left-out alarms as well."""
    created, existing = (
        build(it={"kind": name.split(maxsplit=1)[0], "description": "It", **keys}) for keys in SAME[name]
    )
    assert alarms(created, "it").keys() == alarms(existing, "it").keys()
    for key, alarm in alarms(created, "it").items():
        other = alarms(existing, "it")[key]
        for field in ("name", "condition", "threshold", "evaluation_periods", "severity", "topic", "runbook"):
            assert getattr(alarm, field) == getattr(other, field), (key, field)
    assert [item.key for item in created.composites] == [item.key for item in existing.composites]
    assert [(item.key, item.pattern) for item in created.filters] == [
        (item.key, item.pattern) for item in existing.filters
    ]
    assert [graph.title for graph in created.services[0].graphs] == [
        graph.title for graph in existing.services[0].graphs
    ]
    assert [item for item in created.left_out if item.service] == [
        item for item in existing.left_out if item.service
    ]


def test_an_alias_is_watched_by_every_metric_that_aws_reports_by_alias() -> None:
    """Of those of Lambda; concurrency is limited for the function, and so is watched for it."""
    documented = AWS_METRICS["AWS/Lambda"]["metrics"]
    found = {
        (metric.name, metric.dimensions.get("Resource"))
        for alarm in alarms(MADE, "orders").values()
        for metric in alarm.metrics
        if metric.namespace == "AWS/Lambda"
    }
    by_alias = {name for name, _ in found if ["FunctionName", "Resource"] in documented[name]["dimensions"]}
    by_alias -= {"ConcurrentExecutions"}
    assert found == {(name, "shop-orders:live" if name in by_alias else None) for name, _ in found}
    assert {"Invocations", "Errors", "Duration", "Throttles"} <= by_alias
    unaliased = alarms(MADE, "invoices").values()
    assert not any("Resource" in metric.dimensions for alarm in unaliased for metric in alarm.metrics if metric.namespace == "AWS/Lambda")  # fmt: skip


@each("service", sorted(EXISTING))
def test_an_alarm_that_a_missing_fact_leaves_out_has_a_reason_with_the_key(service: str) -> None:
    """Of the configuration, so that its author knows what to add."""
    kind = KINDS[EXISTING[service]["kind"]]
    left_out = {item.kind_key: item for item in MADE.left_out if item.service == service}
    present = {alarm.kind_key for alarm in alarms(MADE, service).values()}
    assert present | left_out.keys() >= {alarm.key for alarm in kind.alarms}
    for item in left_out.values():
        if item.why == "not applicable":
            assert not item.reason.startswith("it has no ")
            assert "(" in item.reason or item.reason == "a queue invokes it, and retries", item


@pytest.mark.parametrize(
    ("given", "retry_s"),
    [
        ({"timeout_s": 100}, 700),
        ({"timeout_s": 10}, 300),
        ({"timeout_s": 100, "visibility_timeout_s": 200}, 300),
        ({"timeout_s": 100, "visibility_timeout_s": 400, "batching_window_s": 50}, 550),
    ],
)
def test_the_age_of_messages_is_compared_with_the_retries_of_the_queue(
    given: dict[str, int], retry_s: int
) -> None:
    """Once invisible and once processed; at least five minutes."""
    trigger = {key: value for key, value in given.items() if key != "timeout_s"}
    timeout = {key: value for key, value in given.items() if key == "timeout_s"}
    made = build(it={**OF_LAMBDA, "function": "it", **timeout, "sqs_trigger": {"queue": "q", **trigger}})
    age = alarms(made, "it")["queue-age"]
    assert age.threshold == retry_s
    assert "dead-letters" not in alarms(made, "it")


def test_services_of_one_name_in_two_clusters_are_told_apart() -> None:
    """Their stopped tasks by the cluster, their deployments by the ARN."""
    failed = {
        name: alarms(MADE, name)["task-failed"].metrics[0].dimensions for name in ("storefront", "backoffice")
    }
    here = "arn:aws:ecs:eu-west-1:333333333333"
    assert failed == {
        "storefront": {"ClusterArn": f"{here}:cluster/shop", "TaskGroup": "service:web"},
        "backoffice": {"ClusterArn": f"{here}:cluster/office", "TaskGroup": "service:web"},
    }
    deployments = [view.deployments for view in MADE.services if view.name in failed]
    assert len({metric.dimensions["Resource"] for metric in deployments if metric}) == 2


def test_rules_on_events_list_every_service_and_cluster_in_as_few_patterns_as_fit() -> None:
    """A pattern has at most 2,048 characters; what comes first keeps its key."""
    services = {f"s{number:03d}": {**OF_ECS, "cluster": f"cluster-{number}", "ecs_service": "web"} for number in range(100)}  # fmt: skip
    services |= {"created": {**OF_ECS, "image": "example.com/it:1"}}
    made = build(**services)
    found: Counter[tuple[str, str]] = Counter()
    for rule in made.rules:
        assert len(json.dumps(rule.pattern)) <= EVENT_PATTERN_CHARACTERS
        base = rule.key.rstrip("0123456789").rstrip("-")
        values = rule.pattern["detail"]["clusterArn"] if base == "task-failed" else rule.pattern["resources"]
        found.update((base, value if isinstance(value, str) else value["prefix"]) for value in values)
    assert set(found.values()) == {1}
    assert Counter(base for base, _ in found) == dict.fromkeys(
        ("deployment-failed", "ecs-deployments", "ecs-deployments-started", "task-failed"), 101
    )
    few = build(created=services["created"], s000=services["s000"])
    assert {rule.key for rule in few.rules} == {base for base, _ in found}
    assert {rule.key for rule in few.rules} < {rule.key for rule in made.rules}


def test_the_first_log_group_has_the_keys_of_the_service_and_others_their_own() -> None:
    """All have the same filters for the same metrics: an error in any is an error of the service."""
    of_first, *of_others = (
        {
            item.key.removeprefix(group.key): (item.pattern, item.namespace, item.metric, item.value)
            for item in MADE.filters
            if item.log_group_key == group.key
        }
        for group in MADE.log_groups
        if group.service == "storefront"
    )
    assert len(of_others) == 3
    assert of_first
    assert all(other == of_first for other in of_others)
    flooded = {key for key in alarms(MADE, "storefront") if key.endswith("log-flood")}
    assert "log-flood" in flooded
    assert len(flooded) == 4


def test_two_projects_and_environments_watch_one_log_group_under_different_names() -> None:
    """CloudWatch Logs would replace a filter of the same name."""
    names: list[str] = []
    for project, environment in (("shop", "prod"), ("shop", "dev"), ("other", "prod")):
        data = {**PROD, "project": project, "environment": environment, "services": EXISTING}
        made = catalog.build(Environment.model_validate(data))
        shared = {group.key for group in made.log_groups if group.name == "/shop/web"}
        assert len(shared) == 1
        names += [item.name for item in made.filters if item.log_group_key in shared]
    assert len(names) == len(set(names)) == 3 * 4


_ORDERS = "{kind: lambda, description: x, function: orders, timeout_s: 9}"
_WEB = "{kind: ecs, description: x, cluster: shop, ecs_service: web, log_groups: [/a, /aws/lambda/orders]}"
_LIVE = "{kind: lambda, description: x, function: orders, alias: live, timeout_s: 9}"
_NAMED = "{kind: lambda, description: x, function: other, timeout_s: 9, log_group: /aws/lambda/orders}"
_CREATED = (
    "{kind: lambda, description: x, function: other, timeout_s: 9, log_group: /aws/lambda/shop-api-prod}"
)


@each(
    ("first", "second", "at", "other", "advice"),
    [
        (_ORDERS, _WEB, "b.log_groups.1", "services.a.function in config/", "remove it from log_groups"),
        (_ORDERS, _LIVE, "b.function", "services.a.function in config/", "lines of a log have no alias: set watch_log: false for one of the two services"),
        (_ORDERS, _NAMED, "b.log_group", "services.a.function in config/", "set another log_group, or watch_log: false"),
        (_WEB, _NAMED, "b.log_group", "services.a.log_groups.1 in config/", "set another log_group, or watch_log: false"),
        (_ORDERS, _CREATED, "b.log_group", "services.api in config/", "set another log_group, or watch_log: false"),
    ],
)  # fmt: skip
def test_a_log_group_of_two_services_is_refused_with_both_places(  # noqa: PLR0913, PLR0917
    folder: Folder, first: str, second: str, at: str, other: str, advice: str
) -> None:
    """Each would count the lines of the other: of two aliases of a function too."""
    folder.append("prod", f"services:\n  a: {first}\n  b: {second}\n")
    (line,) = folder.refusal()
    assert line.startswith(f"config/prod.yaml:{NEXT_LINE + 2}: services.{at}: the log group /")
    assert f" is that of another service as well: {other}" in line, line
    assert line.endswith(f"A log group belongs to one service of an environment: {advice}")


_SAME = {
    "function by name and by ARN": (
        "kind: lambda, timeout_s: 9, function: it",
        "kind: lambda, timeout_s: 9, function: arn:aws:lambda:eu-west-1:111122223333:function:it",
        "function",
    ),
    "alias": (
        "kind: lambda, timeout_s: 9, function: it, alias: live, watch_log: false",
        "kind: lambda, timeout_s: 9, function: it, alias: live",
        "function",
    ),
    "ecs": (
        "kind: ecs, cluster: shop, ecs_service: web, log_groups: [/a]",
        "kind: ecs, cluster: shop, ecs_service: web",
        "ecs_service",
    ),
    "state-machine": (
        "kind: state-machine, state_machine: it",
        "kind: state-machine, state_machine: it, timeout_s: 9",
        "state_machine",
    ),
}


def test_each_kind_that_names_resources_is_among_them() -> None:
    """A kind of existing services has an entry in `_SAME`."""
    named = {kind for kind, models in SERVICE_MODELS.items() if any(model.names_it for model in models)}
    assert {entry[0].split()[1].rstrip(",") for entry in _SAME.values()} == named


@each("name", list(_SAME))
def test_a_resource_of_two_services_is_refused_with_both_places(folder: Folder, name: str) -> None:
    """Each failure would notify twice; nothing else is said of it."""
    *entries, key = _SAME[name]
    lines = [
        f"  {service}: {{description: x, {entry}}}" for service, entry in zip("ab", entries, strict=True)
    ]
    folder.append("prod", "\n".join(("services:", *lines, "")))
    assert folder.refusal() == [
        f"config/prod.yaml:{NEXT_LINE + 2}: services.b.{key}: is that of another service as well: services.a.{key} in config/prod.yaml:{NEXT_LINE + 1}; each failure would notify twice. A resource belongs to one service of an environment"
    ]


def test_what_the_environment_creates_is_not_watched_as_existing_too(folder: Folder) -> None:
    """The existing service is refused, wherever it is in the file."""
    folder.append(
        "prod", "services: {a: {kind: lambda, description: x, function: shop-api-prod, timeout_s: 9}}\n"
    )
    (line,) = folder.refusal()
    assert "services.a.function: is that of another service as well: services.api in config/" in line


@each(
    "second",
    [
        "kind: lambda, timeout_s: 9, function: it, alias: canary, watch_log: false",
        "kind: lambda, timeout_s: 9, function: it, watch_log: false",
        "kind: ecs, cluster: other, ecs_service: web",
    ],
)
def test_aliases_and_clusters_are_different_resources(folder: Folder, second: str) -> None:
    """Two aliases of a function, a function and its alias, two services with a name."""
    first = "kind: lambda, timeout_s: 9, function: it, alias: live"
    web = "kind: ecs, cluster: shop, ecs_service: web"
    entries = {"a": first, "b": second, "c": web}
    lines = [f"  {service}: {{description: x, {entry}}}" for service, entry in entries.items()]
    folder.append("prod", "\n".join(("services:", *lines, "")))
    assert folder.refusal() == []


def test_a_log_that_is_not_watched_has_no_filters_and_no_alarms() -> None:
    """Coverage states the reason; the alarms of the alias remain, and a reservation counts once."""
    function = {**OF_LAMBDA, "function": "orders", "timeout_s": 10, "reserved_concurrency": 200}
    made = build(
        live={**function, "alias": "live"},
        canary={**function, "alias": "canary", "watch_log": False},
        other={
            **OF_LAMBDA,
            "function": "other",
            "timeout_s": 10,
            "alarms": {"concurrency": {"threshold": "50 % of concurrency_limit"}},
        },
    )
    assert alarms(made, "other")["concurrency"].threshold == (1000 - 200) / 2
    assert {item.service for item in made.filters} == {"live", "other"}
    missing = {item.kind_key: item.reason for item in made.left_out if item.service == "canary"}
    of_log = {key for key, reason in missing.items() if reason == "its log is not watched (watch_log)"}
    assert of_log >= alarms(made, "live").keys() - alarms(made, "canary").keys()
    assert {"log-errors", "log-flood"} <= of_log
    assert alarms(made, "canary")["errors"].metrics[0].dimensions["Resource"] == "orders:canary"


def test_autoscaling_decides_how_many_tasks_are_too_few_and_too_many() -> None:
    """`desired_count` is only where scaling happens to be."""
    alarm = alarms(MADE, "storefront")["too-few-tasks"]
    assert (alarm.threshold, EXISTING["storefront"]["desired_count"]) == (2, 3)


FACTS = {
    key
    for models in SERVICE_MODELS.values()
    for model in models
    if issubclass(model, ExistingService)
    for key, field in model.model_fields.items()
    if key not in ExistingService.model_fields and not field.is_required()
}


@each("key", sorted(FACTS))
def test_every_fact_changes_the_catalog(key: str) -> None:
    """Of one of `EXISTING` at least: a fact that nothing uses would be kept up to date for nothing."""
    related = {"desired_count": "autoscaling"}.get(key)  # the former matters only without the latter
    with_it = [
        {other: value for other, value in service.items() if other not in {"slos", related}}
        for service in EXISTING.values()
        if key in service
    ]
    without = [{other: value for other, value in service.items() if other != key} for service in with_it]
    assert any(build(it=first) != build(it=second) for first, second in zip(with_it, without, strict=True))
