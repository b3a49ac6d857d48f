"""Measure the throughput of filter patterns, compared with `json.loads` on the same lines.

    python -m benchmarks.drill_lines --lines 1000000

Lines are structured log entries of 150 to 300 bytes: one in twenty is an error, one in eight has an escaped
character, one in a hundred is plain text. They are generated once. The filters and `json.loads` alternate in
this process, and the CPU time is measured: compare the ratios. The number of matches of every filter is
shown; it must be the same as when every line is parsed as JSON first.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloudwatch import patterns
from cloudwatch.patterns import json_events
from cloudwatch.patterns.model import JsonPattern

FLOOR = 0.5
"""Minimum throughput of a filter, relative to `json.loads`."""

FILTERS = {
    "level": '{ $.level = "ERROR" }',
    "compound": (
        '{ ($.level = "ERROR" || $.level = "FATAL" || $.level = "CRITICAL") && ($.errorType NOT EXISTS) }'
    ),
    "number": "{ $.duration_ms > 300 && $.status >= 500 }",
    "every line": "{ $.duration_ms = * }",
    "nested, wildcard": '{ $.request.headers.* = "curl*" || $.user.roles[*] = "admin" }',
    "regex": "{ $.message = %timed out after [0-9]+ ms% }",
    "not": '{ $.level != "INFO" && $.level != "DEBUG" }',
}

MESSAGES = (
    "request handled", "payment declined by the bank", "cache miss for order", 'could not parse "amount"',
    "timed out after 3000 ms", "retrying in 200 ms", "order stored", "Ünïcode in a name",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """The measurements of one filter, or of `json.loads`.

    Attributes:
        name: its row in the table.
        seconds: the CPU time of each run.
        matches: the number of lines that matched; None for `json.loads`.
    """

    name: str
    seconds: tuple[float, ...]
    matches: int | None

    @property
    def median_s(self) -> float:
        """The median CPU time of its runs, in seconds."""
        return statistics.median(self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table. Return 1 if a filter is too slow or its number of matches is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drill_lines",
        description="Measure the throughput of filter patterns, compared with json.loads.",
    )
    parser.add_argument("--lines", type=int, default=1_000_000, metavar="N", help="lines (default 1,000,000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each filter (default 3)")
    options = parser.parse_args(arguments)
    lines = generate(options.lines)
    size = sum(map(len, lines)) / len(lines)
    print(f"{len(lines):,} lines of {size:.0f} characters on average", file=sys.stderr)
    candidates: dict[str, Callable[[Sequence[str]], int | None]] = {"json.loads": loads}
    candidates |= {name: counter(pattern) for name, pattern in FILTERS.items()}
    rows = run(candidates, lines, options.runs)
    wrong = [name for name, pattern in FILTERS.items() if matches_of(rows, name) != expected(pattern, lines)]
    print(table(rows))
    slow = [row.name for row in rows if rows[0].median_s / row.median_s < FLOOR]
    for name in wrong:
        print(f"benchmark: {name}: wrong number of matches", file=sys.stderr)
    for name in slow:
        print(f"benchmark: {name}: slower than {FLOOR} times the speed of json.loads", file=sys.stderr)
    return 1 if wrong or slow else 0


def generate(count: int) -> list[str]:
    """Return `count` log lines; the same count gives the same lines."""
    chance = random.Random(count)  # noqa: S311  # must be reproducible
    return [line(chance, number) for number in range(count)]


def line(chance: random.Random, number: int) -> str:
    """Return a log line: structured, or plain text for every hundredth number."""
    if number % 100 == 0:
        return f"2026-11-22T12:00:00Z [main] {chance.choice(('INFO', 'ERROR'))} worker {number} restarted"
    level = chance.choices(("INFO", "DEBUG", "WARNING", "ERROR"), weights=(70, 15, 10, 5))[0]
    entry: dict[str, object] = {
        "level": level,
        "timestamp": f"2026-11-22T12:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}Z",
        "service": chance.choice(("checkout", "payments", "inventory")),
        "message": chance.choice(MESSAGES),
        "request_id": f"{chance.getrandbits(64):016x}",
        "duration_ms": round(chance.expovariate(1 / 120), 2),
        "status": chance.choices((200, 404, 500), weights=(90, 6, 4))[0],
    }
    if chance.random() < 0.3:  # noqa: PLR2004  # some lines are longer
        entry["user"] = {"id": number, "roles": ["admin"] if number % 50 == 1 else ["customer"]}
    if level == "ERROR" and chance.random() < 0.5:  # noqa: PLR2004  # half of the errors come from the runtime
        entry["errorType"] = "ValueError"
    return json.dumps(entry, ensure_ascii=False)


def loads(lines: Sequence[str]) -> None:
    """Parse every line that is JSON, and discard the result."""
    parse = json.loads
    for log_line in lines:
        if log_line[0] == "{":
            parse(log_line)


def counter(pattern: str) -> Callable[[Sequence[str]], int]:
    """Return a function that counts the lines that match a pattern."""
    matches = patterns.compile(pattern).matches
    return lambda lines: sum(map(matches, lines))


def expected(pattern: str, lines: Sequence[str]) -> int:
    """Return the number of lines that match a pattern, with every line parsed as JSON.

    Raises:
        TypeError: the pattern is not a JSON pattern.
    """
    parsed = patterns.parse(pattern)
    if not isinstance(parsed, JsonPattern):
        message = f"not a JSON pattern: {pattern}"
        raise TypeError(message)
    holds = json_events.holds(parsed.condition)
    documents = map(json_events.read, lines)
    return sum(document is not None and holds(document) for document in documents)


def run(
    candidates: dict[str, Callable[[Sequence[str]], int | None]], lines: Sequence[str], runs: int
) -> list[Row]:
    """Run the candidates alternately; the first run of each is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    matches: dict[str, int | None] = {}
    for turn in range(runs + 1):
        for name, candidate in candidates.items():
            started = time.process_time()
            matches[name] = candidate(lines)
            if turn:
                seconds[name].append(time.process_time() - started)
    return [Row(name, tuple(taken), matches[name]) for name, taken in seconds.items()]


def matches_of(rows: Sequence[Row], name: str) -> int | None:
    """Return the number of matches in a row."""
    return next(row.matches for row in rows if row.name == name)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, with speeds relative to the first row."""
    first = rows[0].median_s
    lines = ["| filter             | seconds | relative speed | matches |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        matches = "" if row.matches is None else f"{row.matches:,}"
        lines.append(f"| {row.name:18} | {row.median_s:7.2f} | {first / row.median_s:14.2f} | {matches:>7} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
