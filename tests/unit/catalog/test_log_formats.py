"""The formats of logs in the configuration: what is accepted, what follows, and what is refused, where."""

from __future__ import annotations

import json

import catalog
from catalog.baseline import baseline
from catalog.kinds import logs
from catalog.specs import Catalog, Graph, Math, Metric
from cloudwatch import patterns, quotas
from config import formats
from config.logs import Logs, ServiceLogs
from tests.support.tables import each
from tests.unit.config.configs import NEXT_LINE, Folder


def refused(folder: Folder, logs: str) -> list[str]:
    """Return what is said about a service with these settings of its log."""
    folder.append("prod", f"services: {{web-site: {{logs: {logs}}}}}\n")
    lines = [line.partition(": ") for line in folder.refusal()]
    assert {place for place, _, _ in lines} <= {f"config/prod.yaml:{NEXT_LINE}"}
    return [said for _, _, said in lines]


def build(folder: Folder, text: str) -> Catalog:
    """Return the catalog with more lines in prod.yaml."""
    folder.append("prod", text)
    return catalog.build(folder.load())


def graphs(made: Catalog, name: str) -> dict[str, Graph]:
    """Return the graphs of a service, by role."""
    return {
        graph.role: graph for service in made.services if service.name == name for graph in service.graphs
    }


AT = "services.web-site.logs"


TEXT = "whose lines are plain text: use error_patterns, or a format in JSON"
INVALID = "is not a filter pattern that CloudWatch Logs accepts"
KEYS = "duration_key, duration_unit, error_levels, error_patterns, format, level_key"
MANY = ", ".join(f"{letter}{'x' * 20}" for letter in "abcdefghijk")


@each(
    ("logs", "key", "said"),
    [
        ("{format: pinno}", "format", "must be one of the formats of docs/logs.md: "),
        ("{format: text, level_key: level}", "level_key", f"is not valid with format text, {TEXT}"),
        (
            "{format: nginx-error, error_levels: [error]}",
            "error_levels",
            "is not valid with format nginx-error",
        ),
        ("{format: klog, duration_key: took}", "duration_key", "is not valid with format klog"),
        ("{format: klog, duration_unit: s}", "duration_unit", "is not valid with format klog"),
        ("{format: serilog, error_levels: [Error]}", "error_levels", "requires level_key"),
        ("{format: klog-json, level_key: level}", "level_key", "requires error_levels"),
        ("{format: zap, duration_unit: s}", "duration_unit", "requires duration_key"),
        ("{duration_unit: min}", "duration_unit", "must be one of: s, ms, us, ns (found: min)"),
        ("{level_key: $.level}", "level_key", "must be a key of JSON, such as severity"),
        ("{level_key: 'a b'}", "level_key", "must be a key of JSON, such as severity"),
        ("{error_levels: []}", "error_levels", "must have at least one entry"),
        ("{error_levels: ['>= x']}", "error_levels.0", "must be a word such as error, or a number"),
        ("{error_levels: [true]}", "error_levels.0", "must be text"),
        (f"{{error_levels: [{MANY}]}}", "error_levels", f"{INVALID}: a pattern must have at most 1,024"),
        ("{error_patterns: ['%(a)%']}", "error_patterns.0", INVALID),
        ("{error_patterns: '%(a)%'}", "error_patterns", INVALID),
        ("{error_patterns: ''}", "error_patterns", "must have at least 1 character"),
        ("{error_patterns: 5}", "error_patterns", "must be text"),
        ("{error_patterns: true}", "error_patterns", "must be a list"),
        ("{error_levels: '>= x'}", "error_levels", "must be a word such as error, or a number"),
        ("{error_levels: true}", "error_levels", "must be a list"),
        ("{error_patterns: [ok, '{ $.a = }']}", "error_patterns.1", INVALID),
        (
            "{error_patterns: ['%a% %b% %c%']}",
            "error_patterns.0",
            f"{INVALID}: a pattern must have at most 2",
        ),
        ("{formt: json}", "formt", f"is not a valid key; known: {KEYS}   did you mean format?"),
    ],
)
def test_what_a_format_does_not_have_is_refused(folder: Folder, logs: str, key: str, said: str) -> None:
    """With file, line and key, and once."""
    (line,) = refused(folder, logs)
    assert line.startswith(f"{AT}.{key}: {said}"), line


def test_an_unknown_format_has_a_suggestion(folder: Folder) -> None:
    """The most similar preset."""
    assert refused(folder, "{format: pinno}")[0].endswith("(found: pinno)   did you mean pino?")


def test_the_former_key_is_refused_with_the_new_one(folder: Folder) -> None:
    """In one line."""
    folder.append("prod", "services: {web-site: {log_format: text}}\n")
    (line,) = folder.refusal()
    assert line.endswith(
        "services.web-site.log_format: is no longer a key: write logs: {format: …} (found: text)"
    )


@each("count", [3, 4])
def test_the_sixth_filter_with_a_regular_expression_is_refused(folder: Folder, count: int) -> None:
    """Of a log group: ours and those of the file. Patterns of one expression are joined and cost none."""
    many = ", ".join(f"'%a{number}% %b{number}%'" for number in range(count + 1))
    joined = ", ".join(f"'%c{number}%'" for number in range(9))
    lines = refused(folder, f"{{error_patterns: [{many}, {joined}]}}")
    if count + 2 <= quotas.REGEX_FILTERS:
        assert lines == []
        return
    (line,) = lines
    assert line.startswith(f"{AT}.error_patterns: log group /ecs/")
    assert "must have at most 5 metric filters with a regular expression (found: 6: " in line


MANY_METRICS = "{" + ", ".join(f"m{number}: {{pattern: '%m{number}%'}}" for number in range(5)) + "}"
EXISTING = "kind: ecs, description: x, cluster: shop, ecs_service: web, log_groups"


@each("groups", ["/aws/events/shop-prod", "/web, /web-2"])
def test_too_many_filters_on_a_log_group_are_one_line(folder: Folder, groups: str) -> None:
    """Also if a service shares it with the platform, or has several such groups."""
    folder.append("prod", f"services: {{web: {{{EXISTING}: [{groups}], metrics: {MANY_METRICS}}}}}\n")
    (line,) = folder.refusal()
    assert ": services.web.metrics: log group /" in line
    assert "): join expressions with |" in line


def test_a_long_pattern_is_a_filter_of_its_own(folder: Folder) -> None:
    """If its signs, escaped for a regular expression, are more characters than a pattern may have."""
    long = f'"{"(refused) " * 60}"'
    made = build(folder, f"services: {{web-site: {{logs: {{error_patterns: ['{long}']}}}}}}\n")
    assert long in [item.pattern for item in made.filters if item.service == "web-site"]


def test_a_service_has_the_format_of_its_kind(folder: Folder) -> None:
    """Key by key, unless it has a format of its own."""
    folder.append(
        "prod", "logs: {ecs: {format: zap, duration_key: took, duration_unit: s}, lambda: {format: pino}}\n"
    )
    env = folder.load()
    found = {name: env.log_format(service) for name, service in env.services.items()}
    assert {name: log.name for name, log in found.items() if log} == {"api": "pino", "web-site": "zap"}
    folder.append("prod", "services: {web-site: {logs: {duration_unit: us}}, api: {logs: {format: text}}}\n")
    env = folder.load()
    api, site = env.log_format(env.services["api"]), env.log_format(env.services["web-site"])
    assert api and site  # noqa: PT018
    assert (site.name, site.duration_key, site.duration_unit) == ("zap", "took", "us")
    assert (api.name, api.duration_key) == ("text", None)


@each("name", formats.names())
def test_levels_of_the_configuration_are_found_in_every_format(name: str) -> None:
    """Words and numbers of any size: no condition of the preset on the level contradicts them."""
    preset = formats.preset(name)
    if not (preset.json_lines and preset.level_keys):
        return
    for level, value in (("fatal", "FATAL"), (">= 70", 70), (">= 5000", 5000)):
        log = Logs().format_of("ecs", ServiceLogs(format=name, error_levels=(level,)))
        (found,) = [template for template in logs.filters(log) if template.key == "errors-json"]
        event = json.loads(preset.error_lines[0])
        logs._set(event, log.level_keys[0], value)  # noqa: SLF001  # as `logs.line` does
        assert patterns.compile(found.pattern).matches(json.dumps(event)), (level, found.pattern)


def test_a_fault_in_the_format_of_a_kind_is_reported_there(folder: Folder) -> None:
    """Once, not for each service."""
    folder.append("prod", "logs: {ecs: {format: text, level_key: level}}\n")
    (line,) = folder.refusal()
    assert ": logs.ecs.level_key: is not valid with format text" in line


def test_a_format_without_durations_leaves_out_what_needs_them(folder: Folder) -> None:
    """Filters, graphs, events of SLOs, and alarms, with the reason in the coverage."""
    whole = catalog.build(folder.load())
    made = build(folder, "logs: {ecs: {format: zap}, lambda: {format: zap}}\n")
    for name, gone in (("api", {"error-rate"}), ("web-site", {"latency", "error-rate", "concurrency"})):
        assert {item.metric for item in made.filters if item.service == name} == {"Errors"}
        before, after = graphs(whole, name), graphs(made, name)
        assert before.keys() - after.keys() == gone
        labels = {item.label for graph in after.values() for item in graph.series}
        assert logs.IN_PROGRESS.label not in labels
    (left_out,) = [item for item in made.left_out if item.kind_key == "logged-error-rate"]
    assert left_out.reason == "its log has no durations of requests (logs.duration_key)"
    folder.append(
        "prod", "services: {web-site: {slos: {a: {objective_percent: 99, events: logged-requests}}}}\n"
    )
    (line,) = folder.refusal()
    assert "events: must be one of: " in line


@each(("unit", "expected"), [("s", 0.12), ("ms", 120), ("us", 120_000), ("ns", 120_000_000)])
def test_durations_are_milliseconds_on_graphs_whatever_the_log_has(
    folder: Folder, unit: str, expected: float
) -> None:
    """A metric has the unit of its lines: CloudWatch converts nothing. A drill plays lines in this unit."""
    slo = "slos: {fast: {objective_percent: 99, events: logged-requests, slower_than_ms: 500}}"
    log = f"logs: {{format: zap, duration_key: took, duration_unit: {unit}}}"
    made = build(folder, f"services: {{web-site: {{{log}, {slo}}}}}\n")
    latency = graphs(made, "web-site")["latency"]
    assert {type(item) for item in latency.series} == {Metric if unit == "ms" else Math}
    statistics = {
        metric.stat
        for alarm in made.alarms
        if alarm.kind_key == "fast-burn-long" and isinstance(alarm.watches, Math)
        for metric in alarm.watches.metrics.values()
    }
    assert f"TC(:{expected * 500 / 120:.10g})" in statistics
    lines = baseline(folder.load(), made).lines
    (line,) = [line for group, line in lines.items() if "web-site" in group]
    assert f'"took":{float(expected)}' in line


@each(
    ("unit", "in_ms"),
    [("s", "1000 * {}"), ("ms", "{}"), ("us", "{} / 1000"), ("ns", "{} / 1000000")],
)
def test_durations_are_milliseconds_in_own_alarms_and_widgets(folder: Folder, unit: str, in_ms: str) -> None:
    """By the name of the series, in expressions with other ids and functions, and in widgets."""
    own = (
        "a: {metric: logged_duration, threshold: 5, summary: a},"
        " c: {metric: logged_duration, stat: 'TC(:2)', threshold: 5, summary: a},"
        " b: {expression: 'IF(logged_duration > 900, logged_duration * logged_requests, 0)', threshold: 5,"
        " summary: a}"
    )
    widget = "dashboard: {widgets: [{title: a, metrics: [logged_duration]}]}"
    log = f"logs: {{format: zap, duration_key: took, duration_unit: {unit}}}"
    made = build(folder, f"services: {{web-site: {{{log}, alarms: {{{own}}}, {widget}}}}}\n")
    assert expression(made.alarm("web-site_a").watches) == in_ms.format("duration")
    assert isinstance(made.alarm("web-site_c").watches, Metric)
    part = "logged_duration" if unit == "ms" else f"({in_ms.format('logged_duration')})"
    assert expression(made.alarm("web-site_b").watches) == f"IF({part} > 900, {part} * logged_requests, 0)"
    (view,) = [view for view in made.services if view.name == "web-site"]
    (graph,) = [widget.graph for widget in view.widgets if widget.graph]
    assert expression(graph.series[0]) == in_ms.format("duration")
    assert (graph.series[0].label, graph.unit_label) == ("p99 duration in the log", "ms")
    (busy,) = graphs(made, "web-site")["concurrency"].series
    in_progress = "busy" if unit == "ms" else f"({in_ms.format('busy')})"
    assert expression(busy) == f"{in_progress} / ({busy.period_s} * 1000)"


def expression(series: Metric | Math) -> str:
    """Return the expression of a series; of a metric, the id that it has in one."""
    return series.expression if isinstance(series, Math) else "duration"


@each("name", formats.names())
def test_every_format_is_valid(folder: Folder, name: str) -> None:
    """For functions and ECS services: its patterns are accepted, and a drill has a line for each log."""
    made = build(folder, f"logs: {{ecs: {{format: {name}}}, lambda: {{format: {name}}}}}\n")
    assert len(baseline(folder.load(), made).lines) == 2
