"""Metric math once more, one number at a time: slow, and without anything of the drill but the syntax."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudwatch.maths.syntax import Array, Call, Chain, Expression, Minus, Name, Number, Power, Text, Word

Point = float | None
Line = list[Point]
Value = Any
"""A `Point` is a scalar, a tuple a time series, a list of tuples an array of time series."""


class Interpreter:
    """Interprets expressions over the series of one request."""

    def __init__(self, inputs: Mapping[str, Sequence[Point]], times_s: Sequence[int], period_s: int) -> None:
        """Take metrics by id, the time of each datapoint, and the period."""
        self.inputs = {id_: tuple(group) for id_, group in inputs.items()}
        self.times = times_s
        self.period_s = period_s

    def value(self, expression: Expression) -> Value:
        """Return what an expression is."""
        match expression:
            case Number(value) | Text(value) | Word(value):
                result: Value = value
            case Name(id_):
                result = self.inputs[id_]
            case Array(items):
                each_of = [self.value(item) for item in items]
                result = [
                    entry for found in each_of for entry in (found if isinstance(found, list) else [found])
                ]
            case Minus(operand):
                result = each(lambda point: None if point is None else -point, self.value(operand))
            case Power(base, exponent):
                result = combine("^", self.value(base), self.value(exponent))
            case Chain(first, rest):
                result = self.value(first)
                for operator, operand in rest:
                    result = combine(operator, result, self.value(operand))
            case Call(name, arguments):
                result = self.call(name, [self.value(argument) for argument in arguments])
        return result

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Return what a function makes of its arguments."""
        if name == "METRICS":
            return [line for id_, line in self.inputs.items() if "".join(arguments) in id_]
        if name in REDUCE:
            return self._nothing() if arguments[0] == [] else reduce(REDUCE[name], arguments[0])
        if name in EACH:
            return each(lambda point: None if point is None else EACH[name](point), arguments[0])
        if name in CALENDAR:
            return tuple(CALENDAR[name](dt.datetime.fromtimestamp(at, dt.timezone.utc)) for at in self.times)
        return getattr(self, f"_{name.lower()}")(*arguments)

    def _lines(self, function: Callable[[Line], Line], value: Value) -> Value:
        if isinstance(value, list):
            return [tuple(map(finite, function(list(entry)))) for entry in value]
        return tuple(map(finite, function(list(value))))

    def _steps(self, line: Line) -> list[tuple[float, float] | None]:
        found: list[tuple[float, float] | None] = []
        for at, point in enumerate(line):
            before = [place for place in range(at) if line[place] is not None]
            if point is None or not before:
                found.append(None)
            else:
                old = line[before[-1]]
                assert old is not None
                found.append((point - old, self.times[at] - self.times[before[-1]]))
        return found

    def _diff(self, value: Value) -> Value:
        return self._lines(lambda line: [step and step[0] for step in self._steps(line)], value)

    def _diff_time(self, value: Value) -> Value:
        return self._lines(lambda line: [step and step[1] for step in self._steps(line)], value)

    def _rate(self, value: Value) -> Value:
        return self._lines(lambda line: [step and step[0] / step[1] for step in self._steps(line)], value)

    def _running_sum(self, value: Value) -> Value:
        def run(line: Line) -> Line:
            done = 0.0
            found: Line = []
            for point in line:
                done += point or 0.0
                found.append(None if point is None else done)
            return found

        return self._lines(run, value)

    def _fill(self, value: Value, filler: Value) -> Value:
        def fill(line: Line) -> Line:
            return [
                self._filled(line, at, filler) if number is None else number for at, number in enumerate(line)
            ]

        return self._lines(fill, value)

    def _filled(self, line: Line, at: int, filler: Value) -> Value:
        if isinstance(filler, tuple):
            return filler[at]
        if not isinstance(filler, str):
            return filler
        before = [place for place in range(at) if line[place] is not None]
        after = [place for place in range(at, len(line)) if line[place] is not None]
        if not before or (filler == "LINEAR" and not after):
            return None
        old = line[before[-1]]
        if filler == "REPEAT":
            return old
        new = line[after[0]]
        assert old is not None
        assert new is not None
        begin, end = self.times[before[-1]], self.times[after[0]]
        return old + (new - old) * ((self.times[at] - begin) / (end - begin))

    def _if(self, condition: Value, true: Value, false: Value = None) -> Value:
        found: Line = []
        for at in range(len(self.times)):
            asked = pick(condition, at)
            if asked is None:
                found.append(None)
            elif asked == 0:
                found.append(pick(false, at))
            else:
                chosen = pick(true, at)
                both = isinstance(condition, tuple) and isinstance(true, tuple)
                found.append(0.0 if chosen is None and both else chosen)
        return tuple(found)

    def _time_series(self, value: Value) -> Value:
        return (value,) * len(self.times)

    def _nothing(self) -> Value:
        return (None,) * len(self.times)

    def _first(self, value: Value) -> Value:
        return value[0] if value else self._nothing()

    def _last(self, value: Value) -> Value:
        return value[-1] if value else self._nothing()

    def _metric_count(self, value: Value) -> Value:
        return float(len(value))

    def _period(self, _: Value) -> Value:
        return float(self.period_s)

    def _epoch(self, _: Value) -> Value:
        return tuple(map(float, self.times))

    def _remove_empty(self, value: Value) -> Value:
        return [line for line in value if any(point is not None for point in line)]

    def _slice(self, value: Value, start: Value, *end: Value) -> Value:
        if start is None or None in end:
            return []
        return [
            line
            for at, line in enumerate(value)
            if at >= math.trunc(start) and (not end or at < math.trunc(end[0]))
        ]

    def _sort(self, value: Value, statistic: str, order: str, *limit: Value) -> Value:
        def key(line: Line) -> tuple[bool, float]:
            found = reduce(REDUCE[statistic], tuple(line))
            return (found is None, (found or 0.0) * (1 if order == "ASC" else -1))

        done = sorted(value, key=key)
        if limit and limit[0] is None:
            return []
        return [line for at, line in enumerate(done) if not limit or at < math.trunc(limit[0])]


def finite(point: Point) -> Point:
    """Return a number, if it is one."""
    return point if point is not None and math.isfinite(point) else None


def pick(value: Value, at: int) -> Value:
    """Return a value at a time."""
    return value[at] if isinstance(value, tuple) else value


def each(function: Callable[[Point], Point], value: Value) -> Value:
    """Return a function of every number of a value."""
    if isinstance(value, list):
        return [each(function, line) for line in value]
    if isinstance(value, tuple):
        return tuple(finite(function(point)) for point in value)
    return finite(function(value))


def combine(operator: str, left: Value, right: Value) -> Value:
    """Return what an operator makes of two values."""
    if isinstance(left, list):
        return [combine(operator, line, right) for line in left]
    if isinstance(right, list):
        return [combine(operator, left, line) for line in right]
    if isinstance(left, tuple) and isinstance(right, tuple):
        pairs = zip(left, right, strict=True)
        return tuple(None if a is b is None else operate(operator, a or 0.0, b or 0.0) for a, b in pairs)
    if isinstance(left, tuple):
        return tuple(None if a is None or right is None else operate(operator, a, right) for a in left)
    if isinstance(right, tuple):
        return tuple(None if left is None or b is None else operate(operator, left, b) for b in right)
    return None if left is None or right is None else operate(operator, left, right)


def operate(operator: str, a: float, b: float) -> Point:
    """Return what an operator makes of two numbers."""
    try:
        return finite(float(OPERATORS[operator](a, b)))
    except (ZeroDivisionError, OverflowError, TypeError):  # TypeError: a complex power
        return None


OPERATORS: Mapping[str, Callable[[float, float], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "^": lambda a, b: a**b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "AND": lambda a, b: a != 0 and b != 0 and 1, "OR": lambda a, b: (a != 0 or b != 0) and 1,
}  # fmt: skip


def reduce(function: Callable[[list[float], int], Point], value: Value) -> Value:
    """Return a function of all numbers of a series, or of those of an array at each time."""
    if isinstance(value, tuple):
        return finite(function([entry for entry in value if entry is not None], len(value)))
    found = []
    for points in zip(*value, strict=True):
        there = [point for point in points if point is not None]
        found.append(finite(function(there, len(points))) if there else None)
    return tuple(found)


def deviation(points: list[float]) -> Point:
    """Return the standard deviation of a population."""
    if not points:
        return None
    mean = total(points) / len(points)
    return math.sqrt(total([(point - mean) ** 2 for point in points]) / len(points))


def total(points: list[float]) -> float:
    """Return the sum from left to right: Python's own is better than that, since 3.12."""
    done = 0.0
    for point in points:
        done += point
    return done


REDUCE: Mapping[str, Callable[[list[float], int], Point]] = {
    "SUM": lambda points, _: total(points),
    "AVG": lambda points, among: total(points) / among,
    "MIN": lambda points, _: min(points, default=None),
    "MAX": lambda points, _: max(points, default=None),
    "DATAPOINT_COUNT": lambda points, _: float(len(points)),
    "STDDEV": lambda points, _: deviation(points),
}
EACH: Mapping[str, Callable[[float], Point]] = {
    "ABS": abs,
    "CEIL": lambda point: float(math.ceil(point)),
    "FLOOR": lambda point: float(math.floor(point)),
    "LOG": lambda point: math.log(point) if point > 0 else None,
    "LOG10": lambda point: math.log10(point) if point > 0 else None,
}
CALENDAR: Mapping[str, Callable[[dt.datetime], float]] = {
    "MINUTE": lambda at: float(at.minute),
    "HOUR": lambda at: float(at.hour),
    "DAY": lambda at: float(at.isoweekday()),
    "DATE": lambda at: float(at.day),
    "MONTH": lambda at: float(at.month),
    "YEAR": lambda at: float(at.year),
}
