"""The new lines of every log group, each exactly once.

MiniStack has no notification of new lines and writes the output of functions to its own store. The store is
therefore polled through its API. The read position of a stream is its newest time of ingestion and the lines
of that millisecond; a line that was ingested later, or in that millisecond and not read, is new. Streams are
listed by their newest line, in descending order, so a late line (PutLogEvents allows two weeks) is not found:
the handler of PutLogEvents announces it.

Source: Amazon CloudWatch Logs API Reference, DescribeLogStreams, GetLogEvents, PutLogEvents.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from local_aws.calls import LOGS, ask
from local_aws.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from local_aws.calls import Call
    from local_aws.protocols import Value

_SLACK_MS = 10_000
"""Maximum delay between the timestamp of a line and its ingestion, because threads wait for each other."""

_MS = 1000


class Line(NamedTuple):
    """A log event.

    Args:
        group: the log group.
        stream: the log stream.
        at_ms: its timestamp, in milliseconds since 1970.
        ingested_ms: the time of its ingestion, in milliseconds since 1970.
        text: its message.
    """

    group: str
    stream: str
    at_ms: int
    ingested_ms: int
    text: str


@dataclass
class _Position:
    """The read position of a stream: the newest times, and the lines of the newest time of ingestion."""

    ingested_ms: int = -1
    at_ms: int = 0
    newest: Counter[tuple[int, str]] = field(default_factory=Counter)

    def take(self, lines: Iterable[Line]) -> list[Line]:
        """Return the lines that are new, and move the position behind them."""
        last_ms, read = self.ingested_ms, self.newest.copy()
        new = []
        for line in lines:
            key = (line.at_ms, line.text)
            if line.ingested_ms < last_ms:
                continue
            if line.ingested_ms == last_ms and read[key]:
                read[key] -= 1
                continue
            new.append(line)
            self.at_ms = max(self.at_ms, line.at_ms)
            if line.ingested_ms > self.ingested_ms:
                self.ingested_ms = line.ingested_ms
                self.newest.clear()
            if line.ingested_ms == self.ingested_ms:
                self.newest[key] += 1
        return new


def announce(call: Call) -> None:
    """Record the stream of a PutLogEvents call and the timestamp of its oldest line."""
    late = _table(call, "late")
    key = (call.input["logGroupName"], call.input["logStreamName"])
    oldest_ms = min((event["timestamp"] for event in call.input["logEvents"]), default=0)
    late[key] = min(oldest_ms, late.get(key, oldest_ms))


async def new_lines(call: Call) -> list[Line]:
    """Return the lines ingested since the last call; all lines in the first call."""
    state = _table(call, "read")
    since_ms = state.get("since_ms", 0) - _SLACK_MS
    state["since_ms"] = int(time.time() * _MS)
    streams: dict[tuple[str, str], _Position] = state.setdefault("streams", {})
    late = dict(_table(call, "late"))
    _table(call, "late").clear()
    groups = [group async for group in _groups(call)]
    for key in [key for key in streams if key[0] not in groups]:
        del streams[key]
    changed = dict.fromkeys(key for key in late if key[0] in groups)
    for group in groups:
        async for stream in _streams(call, group, since_ms):
            position = streams.setdefault((group, stream["logStreamName"]), _Position())
            if stream.get("lastIngestionTime", -1) > position.ingested_ms:
                changed[group, stream["logStreamName"]] = None
    new: list[Line] = []
    for group, name in changed:
        position = streams.setdefault((group, name), _Position())
        from_ms = min(position.at_ms, late.get((group, name), position.at_ms))
        new += position.take([line async for line in _lines(call, group, name, from_ms)])
    return new


async def _groups(call: Call) -> AsyncIterator[str]:
    async for group in _pages(call, "DescribeLogGroups", {}, "logGroups"):
        yield group["logGroupName"]


async def _streams(call: Call, group: str, since_ms: int) -> AsyncIterator[Value]:
    """Yield the streams whose newest line has this timestamp or a newer one."""
    parameters = {"logGroupName": group, "orderBy": "LastEventTime", "descending": True}
    async for stream in _pages(call, "DescribeLogStreams", parameters, "logStreams"):
        if stream.get("lastEventTimestamp", -1) < since_ms:
            return
        yield stream


async def _pages(call: Call, action: str, parameters: Value, rows: str) -> AsyncIterator[Value]:
    """Yield the rows of a paginated action; nothing if the resource does not exist."""
    token: str | None = None
    while True:
        try:
            answer = await ask(
                call, "logs", f"{LOGS}.{action}", {**parameters, **({"nextToken": token} if token else {})}
            )
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return
            raise
        for row in answer[rows]:
            yield row
        token = answer.get("nextToken")
        if not token:
            return


async def _lines(call: Call, group: str, stream: str, from_ms: int) -> AsyncIterator[Line]:
    """Yield the lines of a stream with this timestamp or a newer one, oldest first."""
    parameters: Value = {
        "logGroupName": group,
        "logStreamName": stream,
        "startFromHead": True,
        "startTime": from_ms,
    }
    while True:
        try:
            answer = await ask(call, "logs", f"{LOGS}.GetLogEvents", parameters)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return
            raise
        for event in answer["events"]:
            yield Line(group, stream, event["timestamp"], event["ingestionTime"], event["message"])
        if not answer["events"] or answer["nextForwardToken"] == parameters.get("nextToken"):
            return
        parameters["nextToken"] = answer["nextForwardToken"]


def _table(call: Call, name: str) -> dict[Any, Any]:
    return call.store.table(call.account, call.region, "log-lines", name)
