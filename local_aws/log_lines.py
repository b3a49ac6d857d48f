"""The lines of every log group, each exactly once, whoever wrote them.

MiniStack tells nobody of a line: what its functions print, it writes to its own store. So the store is
read, through its API, from where it was read last. A stream is known by the newest time of ingestion in it
and by the lines of that millisecond; what was ingested later, or in that millisecond and not seen, is new.
Streams are asked for from the newest line backwards, which is why a late line (PutLogEvents takes those of
two weeks) has to be announced by whoever passes it on.

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
"""How long ago a line may say it was written when MiniStack writes it: threads wait for each other."""

_MS = 1000


class Line(NamedTuple):
    """One line of a log.

    Args:
        group: the log group.
        stream: the log stream.
        at_ms: when it was written, as it says itself, in milliseconds since 1970.
        ingested_ms: when it came.
        text: the line.
    """

    group: str
    stream: str
    at_ms: int
    ingested_ms: int
    text: str


@dataclass
class _Seen:
    """How far a stream was read: the newest times, and the lines of the newest time of ingestion."""

    ingested_ms: int = -1
    at_ms: int = 0
    newest: Counter[tuple[int, str]] = field(default_factory=Counter)

    def take(self, lines: Iterable[Line]) -> list[Line]:
        """Return those that are new."""
        before, known = self.ingested_ms, self.newest.copy()
        found = []
        for line in lines:
            key = (line.at_ms, line.text)
            if line.ingested_ms < before:
                continue
            if line.ingested_ms == before and known[key]:
                known[key] -= 1
                continue
            found.append(line)
            self.at_ms = max(self.at_ms, line.at_ms)
            if line.ingested_ms > self.ingested_ms:
                self.ingested_ms = line.ingested_ms
                self.newest.clear()
            if line.ingested_ms == self.ingested_ms:
                self.newest[key] += 1
        return found


def announce(call: Call) -> None:
    """Note which stream a PutLogEvents writes to, and how old its oldest line is."""
    late = _table(call, "late")
    key = (call.input["logGroupName"], call.input["logStreamName"])
    oldest_ms = min((event["timestamp"] for event in call.input["logEvents"]), default=0)
    late[key] = min(oldest_ms, late.get(key, oldest_ms))


async def new_lines(call: Call) -> list[Line]:
    """Return the lines that came since the last time, all of them the first time."""
    state = _table(call, "read")
    since_ms = state.get("since_ms", 0) - _SLACK_MS
    state["since_ms"] = int(time.time() * _MS)
    streams: dict[tuple[str, str], _Seen] = state.setdefault("streams", {})
    late = dict(_table(call, "late"))
    _table(call, "late").clear()
    groups = [group async for group in _groups(call)]
    for key in [key for key in streams if key[0] not in groups]:
        del streams[key]
    changed = dict.fromkeys(key for key in late if key[0] in groups)
    for group in groups:
        async for stream in _streams(call, group, since_ms):
            seen = streams.setdefault((group, stream["logStreamName"]), _Seen())
            if stream.get("lastIngestionTime", -1) > seen.ingested_ms:
                changed[group, stream["logStreamName"]] = None
    found: list[Line] = []
    for group, name in changed:
        seen = streams.setdefault((group, name), _Seen())
        from_ms = min(seen.at_ms, late.get((group, name), seen.at_ms))
        found += seen.take([line async for line in _lines(call, group, name, from_ms)])
    return found


async def _groups(call: Call) -> AsyncIterator[str]:
    async for group in _pages(call, "DescribeLogGroups", {}, "logGroups"):
        yield group["logGroupName"]


async def _streams(call: Call, group: str, since_ms: int) -> AsyncIterator[Value]:
    """Yield the streams whose newest line is of this time or newer."""
    given = {"logGroupName": group, "orderBy": "LastEventTime", "descending": True}
    async for stream in _pages(call, "DescribeLogStreams", given, "logStreams"):
        if stream.get("lastEventTimestamp", -1) < since_ms:
            return
        yield stream


async def _pages(call: Call, action: str, given: Value, rows: str) -> AsyncIterator[Value]:
    """Yield the rows of an answer that comes a page at a time; nothing when what is asked about is gone."""
    token: str | None = None
    while True:
        try:
            answer = await ask(
                call, "logs", f"{LOGS}.{action}", {**given, **({"nextToken": token} if token else {})}
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
    """Yield the lines of a stream that were written since a time, oldest first."""
    given: Value = {
        "logGroupName": group,
        "logStreamName": stream,
        "startFromHead": True,
        "startTime": from_ms,
    }
    while True:
        try:
            answer = await ask(call, "logs", f"{LOGS}.GetLogEvents", given)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return
            raise
        for event in answer["events"]:
            yield Line(group, stream, event["timestamp"], event["ingestionTime"], event["message"])
        if not answer["events"] or answer["nextForwardToken"] == given.get("nextToken"):
            return
        given["nextToken"] = answer["nextForwardToken"]


def _table(call: Call, name: str) -> dict[Any, Any]:
    return call.store.table(call.account, call.region, "log-lines", name)
