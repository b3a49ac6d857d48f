"""Validation of a dashboard's body before an apply; otherwise only PutDashboard validates it.

The models have the structure that AWS documents: CloudWatch API Reference, "Dashboard Body Structure and
Syntax", unless another source is given. The newer widget type `chart` is not supported.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Container, Iterator, Sequence
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from cloudwatch import quotas
from cloudwatch.errors import InputError
from cloudwatch.statistic import check_statistic
from config.limits import REGIONS
from config.types import refuse

_SHOWN = 60
"""Number of characters of an invalid value that a message contains."""


class Problem(NamedTuple):
    """A reason why CloudWatch would reject a body, or show no data."""

    path: str
    """Location in the body, such as `widgets[3].properties.view`."""
    message: str
    """What is wrong and what is allowed."""
    widget: str
    """The widget as on the dashboard, such as `log widget "Recent errors"`; empty outside of widgets."""

    def __str__(self) -> str:
        return (
            f"{self.widget}, {self.path}: {self.message}" if self.widget else f"{self.path}: {self.message}"
        )


def problems(body: object) -> list[Problem]:
    """Return every problem of a body; none for a valid one.

    Rules that span several properties or widgets are checked only if every property is valid.
    """
    try:
        parsed = Body.model_validate(body)
    except ValidationError as error:
        broken = [(_path(details), _message(details)) for details in error.errors(include_url=False)]
    else:
        broken = list(parsed.rules())
        size_bytes = len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())
        if size_bytes > quotas.DASHBOARD_BYTES:
            broken.append(("body", f"has {size_bytes} bytes; {quotas.DASHBOARD_BYTES} are allowed"))
    return [Problem(path, message, _widget_name(body, path)) for path, message in broken]


def _matches(pattern: str, description: str) -> AfterValidator:
    """Return a validator for texts that match `pattern` completely; `description` is for its message."""
    compiled = re.compile(pattern)

    def validate(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refuse("must be {description}", description=description)
        return value

    return AfterValidator(validate)


def _is_statistic(value: str) -> str:
    try:
        check_statistic(value)
    except InputError as error:
        raise refuse("must be a statistic such as Sum, p99 or TC(:1000)") from error
    return value


_ABSOLUTE = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)"
_RELATIVE = r"-P(?=.)(\d+[DWMY])*(T(?=.)(\d+[HMS])*)?"

Text = Annotated[str, Field(min_length=1)]
AccountId = Annotated[str, _matches(r"\d{12}", "an account ID of 12 digits")]
AlarmArn = Annotated[
    str,
    _matches(r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.{1,255}", "the ARN of an alarm"),
]
Color = Annotated[str, _matches(r"#[0-9a-fA-F]{6}", "a color such as #d62728")]
Moment = Annotated[str, _matches(_ABSOLUTE, "a time such as 2030-01-31T06:00:00Z")]
Start = Annotated[
    str,
    _matches(f"{_RELATIVE}|{_ABSOLUTE}", "a time such as -PT8H, -P30D or 2030-01-31T06:00:00Z"),
]
Period = Annotated[int, Field(ge=60, multiple_of=60)]
Region = Annotated[str, _matches("|".join(REGIONS), f"one of {', '.join(REGIONS)}")]
Statistic = Annotated[str, AfterValidator(_is_statistic)]
ResourceType = Annotated[str, _matches(r"AWS::\w+::[\w/]+", "a type such as AWS::Lambda::Function")]
Id = Annotated[
    str,
    Field(max_length=quotas.ID_CHARACTERS),
    _matches(r"[a-z]\w*", "an ID that begins with a lower-case letter"),
]
"""CloudWatch API Reference, MetricDataQuery, Id."""

Rules = Iterator[tuple[str, str]]
"""Path and message of each broken rule."""


class _Part(BaseModel):
    """An object of the body: unknown properties are rejected, and no value is converted."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _every_property_is_known(cls, value: Any) -> Any:  # noqa: ANN401  # JSON
        # Validated first: a misspelled property is usually the reason for a missing one.
        known = cls._properties()
        if isinstance(value, dict) and not value.keys() <= known:
            unknown = ", ".join(name for name in value if name not in known)
            message = "unknown property: {unknown}; allowed: {allowed}"
            raise refuse(message, unknown=unknown, allowed=", ".join(sorted(known)))
        return value

    @classmethod
    @functools.cache
    def _properties(cls) -> frozenset[str]:
        return frozenset(str(field.alias) for field in cls.model_fields.values())

    def rules(self, path: str) -> Rules:
        """Yield the broken rules between properties."""
        del path
        yield from ()


class Legend(_Part):
    """The position of a graph's legend."""

    position: Literal["right", "bottom", "hidden"]


class _Options(_Part):
    """The options of a row of `metrics`."""

    account_id: AccountId = ""
    color: Color = ""
    id: Id = ""
    label: Text = ""
    period: Period = 300
    region: Region = ""
    visible: bool = True
    y_axis: Literal["left", "right"] = "left"


class MetricOptions(_Options):
    """The options of a metric."""

    stat: Statistic = ""


class ExpressionOptions(_Options):
    """An expression and its options."""

    expression: Annotated[str, Field(min_length=1, max_length=1024)]
    """Maximum length: CloudWatch API Reference, MetricDataQuery, Expression."""


class MetricRow(_Part):
    """`[namespace, name, dimension, value, …, {options}]`.

    `"."` is the value of the previous metric at the same position; `"..."` stands for all its values between
    those that the row gives. The console writes `"..."`; the page on the structure does not list it.
    """

    row_names: list[Text]
    row_options: MetricOptions = MetricOptions()

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, row: list[Any]) -> dict[str, Any]:
        options = {"rowOptions": row[-1]} if isinstance(row[-1], dict) else {}
        return {"rowNames": row[: len(row) - len(options)], **options}


def expanded(names: Sequence[str], before: Sequence[str]) -> list[str] | None:
    """Return names with dots replaced; None if the metric `before` has no value at the position of a dot."""
    if "..." in names:
        at = names.index("...")
        tail = names[at + 1 :]
        end = len(before) - len(tail)
        if end <= at or "..." in tail:
            return None
        names = [*names[:at], *before[at:end], *tail]
    if any(name == "." and at >= len(before) for at, name in enumerate(names)):
        return None
    return [before[at] if name == "." else name for at, name in enumerate(names)]


class ExpressionRow(_Part):
    """`[{options}]`."""

    row_options: ExpressionOptions

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, row: list[Any]) -> dict[str, Any]:
        if len(row) > 1:
            raise refuse("a row with an expression must have no other element")
        return {"rowOptions": row[0]}


def _kind_of_row(row: object) -> str | None:
    if not isinstance(row, list) or not row:
        return None
    return "ExpressionRow" if isinstance(row[0], dict) else "MetricRow"


Row = Annotated[
    Annotated[MetricRow, Tag("MetricRow")] | Annotated[ExpressionRow, Tag("ExpressionRow")],
    Discriminator(
        _kind_of_row,
        custom_error_type="row",
        custom_error_message="must be a list such as [namespace, name] or [{expression}]",
    ),
]


class HorizontalEnd(_Part):
    """The second line of a band of values; the first line has the options of the band."""

    value: float
    label: Text = ""


class HorizontalLine(HorizontalEnd):
    """A line at a value."""

    color: Color = ""
    visible: bool = True
    fill: Literal["above", "below", "none"] = "none"
    y_axis: Literal["left", "right"] = "left"


class VerticalEnd(_Part):
    """The second line of a time range; the first line has the options of the range."""

    value: Moment
    label: Text = ""


class VerticalLine(VerticalEnd):
    """A line at a time."""

    color: Color = ""
    visible: bool = True
    fill: Literal["before", "after", "none"] = "none"


def _kind_of_line(line: object) -> str:
    return "Band" if isinstance(line, list) else "Line"


Horizontal = Annotated[
    Annotated[HorizontalLine, Tag("Line")]
    | Annotated[tuple[HorizontalLine, HorizontalEnd], Field(strict=False), Tag("Band")],
    Discriminator(_kind_of_line),
]
Vertical = Annotated[
    Annotated[VerticalLine, Tag("Line")]
    | Annotated[tuple[VerticalLine, VerticalEnd], Field(strict=False), Tag("Band")],
    Discriminator(_kind_of_line),
]


class Annotations(_Part):
    """Annotations of a graph; with an alarm, the graph shows the metric of the alarm."""

    alarms: Annotated[list[Text], Field(max_length=1)] = []
    horizontal: list[Horizontal] = []
    vertical: list[Vertical] = []


class Axis(_Part):
    """A Y axis."""

    label: Text = ""
    min: float = 0
    max: float = 0
    show_units: bool = False


class Axes(_Part):
    """Both Y axes."""

    left: Axis = Axis()
    right: Axis = Axis()


class Table(_Part):
    """The options of a table of metrics."""

    layout: Literal["vertical", "horizontal"] = "vertical"
    sticky_summary: bool = False
    show_time_series_data: bool = False
    summary_columns: list[Literal["MIN", "MAX", "SUM", "AVG"]] = []


class MetricProperties(_Part):
    """The properties of a metric widget: graph, numbers, gauge or table."""

    account_id: AccountId = ""
    annotations: Annotations = Annotations()
    legend: Legend = Legend(position="right")
    live_data: bool = False
    metrics: Annotated[list[Row], Field(max_length=quotas.WIDGET_METRICS)] = []
    period: Period = 300
    region: Region
    sparkline: bool = False
    stacked: bool = False
    stat: Statistic = ""
    table: Table = Table()
    timezone: Annotated[str, _matches(r"[+-]\d{4}", "a time zone such as +0130")] = "+0000"
    title: Text = ""
    view: Literal["timeSeries", "singleValue", "gauge", "bar", "pie", "table"] = "timeSeries"
    y_axis: Axes = Axes()
    # The page on the structure does not list these four; AWS CDK writes them (SingleValueWidgetProps).
    start: Start = ""
    end: Moment = ""
    set_period_to_time_range: bool = False
    single_value_full_precision: bool = False

    def rules(self, path: str) -> Rules:
        """Yield the broken rules between properties."""
        own, drawn = "metrics" in self.model_fields_set, self.annotations.model_fields_set
        if self.annotations.alarms and own:
            yield f"{path}.annotations.alarms", "the graph of an alarm cannot have metrics"
        if self.annotations.alarms and drawn & {"horizontal", "vertical"}:
            yield f"{path}.annotations.alarms", "the graph of an alarm cannot have other annotations"
        if not self.annotations.alarms and not own:
            yield f"{path}.metrics", "is missing; required without an alarm in annotations"
        if self.view == "gauge" and not {"min", "max"} <= self.y_axis.left.model_fields_set:
            yield f"{path}.yAxis.left", "a gauge requires min and max"
        for side, axis in (("left", self.y_axis.left), ("right", self.y_axis.right)):
            if {"min", "max"} <= axis.model_fields_set and axis.min >= axis.max:
                yield f"{path}.yAxis.{side}", f"min {axis.min} must be less than max {axis.max}"
        if self.end and not self.start:
            yield f"{path}.start", "is missing; required with end"
        yield from _row_rules(f"{path}.metrics", self.metrics)


def _row_rules(path: str, rows: Sequence[MetricRow | ExpressionRow]) -> Rules:
    """Yield the broken rules for dots, dimensions, IDs and expressions."""
    before: list[str] | None = []
    for at, row in enumerate(rows):
        if isinstance(row, MetricRow) and (before is not None or not {".", "..."} & {*row.row_names}):
            # After a row with invalid dots, the dots of the next row have no meaning and are not reported.
            before = expanded(row.row_names, before or [])
            if before is None:
                yield f"{path}[{at}]", "has a dot without a value in the previous metric"
            elif len(before) < 2 or len(before) % 2:  # noqa: PLR2004  # namespace and name, then pairs
                message = "must have a namespace, a name, and a value for each dimension"
                yield f"{path}[{at}]", f"{message} (found: {len(before)} texts)"
            elif len(before) // 2 - 1 > quotas.DIMENSIONS:
                count = len(before) // 2 - 1
                yield f"{path}[{at}]", f"must have at most {quotas.DIMENSIONS} dimensions (found: {count})"
    first: dict[str, int] = {}
    for at, row in enumerate(rows):
        if row.row_options.id and first.setdefault(row.row_options.id, at) != at:
            other = f"{path}[{first[row.row_options.id]}]"
            yield f"{path}[{at}]", f"the ID {row.row_options.id} is already used by {other}"
    for at, row in enumerate(rows):
        if isinstance(row, ExpressionRow):
            messages = _expression_rules(row.row_options.expression, first)
            yield from ((f"{path}[{at}]", message) for message in messages)


_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_VARIABLE = re.compile(r"\b[a-z]\w*")


def _expression_rules(expression: str, ids: Container[str]) -> Iterator[str]:
    if expression.startswith(("SEARCH", "SELECT")) or "SEARCH(" in expression:
        # AWS accepts searches; the number of metrics they match is not known before.
        yield "SEARCH and SELECT are not allowed, as they may exceed CloudWatch's limits: list the metrics"
        return
    for name in dict.fromkeys(_VARIABLE.findall(_QUOTED.sub("", expression))):
        if name not in ids:
            yield f"the expression uses the ID {name}, which no row has"


class LogProperties(_Part):
    """The properties of a log widget: a Logs Insights query."""

    account_id: AccountId = ""
    region: Region
    title: Text = ""
    query: Annotated[str, Field(min_length=1, max_length=10_000)]
    """Maximum length: CloudWatch Logs API Reference, StartQuery, queryString."""
    view: Literal["table", "timeSeries", "bar", "pie"] = "table"

    def rules(self, path: str) -> Rules:
        """Yield the broken rules for the log groups of the query."""
        sources = sum(part.strip().startswith("SOURCE ") for part in self.query.split("|"))
        if not self.query.startswith("SOURCE "):
            yield f"{path}.query", "must begin with SOURCE and a log group"
        elif sources > quotas.QUERY_LOG_GROUPS:
            yield f"{path}.query", f"searches {sources} log groups; {quotas.QUERY_LOG_GROUPS} are allowed"


class AlarmProperties(_Part):
    """The properties of an alarm widget."""

    alarms: Annotated[list[AlarmArn], Field(min_length=1, max_length=quotas.WIDGET_ALARMS)]
    sort_by: Literal["default", "stateUpdatedTimestamp", "timestamp"] = "default"
    states: list[Literal["ALARM", "INSUFFICIENT_DATA", "OK"]] = []
    title: Text = ""


class TextProperties(_Part):
    """The properties of a text widget. AWS publishes no limit for the length of the Markdown."""

    markdown: Text
    background: Literal["solid", "transparent"] = "solid"


class Aggregation(_Part):
    """How an explorer widget aggregates resources."""

    key: Text
    func: Literal["AVG", "MIN", "MAX", "STDDEV", "SUM"]


class Label(_Part):
    """A tag or property by which an explorer widget selects resources."""

    key: Text
    value: Text = ""


class ExplorerMetric(_Part):
    """A metric of every resource that an explorer widget selects."""

    metric_name: Text
    resource_type: ResourceType
    stat: Statistic = ""


class ExplorerOptions(_Part):
    """The options of an explorer widget."""

    legend: Legend = Legend(position="right")
    rows_per_page: Annotated[int, Field(ge=1)] = 1
    stacked: bool = False
    view: Literal["timeSeries", "bar", "pie"] = "timeSeries"
    widgets_per_row: Annotated[int, Field(ge=1)] = 1


class ExplorerProperties(_Part):
    """The properties of an explorer widget: graphs of resources that are selected by tag."""

    aggregate_by: Aggregation = Aggregation(key="Name", func="AVG")
    labels: list[Label]
    metrics: Annotated[list[ExplorerMetric], Field(min_length=1, max_length=100)]
    period: Period = 300
    split_by: Text = ""
    title: Text = ""
    widget_options: ExplorerOptions = ExplorerOptions()


_Type = TypeVar("_Type", bound=str)
_Properties = TypeVar("_Properties", bound=_Part)


class _Widget(_Part, Generic[_Type, _Properties]):
    """A widget and its position on the grid; without x and y, CloudWatch places it."""

    type: _Type
    properties: _Properties
    x: Annotated[int, Field(ge=0, lt=quotas.DASHBOARD_COLUMNS)] = 0
    y: Annotated[int, Field(ge=0)] = 0
    width: Annotated[int, Field(ge=1, le=quotas.DASHBOARD_COLUMNS)] = 6
    height: Annotated[int, Field(ge=1, le=quotas.WIDGET_HEIGHT)] = 6

    def rules(self, path: str) -> Rules:
        """Yield the broken rules for its position."""
        coordinates = self.model_fields_set & {"x", "y"}
        if len(coordinates) == 1:
            yield f"{path}.{'y' if 'x' in coordinates else 'x'}", "is missing; x and y require each other"
        elif self.x + self.width > quotas.DASHBOARD_COLUMNS:
            end = self.x + self.width
            yield path, f"ends at column {end}; the grid has {quotas.DASHBOARD_COLUMNS}"

    def cells(self) -> Iterator[tuple[int, int]]:
        """Yield the cells of the grid that it covers; none without x and y."""
        if {"x", "y"} <= self.model_fields_set:
            for column in range(self.x, self.x + self.width):
                yield from ((column, row) for row in range(self.y, self.y + self.height))


Widget = Annotated[
    _Widget[Literal["metric"], MetricProperties]
    | _Widget[Literal["text"], TextProperties]
    | _Widget[Literal["log"], LogProperties]
    | _Widget[Literal["alarm"], AlarmProperties]
    | _Widget[Literal["explorer"], ExplorerProperties],
    Field(discriminator="type"),
]


class VariableValue(_Part):
    """A value that a variable offers."""

    value: Any
    label: Annotated[str, Field(min_length=1, max_length=255)] = ""


class Variable(_Part):
    """A variable, shown at the top of a dashboard."""

    type: Literal["property", "pattern"]
    property: Text = ""
    pattern: Text = ""
    input_type: Literal["input", "select", "radio"]
    values: Annotated[list[VariableValue], Field(min_length=1, max_length=500)] = []
    id: Annotated[str, Field(max_length=32), _matches(r"[\w-]+", "an ID of letters, digits, - and _")]
    label: Annotated[str, Field(min_length=1, max_length=30)] = ""
    default_value: Any = None
    search: Annotated[str, Field(min_length=1, max_length=2048)] = ""
    populate_from: Text = ""
    visible: bool = True


class Body(_Part):
    """The body of a dashboard."""

    widgets: Annotated[list[Widget], Field(max_length=quotas.DASHBOARD_WIDGETS)]
    variables: Annotated[list[Variable], Field(max_length=25)] = []
    start: Start = ""
    end: Moment = ""
    period_override: Literal["auto", "inherit"] = "auto"

    def rules(self, path: str = "widgets") -> Rules:
        """Yield the broken rules between properties and between widgets."""
        if self.end and (not self.start or self.start.startswith("-P")):
            yield "start", "must be a time such as 2030-01-31T06:00:00Z if end is set"
        taken: dict[tuple[int, int], int] = {}
        for at, widget in enumerate(self.widgets):
            yield from widget.rules(f"{path}[{at}]")
            yield from widget.properties.rules(f"{path}[{at}].properties")
            cells = list(widget.cells())
            if under := {taken[cell] for cell in cells if cell in taken}:
                yield f"{path}[{at}]", f"overlaps {path}[{min(under)}]"
            taken.update(dict.fromkeys(cells, at))
        properties = [widget.properties for widget in self.widgets]
        graphs = [part for part in properties if isinstance(part, MetricProperties)]
        queries = sum(isinstance(part, LogProperties) for part in properties)
        for count, allowed, noun in (
            (sum(len(graph.metrics) for graph in graphs), quotas.DASHBOARD_METRICS, "metrics"),
            (queries, quotas.DASHBOARD_QUERIES, "log queries"),
        ):
            if count > allowed:
                yield path, f"have {count} {noun} in total; {allowed} are allowed"


_INNER = {"MetricRow", "ExpressionRow", "Line", "Band", "rowNames", "rowOptions"}
"""Steps of pydantic's locations that are names of these models, not of the body."""


def _path(error: ErrorDetails) -> str:
    """Return the location of an error, such as `widgets[0].properties.view`."""
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}"
        for at, step in enumerate(error["loc"])
        # The number of a widget is followed by its type.
        if step not in _INNER and not (at == 2 and error["loc"][0] == "widgets")  # noqa: PLR2004
    )
    of_type = ".type" if error["type"].startswith("union_tag") else ""
    return f"{path}{of_type}".removeprefix(".") or "body"


def _message(error: ErrorDetails) -> str:
    """Return the message of an error: what is wrong and what is allowed, in one sentence."""
    kind, value = error["type"], error["input"]
    if kind in {"missing", "union_tag_not_found"}:
        return "is missing"
    if error["msg"].startswith("unknown property"):
        return error["msg"]
    text, _, count = error["msg"].partition(" after validation, not ")
    text = re.sub("^(Input|List|String|Tuple) should", "must", text)
    if kind in {"model_type", "model_attributes_type"}:
        text = "must be an object"
    if kind == "union_tag_invalid":
        text, value = f"must be one of {error['ctx']['expected_tags']}", error["ctx"]["tag"]
    if kind == "string_too_long":
        count = str(len(value))
    shown = count or repr(value)
    return f"{text} (found: {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'})"


def _widget_name(body: Any, path: str) -> str:  # noqa: ANN401  # JSON
    """Return the type and the title of the widget that contains a path."""
    at = re.match(r"widgets\[(\d+)\]", path)
    widget = body["widgets"][int(at[1])] if at else None
    if not isinstance(widget, dict):
        return ""
    properties = widget.get("properties")
    texts = properties if isinstance(properties, dict) else {}
    title = str(texts.get("title") or texts.get("markdown") or "").partition("\n")[0]
    return f"{widget.get('type', '')} widget".lstrip() + (f' "{title[:_SHOWN]}"' if title else "")
