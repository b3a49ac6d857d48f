"""The filters of the command line: a JSON object a line in, a JSON object a line out, in order."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TextIO, TypeVar

from drill import patterns
from drill.errors import DrillError, PatternError
from drill.publishing import dimension, source

Request = Mapping[str, Any]
Answer = Mapping[str, Any]
Selected = TypeVar("Selected")

_KEYS = ("pattern", "event", "value", "dimensions", "fields")


def run(answer: Callable[[Request], Answer], lines: Iterable[str | bytes], out: TextIO) -> None:
    """Write the answer to each line, one line each, and never stop at a bad one.

    Every answer is flushed: whoever writes a line and waits for its answer gets it. It ends with the lines,
    or when nobody reads the answers any more.
    """
    with contextlib.suppress(BrokenPipeError):
        for line in lines:
            out.write(json.dumps(_answer(answer, line), allow_nan=False) + "\n")
            out.flush()
        return
    # What is left in the buffer would be tried again, and fail again, when Python exits.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _answer(answer: Callable[[Request], Answer], line: str | bytes) -> Answer:
    """Return the answer to a line; for one that has none, what is wrong with it and where."""
    try:
        return answer(request(line))
    except PatternError as error:
        return {"error": error.message, "position": error.position}
    except LineError as error:
        return {"error": str(error), "position": error.position}
    except DrillError as error:
        return {"error": str(error), "position": getattr(error, "position", None)}
    except RecursionError:
        return {"error": "this is nested too deeply to be read", "position": None}
    except Exception as error:  # noqa: BLE001  # a fault in one line must not cost the answers to the others
        message = f"this line cannot be answered: {type(error).__name__}: {error}"
        return {"error": message, "position": None}


class LineError(DrillError):
    """A line that is no request.

    Attributes:
        position: offset in the line of the character it is about, counted from 0; None without one.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


def request(line: str | bytes) -> Request:
    """Return the JSON object that a line is.

    Raises:
        LineError: it is none, or has a key twice.
    """
    text = line if isinstance(line, str) else _decoded(line)
    try:
        found = _decoder.decode(text)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg}" if text.strip() else "expected a JSON object, not an empty line"
        raise LineError(what, min(error.pos, len(text.rstrip("\r\n")))) from error
    except ValueError as error:
        if isinstance(error, DrillError):
            raise
        raise LineError("a number in this line has too many digits") from error
    if not isinstance(found, dict):
        raise LineError(f"expected a JSON object, not {_kind(found)}", 0)
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


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a string"}
    return kinds.get(type(value), "null")


def only(asked: Request, required: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a request that lacks a key, or has one that is not known.

    Raises:
        LineError: the message names the key, and those that there are.
    """
    allowed = tuple(known)
    for key in required:
        if key not in asked:
            raise LineError(f'the key "{key}" is missing')
    for key in asked:
        if key not in allowed:
            raise LineError(f"unknown key {json.dumps(key)}; known: {', '.join(allowed)}")


def match(asked: Request) -> Answer:
    """Return whether an event matches a filter pattern, and what the filter would take out of it.

    The request has `pattern` and `event`; it may have `value` (a number or a selector, as a metric filter's),
    `dimensions` (names with selectors) and `fields` (whether to return what TestMetricFilter extracts).

    Raises:
        PatternError: the pattern is malformed.
        DrillError: a key is missing, unknown or of the wrong type; or a selector is none of this pattern.
    """
    only(asked, ("pattern", "event"), _KEYS)
    pattern = patterns.parse(_text(asked, "pattern"))
    found = patterns.compile(asked["pattern"]).match(_text(asked, "event"))
    answer: dict[str, Any] = {"match": found is not None}
    if "value" in asked:
        value = _selected("value", source, pattern, _value(asked["value"]))
        if isinstance(value, float):
            answer["value"] = value if found else None
        else:
            answer["value"] = found.value(value) if found else None
    if "dimensions" in asked:
        answer["dimensions"] = {
            name: found.text(selector) if found else None
            for name, selector in _dimensions(asked["dimensions"], pattern).items()
        }
    if _flag(asked, "fields"):
        answer["fields"] = found.fields if found else {}
    return answer


def _text(asked: Request, key: str) -> str:
    value = asked[key]
    if not isinstance(value, str):
        hint = ": a log line as it was written, in double quotes" if key == "event" else ""
        raise LineError(f'"{key}" is a string{hint}, not {_kind(value)}')
    return value


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    if not isinstance(value, str):
        raise LineError(f'"value" is a number or a selector such as "$.ms", not {_kind(value)}')
    return value


def _dimensions(asked: object, pattern: patterns.Pattern) -> dict[str, patterns.Selector]:
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        raise LineError('"dimensions" is an object of names with selectors, such as {"Type": "$.type"}')
    return {name: _selected(f"dimension {name}", dimension, pattern, text) for name, text in asked.items()}


def _flag(asked: Request, key: str) -> bool:
    value = asked.get(key, False)
    if not isinstance(value, bool):
        raise LineError(f'"{key}" is true or false, not {_kind(value)}')
    return value


def _selected(
    what: str, read: Callable[[patterns.Pattern, str], Selected], pattern: patterns.Pattern, text: str
) -> Selected:
    try:
        return read(pattern, text)
    except PatternError as error:  # its position is in the selector, not in the pattern
        raise LineError(f"{what} {text}: {error.message}") from error
