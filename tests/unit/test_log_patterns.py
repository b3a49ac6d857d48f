"""The filter patterns hold against log lines as services and runtimes really write them."""

from __future__ import annotations

import re

import pytest

import catalog
from catalog.kinds import logs
from config.loader import load

CRASH = next(one.pattern for one in logs.FILTERS if one.key == "errors-crash").strip("%")

COUNTED = [
    "ERROR: boom",
    "CRITICAL:root:boom",
    "FATAL: password authentication failed",
    "2026-11-22 12:00:00,000 ERROR worker died",
    "2026-11-22T12:00:00Z [main] FATAL out of memory",
    "[ERROR] 2026-11-22T12:00:00.000Z Task timed out",
    "[ERROR]\tValueError: boom",
    "java.lang.OutOfMemoryError in FATAL state",
]

NOT_COUNTED = [
    '{"level": "ERROR", "message": "boom"}',
    '{"message": "FATAL and CRITICAL are words too"}',
    "2026-11-22 INFO all is well",
    "error: lower case is not a level",
    "",
]


@pytest.mark.parametrize("line", COUNTED)
def test_a_crash_in_plain_text_counts_beside_json(line: str) -> None:
    """Wherever the level stands: at the beginning, after a date, in brackets."""
    assert re.search(CRASH, line)


@pytest.mark.parametrize("line", NOT_COUNTED)
def test_what_is_json_or_no_fault_is_left_out(line: str) -> None:
    """A JSON entry is counted by the JSON filter, once."""
    assert not re.search(CRASH, line)


def test_the_pattern_has_only_what_cloudwatch_takes_in_a_regular_expression() -> None:
    """No groups, no `!`; letters, digits and the operators of the documentation."""
    assert re.fullmatch(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+", CRASH)
    assert len(CRASH) <= 1024 - 2


def test_only_a_functions_filter_leaves_out_what_its_runtime_adds() -> None:
    """An ECS service may log a key `errorType` of its own."""
    of_functions, of_containers = (
        next(one.pattern for one in filters if one.key == "errors-json")
        for filters in (logs.FUNCTION_FILTERS, logs.FILTERS)
    )
    assert "errorType" in of_functions
    assert "errorType" not in of_containers


def test_each_kind_of_service_has_its_own_filter() -> None:
    """In the catalog, where Terraform takes it from."""
    made = catalog.build(load("prod", variables={}))
    patterns = {one.service: one.pattern for one in made.filters if one.key.endswith("_errors-json")}
    assert "errorType" in patterns["payment-handler"]
    assert "errorType" not in patterns["checkout-api"]
