"""The filters of the command line: a JSON object a line in, a JSON object a line out, in order."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TextIO

from cloudwatch.errors import InputError
from drill.errors import DrillError
from drill.requests import Named, shown, validated

Request = Mapping[str, Any]
Answer = Mapping[str, Any]

_ID = "id"
"""Whatever a line calls itself; its answer is called the same."""


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
            called[_ID] = validated(Named, {_ID: given[_ID]}).id
        given.pop(_ID, None)
        return answer(given)

    return {**_answer(asked), **called}


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
