"""Every metric that is named exists, in its unit, and every expression is one that CloudWatch computes."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from catalog import Catalog
from catalog.kinds import EVERY_KIND, KINDS
from catalog.known_metrics import AWS_METRICS, why_unknown
from catalog.naming import Names
from catalog.owned import queues
from catalog.routes import routes
from catalog.specs import Math, Metric
from catalog.templates import LOGS, SHARED, MathTemplate, MetricTemplate, SeriesTemplate, Watched, metrics_of
from config.logs import Logs, ServiceLogs
from config.models import Environment
from config.services import StateMachine
from tests.support.tables import each
from tests.unit.catalog.catalogs import (
    ALL,
    EVERY,
    EXISTING,
    THEIR_DIMENSIONS,
    is_own,
    metrics,
    others_metrics,
    series,
    theirs,
)


def unknown(made: Catalog) -> dict[str, str]:
    """Return where a metric is named that nothing writes, and why."""
    ours = {
        (published_metric.namespace, published_metric.name, tuple(published_metric.dimensions.items()))
        for published_metric in made.published
    }
    found = {}
    for where, metric in metrics(made):
        why = why_unknown(metric.namespace, metric.name, tuple(metric.dimensions), filters=made.filters)
        if why and (metric.namespace, metric.name, tuple(metric.dimensions.items())) not in ours:
            found[where] = why
    return found


@each("name", EVERY)
def test_every_metric_that_is_named_exists(name: str) -> None:
    """With these dimensions; CloudWatch would take any name, and show nothing for ever."""
    made = EVERY[name][1]
    assert len(list(metrics(made))) > 20
    assert unknown(made) == {}


def deployed(env: Environment) -> dict[str, str]:
    """Return what each service's deployments are counted under: an ECS service's ARN, as in its events."""
    names = Names.of(env)
    cluster = f"arn:aws:ecs:{env.region}:{env.account_id}:service/{names.whole}"
    functions = {function: names.of_service(function) for function in env.functions}
    existing = EXISTING.keys() & env.services
    return {
        **functions,
        **{container: f"{cluster}/{names.of_service(container)}" for container in env.containers},
        **{name: one for name in existing for one in THEIR_DIMENSIONS[name]["Resource"]},
    }


def state_machines(env: Environment) -> dict[str, str]:
    """Return the ARN of each state machine."""
    here = f"arn:aws:states:{env.region}:{env.account_id}:stateMachine"
    machines = {name: service for name, service in env.services.items() if isinstance(service, StateMachine)}
    return {name: f"{here}:{machine.state_machine}" for name, machine in machines.items()}


@each("name", EVERY)
def test_every_dimension_has_the_value_of_a_resource_that_is_made(name: str) -> None:
    """Functions, services, cluster, queues, topics and log groups by their names in AWS."""
    env, made = EVERY[name]
    names = Names.of(env)
    functions = {names.notifier, *(names.of_service(function) for function in env.functions)}
    balanced = [container.load_balancer for container in env.containers.values() if container.load_balancer]
    legal = {
        "FunctionName": functions,
        "function_name": functions,
        "ClusterName": {names.whole},
        "ClusterArn": {f"arn:aws:ecs:{env.region}:{env.account_id}:cluster/{names.whole}"},
        "ServiceName": {names.of_service(container) for container in env.containers},
        "QueueName": {queue for queue, _ in queues(env, names)},
        "TopicName": {topic.name for topic in routes(env, names).topics},
        "LogGroupName": {group.name for group in made.log_groups},
        "RuleName": {rule.name for rule in made.rules},
        "DeliveryStreamName": {names.log_archive},
        "FilterName": {names.log_archive},
        "DestinationType": {"Firehose"},
        "StateMachineArn": set(state_machines(env).values()),
        "Window": set(env.maintenance),
        "Resource": set(deployed(env).values()),
        "TaskGroup": {f"service:{names.of_service(container)}" for container in env.containers},
        "LoadBalancer": {
            f"app/{load_balancer.load_balancer_arn.partition('/app/')[2]}" for load_balancer in balanced
        },
        "TargetGroup": {
            f"targetgroup/{load_balancer.target_group_arn.partition('targetgroup/')[2]}"
            for load_balancer in balanced
        },
    }
    others = others_metrics(made)
    chosen = {
        (log_filter.namespace, log_filter.metric) for log_filter in made.filters if log_filter.dimensions
    }
    for where, item in metrics(made):
        if (item.namespace, item.name, tuple(item.dimensions.items())) in others:
            continue
        if (item.namespace, item.name) in chosen and item.namespace != names.metrics_namespace:
            continue  # the configuration chooses a part of it
        for dimension, value in item.dimensions.items():
            assert value in legal[dimension] | theirs(env, dimension), (where, dimension, value)
    counted = {view.name: view.deployments for view in made.services if view.deployments}
    assert {name: metric.dimensions["Resource"] for name, metric in counted.items()} == deployed(env)


@each("name", EVERY)
def test_a_service_s_alarm_watches_that_service(name: str) -> None:
    """And no other's metrics; its dead letters are its own."""
    env, made = EVERY[name]
    names = Names.of(env)
    deployments = {view.name: view.deployments for view in made.services}
    others = others_metrics(made)
    for item in (alarm for alarm in made.alarms if alarm.service):
        service = str(item.service)
        existing = THEIR_DIMENSIONS.get(service, {})
        own = {
            *(value for values in existing.values() for value in values),
            names.of_service(service),
            f"service:{names.of_service(service)}",
            names.dead_letters(service),
            names.function_log_group(service),
            names.container_log_group(service),
            state_machines(env).get(service, ""),
        }
        for metric in item.metrics:
            ours = metric.namespace == names.log_metrics_namespace(service) and not metric.dimensions
            ours |= metric == deployments[service]
            balanced = metric.namespace == "AWS/ApplicationELB"
            is_others = (metric.namespace, metric.name, tuple(metric.dimensions.items())) in others
            ours |= is_others or is_own(env, item)
            assert ours or balanced or own & set(metric.dimensions.values()), item.key
            dead_letters = {names.dead_letters(service), "shop-orders-dlq"}
            is_dead_letters = metric.dimensions.get("QueueName") in dead_letters
            if existing:
                assert all(value in existing[key] for key, value in metric.dimensions.items()), item.key
            assert is_dead_letters == (item.kind_key == "dead-letters")


def templates() -> Iterator[tuple[str, Watched]]:
    """Yield everything that a kind watches or draws."""
    for kind in EVERY_KIND:
        yield from ((f"{kind.name} {alarm.key}", alarm.watches) for alarm in kind.alarms)
    for kind in KINDS.values():
        yield from (
            (f"{kind.name} {graph.title}", series_template)
            for graph in kind.graphs
            for series_template in graph.series
        )
        yield from (
            (f"{kind.name} {event.key}", series)
            for event in kind.events
            for series in (event.valid, event.bad)
        )


def metric_templates() -> dict[str, MetricTemplate]:
    """Return every metric that a template names."""
    found = {}
    for where, template in templates():
        for inner in (template,) if isinstance(template, SeriesTemplate) else template.series.values():
            found[f"{where} {inner.metric.name}"] = inner.metric
    return found


@each("metric", metric_templates().values(), ids=metric_templates())
def test_a_metric_has_the_unit_that_aws_documents(metric: MetricTemplate) -> None:
    """Or that our filter writes; thresholds are read in it, and seconds are not milliseconds."""
    if metric.namespace == LOGS:
        assert metric.unit in {
            filter_template.metric.unit
            for kind in KINDS.values()
            for filter_template in kind.filters(Logs().format_of(kind.name, ServiceLogs()))
            if filter_template.metric.name == metric.name
        }
    elif metric.namespace == SHARED:
        names = Names.of(EVERY["prod"][0])
        shared = {item.metric: item.unit for kind in KINDS.values() for item in kind.shared_filters(names)}
        assert metric.unit == shared[metric.name]
    else:
        assert metric.unit == AWS_METRICS[metric.namespace]["metrics"][metric.name]["unit"]


@each("name", EVERY)
def test_an_alarm_has_the_unit_of_what_it_watches(name: str) -> None:
    """A count of samples is a count whatever was sampled; metric math says its own."""
    env, made = EVERY[name]
    ours = {(log_filter.namespace, log_filter.metric): log_filter.unit for log_filter in made.filters}
    others = {(namespace, metric) for namespace, metric, _ in others_metrics(made)}
    for alarm in made.alarms:
        if isinstance(alarm.watches, Metric):
            if (alarm.watches.namespace, alarm.watches.name) in others:
                continue  # as the configuration says
            known = AWS_METRICS.get(alarm.watches.namespace, {}).get("metrics", {}).get(alarm.watches.name)
            assert alarm.unit == (
                known["unit"] if known else ours[alarm.watches.namespace, alarm.watches.name]
            ), alarm.key
        else:
            per_cent = "100 *" in alarm.watches.expression
            if is_own(env, alarm):
                assert alarm.unit == "None"
                continue
            assert alarm.unit == ("Percent" if per_cent else "None" if "_slo-" in alarm.key else "Count"), (
                alarm.key
            )


STATISTIC = re.compile(r"Sum|Average|Minimum|Maximum|SampleCount|p\d\d|TC\(:\d+(\.\d+)?\)")
FUNCTION = re.compile(r"\b(IF|FILL|SUM|TIME_SERIES)\(")


@each("name", EVERY)
def test_every_expression_is_one_that_cloudwatch_takes(name: str) -> None:
    """Each id is used and defined, begins with a lower-case letter, and all inputs have one period."""
    found = 0
    for where, item in series(EVERY[name][1]):
        for metric in (item,) if isinstance(item, Metric) else item.metrics.values():
            assert STATISTIC.fullmatch(metric.stat), (where, metric.stat)
            assert metric.label
        if isinstance(item, Math):
            found += 1
            words = set(re.findall(r"[A-Za-z_]\w*", FUNCTION.sub("(", item.expression)))
            assert words == item.metrics.keys(), where
            assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", word) for word in words)
            assert words.isdisjoint({"result", "band", "observed"}), "the stack's own ids"
            assert len({metric.period_s for metric in item.metrics.values()}) == 1, where
            assert len(item.metrics) <= 10
            assert len(item.expression) <= 2048
            assert item.expression.count("(") == item.expression.count(")")
    assert found > 5


@each("name", EVERY)
def test_every_expression_ends_in_a_line(name: str) -> None:
    """A sum over a series is one number, which CloudWatch neither draws nor compares with a threshold."""
    for where, math in series(EVERY[name][1]):
        if isinstance(math, Math) and "SUM(" in math.expression:
            assert math.expression.startswith("TIME_SERIES("), where
            depth = [
                math.expression[:end].count("(") - math.expression[:end].count(")")
                for end in range(1, len(math.expression))
            ]
            assert 0 not in depth[len("TIME_SERIES") :], "the whole of it is inside"


@each(
    "math_template",
    [template for _, template in templates() if isinstance(template, MathTemplate)],
    ids=lambda entry: entry.label,
)
def test_no_template_has_something_left_to_fill_in(math_template: MathTemplate) -> None:
    """`{period_s}` and `{min_samples}` are all that is filled in."""
    assert set(re.findall(r"\{(\w+)\}", math_template.expression)) <= {"period_s", "min_samples"}


@each("name", EVERY)
def test_nothing_is_left_to_fill_in(name: str) -> None:
    """Every expression is complete, with the period that its inputs have."""
    for where, math in series(EVERY[name][1]):
        if isinstance(math, Math):
            assert "{" not in math.expression
            assert "None" not in math.expression
            if "busy" in math.metrics:
                assert math.expression == f"busy / ({math.period_s} * 1000)", where


@each("name", EVERY)
def test_a_graph_draws_the_line_of_the_alarm_on_its_metric(name: str) -> None:
    """Threshold and picture are of one metric and one period."""
    made = EVERY[name][1]
    for view in made.services:
        for graph in view.graphs:
            shown = {
                (metric.namespace, metric.name)
                for item in graph.series
                for metric in ((item,) if isinstance(item, Metric) else item.metrics.values())
            }
            for key in graph.thresholds:
                alarm = made.alarm(key)
                assert alarm.service == view.name
                assert {(metric.namespace, metric.name) for metric in alarm.metrics} <= shown
                assert all(metric.period_s >= alarm.period_s for metric in graph.series)


@pytest.mark.parametrize("name", ALL)
def test_every_template_that_a_graph_names_is_an_alarm_of_its_kind(name: str) -> None:
    """A misspelt key would silently draw no line."""
    del name
    for kind in KINDS.values():
        keys = {alarm.key for alarm in kind.alarms}
        assert all(set(graph.thresholds) <= keys for graph in kind.graphs)
        assert kind.failing in keys
        facts = {
            *kind.facts_words,
            "container_insights",
            "function_insights",
            "timeout_ms",
            "init_limit_ms",
            "concurrency_limit",
            "queue_retry_s",
        }
        dimensions = {
            key for alarm in kind.alarms for metric in metrics_of(alarm.watches) for key in metric.dimensions
        }
        asked = {key for alarm in kind.alarms for key in alarm.needed} - dimensions
        asked |= {graph.needs for graph in kind.graphs if graph.needs}
        watched = {metric for alarm in kind.alarms for metric in metrics_of(alarm.watches)}
        asked |= {metric.late_by for metric in watched if metric.late_by}
        assert asked <= facts


def test_no_graph_stays_empty_because_its_source_is_switched_off() -> None:
    """Without Container Insights or Lambda Insights their metrics are not asked for."""
    made = EVERY["no insights"][1]
    assert not {metric.namespace for _, metric in metrics(made)} & {"ECS/ContainerInsights", "LambdaInsights"}
    assert {group.key for group in made.log_groups if group.writer == "insights"} == set()
    switched_on = (EVERY["everything"][1], EVERY["state machines"][1])
    everything = {metric.namespace for made in switched_on for _, metric in metrics(made)}
    assert everything >= AWS_METRICS.keys() - {"AWS/Events", "AWS/Firehose", "AWS/Scheduler"}


@each("name", EVERY)
def test_what_the_platform_writes_itself_is_listed(name: str) -> None:
    """Deployments in all and of each service, each window in its own dimension, in one namespace; each once."""
    env, made = EVERY[name]
    found = [
        (published_metric.namespace, published_metric.name, *published_metric.dimensions.items())
        for published_metric in made.published
        if not published_metric.is_declared
    ]
    namespace = Names.of(env).metrics_namespace
    assert len(found) == len(set(found))
    assert set(found) == {
        (namespace, "Deployments"),
        *((namespace, "Deployments", ("Resource", text)) for text in deployed(env).values()),
        *((namespace, "MaintenanceStarted", ("Window", window)) for window in env.maintenance),
    }
    assert all(len(published_metric.by) > 5 for published_metric in made.published)


@each(
    ("metric", "why"),
    [
        (("AWS/ECS", "RunningTaskCount", ["ClusterName", "ServiceName"]), "no metric RunningTaskCount in AWS/ECS; it is in ECS/ContainerInsights"),
        (("AWS/Lambda", "Error", ["FunctionName"]), "no metric Error in AWS/Lambda; did you mean Errors?"),
        (("AWS/Lamda", "Errors", ["FunctionName"]), "no namespace AWS/Lamda; did you mean AWS/Lambda?"),
        (("AWS/ECS", "CPUUtilization", ["ClusterName", "Servicename"]), "AWS/ECS CPUUtilization is reported by {ClusterName} or {ClusterName, ServiceName}, not by {ClusterName, Servicename}; did you mean ServiceName?"),
        (("AWS/ECS", "CPUUtilization", ["ServiceName"]), "AWS/ECS CPUUtilization is reported by {ClusterName} or {ClusterName, ServiceName}, not by {ServiceName}"),
        (("AWS/SNS", "NumberOfNotificationsFailed", []), "AWS/SNS NumberOfNotificationsFailed is reported by {TopicName}, not by no dimensions"),
        (("LambdaInsights", "memory_utilization", ["FunctionName"]), "LambdaInsights memory_utilization is reported by {function_name} or {function_name, version}, not by {FunctionName}; did you mean function_name?"),
        (("shop/prod/api", "Errors", []), "no namespace shop/prod/api"),
    ],
)  # fmt: skip
def test_a_metric_that_does_not_exist_is_refused_with_the_reason(
    metric: tuple[str, str, list[str]], why: str
) -> None:
    """A log metric without its filter is no metric either."""
    assert why_unknown(*metric) == why


def test_a_log_metric_exists_when_a_filter_makes_it_and_has_no_dimensions() -> None:
    """Filters make metrics in the service's own namespace."""
    made = ALL["prod"][1]
    one = made.filters[0]
    assert why_unknown(one.namespace, one.metric, [], filters=made.filters) is None
    assert why_unknown(one.namespace, one.metric, ["Service"], filters=made.filters) is not None
    assert why_unknown(one.namespace, "Latncy", [], filters=made.filters) is not None


def test_every_namespace_of_the_metric_list_names_its_source() -> None:
    """And every metric its unit and at least one set of dimensions, sorted as they are compared."""
    units = {
        "Count",
        "Milliseconds",
        "Seconds",
        "Percent",
        "None",
        "Bytes",
        "Megabytes",
        "Gigabytes",
        "Bytes/Second",
    }
    for its in AWS_METRICS.values():
        assert re.search(r'(Guide|Reference), "', its["source"])
        for metric in its["metrics"].values():
            assert metric["unit"] in units
            assert metric["dimensions"]
            assert all(dimensions == sorted(dimensions) for dimensions in metric["dimensions"])
