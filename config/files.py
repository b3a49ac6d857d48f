"""Files that a user names: read whole, up to a size, and only if they are files."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_MEGABYTE = 1_000_000

MOST_BYTES = 100 * _MEGABYTE
"""Size of a file of alarms, of Terraform's JSON or of recorded values at most: a value a minute for a year
takes 20 MB."""

_EVENT_BYTES = 1_048_576
"""Size of a log event at most: 1 MB (Amazon CloudWatch Logs API Reference, InputLogEvent, `message`)."""


class FileError(Exception):
    """A file cannot be read; the message completes a sentence that begins with its name."""


def content(path: Path, most_bytes: int) -> bytes:
    """Return the content of a file.

    Pipes, devices and files that are too large are rejected before they are opened, because reading them
    may not end.

    Args:
        path: the file.
        most_bytes: its size at most, in bytes.

    Raises:
        FileError: it cannot be read, is no file, or is too large.
    """
    with _opened(path) as (file, size):
        if size > most_bytes:
            message = f"has {size} bytes; a file may have {most_bytes} ({most_bytes // _MEGABYTE} MB)"
            raise FileError(message)
        read = file.read(most_bytes + 1)
    if len(read) > most_bytes:  # a file of /proc, or one that grows
        message = f"has more than {most_bytes} bytes ({most_bytes // _MEGABYTE} MB)"
        raise FileError(message)
    return read


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file, with its size in bytes. Errors while it is read are a `FileError` too."""
    try:
        status = path.stat()
        if kind := _KINDS.get(stat.S_IFMT(status.st_mode)):
            message = f"cannot be read: it is {kind}, and not a file"
            raise FileError(message)
        with path.open("rb") as file:
            yield file, status.st_size
    except OSError as error:
        why = error.strerror or str(error)
        if isinstance(error, FileNotFoundError) and path.is_symlink():
            why = "it is a link to a file that does not exist"
        message = f"cannot be read: {why}"
        raise FileError(message) from error
    except ValueError as error:  # a NUL in the name
        message = f"cannot be read: {error}"
        raise FileError(message) from error


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file of log events in UTF-8 text, of any size, without their ends.

    Raises:
        FileError: it cannot be read, is no file, or is not text; or a line is longer than an event.
    """
    with _opened(path) as (file, _):
        for number, line in enumerate(iter(lambda: file.readline(_EVENT_BYTES + 2), b""), start=1):
            if len(line.rstrip(b"\r\n")) > _EVENT_BYTES:
                message = f"has more than {_EVENT_BYTES:,} bytes in line {number}, the most of a log event"
                raise FileError(message)
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                message = f"is not UTF-8 text: line {number}"
                raise FileError(message) from error
            if "\0" in text:
                message = f"is not text: line {number} has a NUL character"
                raise FileError(message)
            yield text.rstrip("\r\n")


def json_value(path: Path, most_bytes: int) -> Any:  # JSON
    """Return the JSON in a file.

    Raises:
        FileError: as for `text`, or it is not JSON.
    """
    try:
        return json.loads(text(path, most_bytes))
    except (ValueError, RecursionError) as error:
        message = f"is not JSON: {error}"
        raise FileError(message) from error


def text(path: Path, most_bytes: int) -> str:
    """Return what is in a file of UTF-8 text, without a byte order mark.

    Raises:
        FileError: as for `content`, or it is not UTF-8.
    """
    try:
        return content(path, most_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "is not UTF-8 text"
        raise FileError(message) from error
