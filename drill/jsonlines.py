"""The filters of the command line: a JSON object a line in, a JSON object a line out, in order."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TextIO, TypeVar

from cloudwatch import patterns
from cloudwatch.errors import InputError, PatternError
from cloudwatch.publishing import dimension, source
from drill.errors import DrillError
from drill.requests import number, refuse_unknown, shown, text, truth

Request = Mapping[str, Any]
Answer = Mapping[str, Any]
Selected = TypeVar("Selected")

_ID = "id"
"""Whatever a line calls itself; its answer is called the same."""
_KEYS = ("pattern", "event", "value", "dimensions", "fields")


def run(answer: Callable[[Request], Answer], lines: Iterable[str | bytes], out: TextIO) -> None:
    """Write the answer to each line, one line each, and never stop at a bad one.

    What a line calls itself (`id`) its answer is called too. Every answer is flushed: whoever writes a line
    and waits for its answer gets it. It ends with the lines, or when nobody reads the answers any more.
    """
    with contextlib.suppress(BrokenPipeError):
        for line in lines:
            out.write(json.dumps(_answered(answer, line), allow_nan=False) + "\n")
            out.flush()
        return
    # What is left in the buffer would be tried again, and fail again, when Python exits.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _answered(answer: Callable[[Request], Answer], line: str | bytes) -> Answer:
    """Return the answer to a line, with the line's `id` if it has one."""
    called: dict[str, Any] = {}

    def asked() -> Answer:
        given = dict(request(line))
        if given.get(_ID) is not None:
            called[_ID] = _name(given[_ID])
        given.pop(_ID, None)
        return answer(given)

    return {**_answer(asked), **called}


def _name(value: object) -> str | int | float:
    """Return what a line calls itself.

    Raises:
        LineError: it is neither text nor a number that JSON has.
    """
    return value if isinstance(value, str | int) and not isinstance(value, bool) else number(value, _ID)


def _answer(ask: Callable[[], Answer]) -> Answer:
    """Return an answer; where there is none, what is wrong and where."""
    try:
        return ask()
    except InputError as error:
        return {"error": error.message, "position": error.position}
    except RecursionError:
        return {"error": "this is nested too deeply to be read", "position": None}
    except Exception as error:  # noqa: BLE001  # a fault in one line must not cost the answers to the others
        message = f"this line cannot be answered: {type(error).__name__}: {error}"
        return {"error": message, "position": None}


class LineError(DrillError):
    """A line that is no request; its position, if there is one, is an offset in the line."""


def request(line: str | bytes) -> Request:
    """Return the JSON object that a line is.

    Raises:
        LineError: it is none, or has a key twice.
    """
    written = line if isinstance(line, str) else _decoded(line)
    try:
        found = _decoder.decode(written)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg}" if written.strip() else "expected a JSON object, not an empty line"
        raise LineError(what, min(error.pos, len(written.rstrip("\r\n")))) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise LineError("a number in this line has too many digits") from error
    if not isinstance(found, dict):
        raise LineError(f"expected a JSON object (found: {shown(found)})", 0)
    return found


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        at = len(line[: error.start].decode())
        raise LineError("this line is not UTF-8", at) from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise LineError(f"the key {json.dumps(twice)} stands twice in an object")
    return found


def _constant(name: str) -> NoReturn:
    raise LineError(f"{name} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def match(asked: Request) -> Answer:
    """Return whether an event matches a filter pattern, and what the filter would take out of it.

    The request has `pattern` and `event`, the line as it was written; it may have `value` (a number or a
    selector, as a metric filter's),
    `dimensions` (names with selectors) and `fields` (whether to return what TestMetricFilter extracts). A key
    whose value is null is a key that is not there.

    Raises:
        PatternError: the pattern is malformed.
        DrillError: a key is missing, unknown or of the wrong type; or a selector is none of this pattern.
    """
    refuse_unknown(asked, _KEYS, ("pattern", "event"))
    given = {key: value for key, value in asked.items() if value is not None}
    pattern = patterns.parse(text(given["pattern"], "pattern"))
    found = patterns.compile(pattern).match(text(given["event"], "event"))
    answer: dict[str, Any] = {"match": found is not None}
    if "value" in given:
        value = _selected("value", source, pattern, _value(given["value"]))
        if isinstance(value, float):
            answer["value"] = value if found else None
        else:
            answer["value"] = found.value(value) if found else None
    if "dimensions" in given:
        answer["dimensions"] = {
            name: found.text(selector) if found else None
            for name, selector in _dimensions(given["dimensions"], pattern).items()
        }
    if truth(given.get("fields", False), "fields"):
        answer["fields"] = found.fields if found else {}
    return answer


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    if not isinstance(value, str):
        raise LineError(f'value must be a number or a selector such as "$.ms" (found: {shown(value)})')
    return value


def _dimensions(asked: object, pattern: patterns.Pattern) -> dict[str, patterns.Selector]:
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        such = '{"Type": "$.type"}'
        raise LineError(
            f"dimensions must be an object of names with selectors, such as {such} (found: {shown(asked)})"
        )
    return {name: _selected(f"dimension {name}", dimension, pattern, one) for name, one in asked.items()}


def _selected(
    what: str, read: Callable[[patterns.Pattern, str], Selected], pattern: patterns.Pattern, selector: str
) -> Selected:
    try:
        return read(pattern, selector)
    except PatternError as error:  # its position is in the selector, not in the pattern
        raise LineError(f"{what} {selector}: {error.message}") from error
