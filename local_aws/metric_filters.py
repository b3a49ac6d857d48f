"""Metric filters: validation as on CloudWatch Logs, matching of lines, and the samples they report.

MiniStack stores metric filters and does not evaluate them. The package `cloudwatch` evaluates the patterns,
as in drills.

Sources: Amazon CloudWatch Logs API Reference, PutMetricFilter, TestMetricFilter, FilterLogEvents.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudwatch import api, patterns, publishing
from cloudwatch.errors import InputError, UnsupportedRecordError
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from local_aws.calls import LOGS, ask
from local_aws.errors import AwsError
from local_aws.metrics import Metric, Sample
from local_aws.pages import page
from local_aws.violations import is_violated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from local_aws.calls import Call
    from local_aws.http import Response
    from local_aws.log_lines import Line
    from local_aws.protocols import Value

_EVENTS = 10_000
"""Maximum number of events in one answer of FilterLogEvents."""

_MESSAGES = 50
"""Maximum number of messages in one call of TestMetricFilter."""

_SELECTION = (
    "logGroupName",
    "logGroupIdentifier",
    "logStreamNames",
    "logStreamNamePrefix",
    "startTime",
    "endTime",
)
"""Parameters of FilterLogEvents that MiniStack evaluates."""

_MS = 1000

log = logging.getLogger("local_aws.logs")


def _invalid(message: str) -> AwsError:
    code = "InvalidParameterException"
    return AwsError(code, message)


@dataclass(frozen=True)
class Filter:
    """An existing metric filter.

    Args:
        spec: its specification.
        created_ms: its creation time in milliseconds since 1970; lines ingested before are ignored.
    """

    spec: MetricFilter
    created_ms: int

    @property
    def group(self) -> str:
        """The log group of the filter."""
        return self.spec.log_group

    def samples(self, lines: Sequence[Line], *, is_late: bool) -> Iterator[tuple[Metric, Sample]]:
        """Yield the samples of one minute's lines.

        Args:
            lines: the lines, oldest first.
            is_late: other lines of this minute were reported before, with the default value if none matched.
        """
        samples = publishing.samples(self.spec, [(line.text, 1.0) for line in lines])
        if is_late and not any(_matches(self.spec.pattern, line.text) for line in lines):
            return
        for sample in samples:
            metric = Metric.of(self.spec.namespace, self.spec.metric, dict(sample.dimensions))
            yield metric, Sample.of(lines[0].at_ms / _MS, sample.value, self.spec.unit, sample.count)


def _matches(pattern: str, text: str) -> bool:
    return patterns.compile(pattern).matches(text)


async def find(call: Call) -> list[Filter]:
    """Return the filters of every log group, except filters of CloudFormation that are not valid on AWS."""
    filters = []
    for row in await _rows(call, {}):
        try:
            spec = _spec(row)
            if spec is not None:
                publishing.check(spec)
                filters.append(Filter(spec, row["creationTime"]))
        except InputError as error:  # noqa: PERF203  # an error affects only one filter
            log.warning("metric filter %s of %s: %s", row["filterName"], row["logGroupName"], error)
    return filters


async def put(call: Call) -> Response:
    """Create or replace a metric filter in MiniStack, unless it is not valid."""
    try:
        spec = _spec(call.input)
        if spec is None:
            return await call.forward()
        rows = await _rows(call, {"logGroupName": spec.log_group})
        others = [row for row in rows if row["filterName"] != spec.name]
        publishing.check_group([*filter(None, map(_spec, others)), spec])
    except InputError as error:
        raise _invalid(str(error)) from error
    return await call.forward()


async def test(call: Call) -> Value:
    """Return the messages that a pattern matches, with the values extracted from each."""
    messages: list[str] = call.input["logEventMessages"]
    if not 1 <= len(messages) <= _MESSAGES or not all(messages):
        message = f"logEventMessages must have 1 to {_MESSAGES} messages, none of them empty"
        raise _invalid(message)
    matcher = _matcher(call.input["filterPattern"])
    if is_violated(call.store, "field-separators"):
        messages = [message.replace("\t", "_") for message in messages]
    results = [(number, message, matcher.match(message)) for number, message in enumerate(messages)]
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": message, "extractedValues": dict(match.fields)}
            for number, message, match in results
            if match
        ]
    }


async def filter_events(call: Call) -> Value:
    """Return the events of a log group that match a pattern, oldest first, in pages."""
    matcher = _matcher(call.input.get("filterPattern", ""))
    selection = {name: call.input[name] for name in _SELECTION if name in call.input}
    events = [event async for event in _events(call, selection) if matcher.matches(event["message"])]
    rows, token = page(events, call.input.get("nextToken"), min(call.input.get("limit", _EVENTS), _EVENTS))
    return {"events": rows, "searchedLogStreams": [], "nextToken": token}


async def _events(call: Call, selection: Value) -> AsyncIterator[Value]:
    """Yield all selected events, oldest first. MiniStack limits one answer and has no pages."""
    taken = 0
    from_ms = selection.get("startTime")
    while True:
        parameters = {**selection, "limit": _EVENTS}
        if from_ms is not None:
            parameters["startTime"] = from_ms
        events = (await ask(call, "logs", f"{LOGS}.FilterLogEvents", parameters))["events"]
        for event in events[taken:]:
            yield event
        if len(events) < _EVENTS or taken == _EVENTS:
            return
        # The next answer begins with the events of the newest millisecond of this one.
        newest_ms = events[-1]["timestamp"]
        taken = sum(event["timestamp"] == newest_ms for event in events)
        from_ms = newest_ms


def _matcher(pattern: str) -> patterns.Matcher:
    """Return the matcher of a filter pattern.

    Raises:
        AwsError: InvalidParameterException, if the pattern is not valid.
    """
    try:
        return patterns.compile(pattern)
    except InputError as error:
        message = f"Invalid filter pattern: {error}"
        raise _invalid(message) from error


async def _rows(call: Call, parameters: Value) -> list[Value]:
    """Return the rows of DescribeMetricFilters; empty if the log group does not exist."""
    rows: list[Value] = []
    while True:
        try:
            answer = await ask(call, "logs", f"{LOGS}.DescribeMetricFilters", parameters)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return []
            raise
        rows += answer["metricFilters"]
        if not answer.get("nextToken"):
            return rows
        parameters = {**parameters, "nextToken": answer["nextToken"]}


def _spec(row: Value) -> MetricFilter | None:
    """Return the specification in an input of PutMetricFilter or a row of DescribeMetricFilters.

    None if the filter is valid on AWS but cannot be evaluated here.

    Raises:
        RecordError: the filter is not valid on AWS.
    """
    try:
        return api.metric_filter(Record(f"metric filter {row.get('filterName')}", row))
    except UnsupportedRecordError as error:
        log.warning("%s", error)
        return None
