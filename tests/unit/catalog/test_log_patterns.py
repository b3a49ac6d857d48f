"""The filters hold against log lines as services and runtimes really write them, by the drill's engine."""

from __future__ import annotations

import pytest

import catalog
from catalog.kinds import logs
from catalog.templates import FilterTemplate
from cloudwatch import patterns
from config.loader import load
from tests.support.tables import each

CRASHES = [
    "ERROR: boom",
    "CRITICAL:root:boom",
    "FATAL: password authentication failed",
    "2026-11-22 12:00:00,000 ERROR worker died",
    "2026-11-22T12:00:00Z [main] FATAL out of memory",
    "[ERROR] 2026-11-22T12:00:00.000Z Task timed out",
    "[ERROR]\tValueError: boom",
    "java.lang.OutOfMemoryError in FATAL state",
]

ERRORS = ['{"level": "ERROR", "message": "boom"}', '{"message": "out of memory", "level": "FATAL"}']

FINE = [
    '{"level": "INFO", "message": "FATAL and CRITICAL are words too"}',
    '{"message": "ERROR"}',
    "2026-11-22 INFO all is well",
    "error: lower case is not a level",
    "",
]

OF_RUNTIME = '{"level": "ERROR", "errorType": "ValueError", "errorMessage": "boom", "stackTrace": []}'
"""Lambda Developer Guide, "Python logging", JSON: an exception that the handler lets through."""


def counted_by(filters: tuple[FilterTemplate, ...], log_format: str, line: str) -> list[str]:
    """Return the keys of the filters that count a line as an error."""
    own = [
        filter_template
        for filter_template in filters
        if filter_template.metric == logs.ERRORS and log_format in filter_template.formats
    ]
    return [
        filter_template.key
        for filter_template in own
        if patterns.compile(filter_template.pattern).matches(line)
    ]


@each("filters", [logs.FILTERS, logs.FUNCTION_FILTERS], ids=["container", "function"])
@each(
    ("line", "keys"),
    [
        *((line, ["errors-crash"]) for line in CRASHES),
        *((line, ["errors-json"]) for line in ERRORS),
        *((line, []) for line in FINE),
    ],
)
def test_an_error_counts_once_wherever_it_stands(
    filters: tuple[FilterTemplate, ...], line: str, keys: list[str]
) -> None:
    """As JSON by its level, in plain text at the beginning, after a date, in brackets; never as both."""
    assert counted_by(filters, "json", line) == keys


@each("line", CRASHES)
def test_a_service_that_writes_text_has_its_errors_counted_by_their_words(line: str) -> None:
    """By one filter."""
    assert counted_by(logs.FILTERS, "text", line) == ["errors-text"]
    assert counted_by(logs.FILTERS, "text", "INFO all is well") == []


def test_only_a_functions_filter_leaves_out_what_its_runtime_adds() -> None:
    """An ECS service may log a key `errorType` of its own."""
    assert counted_by(logs.FUNCTION_FILTERS, "json", OF_RUNTIME) == []
    assert counted_by(logs.FILTERS, "json", OF_RUNTIME) == ["errors-json"]


@pytest.mark.parametrize(
    ("log_format", "line", "took"),
    [
        ("json", '{"level": "INFO", "duration_ms": 12.5}', 12.5),
        ("json", '{"level": "INFO", "message": "duration_ms"}', None),
        ("text", "INFO GET /orders 200 duration_ms 12.5", 12.5),
        ("text", "INFO duration_ms 12.5 at last", None),
        ("text", "INFO all is well", None),
    ],
)
def test_a_request_has_one_latency(log_format: str, line: str, took: float | None) -> None:
    """From the field of the contract, or from the last word after its name."""
    [one] = [
        filter_template
        for filter_template in logs.FILTERS
        if filter_template.metric == logs.LATENCY and log_format in filter_template.formats
    ]
    match = patterns.compile(one.pattern).match(line)
    assert (match.value(patterns.selector(one.value)) if match else None) == took


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
