"""Whatever reads a file that a user names refuses what is no file, or too large, and never waits for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import files, source
from config.errors import CommandError, ConfigError
from drill.errors import DrillError
from drill.sources import alarm_file, recording
from ops import invoke
from terraform.configuration import read_file
from tests.support.tables import each


def a_pipe(path: Path) -> str:
    """Whoever opens it waits for a writer."""
    os.mkfifo(path)
    return "cannot be read: it is a pipe, and not a file"


def a_device(path: Path) -> str:
    """It never ends."""
    path.symlink_to("/dev/zero")
    return "cannot be read: it is a device, and not a file"


def a_directory(path: Path) -> str:
    """As when a path is cut off."""
    path.mkdir()
    return "cannot be read: Is a directory"


def nothing(path: Path) -> str:
    """A name that is mistyped."""
    del path
    return "cannot be read: No such file or directory"


def a_large_file(path: Path) -> str:
    """With holes: it takes no space."""
    with path.open("wb") as file:
        file.truncate(10**12)
    return f"has {10**12} bytes; a file may have"


READERS: dict[str, Callable[[Path], Any]] = {
    "config": source.read,
    "event": invoke.payload,
    "alarm": alarm_file.read,
    "recording": recording.read,
    "Terraform's JSON": lambda path: read_file("x", path),
}


@each("put", [a_pipe, a_device, a_directory, nothing, a_large_file])
@each("name", READERS)
def test_what_is_no_file_is_refused(name: str, put: Callable[[Path], str], tmp_path: Path) -> None:
    """At once, with the name and the reason."""
    path = tmp_path / "given"
    said = put(path)
    with pytest.raises((ConfigError, CommandError, DrillError)) as caught:
        READERS[name](path)
    assert said in str(caught.value)
    assert "given" in str(caught.value)


def test_what_grows_while_it_is_read_is_refused() -> None:
    """A file of /proc says that it is empty."""
    with pytest.raises(files.FileError, match=r"^has more than 10 bytes"):
        files.content(Path("/proc/self/environ"), 10)


def test_a_recording_of_a_year_is_not_too_large() -> None:
    """A value a minute, with its time in full."""
    line = len("2026-11-30T00:00:00.000Z,123456.789\n")
    assert 366 * 24 * 60 * line < files.MOST_BYTES


@each(
    ("text", "said"),
    [
        (b"", "is not JSON: "),
        (b"{", "is not JSON: "),
        (b"\xff{}", "is not UTF-8 text"),
        (b"[" * 100_000, "is not JSON: it is nested too deeply"),
        (b'"a"', "is not a JSON object"),
        (b"[{}]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"7", "is not a JSON object"),
        (json.dumps({"a": "x" * 6_291_456}).encode(), "bytes; a file may have 6291456 (6 MB)"),
    ],
)
def test_an_event_is_a_json_object_of_6_mb_at_most(text: bytes, said: str, tmp_path: Path) -> None:
    """As Lambda has it, and what sends events to functions."""
    path = tmp_path / "event.json"
    path.write_bytes(text)
    with pytest.raises(CommandError) as caught:
        invoke.payload(path)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_line_may_be_as_long_as_a_log_event(tmp_path: Path) -> None:
    """With the end of a line in addition; a longer one is rejected before all of it is in memory."""
    path = tmp_path / "x.log"
    path.write_bytes(b"x" * 1_048_576 + b"\r\nfine\n")
    assert [len(line) for line in files.lines(path)] == [1_048_576, 4]
