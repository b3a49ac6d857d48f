"""Validation finds every deliberate error in a valid body, says where it is, and finds nothing else."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import copy
from typing import Any

import pytest

from cloudwatch.quotas import DASHBOARD_BYTES
from tests.support.tables import each
from verify.dashboard_body import problems

ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"


def sound() -> dict[str, Any]:
    """Return a body with a widget of each type, and everything that AWS documents about them."""
    look = {"color": "#1f77b4", "label": "reads", "period": 60, "stat": "p99.9", "visible": True}
    return {
        "start": "-PT8H",
        "periodOverride": "inherit",
        "variables": [
            {
                "type": "property",
                "property": "FunctionName",
                "inputType": "select",
                "id": "function-1",
                "values": [{"value": "f", "label": "F"}],
                "label": "Function",
                "visible": True,
            }
        ],
        "widgets": [
            {
                "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
                "properties": {
                    "title": "Disk",
                    "region": "eu-west-1",
                    "accountId": "111122223333",
                    "view": "timeSeries",
                    "stacked": False,
                    "period": 300,
                    "stat": "Sum",
                    "liveData": False,
                    "legend": {"position": "right"},
                    "timezone": "+0130",
                    "metrics": [
                        ["AWS/EC2", "DiskReadBytes", "InstanceId", "i-1", {"id": "m1", **look}],
                        [".", ".", ".", "i-2", {"id": "m2", "yAxis": "right", "stat": "TC(:1000)"}],
                        ["...", "i-3"],
                        [".", "DiskWriteBytes", "...", {"id": "m3"}],
                        [{"expression": "SUM([m1, m2]) + m3", "id": "e1", "label": "sum", "period": 60}],
                        [{"expression": "ANOMALY_DETECTION_BAND(m1, 2)", "id": "band"}],
                    ],
                    "yAxis": {"left": {"min": 0, "max": 9.5, "label": "bytes", "showUnits": False}},
                    "annotations": {
                        "horizontal": [
                            {"value": 5, "label": "limit", "color": "#d62728", "fill": "above"},
                            [{"value": 1.5, "label": "to"}, {"value": 2}],
                        ],
                        "vertical": [{"value": "2030-01-31T06:00:00Z", "fill": "before"}],
                    },
                },
            },
            {
                "type": "metric", "x": 12, "y": 0, "width": 6, "height": 3,
                "properties": {
                    "region": "eu-west-1",
                    "view": "gauge",
                    "metrics": [["AWS/EC2", "CPUUtilization"]],
                    "yAxis": {"left": {"min": 0, "max": 100}},
                    "start": "-P30D",
                },
            },
            {
                "type": "metric", "x": 18, "y": 0, "width": 6, "height": 3,
                "properties": {"region": "eu-west-1", "annotations": {"alarms": [ARN]}},
            },
            {
                "type": "text", "x": 0, "y": 6, "width": 24, "height": 1,
                "properties": {"markdown": "# Title", "background": "transparent"},
            },
            {
                "type": "log", "x": 0, "y": 7, "width": 24, "height": 6,
                "properties": {
                    "region": "eu-west-1",
                    "title": "Errors",
                    "view": "table",
                    "query": "SOURCE 'a' | SOURCE 'b' | fields @message\n| limit 20",
                },
            },
            {
                "type": "alarm", "x": 0, "y": 13, "width": 24, "height": 4,
                "properties": {
                    "title": "Alarms",
                    "alarms": [ARN],
                    "sortBy": "stateUpdatedTimestamp",
                    "states": ["ALARM"],
                },
            },
            {
                "type": "explorer", "x": 0, "y": 17, "width": 24, "height": 9,
                "properties": {
                    "labels": [{"key": "State", "value": "running"}],
                    "metrics": [
                        {"metricName": "Errors", "resourceType": "AWS::Lambda::Function", "stat": "Sum"}
                    ],
                    "aggregateBy": {"key": "Runtime", "func": "MAX"},
                    "widgetOptions": {"view": "timeSeries", "rowsPerPage": 8},
                },
            },
        ],
    }  # fmt: skip


METRIC, GAUGE, ALARM_GRAPH, TEXT, LOG, ALARM, EXPLORER = range(7)
GONE = object()
"""Stands for a property that is taken out."""

P = "properties"
M = "widgets[0].properties.metrics"
TIMES = "a time such as -PT8H, -P30D or 2030-01-31T06:00:00Z"
ROW = "must have a namespace, a name, and a value for each dimension"


def said(body: Any) -> list[str]:
    """Return where each problem of a body is, and what it is."""
    return [f"{problem.path}: {problem.message}" for problem in problems(body)]


@each(
    ("path", "value", "says"),
    [
        ((), [], "body: must be an object (found: [])"),
        (("widgets",), GONE, "widgets: is missing"),
        (("widgets",), {}, "widgets: must be a valid list (found: {})"),
        (("colour",), "red", "body: unknown property: colour; allowed: end, periodOverride, start, variables, widgets"),
        (("start",), "8h", f"start: must be {TIMES} (found: '8h')"),
        (("start",), "-P", f"start: must be {TIMES} (found: '-P')"),
        (("end",), "2030-01-31T06:00:00Z", "start: must be a time such as 2030-01-31T06:00:00Z if end is set"),
        (("end",), "-PT1H", "end: must be a time such as 2030-01-31T06:00:00Z (found: '-PT1H')"),
        (("periodOverride",), "always", "periodOverride: must be 'auto' or 'inherit' (found: 'always')"),
        (("variables", 0, "id"), "a b", "variables[0].id: must be an ID of letters, digits, - and _ (found: 'a b')"),
        (("variables", 0, "label"), "l" * 31, "variables[0].label: must have at most 30 characters (found: 31)"),
        (("variables", 0, "inputType"), GONE, "variables[0].inputType: is missing"),
        (("widgets", TEXT), "text", "widgets[3]: must be an object (found: 'text')"),
        (("widgets", TEXT, "type"), "chart", "widgets[3].type: must be one of 'metric', 'text', 'log', 'alarm', 'explorer' (found: 'chart')"),
        (("widgets", TEXT, "type"), GONE, "widgets[3].type: is missing"),
        (("widgets", TEXT, "x"), GONE, "widgets[3].x: is missing; x and y require each other"),
        (("widgets", TEXT, "y"), GONE, "widgets[3].y: is missing; x and y require each other"),
        (("widgets", TEXT, "x"), 24, "widgets[3].x: must be less than 24 (found: 24)"),
        (("widgets", TEXT, "x"), True, "widgets[3].x: must be a valid integer (found: True)"),
        (("widgets", TEXT, "y"), -1, "widgets[3].y: must be greater than or equal to 0 (found: -1)"),
        (("widgets", TEXT, "width"), 25, "widgets[3].width: must be less than or equal to 24 (found: 25)"),
        (("widgets", TEXT, "height"), 0, "widgets[3].height: must be greater than or equal to 1 (found: 0)"),
        (("widgets", TEXT, "height"), 1.5, "widgets[3].height: must be a valid integer (found: 1.5)"),
        (("widgets", TEXT, P), GONE, "widgets[3].properties: is missing"),
        (("widgets", TEXT, P, "markdown"), "", "widgets[3].properties.markdown: must have at least 1 character (found: '')"),
        (("widgets", TEXT, P, "markdown"), GONE, "widgets[3].properties.markdown: is missing"),
        (("widgets", TEXT, P, "background"), "red", "widgets[3].properties.background: must be 'solid' or 'transparent' (found: 'red')"),
        (("widgets", TEXT, P, "title"), "T", "widgets[3].properties: unknown property: title; allowed: background, markdown"),
        (("widgets", TEXT, "x"), 1, "widgets[3]: ends at column 25; the grid has 24"),
        (("widgets", TEXT, "height"), 2, "widgets[4]: overlaps widgets[3]"),
        (("widgets", METRIC, P, "view"), "line", "widgets[0].properties.view: must be 'timeSeries', 'singleValue', 'gauge', 'bar', 'pie' or 'table' (found: 'line')"),
        (("widgets", METRIC, P, "region"), GONE, "widgets[0].properties.region: is missing"),
        (("widgets", METRIC, P, "stat"), "Median", "widgets[0].properties.stat: must be a statistic such as Sum, p99 or TC(:1000) (found: 'Median')"),
        (("widgets", METRIC, P, "period"), 90, "widgets[0].properties.period: must be a multiple of 60 (found: 90)"),
        (("widgets", METRIC, P, "period"), "300", "widgets[0].properties.period: must be a valid integer (found: '300')"),
        (("widgets", METRIC, P, "stacked"), "no", "widgets[0].properties.stacked: must be a valid boolean (found: 'no')"),
        (("widgets", METRIC, P, "timezone"), "CET", "widgets[0].properties.timezone: must be a time zone such as +0130 (found: 'CET')"),
        (("widgets", METRIC, P, "legend"), {}, "widgets[0].properties.legend.position: is missing"),
        (("widgets", METRIC, P, "accountId"), "1", "widgets[0].properties.accountId: must be an account ID of 12 digits (found: '1')"),
        (("widgets", METRIC, P, "end"), "2030-01-31T06:00:00Z", "widgets[0].properties.start: is missing; required with end"),
        (("widgets", METRIC, P, "metrics"), GONE, "widgets[0].properties.metrics: is missing; required without an alarm in annotations"),
        (("widgets", METRIC, P, "metrics"), "m", f"{M}: must be a valid list (found: 'm')"),
        (("widgets", METRIC, P, "metrics"), [["N", "M"]] * 501, f"{M}: must have at most 500 items (found: 501)"),
        (("widgets", METRIC, P, "metrics", 2), {}, f"{M}[2]: must be a list such as [namespace, name] or [{{expression}}] (found: {{}})"),
        (("widgets", METRIC, P, "metrics", 2), [], f"{M}[2]: must be a list such as [namespace, name] or [{{expression}}] (found: [])"),
        (("widgets", METRIC, P, "metrics"), [["N"]], f"{M}[0]: {ROW} (found: 1 texts)"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", "D"]], f"{M}[0]: {ROW} (found: 3 texts)"),
        (("widgets", METRIC, P, "metrics"), [["N", 5]], f"{M}[0][1]: must be a valid string (found: 5)"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", {"id": "m"}, {}]], f"{M}[0][2]: must be a valid string (found: {{'id': 'm'}})"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", *["d"] * 62]], f"{M}[0]: must have at most 30 dimensions (found: 31)"),
        (("widgets", METRIC, P, "metrics"), [[".", "M"]], f"{M}[0]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics"), [["...", "M"]], f"{M}[0]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics"), [["N", "M"], [".", ".", "D", "."]], f"{M}[1]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", "D", "V"], ["...", "...", "V"]], f"{M}[1]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", "D", "V"], ["...", "N", "M", "D", "W"]], f"{M}[1]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics"), [["N", "M", "D", "V"], ["...", "D", "V", "E", "W", "F"]], f"{M}[1]: has a dot without a value in the previous metric"),
        (("widgets", METRIC, P, "metrics", 0, 4, "colour"), "red", f"{M}[0]: unknown property: colour; allowed: accountId, color, id, label, period, region, stat, visible, yAxis"),
        (("widgets", METRIC, P, "metrics", 0, 4, "color"), "red", f"{M}[0].color: must be a color such as #d62728 (found: 'red')"),
        (("widgets", METRIC, P, "metrics", 0, 4, "period"), 0, f"{M}[0].period: must be greater than or equal to 60 (found: 0)"),
        (("widgets", METRIC, P, "metrics", 0, 4, "stat"), "p", f"{M}[0].stat: must be a statistic such as Sum, p99 or TC(:1000) (found: 'p')"),
        (("widgets", METRIC, P, "metrics", 0, 4, "yAxis"), "top", f"{M}[0].yAxis: must be 'left' or 'right' (found: 'top')"),
        (("widgets", METRIC, P, "metrics", 4, 0, "expression"), "SUM([m1, m2, m4])", f"{M}[4]: the expression uses the ID m4, which no row has"),
        (("widgets", METRIC, P, "metrics", 4, 0, "expression"), GONE, f"{M}[4].expression: is missing"),
        (("widgets", METRIC, P, "metrics", 4, 0, "expression"), "m1+" * 342 + "m1", f"{M}[4].expression: must have at most 1024 characters (found: 1028)"),
        (("widgets", METRIC, P, "metrics", 4, 0, "stat"), "Sum", f"{M}[4]: unknown property: stat; allowed: accountId, color, expression, id, label, period, region, visible, yAxis"),
        (("widgets", METRIC, P, "metrics", 4), [{"expression": "m1 + m2"}, {}], f"{M}[4]: a row with an expression must have no other element (found: [{{'expression': 'm1 + m2'}}, {{}}])"),
        (("widgets", METRIC, P, "metrics", 4, 0, "expression"), "SUM(SEARCH('{AWS/Lambda}', 'Sum'))", f"{M}[4]: SEARCH and SELECT are not allowed, as they may exceed CloudWatch's limits: list the metrics"),
        (("widgets", METRIC, P, "metrics", 4, 0, "expression"), "SELECT MAX(CPU) FROM x", f"{M}[4]: SEARCH and SELECT are not allowed, as they may exceed CloudWatch's limits: list the metrics"),
        (("widgets", METRIC, P, "yAxis", "left", "min"), "0", "widgets[0].properties.yAxis.left.min: must be a valid number (found: '0')"),
        (("widgets", METRIC, P, "yAxis", "left", "min"), 9.5, "widgets[0].properties.yAxis.left: min 9.5 must be less than max 9.5"),
        (("widgets", METRIC, P, "yAxis", "bottom"), {}, "widgets[0].properties.yAxis: unknown property: bottom; allowed: left, right"),
        (("widgets", METRIC, P, "annotations", "horizontal", 0, "color"), "#abc", "widgets[0].properties.annotations.horizontal[0].color: must be a color such as #d62728 (found: '#abc')"),
        (("widgets", METRIC, P, "annotations", "horizontal", 0, "fill"), "before", "widgets[0].properties.annotations.horizontal[0].fill: must be 'above', 'below' or 'none' (found: 'before')"),
        (("widgets", METRIC, P, "annotations", "horizontal", 0, "value"), GONE, "widgets[0].properties.annotations.horizontal[0].value: is missing"),
        (("widgets", METRIC, P, "annotations", "horizontal", 0, "value"), "5", "widgets[0].properties.annotations.horizontal[0].value: must be a valid number (found: '5')"),
        (("widgets", METRIC, P, "annotations", "horizontal", 1), [{"value": 1}], "widgets[0].properties.annotations.horizontal[1][1]: is missing"),
        (("widgets", METRIC, P, "annotations", "horizontal", 1, 1, "color"), "#d62728", "widgets[0].properties.annotations.horizontal[1][1]: unknown property: color; allowed: label, value"),
        (("widgets", METRIC, P, "annotations", "vertical", 0, "value"), 5, "widgets[0].properties.annotations.vertical[0].value: must be a valid string (found: 5)"),
        (("widgets", METRIC, P, "annotations", "vertical", 0, "fill"), "above", "widgets[0].properties.annotations.vertical[0].fill: must be 'before', 'after' or 'none' (found: 'above')"),
        (("widgets", METRIC, P, "annotations", "vertical", 0, "yAxis"), "left", "widgets[0].properties.annotations.vertical[0]: unknown property: yAxis; allowed: color, fill, label, value, visible"),
        (("widgets", METRIC, P, "annotations", "diagonal"), [], "widgets[0].properties.annotations: unknown property: diagonal; allowed: alarms, horizontal, vertical"),
        (("widgets", GAUGE, P, "yAxis"), GONE, "widgets[1].properties.yAxis.left: a gauge requires min and max"),
        (("widgets", GAUGE, P, "yAxis", "left", "max"), GONE, "widgets[1].properties.yAxis.left: a gauge requires min and max"),
        (("widgets", GAUGE, P, "start"), "a month", f"widgets[1].properties.start: must be {TIMES} (found: 'a month')"),
        (("widgets", ALARM_GRAPH, P, "metrics"), [["N", "M"]], "widgets[2].properties.annotations.alarms: the graph of an alarm cannot have metrics"),
        (("widgets", ALARM_GRAPH, P, "annotations", "horizontal"), [{"value": 1}], "widgets[2].properties.annotations.alarms: the graph of an alarm cannot have other annotations"),
        (("widgets", ALARM_GRAPH, P, "annotations", "alarms"), [ARN, ARN], "widgets[2].properties.annotations.alarms: must have at most 1 item (found: 2)"),
        (("widgets", LOG, P, "view"), "gauge", "widgets[4].properties.view: must be 'table', 'timeSeries', 'bar' or 'pie' (found: 'gauge')"),
        (("widgets", LOG, P, "query"), GONE, "widgets[4].properties.query: is missing"),
        (("widgets", LOG, P, "query"), "fields @message", "widgets[4].properties.query: must begin with SOURCE and a log group"),
        (("widgets", LOG, P, "query"), "SOURCE 'a' | " * 51 + "limit 1", "widgets[4].properties.query: searches 51 log groups; 50 are allowed"),
        (("widgets", LOG, P, "query"), f"SOURCE 'a' | {'x' * 10_000}", "widgets[4].properties.query: must have at most 10000 characters (found: 10013)"),
        (("widgets", LOG, P, "region"), GONE, "widgets[4].properties.region: is missing"),
        (("widgets", ALARM, P, "alarms"), [], "widgets[5].properties.alarms: must have at least 1 item (found: 0)"),
        (("widgets", ALARM, P, "alarms"), [ARN] * 101, "widgets[5].properties.alarms: must have at most 100 items (found: 101)"),
        (("widgets", ALARM, P, "alarms", 0), "shop-errors", "widgets[5].properties.alarms[0]: must be the ARN of an alarm (found: 'shop-errors')"),
        (("widgets", ALARM, P, "alarms"), GONE, "widgets[5].properties.alarms: is missing"),
        (("widgets", ALARM, P, "sortBy"), "state", "widgets[5].properties.sortBy: must be 'default', 'stateUpdatedTimestamp' or 'timestamp' (found: 'state')"),
        (("widgets", ALARM, P, "states"), ["RED"], "widgets[5].properties.states[0]: must be 'ALARM', 'INSUFFICIENT_DATA' or 'OK' (found: 'RED')"),
        (("widgets", ALARM, P, "region"), "eu-west-1", "widgets[5].properties: unknown property: region; allowed: alarms, sortBy, states, title"),
        (("widgets", EXPLORER, P, "metrics"), [], "widgets[6].properties.metrics: must have at least 1 item (found: 0)"),
        (("widgets", EXPLORER, P, "metrics", 0, "resourceType"), "Lambda", "widgets[6].properties.metrics[0].resourceType: must be a type such as AWS::Lambda::Function (found: 'Lambda')"),
        (("widgets", EXPLORER, P, "labels"), GONE, "widgets[6].properties.labels: is missing"),
        (("widgets", EXPLORER, P, "aggregateBy", "func"), "P99", "widgets[6].properties.aggregateBy.func: must be 'AVG', 'MIN', 'MAX', 'STDDEV' or 'SUM' (found: 'P99')"),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_is(path: tuple[str | int, ...], value: Any, says: str) -> None:
    """One sentence for each, with the path and what is allowed."""
    assert said(with_fault(path, value)) == [says]


def with_fault(path: tuple[str | int, ...], value: Any) -> Any:
    """Return the sound body with one value replaced, or taken out."""
    if not path:
        return value
    body = sound()
    here: Any = body
    for step in path[:-1]:
        here = here[step]
    if value is GONE:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return body


def test_a_sound_body_has_no_problem() -> None:
    """Nor has an empty one: AWS asks only for a list of widgets."""
    assert said(sound()) == []
    assert said({"widgets": []}) == []


def test_a_region_that_does_not_exist_is_answered_with_those_that_do() -> None:
    """A graph of no region is empty for ever."""
    (line,) = said(with_fault(("widgets", METRIC, P, "region"), "eu-west-9"))
    assert line.startswith("widgets[0].properties.region: must be one of af-south-1, ap-east-1, ")
    assert line.endswith(" (found: 'eu-west-9')")


def test_ids_are_lower_case_and_unique() -> None:
    """An ID that is given twice leaves the expression that needed the other without its row."""
    assert said(with_fault(("widgets", METRIC, P, "metrics", 0, 4, "id"), "M1")) == [
        f"{M}[0].id: must be an ID that begins with a lower-case letter (found: 'M1')"
    ]
    assert said(with_fault(("widgets", METRIC, P, "metrics", 3, 3, "id"), "m1")) == [
        f"{M}[3]: the ID m1 is already used by {M}[0]",
        f"{M}[4]: the expression uses the ID m3, which no row has",
    ]


def test_dots_after_a_row_that_is_wrong_are_not_wrong_too() -> None:
    """One mistake is one problem; the next row without dots is checked again."""
    rows = [["N", "M"], [".", ".", "D", "."], ["...", "V"], ["N"]]
    assert said(with_fault(("widgets", METRIC, P, "metrics"), rows)) == [
        f"{M}[1]: has a dot without a value in the previous metric",
        f"{M}[3]: {ROW} (found: 1 texts)",
    ]


def test_names_in_quotes_are_no_ids() -> None:
    """Metrics can be chosen by text: METRICS("reads")."""
    assert (
        said(with_fault(("widgets", METRIC, P, "metrics", 4, 0, "expression"), 'SUM(METRICS("reads"))')) == []
    )


def test_all_problems_are_said_at_once() -> None:
    """Also those of different widgets, and those of rules between properties."""
    body = sound()
    body["widgets"][TEXT]["properties"] = {}
    body["widgets"][ALARM]["properties"]["sortBy"] = "state"
    body["start"] = "8h"
    assert [problem.path for problem in problems(body)] == [
        "widgets[3].properties.markdown",
        "widgets[5].properties.sortBy",
        "start",
    ]
    body = sound()
    body["widgets"][LOG]["properties"]["query"] = "fields @message"
    body["widgets"][GAUGE]["properties"]["yAxis"] = {}
    assert [problem.path for problem in problems(body)] == [
        "widgets[1].properties.yAxis.left",
        "widgets[4].properties.query",
    ]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("start",), "8h", "start: must be"),
        (("widgets", METRIC, P, "period"), 90, 'metric widget "Disk", widgets[0].properties.period: must be'),
        (("widgets", GAUGE, P, "yAxis"), GONE, "metric widget, widgets[1].properties.yAxis.left: a gauge"),
        (("widgets", TEXT, "x"), 1, 'text widget "# Title", widgets[3]: ends at column 25'),
        (("widgets", TEXT, P), "x", "text widget, widgets[3].properties: must be an object"),
        (("widgets", TEXT, "type"), GONE, 'widget "# Title", widgets[3].type: is missing'),
        (("widgets", LOG), "x", "widgets[4]: must be an object"),
    ],
)
def test_a_problem_names_the_widget_as_people_see_it(
    path: tuple[str | int, ...], value: Any, line: str
) -> None:
    """By its type and its title, or its first line; the body's own problems name none."""
    (problem,) = problems(with_fault(path, value))
    assert str(problem).startswith(line)


@pytest.mark.parametrize(
    "path",
    [
        ("start",),
        ("widgets", METRIC, "x"),
        ("widgets", METRIC, P, "title"),
        ("widgets", METRIC, P, "yAxis", "left", "min"),
        ("widgets", METRIC, P, "metrics", 0, 4),
        ("widgets", METRIC, P, "metrics", 0, 4, "label"),
        ("widgets", EXPLORER, P, "aggregateBy"),
    ],
)
def test_a_property_that_is_null_is_not_one_that_is_left_out(path: tuple[str | int, ...]) -> None:
    """CloudWatch documents no property that may be null."""
    assert len(problems(with_fault(path, None))) == 1


def big(kind: int, count: int, height: int = 1, **properties: Any) -> dict[str, Any]:
    """Return a body with `count` widgets like one of the sound body's, below each other."""
    one = copy.deepcopy(sound()["widgets"][kind])
    one["properties"] |= properties
    return {
        "widgets": [{**one, "x": 0, "y": y * height, "width": 24, "height": height} for y in range(count)]
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (big(TEXT, 501), "widgets: must have at most 500 items (found: 501)"),
        (big(GAUGE, 6, metrics=[["N", "M"]] * 417), "widgets: have 2502 metrics in total; 2500 are allowed"),
        (big(LOG, 31), "widgets: have 31 log queries in total; 30 are allowed"),
    ],
)
def test_too_much_is_refused_with_both_numbers(body: dict[str, Any], says: str) -> None:
    """And one less of each is not."""
    assert said(body) == [says]
    fewer = {"widgets": body["widgets"][:-1]}
    assert said(fewer) == []


def test_a_body_that_is_too_large_is_refused() -> None:
    """In bytes: a letter may take more than one."""
    assert said(big(TEXT, 1, markdown="x" * (DASHBOARD_BYTES - 200))) == []
    (line,) = said(big(TEXT, 1, markdown="·" * (DASHBOARD_BYTES // 2)))
    assert line.startswith("body: has 500")
    assert line.endswith(" bytes; 500000 are allowed")


def test_widgets_without_a_place_are_cloudwatch_s_to_place() -> None:
    """They lie on nothing."""
    bare = {"type": "text", "properties": {"markdown": "x"}}
    assert said({"widgets": [bare, bare]}) == []
    small = {**bare, "x": 0, "y": 0}
    assert said({"widgets": [small, {**small, "x": 5, "y": 5}]}) == ["widgets[1]: overlaps widgets[0]"]
    assert said({"widgets": [small, {**small, "x": 6, "y": 0}]}) == []
