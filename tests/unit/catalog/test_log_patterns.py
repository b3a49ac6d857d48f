"""The filters hold against log lines as loggers and runtimes write them, by the drill's engine.

Every preset of `config/loggers/` and every crash of `config/crashes/` is an entry with its recorded lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import catalog
from catalog.kinds import logs
from catalog.queries import ERRORS, queries, recent_errors
from catalog.templates import MetricTemplate
from cloudwatch import patterns, quotas
from cloudwatch.patterns.model import regexes
from config import formats
from config.formats import Format
from config.loader import load
from config.logs import Logs, ServiceLogs
from config.paths import ROOT
from functions.notifier import console
from functions.shared.log_query import HAS_LEVEL
from tests.support.tables import each

PRESETS = formats.names()
CRASHES = formats.crashes()
KINDS = {"ecs": False, "lambda": True}
"""Kind -> whether it is a function."""

STRANGERS = [
    '10.0.0.9 - - [29/Nov/2026:23:25:37 +0000] "GET /ERROR HTTP/1.1" 200 612 "-" "curl/8.5"',
    "GET /ERROR HTTP/1.1",
    "INFO retry policy for ERROR_RATE",
    "ERROR_RATE is 0",
    "the ERROR budget is used up",
    "1,234 ERROR lines found",
    "[INFO] ERROR budget left",
    "2026-11-29 23:25:37 [info] ERROR budget left",
    "2026-11-29 23:25:37 INFO [worker-1] ERROR budget left",
    "2026-11-29T23:25:37.123Z /ERROR 200 12ms",
    '10.0.0.9 - - [29/Nov/2026:23:25:37 +0000] "ERROR / HTTP/1.1" 400 0 "-" "-"',
    "2026-11-29 23:25:37,123 INFO retry policy for ERROR",
    "2026-11-29 23:25:37,123 [main] INFO app.Orders - 0 ERROR lines, FATAL 0",
    "2026-11-29 23:25:37,123 - app.orders - INFO - ERROR budget left",
    "[INFO] 2026-11-29T23:25:37.123Z ERROR budget left",
    "2026-11-29T23:25:37.123Z INFO the last panic: was yesterday",
    'level=info msg="level=error seen before"',
    'time="2026-11-29T23:25:37Z" level=info msg="level=error seen before"',
    "2026-11-29 23:25:37 INFO we waited for 5 seconds until the server answered the client",
    '{"level":"info","msg":"got {\\"level\\":\\"error\\"} from the gateway","time":"2026-11-29T23:25:37Z"}',
    '{"level":"INFO","message":"{\\"level\\":\\"ERROR\\",\\"severity\\":\\"ERROR\\"}"}',
    '{"@t":"2026-11-29T23:25:37.1Z","@mt":"got {\\"@l\\":\\"Error\\"}"}',
    '{"level":30,"time":1795994739208,"msg":"{\\"level\\":50}"}',
    '{"level":"info","message":"ERROR FATAL CRITICAL error fatal panic"}',
    "",
]
"""Lines that are no errors in any format."""


def format_of(kind: str, **settings: object) -> Format:
    """Return the format of a service with these settings."""
    return Logs().format_of(kind, ServiceLogs.model_validate(settings))


def counting(log: Format, kind: str, line: str, metric: MetricTemplate = logs.ERRORS) -> list[str]:
    """Return the keys of the filters that count a line."""
    return [
        template.key
        for template in logs.filters(log, of_function=KINDS[kind])
        if template.metric == metric and patterns.compile(template.pattern).matches(line)
    ]


def recorded() -> Iterator[tuple[str, str]]:
    """Yield the lines of all formats that are no errors, each with its preset."""
    for name in PRESETS:
        yield from ((name, line) for line in formats.preset(name).other_lines)
    for name, crash in CRASHES.items():
        yield from ((name, line) for line in crash.other_lines)


@each("kind", KINDS)
@each("name", PRESETS)
def test_every_recorded_error_counts_once(kind: str, name: str) -> None:
    """Over all filters of its service."""
    log = format_of(kind, format=name)
    for line in formats.preset(name).error_lines:
        assert len(counting(log, kind, line)) == 1, line


@each("kind", KINDS)
@each("name", PRESETS)
def test_no_other_line_counts(kind: str, name: str) -> None:
    """Neither the lines of the same logger, nor those of all other loggers, nor a stranger."""
    log = format_of(kind, format=name)
    for owner, line in (*recorded(), *(("stranger", line) for line in STRANGERS)):
        assert counting(log, kind, line) == [], (owner, line)


@each("name", PRESETS)
def test_a_crash_counts_once_whatever_the_format(name: str) -> None:
    """In plain text, without Python's traceback: a logger writes it after its own line of the error."""
    log = format_of("ecs", format=name)
    for crash in CRASHES.values():
        for line in crash.error_lines:
            is_counted = formats.preset(name).json_lines or not crash.logged
            assert len(counting(log, "ecs", line)) == is_counted, line


@each("name", PRESETS)
def test_a_json_service_has_the_errors_of_plain_text_counted(name: str) -> None:
    """Libraries and runtimes write them, beside the logger."""
    if formats.preset(name).json_lines:
        log = format_of("ecs", format=name)
        for line in formats.preset("text").error_lines:
            assert counting(log, "ecs", line) == ["errors-crash"], line


@each("name", PRESETS)
def test_a_preset_leaves_room_for_regular_expressions(name: str) -> None:
    """At most two of the five filters with one, which a log group may have, and none in most formats."""
    own = [patterns.parse(template.pattern) for template in logs.filters(format_of("ecs", format=name))]
    assert sum(any(regexes(pattern)) for pattern in own) <= quotas.REGEX_FILTERS - 3


JSON_PRESETS = [name for name in PRESETS if formats.preset(name).level_keys]


@each("name", JSON_PRESETS)
def test_a_preset_with_levels_needs_no_regular_expression(name: str) -> None:
    """Levels are compared exactly: the five filters of a log group with an expression remain for others."""
    own = logs.filters(format_of("lambda", format=name))
    found = [template.pattern for template in own if template.key != "errors-crash"]
    assert not any(any(regexes(patterns.parse(pattern))) for pattern in found)


def counted(log: Format, line: str) -> bool:
    """Return whether a line counts as an error."""
    return bool(counting(log, "ecs", line))


def without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    """Return values without one of them."""
    return tuple(other for other in values if other != value)


@each("name", JSON_PRESETS)
def test_every_level_of_a_preset_is_in_a_recorded_line(name: str) -> None:
    """And every key of the level: without one of them, a recorded error would not count."""
    log, lines = format_of("ecs", format=name), formats.preset(name).error_lines
    less = [
        *(replace(log, error_levels=without(log.error_levels, level)) for level in log.error_levels),
        *(replace(log, level_keys=without(log.level_keys, key)) for key in log.level_keys),
    ]
    less = [other for other in less if other.error_levels and other.level_keys]
    assert all(any(not counted(other, line) for line in lines) for other in less)


def alternatives(pattern: str) -> list[str]:
    """Return the alternatives of a pattern that is one regular expression; empty for another pattern."""
    whole = re.fullmatch(r"%(.*)%", pattern)
    return re.findall(r"(?:\\.|\[[^\]]*\]|[^|\\\[])+", whole[1]) if whole else []


@each("name", [*(name for name in PRESETS if formats.preset(name).errors), *CRASHES])
def test_every_alternative_of_an_expression_is_in_a_recorded_line(name: str) -> None:
    """Without one of them, a recorded error would not match."""
    preset = CRASHES[name] if name in CRASHES else formats.preset(name)
    parts = alternatives(str(preset.errors))
    for part in parts if len(parts) > 1 else ():
        matches = patterns.compile(f"%{'|'.join(without(tuple(parts), part))}%").matches
        assert any(not matches(line) for line in preset.error_lines), part


@each("name", [*PRESETS, *CRASHES])
def test_an_expression_uses_only_what_aws_documents(name: str) -> None:
    """In brackets: a list or a range of characters, without negation and without escapes."""
    own = (
        [CRASHES[name].errors]
        if name in CRASHES
        else [template.pattern for template in logs.filters(format_of("ecs", format=name))]
    )
    for pattern in own:
        for expression in regexes(patterns.parse(pattern)):
            plain = re.sub(r"\\[\[\]]", "", expression.text)
            assert not re.search(r"\[\^|\[[^\]]*\\", plain), plain


@each("name", PRESETS)
def test_a_drill_plays_lines_of_the_format(name: str) -> None:
    """A request has its duration in the unit of the log, and an error counts once."""
    for kind in KINDS:
        log = format_of(kind, format=name)
        fine, failed = logs.line(log, 250, is_error=False), logs.line(log, 250, is_error=True)
        assert counting(log, kind, fine) == []
        assert len(counting(log, kind, failed)) == 1
        for template in logs.filters(log):
            if template.metric in {logs.LATENCY, logs.BUSY_TIME}:
                match = patterns.compile(template.pattern).match(fine)
                value = match.value(patterns.selector(template.value)) if match else None
                assert value == 250 * log.units_per_s / 1000


@each("name", PRESETS)
def test_a_recorded_duration_is_read(name: str) -> None:
    """If lines of the preset have one: a key that no recorded line has would be a guess."""
    preset = formats.preset(name)
    if found := logs.duration_pattern(format_of("ecs", format=name)):
        matcher, selector = patterns.compile(found[0]), patterns.selector(found[1])
        matches = [matcher.match(line) for line in (*preset.error_lines, *preset.other_lines)]
        assert any(match and match.value(selector) is not None for match in matches)
    assert bool(preset.duration_key or preset.requests) == bool(preset.duration_unit)
    assert not preset.requests or preset.handled
    assert not (preset.level_keys and preset.errors)
    assert preset.level_keys or preset.errors
    assert preset.json_lines == all(line.startswith("{") for line in preset.error_lines)


OF_RUNTIME = '{"level": "ERROR", "errorType": "ValueError", "errorMessage": "boom", "stackTrace": []}'
"""Lambda Developer Guide, "Python logging", JSON: an exception that the handler lets through."""


def test_only_a_functions_filter_leaves_out_what_its_runtime_adds() -> None:
    """An ECS service may log a key `errorType` of its own, and the formats of the runtime have it."""
    assert counting(format_of("lambda"), "lambda", OF_RUNTIME) == []
    assert counting(format_of("ecs"), "ecs", OF_RUNTIME) == ["errors-json"]
    assert counting(format_of("lambda", format="lambda-json-python"), "lambda", OF_RUNTIME) == ["errors-json"]


@each(
    ("settings", "line", "count"),
    [
        ({"level_key": "severity"}, {"severity": "ERROR"}, 1),
        ({"level_key": "severity"}, {"level": "ERROR"}, 0),
        ({"level_key": "log.level"}, {"log": {"level": "FATAL"}}, 1),
        ({"level_key": "['log.level']"}, {"log.level": "FATAL"}, 1),
        ({"error_levels": ["warn"]}, {"level": "WARN"}, 1),
        ({"error_levels": ["WARN"]}, {"level": "Warn"}, 1),
        ({"error_levels": ["warn"]}, {"level": "ERROR"}, 0),
        ({"error_levels": "warn"}, {"level": "warn"}, 1),
        ({"error_levels": ">= 40"}, {"level": 40}, 1),
        ({"error_levels": ">= 40"}, {"level": 39}, 0),
        ({"error_levels": [17, 18]}, {"level": 18}, 1),
        ({"error_levels": [17, 18]}, {"level": 19}, 0),
        ({"format": "pino", "error_levels": [">= 40"]}, {"level": 40}, 1),
        ({"format": "pino", "level_key": "lvl"}, {"lvl": 50}, 1),
        ({"format": "bunyan", "level_key": "lvl"}, {"lvl": 50}, 1),
        ({"format": "serilog", "level_key": "Level"}, {"Level": "Error"}, 1),
        ({"error_patterns": ["%^panic:%"]}, "panic: boom", 1),
        ({"error_patterns": "declined"}, "payment declined", 1),
        ({"error_patterns": ['"Task timed out"']}, "2026-11-29 Task timed out after 3.00 seconds", 1),
        ({"error_patterns": ["declined -test"]}, "payment declined", 1),
        ({"error_patterns": ["declined -test"]}, "payment declined test", 0),
        ({"error_patterns": ["declined", "%^pay%"]}, "payment declined", 1),
    ],
)
def test_what_a_service_sets_overrides_its_preset(
    settings: dict[str, object], line: object, count: int
) -> None:
    """Key and levels of errors, in any case; and patterns, which count a line once with those of crashes."""
    text = line if isinstance(line, str) else json.dumps(line)
    assert len(counting(format_of("ecs", **settings), "ecs", text)) == count


@each(
    ("settings", "line", "took"),
    [
        ({}, '{"level": "INFO", "duration_ms": 12.5}', 12.5),
        ({}, '{"level": "INFO", "message": "duration_ms"}', None),
        ({"duration_key": "took"}, '{"took": 12.5}', 12.5),
        ({"format": "semantic-logger"}, '{"level":"info","duration_ms":3}', 3),
        ({"format": "text"}, "INFO GET /orders 200 duration_ms 12.5", 12.5),
        ({"format": "text"}, "INFO duration_ms 12.5 at last", None),
        ({"format": "text"}, "INFO all is well", None),
    ],
)
def test_a_request_has_one_latency(settings: dict[str, object], line: str, took: float | None) -> None:
    """From the field of the contract, or from the last word after its name."""
    [one] = [item for item in logs.filters(format_of("ecs", **settings)) if item.metric == logs.LATENCY]
    match = patterns.compile(one.pattern).match(line)
    assert (match.value(patterns.selector(one.value)) if match else None) == took


def finds(query: str, line: str) -> bool:
    """Return whether the condition of a query, about the level or the text of the line, holds."""
    expressions = re.findall(r"(not ispresent\(level\) and )?@message like /((?:[^/\\]|\\.)+)/", query)
    assert len(expressions) > 1
    level = json.loads(line).get("level") if line.startswith("{") else None
    found = [
        re.search(text, line) for without_level, text in expressions if level is None or not without_level
    ]
    return any(found) or level in {"ERROR", "CRITICAL", "FATAL"}


@each("name", [*PRESETS, *CRASHES])
def test_the_saved_query_finds_every_recorded_error(name: str) -> None:
    """Of every format, and every crash."""
    for line in (CRASHES[name] if name in CRASHES else formats.preset(name)).error_lines:
        assert finds(ERRORS.text, line), line


SHORT = "Links in messages and the tables of recent errors on dashboards find levels"
"""How docs/logs.md begins to state what the short condition does not find."""


@each("query", [recent_errors(5), console._ERRORS, ERRORS.text])  # noqa: SLF001  # it is in a URL, encoded
def test_what_the_short_condition_does_not_find_is_documented(query: str) -> None:
    """Of dashboards and messages, which have the same; the saved query extends it."""
    assert HAS_LEVEL in query
    text = " ".join((ROOT / "docs" / "logs.md").read_text(encoding="utf-8").split())
    documented = set(re.findall(r"`([^`]+)`", text.partition(SHORT)[2].partition(". ")[0]))
    missed = {
        name
        for name in PRESETS
        if not all(finds(HAS_LEVEL, line) for line in formats.preset(name).error_lines)
    }
    assert documented == {
        name
        for name in missed
        if not re.search(r"status|=5|response_code", formats.preset(name).errors or "")
    }
    assert not any(finds(HAS_LEVEL, line) for crash in CRASHES.values() for line in crash.error_lines)


def test_the_query_of_slow_requests_reads_the_durations_of_every_format() -> None:
    """In milliseconds; only the fields of formats in use."""
    [_, plain, *_] = queries([format_of("ecs")])
    assert "duration_ms as took_ms" in plain.text
    [_, mixed, *_] = queries(
        [format_of("ecs", format=name) for name in ("envoy-access-json", "nginx-access-json", "zap")]
    )
    assert "coalesce(duration, request_time * 1000, duration_ms) as took_ms" in mixed.text
    odd = format_of("ecs", duration_key="http.['took-s']", duration_unit="us")
    [_, escaped, *_] = queries([odd])
    assert "coalesce(`http.took-s` * 0.001, duration_ms) as took_ms" in escaped.text


def test_each_kind_of_service_has_its_own_filter() -> None:
    """In the catalog, where Terraform takes it from."""
    made = catalog.build(load("prod", variables={}))
    by_service = {
        log_filter.service: log_filter.pattern
        for log_filter in made.filters
        if log_filter.key.endswith("_errors-json")
    }
    assert not patterns.compile(by_service["payment-handler"]).matches(OF_RUNTIME)
    assert patterns.compile(by_service["checkout-api"]).matches(OF_RUNTIME)
