"""Metric filters: what CloudWatch Logs refuses, which lines match, what is reported of them.

MiniStack keeps filters and does nothing with them. Patterns are the drill's to read: a filter means here
what a rehearsal says it means.

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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from local_aws.calls import Call
    from local_aws.log_lines import Line
    from local_aws.protocols import Value
    from local_aws.wire import Response

_EVENTS = 10_000
"""Most events in one answer of FilterLogEvents."""

_MESSAGES = 50
"""Most messages that TestMetricFilter takes."""

_WHERE = (
    "logGroupName",
    "logGroupIdentifier",
    "logStreamNames",
    "logStreamNamePrefix",
    "startTime",
    "endTime",
)
"""What FilterLogEvents looks through: MiniStack finds that."""

_MS = 1000

log = logging.getLogger("local_aws.logs")


def _invalid(message: str) -> AwsError:
    code = "InvalidParameterException"
    return AwsError(code, message)


@dataclass(frozen=True)
class Filter:
    """A metric filter that is there.

    Args:
        spec: what it is.
        created_ms: since when, in milliseconds since 1970; lines that came before are not looked at.
    """

    spec: MetricFilter
    created_ms: int

    @property
    def group(self) -> str:
        """The log group whose lines it looks at."""
        return self.spec.log_group

    def samples(self, lines: Sequence[Line], *, is_late: bool) -> Iterator[tuple[Metric, Sample]]:
        """Yield what is reported of one minute's lines.

        Args:
            lines: the lines, oldest first.
            is_late: others of that minute were reported before, with the default value if none matched.
        """
        found = publishing.samples(self.spec, [(line.text, 1.0) for line in lines])
        if is_late and not any(_matches(self.spec.pattern, line.text) for line in lines):
            return
        for sample in found:
            metric = Metric.of(self.spec.namespace, self.spec.metric, dict(sample.dimensions))
            yield metric, Sample.of(lines[0].at_ms / _MS, sample.value, self.spec.unit, sample.count)


def _matches(pattern: str, text: str) -> bool:
    return patterns.compile(pattern).matches(text)


async def find(call: Call) -> list[Filter]:
    """Return the filters of every log group, but those that AWS would refuse (CloudFormation made them)."""
    found = []
    for row in await _rows(call, {}):
        try:
            spec = _spec(row)
            if spec is not None:
                publishing.check(spec)
                found.append(Filter(spec, row["creationTime"]))
        except InputError as error:  # noqa: PERF203  # each by itself
            log.warning("metric filter %s of %s: %s", row["filterName"], row["logGroupName"], error)
    return found


async def put(call: Call) -> Response:
    """Put a metric filter into MiniStack, unless AWS would refuse it."""
    try:
        spec = _spec(call.input)
        if spec is None:
            return await call.forward()
        others = await _rows(call, {"logGroupName": spec.log_group})
        kept = [row for row in others if row["filterName"] != spec.name]
        publishing.check_group([*filter(None, map(_spec, kept)), spec])
    except InputError as error:
        raise _invalid(str(error)) from error
    return await call.forward()


async def test(call: Call) -> Value:
    """Return which messages a pattern matches, and what it takes out of each."""
    messages: list[str] = call.input["logEventMessages"]
    if not 1 <= len(messages) <= _MESSAGES or not all(messages):
        message = f"logEventMessages holds 1 to {_MESSAGES} messages, none of them empty"
        raise _invalid(message)
    matcher = _matcher(call.input["filterPattern"])
    found = [(number, text, matcher.match(text)) for number, text in enumerate(messages)]
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": text, "extractedValues": dict(match.fields)}
            for number, text, match in found
            if match
        ]
    }


async def filter_events(call: Call) -> Value:
    """Return the events of a log group that match a pattern, oldest first, a page at a time."""
    matcher = _matcher(call.input.get("filterPattern", ""))
    given = {name: call.input[name] for name in _WHERE if name in call.input}
    events = [event async for event in _events(call, given) if matcher.matches(event["message"])]
    found, token = page(events, call.input.get("nextToken"), min(call.input.get("limit", _EVENTS), _EVENTS))
    return {"events": found, "searchedLogStreams": [], "nextToken": token}


async def _events(call: Call, given: Value) -> AsyncIterator[Value]:
    """Yield every event, oldest first: MiniStack gives so many and has no pages."""
    taken = 0
    from_ms = given.get("startTime")
    while True:
        where = given if from_ms is None else {**given, "startTime": from_ms}
        events = (await ask(call, "logs", f"{LOGS}.FilterLogEvents", {**where, "limit": _EVENTS}))["events"]
        for event in events[taken:]:
            yield event
        if len(events) < _EVENTS or taken == _EVENTS:
            return
        # The next answer begins with those of the newest millisecond of this one.
        newest_ms = events[-1]["timestamp"]
        taken = sum(event["timestamp"] == newest_ms for event in events)
        from_ms = newest_ms


def _matcher(pattern: str) -> patterns.Matcher:
    """Return what tells which lines match.

    Raises:
        AwsError: InvalidParameterException, when that is no pattern.
    """
    try:
        return patterns.compile(pattern)
    except InputError as error:
        message = f"Invalid filter pattern: {error}"
        raise _invalid(message) from error


async def _rows(call: Call, given: Value) -> list[Value]:
    """Return the rows of DescribeMetricFilters, none for a log group that is not there."""
    found: list[Value] = []
    while True:
        try:
            answer = await ask(call, "logs", f"{LOGS}.DescribeMetricFilters", given)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return []
            raise
        found += answer["metricFilters"]
        if not answer.get("nextToken"):
            return found
        given = {**given, "nextToken": answer["nextToken"]}


def _spec(row: Value) -> MetricFilter | None:
    """Return a metric filter as PutMetricFilter and DescribeMetricFilters have it.

    None if AWS accepts it and it is not evaluated here.

    Raises:
        RecordError: AWS would refuse it.
    """
    try:
        return api.metric_filter(Record(f"metric filter {row.get('filterName')}", row))
    except UnsupportedRecordError as error:
        log.warning("%s", error)
        return None
