"""Filters of the command line: one JSON object per line of input and output, in the same order."""

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
"""Optional identifier of a request, copied to its answer."""


def run(answer: Callable[[Request], Answer], lines: Iterable[str | bytes], out: TextIO) -> None:
    """Write one line with the answer to each line, also after invalid lines.

    The `id` of a line is copied to its answer. Every answer is flushed, so that a client can wait for it.
    Ends with the input, or when the reader of the answers is gone.
    """
    with contextlib.suppress(BrokenPipeError):
        for line in lines:
            out.write(json.dumps(_answered(answer, line), allow_nan=False) + "\n")
            out.flush()
        return
    # Python would try to write the rest of the buffer at exit, and fail again.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _answered(answer: Callable[[Request], Answer], line: str | bytes) -> Answer:
    """Return the answer to a line, with the line's `id` if it has one."""
    identifier: dict[str, Any] = {}

    def compute() -> Answer:
        data = dict(request(line))
        if data.get(_ID) is not None:
            identifier[_ID] = validated(Named, {_ID: data[_ID]}).id
        data.pop(_ID, None)
        return answer(data)

    return {**_answer_or_error(compute), **identifier}


def _answer_or_error(compute: Callable[[], Answer]) -> Answer:
    """Return an answer, or the error and its position."""
    try:
        return compute()
    except InputError as error:
        return {"error": error.message, "position": error.position}
    except RecursionError:
        return {"error": "this line is nested too deeply", "position": None}
    except Exception as error:  # noqa: BLE001  # an error in one line must not affect others
        message = f"this line cannot be answered: {type(error).__name__}: {error}"
        return {"error": message, "position": None}


class LineError(DrillError):
    """A line that is not a request. Its position, if any, is an offset in the line."""


def request(line: str | bytes) -> Request:
    """Return the JSON object of a line.

    Raises:
        LineError: it is not a JSON object, or has a duplicate key.
    """
    text = line if isinstance(line, str) else _decoded(line)
    try:
        data = _decoder.decode(text)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg}" if text.strip() else "expected a JSON object, not an empty line"
        raise LineError(message, min(error.pos, len(text.rstrip("\r\n")))) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise LineError("a number in this line has too many digits") from error
    if not isinstance(data, dict):
        raise LineError(f"expected a JSON object (found: {shown(data)})", 0)
    return data


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        at = len(line[: error.start].decode())
        raise LineError("this line is not UTF-8", at) from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        duplicate = next(key for key in keys if keys.count(key) > 1)
        raise LineError(f"duplicate key {json.dumps(duplicate)} in an object")
    return data


def _constant(name: str) -> NoReturn:
    raise LineError(f"{name} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
