"""Measure how fast log lines go through filters, beside `json.loads` alone over the same lines.

    python -m benchmarks.drill_lines --lines 1000000

Lines are structured ones of 150 to 300 bytes, as services write them: one in twenty is an error, one in eight
has an escaped character, one in a hundred is plain text. They are made once; the ways to read them take turns
in this process, and the processor's time is measured: compare the ratios. Every filter's count of matches is
shown, and has to be the same as with every line read as JSON first.
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
"""A filter is to be at least half as fast as `json.loads`."""

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
    """One way to read the lines.

    Attributes:
        name: its row in the table.
        seconds: of each run.
        matches: how many lines matched, None for `json.loads`.
    """

    name: str
    seconds: tuple[float, ...]
    matches: int | None

    @property
    def median_s(self) -> float:
        """The median of its runs."""
        return statistics.median(self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, return 1 if a filter is slower than promised or counts wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drill_lines",
        description="Measure how fast log lines go through filters, beside json.loads alone.",
    )
    parser.add_argument("--lines", type=int, default=1_000_000, metavar="N", help="lines (default 1,000,000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each way (default 3)")
    options = parser.parse_args(arguments)
    lines = made(options.lines)
    size = sum(map(len, lines)) / len(lines)
    print(f"{len(lines):,} lines of {size:.0f} characters on average", file=sys.stderr)
    ways: dict[str, Callable[[Sequence[str]], int | None]] = {"json.loads": loads}
    ways |= {name: counting(text) for name, text in FILTERS.items()}
    rows = run(ways, lines, options.runs)
    wrong = [name for name, text in FILTERS.items() if counted(rows, name) != reading_all(text, lines)]
    print(table(rows))
    slow = [row.name for row in rows if rows[0].median_s / row.median_s < FLOOR]
    for name in wrong:
        print(f"benchmark: {name}: another count when every line is read as JSON", file=sys.stderr)
    for name in slow:
        print(f"benchmark: {name}: less than {FLOOR} times the speed of json.loads", file=sys.stderr)
    return 1 if wrong or slow else 0


def made(count: int) -> list[str]:
    """Return log lines, the same ones for the same count."""
    chance = random.Random(count)  # noqa: S311  # repeatable is what it has to be
    return [line(chance, number) for number in range(count)]


def line(chance: random.Random, number: int) -> str:
    """Return one log line."""
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
    """Read every line that is JSON, and do nothing with it."""
    read = json.loads
    for text in lines:
        if text[0] == "{":
            read(text)


def counting(text: str) -> Callable[[Sequence[str]], int]:
    """Return a count of the lines that match, by the engine."""
    matches = patterns.compile(text).matches
    return lambda lines: sum(map(matches, lines))


def reading_all(text: str, lines: Sequence[str]) -> int:
    """Return the count of the lines that match, with every line read as JSON."""
    pattern = patterns.parse(text)
    if not isinstance(pattern, JsonPattern):
        message = f"{text} is not for JSON"
        raise TypeError(message)
    holds = json_events.holds(pattern.condition)
    documents = map(json_events.read, lines)
    return sum(document is not None and holds(document) for document in documents)


def run(ways: dict[str, Callable[[Sequence[str]], int | None]], lines: Sequence[str], runs: int) -> list[Row]:
    """Run the ways in turns; the first turn is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, int | None] = {}
    for turn in range(runs + 1):
        for name, way in ways.items():
            started = time.process_time()
            found[name] = way(lines)
            if turn:
                seconds[name].append(time.process_time() - started)
    return [Row(name, tuple(taken), found[name]) for name, taken in seconds.items()]


def counted(rows: Sequence[Row], name: str) -> int | None:
    """Return the count of a row."""
    return next(row.matches for row in rows if row.name == name)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown; ratios are to the first."""
    first = rows[0].median_s
    lines = ["| lines through      | seconds | of its speed | matches |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        matches = "" if row.matches is None else f"{row.matches:,}"
        lines.append(f"| {row.name:18} | {row.median_s:7.2f} | {first / row.median_s:12.2f} | {matches:>7} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
