"""Rules over every alarm, composite, filter, graph, log group and name of every environment."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

import catalog
from catalog import Catalog
from catalog.check import MAX_CHILDREN
from catalog.kinds import KINDS
from catalog.known_metrics import AWS_METRICS, why_unknown
from catalog.naming import Names
from catalog.specs import SYMBOLS, Alarm, Composite, InAlarm, LogFilter, Math, Metric, Rule
from config.limits import LAMBDA_NAME, XRAY_NAME
from config.loader import FOLDER, environments, load
from config.models import Environment
from ops import environment
from tests.unit.configs import Folder

ALL = {name: environment.read(name, variables={}) for name in environments()}
ALARMS = {f"{name}:{one.key}": (env, one) for name, (env, made) in ALL.items() for one in made.alarms}
COMPOSITES = {f"{name}:{one.key}": (made, one) for name, (_, made) in ALL.items() for one in made.composites}
FILTERS = {f"{name}:{one.key}": one for name, (_, made) in ALL.items() for one in made.filters}

LONGEST = {"project": "p" * 16, "environment": "e" * 12, "service": "s" * 24}
"""The longest legal names (config/types.py)."""

RULE_LENGTH = 10_240
"""Characters of a composite's rule (CloudWatch API Reference, PutCompositeAlarm, AlarmRule)."""
ELEMENTS = 500
"""Elements of a composite's rule: states and operators (the same page)."""


def rendered(rule: Rule, made: Catalog) -> str:
    """Return a rule as CloudWatch takes it."""
    if isinstance(rule, InAlarm):
        return f'ALARM("{made.alarm_name(rule.alarm)}")'
    any_of = getattr(rule, "any_of", ())
    word = " OR " if any_of else " AND "
    return "(" + word.join(rendered(part, made) for part in any_of or rule.all_of) + ")"  # type: ignore[union-attr]


def metrics(made: Catalog) -> Iterator[Metric]:
    """Yield every metric that an alarm or a graph names."""
    series = chain.from_iterable(graph.series for view in made.services for graph in view.graphs)
    for one in (*(alarm.metric for alarm in made.alarms), *series):
        yield from one.metrics.values() if isinstance(one, Math) else (one,)


@pytest.mark.parametrize("name", ALL)
def test_keys_are_unique_within_an_environment(name: str) -> None:
    """A key is a Terraform address: two of one would be one resource."""
    made = ALL[name][1]
    kinds: tuple[tuple[Any, ...], ...] = (
        (*made.alarms, *made.composites),
        made.filters,
        made.log_groups,
        made.queries,
    )
    for things in kinds:
        keys = [one.key for one in things]
        assert sorted(set(keys)) == sorted(keys)


def test_no_name_is_used_twice_even_across_environments() -> None:
    """Environments may share an account; `/aws/lambda-insights` is AWS's own name and once per account."""
    shared = {names.lambda_insights_log_group for names in (Names.of(env) for env, _ in ALL.values())}
    for things in ("alarms+composites", "filters", "log_groups", "queries"):
        names = [
            one.name for _, made in ALL.values() for part in things.split("+") for one in getattr(made, part)
        ]
        own = [one for one in names if one not in shared]
        assert len(names) > 4
        assert sorted(set(own)) == sorted(own)


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_legal_names_fit_into_aws(kind: str) -> None:
    """Limits: the API references of CloudWatch, Logs, Lambda, IAM, SQS, S3, X-Ray, ECS, KMS, Firehose."""
    text = {"lambda": "source: functions/x", "ecs": "image: 'x:1'"}[kind]
    fields = {
        "project": LONGEST["project"],
        "environment": LONGEST["environment"],
        "account_id": "111122223333",
        "region": "ap-southeast-1",
        "state": {"bucket": "abc"},
        "services": {
            LONGEST["service"]: {
                "kind": kind,
                "description": "x",
                text.partition(": ")[0]: text.partition(": ")[2].strip("'"),
            }
        },
        "alarms": {
            kind: {alarm.key: {"threshold": 1} for alarm in one.alarms} for kind, one in KINDS.items()
        },
    }
    env = Environment.model_validate(fields)
    made, names = catalog.build(env), Names.of(env)
    service = LONGEST["service"]
    word = r"[a-z][a-z0-9-]*"
    alarms: tuple[Any, ...] = (*made.alarms, *made.composites)
    limits = [
        *((one.name, 255, word) for one in alarms),
        *((one.name, 512, r"[A-Za-z0-9._/#-]+") for one in made.log_groups),
        *((one.name, 512, r"[^:*]+") for one in made.filters),
        *((one.namespace, 255, r"[A-Za-z0-9._/#:-]+") for one in made.filters),
        *((one.name, 255, r".+") for one in made.queries),
        (names.of_service(service), LAMBDA_NAME, word),
        *((name, LAMBDA_NAME, word) for name, _ in names.roles(env)),
        *((name, 80, word) for name, _ in names.queues(env)),
        (names.log_archive, LAMBDA_NAME, word),
        (names.archive_bucket, 63, word),
        (names.whole, XRAY_NAME, word),
        (names.key_alias, 256, f"alias/{word}"),
    ]
    for name, most, pattern in limits:
        assert len(name) <= most, (name, len(name))
        assert re.fullmatch(pattern, name), name
        assert LONGEST["environment"] in name or name == names.lambda_insights_log_group


@pytest.mark.parametrize(("env", "alarm"), ALARMS.values(), ids=ALARMS)
def test_an_alarm_says_who_where_how_much_and_where_to_look(env: Environment, alarm: Alarm) -> None:
    """In the words that a person gets in an e-mail, without opening anything else."""
    text = alarm.description
    assert len(text) <= 1024
    assert text.startswith(f"{alarm.service} in {env.environment}: ")
    assert f"{SYMBOLS[alarm.comparison]} {alarm.threshold:g} " in text
    assert "Look at " in text
    assert f"Dashboard {env.project}-{env.environment}." in text
    assert text.endswith(f"Owner: {env.services[alarm.service].owner}.")
    assert "{" not in text


@pytest.mark.parametrize(("made", "composite"), COMPOSITES.values(), ids=COMPOSITES)
def test_a_composite_watches_what_exists_and_fits_into_cloudwatch(
    made: Catalog, composite: Composite
) -> None:
    """CloudWatch refuses a rule over a missing alarm, and counts characters, elements and children."""
    existing = {one.key for one in made.alarms} | {one.key for one in made.composites}
    children = composite.children()
    rule = rendered(composite.rule, made)
    assert set(children) <= existing - {composite.key}
    assert 1 < len(children) <= MAX_CHILDREN
    assert len(rule) <= RULE_LENGTH
    assert len(re.findall(r"ALARM\(| AND | OR ", rule)) <= ELEMENTS
    assert "Look at " in composite.description
    assert len(composite.description) <= 1024


def many(count: int, *, longest: bool = False) -> Environment:
    """Return production with `count` services, half of each kind, instead of its own."""
    env = ALL["prod"][0].model_dump(by_alias=True)
    if longest:
        env |= {"project": LONGEST["project"], "environment": LONGEST["environment"]}
    one = (env["services"]["checkout-api"], env["services"]["payment-handler"])
    prefix = LONGEST["service"][3:] if longest else "s"
    env["services"] = {f"{prefix}{number:03d}": one[number % 2] for number in range(count)}
    return Environment.model_validate(env)


def test_as_many_services_as_the_check_allows_fit_into_one_rule() -> None:
    """With the longest legal names too: what the check lets through, CloudWatch must take."""
    env = many(MAX_CHILDREN, longest=True)
    assert list(catalog.check(env)) == []
    made = catalog.build(env)
    whole = next(one for one in made.composites if one.key == "system-critical")
    rule = rendered(whole.rule, made)
    assert len(whole.children()) == MAX_CHILDREN
    assert len(rule) <= RULE_LENGTH
    assert len(re.findall(r"ALARM\(| AND | OR ", rule)) <= ELEMENTS


def test_more_services_than_a_composite_can_watch_are_refused() -> None:
    """With the number, and the limit."""
    said = [text for _, text in catalog.check(many(101))]
    assert said == ["101 services: the system-wide composite can watch 100 at most"]


@pytest.mark.parametrize(("env", "alarm"), ALARMS.values(), ids=ALARMS)
def test_only_composites_wake_somebody(env: Environment, alarm: Alarm) -> None:
    """One metric over its line is a warning, in every environment."""
    del env
    assert alarm.severity == "warning"


PROMISED = {
    ("lambda", "errors"): ("AWS/Lambda", "Errors", "Sum", 5, 600),
    ("lambda", "latency"): ("AWS/Lambda", "Duration", "p99", 3000, None),
    ("lambda", "concurrency"): ("AWS/Lambda", "ConcurrentExecutions", "Maximum", 100, None),
    ("ecs", "cpu"): ("AWS/ECS", "CPUUtilization", "Average", 80, None),
    ("ecs", "memory"): ("AWS/ECS", "MemoryUtilization", "Average", 80, None),
    ("ecs", "errors"): (None, "Errors", "Sum", 10, 600),
}
"""What the platform promises to watch: namespace (none: our own), metric, statistic, threshold, window in s."""


@pytest.mark.parametrize("name", ALL)
def test_every_service_has_the_alarms_that_are_promised(name: str) -> None:
    """In every environment, with these defaults, and all of them with > ."""
    env, made = ALL[name]
    for service_name, service in env.services.items():
        promised = {key: value for (kind, key), value in PROMISED.items() if kind == service.kind}
        alarms = {one.kind_key: one for one in made.alarms if one.service == service_name}
        assert alarms.keys() >= promised.keys()
        for key, (namespace, metric, stat, threshold, window_s) in promised.items():
            alarm = alarms[key]
            ours = Names.of(env).log_metrics_namespace(service_name)
            assert alarm.metric.namespace == (namespace or ours)
            assert (alarm.metric.name, alarm.metric.stat) == (metric, stat)
            assert (alarm.comparison, alarm.threshold) == ("GreaterThanThreshold", threshold)
            assert window_s in {None, alarm.window_s}


@pytest.mark.parametrize("name", ALL)
def test_the_promised_composites_have_their_rules(name: str) -> None:
    """(errors OR latency) AND concurrency; CPU AND memory; errors of functions AND errors of containers."""
    env, made = ALL[name]
    rules = {one.key: rendered(one.rule, made) for one in made.composites}
    names = Names.of(env)

    def alarm(service: str, key: str) -> str:
        return f'ALARM("{names.of_thing(service, key)}")'

    expected = {}
    for one in env.functions:
        either = f"({alarm(one, 'errors')} OR {alarm(one, 'latency')})"
        expected[f"{one}_critical"] = f"({either} AND {alarm(one, 'concurrency')})"
    for one in env.containers:
        expected[f"{one}_resource-exhaustion"] = f"({alarm(one, 'cpu')} AND {alarm(one, 'memory')})"
    functions = " OR ".join(alarm(one, "errors") for one in env.functions)
    containers = " OR ".join(alarm(one, "errors") for one in env.containers)
    expected["system-critical"] = f"(({functions}) AND ({containers}))"
    assert {key: rules[key] for key in expected} == expected
    assert all(one.severity == "critical" for one in made.composites if one.key in expected)


@pytest.mark.parametrize("one", FILTERS.values(), ids=FILTERS)
def test_a_filter_is_one_that_cloudwatch_logs_takes(one: LogFilter) -> None:
    """PutMetricFilter: 1,024 characters, and a value selector of the pattern's own kind."""
    assert len(one.pattern) <= 1024
    kind = {"{": "json", "[": "words", "%": "regex"}.get(one.pattern[0], "text")
    selectors = {"json": r"1|\$\.[a-z_.]+", "words": r"1|\$[a-z_]+", "regex": "1", "text": "1"}
    assert re.fullmatch(selectors[kind], one.value)
    field = one.value.lstrip("$.")
    assert field == "1" or re.search(rf"\b{re.escape(field)}\b", one.pattern)
    assert one.pattern.count("(") == one.pattern.count(")")


@pytest.mark.parametrize("one", FILTERS.values(), ids=FILTERS)
def test_a_percentile_is_not_pulled_down_by_default_values(one: LogFilter) -> None:
    """Latency has no default value; counts and sums have zero, so that silence is not missing data."""
    assert one.default_value == (None if one.metric == "Latency" else 0)


@pytest.mark.parametrize("name", ALL)
def test_every_service_has_filters_for_errors_latency_and_concurrency(name: str) -> None:
    """Whatever the format of its log; and none for the other format."""
    env, made = ALL[name]
    for service_name, service in env.services.items():
        own = [one for one in made.filters if one.service == service_name]
        assert {one.metric for one in own} == {"Errors", "Latency", "BusyTime"}
        assert all(
            ("{" in one.pattern or "%" in one.pattern) == (service.log_format == "json") for one in own
        )
    assert {service.log_format for service in env.services.values()} == {"json", "text"}


@pytest.mark.parametrize("name", ALL)
def test_every_metric_that_an_alarm_or_a_graph_names_exists(name: str) -> None:
    """With these dimensions; CloudWatch would take any name, and show nothing for ever."""
    made = ALL[name][1]
    asked = [(one.namespace, one.name, tuple(one.dimensions)) for one in metrics(made)]
    assert len(asked) > 20
    assert {one: why for one in asked if (why := why_unknown(*one, filters=made.filters))} == {}


@pytest.mark.parametrize(("env", "alarm"), ALARMS.values(), ids=ALARMS)
def test_an_alarm_has_the_unit_of_its_metric(env: Environment, alarm: Alarm) -> None:
    """As AWS documents it, or as our filter says it."""
    known = AWS_METRICS.get(alarm.metric.namespace, {}).get("metrics", {}).get(alarm.metric.name)
    ours = {(one.namespace, one.metric): one.unit for one in ALL[env.environment][1].filters}
    assert alarm.unit == (known["unit"] if known else ours[alarm.metric.namespace, alarm.metric.name])


@pytest.mark.parametrize(
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
        for one in its["metrics"].values():
            assert one["unit"] in units
            assert one["dimensions"]
            assert all(dimensions == sorted(dimensions) for dimensions in one["dimensions"])


def test_a_graph_draws_the_line_of_the_alarm_on_its_metric() -> None:
    """Threshold and picture are of one metric."""
    for _, made in ALL.values():
        for graph in (graph for view in made.services for graph in view.graphs):
            shown = {(one.namespace, one.name) for one in graph.series if isinstance(one, Metric)}
            for key in graph.thresholds:
                watched = made.alarm(key).metric
                assert (watched.namespace, watched.name) in shown


def tuned(folder: Folder, *lines: str) -> Catalog:
    """Return the catalog of the small configuration with `lines` appended to prod.yaml."""
    folder.append("prod", "\n".join((*lines, "")))
    return catalog.build(folder.load())


def test_a_service_s_tuning_beats_its_kind_s_and_that_beats_the_alarm_s_own(folder: Folder) -> None:
    """Value by value: what one level does not say, the next one does."""
    made = tuned(
        folder,
        "alarms: {lambda: {latency: {threshold: 900, evaluation_periods: 6}}}",
        "services:",
        "  api: {alarms: {latency: {threshold: 500}}}",
        "  other: {kind: lambda, description: x, source: functions/x}",
    )
    api, other = made.alarm("api_latency"), made.alarm("other_latency")
    assert (api.threshold, api.evaluation_periods, api.datapoints_to_alarm, api.metric.period_s) == (
        500,
        6,
        3,
        60,
    )
    assert (other.threshold, other.evaluation_periods) == (900, 6)
    assert "> 500 ms" in api.description
    assert "3 of 6" in api.description


def test_a_threshold_of_zero_is_a_threshold(folder: Folder) -> None:
    """Zero is not nothing."""
    made = tuned(folder, "services: {api: {alarms: {errors: {threshold: 0}}}}")
    assert made.alarm("api_errors").threshold == 0


def test_fewer_periods_than_the_alarm_s_own_m_mean_all_of_them(folder: Folder) -> None:
    """Else lowering N would need M too."""
    made = tuned(folder, "services: {api: {alarms: {latency: {evaluation_periods: 2}}}}")
    assert made.alarm("api_latency").datapoints_to_alarm == 2


OFF = "{enabled: false, reason: measured elsewhere}"


def test_an_alarm_that_is_switched_off_disappears_everywhere(folder: Folder) -> None:
    """From "any of" it drops out, "all of" without it goes, and no graph draws its line."""
    made = tuned(
        folder, f"services: {{api: {{alarms: {{latency: {OFF}}}}}, web-site: {{alarms: {{cpu: {OFF}}}}}}}"
    )
    keys = {one.key for one in made.alarms} | {one.key for one in made.composites}
    assert not keys & {"api_latency", "web-site_cpu", "web-site_resource-exhaustion"}
    critical = next(one for one in made.composites if one.key == "api_critical")
    assert critical.children() == ("api_errors", "api_concurrency")
    drawn = {key for view in made.services for graph in view.graphs for key in graph.thresholds}
    assert drawn <= keys


def test_the_system_s_composite_goes_when_one_side_has_no_error_alarm(folder: Folder) -> None:
    """Functions AND containers can never be true with nothing on one side."""
    made = tuned(folder, f"alarms: {{lambda: {{errors: {OFF}}}}}")
    assert "system-critical" not in {one.key for one in made.composites}
    assert next(one for one in made.composites if one.key == "api_critical").children() == (
        "api_latency",
        "api_concurrency",
    )


def test_a_service_can_keep_an_alarm_that_its_kind_switches_off(folder: Folder) -> None:
    """The service's word is the last."""
    made = tuned(
        folder,
        f"alarms: {{lambda: {{errors: {OFF}}}}}",
        "services: {api: {alarms: {errors: {enabled: true}}}}",
    )
    assert made.alarm("api_errors").threshold == 5


WRONG = [
    ("services: {api: {alarms: {eror: {threshold: 1}}}}", "services.api.alarms.eror", 'no such alarm for kind "lambda"; known: concurrency, errors, latency   did you mean errors?'),
    ("alarms: {ecs: {latency: {threshold: 1}}}", "alarms.ecs.latency", 'no such alarm for kind "ecs"; known: cpu, errors, memory'),
    ("services: {api: {alarms: {errors: {datapoints_to_alarm: 5}}}}", "services.api.alarms.errors.datapoints_to_alarm", "5 datapoints_to_alarm cannot breach when 1 evaluation_periods are looked at"),
    ("alarms: {lambda: {latency: {datapoints_to_alarm: 6}}}", "alarms.lambda.latency.datapoints_to_alarm", "6 datapoints_to_alarm cannot breach when 5 evaluation_periods are looked at"),
    ("services: {api: {alarms: {errors: {evaluation_periods: 145}}}}", "services.api.alarms.errors.evaluation_periods", "period_s x evaluation_periods is 87000 s; CloudWatch looks back 86400 s at most"),
    ("services: {api: {alarms: {latency: {period_s: 86400, evaluation_periods: 8}}}}", "services.api.alarms.latency.evaluation_periods", "period_s x evaluation_periods is 691200 s; CloudWatch looks back 604800 s at most"),
    ("services: {web-site-collector: {kind: ecs, description: x, image: 'x:1'}}", "services.web-site-collector", "services.web-site makes a log group /ecs/shop-web-site-collector-prod too: choose another name"),
    ("services: {log-archive: {kind: lambda, description: x, source: functions/x}}", "services.log-archive", "the platform has a role shop-log-archive-prod too: choose another name"),
    ("services: {web-site-exec: {kind: lambda, description: x, source: functions/x}}", "services.web-site-exec", "services.web-site makes a role shop-web-site-exec-prod too: choose another name"),
    ("services: {alarms: {kind: lambda, description: x, source: functions/x, sqs_trigger: {}}}", "services.alarms", "the platform has a queue shop-alarms-dead-letters-prod too: choose another name"),
    ("services: {system: {kind: lambda, description: x, source: functions/x}}", "services.system", "the platform has an alarm shop-system-critical-prod too: choose another name"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "key", "said"), WRONG, ids=[one[0] for one in WRONG])
def test_what_only_the_catalog_knows_to_be_wrong_has_a_place_too(
    folder: Folder, line: str, key: str, said: str
) -> None:
    """File, line, key and a sentence, once, though many services may have the value."""
    folder.append("base", "  zoo: {kind: lambda, description: x, source: functions/x}\n")
    folder.append("prod", f"{line}\n")
    assert folder.refusal() == [f"config/prod.yaml:5: {key}: {said}"]


def test_a_threshold_that_nobody_gave_is_missed_once(folder: Folder) -> None:
    """At the mapping where it belongs, not at each service."""
    base = (folder.path / "base.yaml").read_text(encoding="utf-8")
    folder.write("base", base.replace("latency: {threshold: 3000}, ", ""))
    assert folder.refusal() == [
        "config/base.yaml:4: alarms.lambda.latency: threshold is missing: it has no default"
    ]


ENTRIES = {
    "lambda": "  new-one: {kind: lambda, description: New, source: functions/payment_handler}\n",
    "ecs": "  new-one: {kind: ecs, description: New, image: 'example.com/new:1', log_format: text}\n",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ALL)
def test_a_service_is_added_by_one_entry(kind: str, name: str, folder: Folder) -> None:
    """Its alarms, filters, log groups, graphs and composites follow, as those of its kind have them."""
    for stem in ("base", name):
        folder.write(stem, (FOLDER / f"{stem}.yaml").read_text(encoding="utf-8"))
    folder.append("base", ENTRIES[kind])
    env = load(name, rules=[catalog.check], folder=folder.path, variables={})
    made, before = catalog.build(env), ALL[name][1]

    def of_new(things: Any) -> set[str]:
        return {one.key for one in things if one.service == "new-one"}

    its = KINDS[env.services["new-one"].kind]
    log_format = env.services["new-one"].log_format
    assert of_new(made.alarms) == {f"new-one_{one.key}" for one in its.alarms}
    assert of_new(made.composites) == {f"new-one_{one.key}" for one in its.composites}
    assert of_new(made.filters) == {f"new-one_{one.key}" for one in its.filters if log_format in one.formats}
    assert of_new(made.log_groups) == {"new-one", *(["new-one_collector"] if kind == "ecs" else [])}
    view = next(one for one in made.services if one.name == "new-one")
    assert {graph.role for graph in view.graphs} >= {"errors", "latency", "concurrency", "error-rate"}
    whole = next(one for one in made.composites if one.key == "system-critical")
    assert "new-one_errors" in whole.children()
    assert {one.key for one in before.alarms} < {one.key for one in made.alarms}


@pytest.mark.parametrize("name", ALL)
def test_every_log_group_matches_what_the_key_allows(name: str) -> None:
    """The key's policy names patterns; a group that matches none could not be written to."""
    env, made = ALL[name]
    patterns = [re.escape(one).replace(r"\*", ".*") for one in Names.of(env).log_group_patterns]
    for group in made.log_groups:
        assert any(re.fullmatch(pattern, group.name) for pattern in patterns), group.name


@pytest.mark.parametrize("name", ALL)
def test_no_graph_stays_empty_because_its_source_is_switched_off(name: str) -> None:
    """Without Container Insights or Lambda Insights their metrics are not asked for."""
    env = ALL[name][0].model_dump(by_alias=True)
    env["insights"] |= {"containers": "disabled", "functions": False}
    made = catalog.build(Environment.model_validate(env))
    asked = {one.namespace for one in metrics(made)}
    assert not asked & {"ECS/ContainerInsights", "LambdaInsights"}
    assert {one.key for one in made.log_groups if one.writer == "insights"} == set()
