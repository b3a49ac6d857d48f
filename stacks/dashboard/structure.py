"""The structure of a dashboard's body, as AWS documents it.

Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax", unless said otherwise. AWS publishes
no longest text of a text widget. The type `chart`, which is newer, is not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stacks.dashboard.layout import COLUMNS
from stacks.dashboard.limits import MAX_ALARMS_PER_WIDGET, MAX_HEIGHT, MAX_WIDGETS
from stacks.dashboard.metrics import check_metrics
from stacks.dashboard.shapes import (
    Check,
    Field,
    either,
    flag,
    integer,
    number,
    one_of,
    pair,
    several,
    structure,
    text,
)
from stacks.dashboard.values import (
    ACCOUNT,
    COLOR,
    MOMENT,
    PERIOD,
    REGION,
    SIDE,
    START,
    STATISTIC,
    TEXT,
)


def _anything(_path: str, _value: Any) -> Iterator[str]:
    yield from ()


_LEGEND = structure({"position": Field(one_of("right", "bottom", "hidden"), required=True)})


def _annotation(value: Check, fill: tuple[str, ...]) -> Check:
    look = {"label": Field(TEXT), "color": Field(COLOR), "visible": Field(flag)}
    sided = {"yAxis": Field(SIDE)} if "above" in fill else {}
    at = {"value": Field(value, required=True)}
    single = structure({**at, **look, **sided, "fill": Field(one_of(*fill))})
    # Of a band, the first line says how it looks, and `fill` is ignored.
    band = pair(single, structure({**at, "label": Field(TEXT)}))
    return several(either(single, band, lambda one: isinstance(one, list)))


_ANNOTATIONS = structure(
    {
        "alarms": Field(several(TEXT, most=1, what="alarms")),
        "horizontal": Field(_annotation(number(), ("above", "below", "none"))),
        "vertical": Field(_annotation(MOMENT, ("before", "after", "none"))),
    }
)
_AXIS = structure(
    {"label": Field(TEXT), "min": Field(number()), "max": Field(number()), "showUnits": Field(flag)}
)
_TABLE = structure(
    {
        "layout": Field(one_of("vertical", "horizontal")),
        "stickySummary": Field(flag),
        "showTimeSeriesData": Field(flag),
        "summaryColumns": Field(several(one_of("MIN", "MAX", "SUM", "AVG"))),
    }
)


_METRIC = {
    "accountId": Field(ACCOUNT),
    "annotations": Field(_ANNOTATIONS),
    "legend": Field(_LEGEND),
    "liveData": Field(flag),
    "metrics": Field(check_metrics),
    "period": Field(PERIOD),
    "region": Field(REGION, required=True),
    "sparkline": Field(flag),
    "stacked": Field(flag),
    "stat": Field(STATISTIC),
    "table": Field(_TABLE),
    "timezone": Field(text(pattern=r"[+-]\d{4}", what="a time zone such as +0130")),
    "title": Field(TEXT),
    "view": Field(one_of("timeSeries", "singleValue", "gauge", "bar", "pie", "table")),
    "yAxis": Field(structure({"left": Field(_AXIS), "right": Field(_AXIS)})),
    # These four are not on the page; AWS CDK writes them (its reference, SingleValueWidgetProps).
    "start": Field(START),
    "end": Field(MOMENT),
    "setPeriodToTimeRange": Field(flag),
    "singleValueFullPrecision": Field(flag),
}
_LOG = {
    "accountId": Field(ACCOUNT),
    "region": Field(REGION, required=True),
    "title": Field(TEXT),
    "query": Field(
        text(most=10_000), required=True
    ),  # CloudWatch Logs API Reference, StartQuery, queryString
    "view": Field(one_of("table", "timeSeries", "bar", "pie")),
}
_ARN = text(pattern=r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.{1,255}", what="the ARN of an alarm")
_ALARM = {
    "alarms": Field(several(_ARN, least=1, most=MAX_ALARMS_PER_WIDGET, what="alarms"), required=True),
    "sortBy": Field(one_of("default", "stateUpdatedTimestamp", "timestamp")),
    "states": Field(several(one_of("ALARM", "INSUFFICIENT_DATA", "OK"))),
    "title": Field(TEXT),
}
_WIDGET_TEXT = {
    "markdown": Field(TEXT, required=True),
    "background": Field(one_of("solid", "transparent")),
}
_EXPLORER = {
    "aggregateBy": Field(
        structure(
            {
                "key": Field(TEXT, required=True),
                "func": Field(one_of("AVG", "MIN", "MAX", "STDDEV", "SUM"), required=True),
            }
        )
    ),
    "labels": Field(
        several(structure({"key": Field(TEXT, required=True), "value": Field(TEXT)})), required=True
    ),
    "metrics": Field(
        several(
            structure(
                {
                    "metricName": Field(TEXT, required=True),
                    "resourceType": Field(
                        text(pattern=r"AWS::\w+::[\w/]+", what="a type such as AWS::Lambda::Function"),
                        required=True,
                    ),
                    "stat": Field(STATISTIC),
                }
            ),
            least=1,
            most=100,
            what="metrics",
        ),
        required=True,
    ),
    "period": Field(PERIOD),
    "splitBy": Field(TEXT),
    "title": Field(TEXT),
    "widgetOptions": Field(
        structure(
            {
                "legend": Field(_LEGEND),
                "rowsPerPage": Field(integer(1)),
                "stacked": Field(flag),
                "view": Field(one_of("timeSeries", "bar", "pie")),
                "widgetsPerRow": Field(integer(1)),
            }
        )
    ),
}

PROPERTIES: Mapping[str, Check] = {
    "metric": structure(_METRIC),
    "text": structure(_WIDGET_TEXT),
    "log": structure(_LOG),
    "alarm": structure(_ALARM),
    "explorer": structure(_EXPLORER),
}
"""Type of a widget -> its properties."""

_VARIABLE = structure(
    {
        "type": Field(one_of("property", "pattern"), required=True),
        "property": Field(TEXT),
        "pattern": Field(TEXT),
        "inputType": Field(one_of("input", "select", "radio"), required=True),
        "values": Field(
            several(
                structure({"value": Field(_anything, required=True), "label": Field(text(most=255))}),
                least=1,
                most=500,
                what="values",
            )
        ),
        "id": Field(
            text(pattern=r"[\w-]+", what="an id of letters, digits, - and _", most=32), required=True
        ),
        "label": Field(text(most=30)),
        "defaultValue": Field(_anything),
        "search": Field(text(most=2048)),
        "populateFrom": Field(TEXT),
        "visible": Field(flag),
    }
)

WIDGET = structure(
    {
        "type": Field(one_of(*PROPERTIES), required=True),
        "x": Field(integer(0, COLUMNS - 1)),
        "y": Field(integer(0)),
        "width": Field(integer(1, COLUMNS)),
        "height": Field(integer(1, MAX_HEIGHT)),
        "properties": Field(_anything, required=True),  # by type: PROPERTIES
    }
)

BODY = structure(
    {
        "widgets": Field(several(WIDGET, most=MAX_WIDGETS, what="widgets"), required=True),
        "variables": Field(several(_VARIABLE, most=25, what="variables")),
        "start": Field(START),
        "end": Field(MOMENT),
        "periodOverride": Field(one_of("auto", "inherit")),
    }
)
