"""Whatever happens, a command ends with one sentence, the right status, and no traceback."""

from __future__ import annotations

import errno
import inspect
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from aws import errors as aws_errors
from catalog import environment
from config import failures
from config.errors import CommandError, ConfigError
from config.paths import ROOT
from ops import cli, doctor
from tests.support.tables import each

FREE = "No space left on device. Free disk space and run the command again."
FULL = "Free disk space and run the command again."
OWNER = "Permission denied. Check who owns it, and its permissions."
JSII = "EACCES: permission denied, mkdir '/x/synth'\n    at Object.mkdirSync (node:fs:1)\n    at y"
NO_UTF8 = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
NO_ASCII = UnicodeEncodeError("ascii", "ü", 0, 1, "ordinal not in range")
DEEP = RecursionError("maximum recursion depth exceeded")
RENAMED = OSError(errno.EXDEV, "Invalid cross-device link", "a", None, "b")

FAILURES: dict[str, tuple[BaseException, str]] = {
    "disk full": (OSError(errno.ENOSPC, "No space left on device", "build/synth"), f"build/synth: {FREE}"),
    "unwritable": (PermissionError(errno.EACCES, "Permission denied", "build/x"), f"build/x: {OWNER}"),
    "read-only": (OSError(errno.EROFS, "Read-only file system", "build"), "BUILD_DIR names another folder"),
    "no path": (OSError("something"), "something."),
    "renamed": (RENAMED, "b: Invalid cross-device link."),
    "odd name": (OSError(errno.ENOENT, "No such file or directory", b"a\xff"), "No such file or directory."),
    "recursion": (DEEP, "something is nested too deeply to be read."),
    "memory": (MemoryError(), "memory is used up."),
    "decoding": (NO_UTF8, "text is not valid utf-8: invalid start byte."),
    "encoding": (NO_ASCII, "text is not valid ascii: ordinal not in range."),
    "Node, full": (
        RuntimeError("ENOSPC: no space left on device, write"),
        f" and {tempfile.gettempdir()}. {FULL}",
    ),
    "Node, unwritable": (RuntimeError(JSII), f"/x/synth: {OWNER}"),
    "Node, other": (
        RuntimeError("Cannot read\n    at x (node)"),
        "RuntimeError: Cannot read. This is a defect",
    ),
    "defect": (KeyError("x"), "KeyError: 'x'. This is a defect; "),
    "long": (ValueError("x" * 5000), "ValueError: xxx"),
    "no text": (AssertionError(), "AssertionError: no message. This is a defect; "),
}


@each("name", FAILURES)
@each("command", ["deploy", "synth", "diff", "destroy", "bootstrap", "package", "verify", "doctor"])
def test_whatever_fails_ends_in_one_sentence(
    command: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error, with status 1; the traceback of a defect is in a file."""
    error, said = FAILURES[name]

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(environment, "read", fail)
    monkeypatch.setattr(failures, "BUILD", tmp_path)
    if command == "doctor":
        monkeypatch.setattr(doctor, "examine", fail)
    assert cli.main([command]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{command}: ")
    assert said in err
    assert err.count("\n") == 1
    assert len(err) < 600
    log = tmp_path / "error.log"
    assert log.exists() == ("This is a defect" in err)
    assert not log.exists() or "Traceback" in log.read_text(encoding="utf-8")


def test_a_defect_is_told_although_its_details_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as on a full disk."""
    monkeypatch.setattr(failures, "BUILD", tmp_path)
    (tmp_path / "error.log").mkdir()
    said = failures.sentence(ValueError("x"))
    assert said == f"ValueError: x (no details: {tmp_path}/error.log cannot be written: Is a directory)."


def test_text_that_the_terminal_does_not_have_is_escaped() -> None:
    """Instead of a UnicodeEncodeError in the middle of a message."""
    program = "from config import failures; failures.escape_output(); print('\\u2713 \\udcff')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\\u2713 \\udcff\n"


def answer(code: str, status: int) -> ClientError:
    """Return the error that AWS answers with."""
    return ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "GetCallerIdentity",
    )


NO_CREDENTIALS = "There are no usable AWS credentials: "

EXPLAINED: list[tuple[BotoCoreError | ClientError, str, str]] = [
    (botocore.exceptions.NoCredentialsError(), NO_CREDENTIALS, "aws sso login"),
    (
        botocore.exceptions.ProfileNotFound(profile="x"),
        NO_CREDENTIALS,
        "AWS_PROFILE",
    ),
    (
        botocore.exceptions.UnauthorizedSSOTokenError(),
        NO_CREDENTIALS,
        "aws sso login",
    ),
    (botocore.exceptions.EndpointConnectionError(endpoint_url="u"), "AWS cannot be reached: ", "network"),
    (botocore.exceptions.ConnectTimeoutError(endpoint_url="u"), "AWS cannot be reached: ", "VPN"),
    (botocore.exceptions.ProxyConnectionError(proxy_url="u"), "The proxy cannot be reached: ", "HTTPS_PROXY"),
    (
        botocore.exceptions.SSLError(endpoint_url="u", error=Exception("e")),
        "The TLS connection fails: ",
        "AWS_CA_BUNDLE",
    ),
    (
        botocore.exceptions.ReadTimeoutError(endpoint_url="u"),
        "AWS accepts connections and does not",
        "later",
    ),
    (
        botocore.exceptions.ConnectionClosedError(endpoint_url="u"),
        "AWS closes the connection before",
        "proxies",
    ),
    (answer("InternalFailure", 500), "AWS answers with status 500: ", "not the cause"),
    (answer("503", 503), "AWS answers with status 503: ", "later"),
    (answer("ServiceUnavailable", 503), "AWS answers with status 503: ", "later"),
    (answer("ThrottlingException", 400), "AWS throttles requests: ", "minute"),
    (answer("SlowDown", 503), "AWS throttles requests: ", "minute"),
    (answer("ExpiredToken", 403), "AWS does not accept the credentials: ", "aws sso login"),
    (answer("InvalidClientTokenId", 403), "AWS does not accept the credentials: ", "AWS_PROFILE"),
    (answer("AccessDenied", 403), "The credentials do not allow this: ", "permission"),
    (answer("ValidationError", 400), "AWS refuses the request: ", ""),
]


@each(
    ("error", "begins", "advice"),
    EXPLAINED,
    ids=lambda exception: type(exception).__name__ if isinstance(exception, Exception) else "",
)
def test_each_cause_has_its_sentence_and_its_advice(
    error: BotoCoreError | ClientError, begins: str, advice: str
) -> None:
    """No network, no answer, AWS failing and no credentials are not one thing."""
    said = aws_errors.explain(error)
    assert said.startswith(begins)
    assert advice in said
    assert "\n" not in said


@each(
    "kind",
    [
        kind
        for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(kind, BotoCoreError) and kind.__module__ == "botocore.exceptions"
    ],
    ids=lambda kind: str(kind.__name__),
)
def test_every_error_of_boto_has_a_sentence(kind: type[BotoCoreError]) -> None:
    """None passes through."""
    error = kind.__new__(kind)
    Exception.__init__(error, "said\nin lines.")
    said = aws_errors.explain(error)
    assert said.endswith((".", ")"))
    assert "said in lines" in said


def test_errors_that_have_a_message_keep_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is refused by configuration has status 2, everything else 1."""
    for error, status in ((ConfigError([]), 2), (CommandError("x."), 1), (answer("AccessDenied", 403), 1)):

        def fail(*_: Any, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(environment, "read", fail)
        assert cli.main(["diff"]) == status
        assert "defect" not in capsys.readouterr().err


@each("name", failures._DIRECTORIES)  # noqa: SLF001 - over all of them
@each("number", [errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.EROFS])
def test_a_directory_that_a_variable_names_is_told_with_it(
    name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It, or what is in it; whoever reads the message knows what to change."""
    for other in failures._DIRECTORIES:  # noqa: SLF001 - as above
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path / "there"))
    for path in (tmp_path / "there", tmp_path / "there" / "a" / "b"):
        said = failures.sentence(OSError(number, os.strerror(number), str(path)))
        advice = f"{name} names this directory: check it, or choose another."
        assert said == f"{path}: {os.strerror(number)}. {advice}"
    for path in (tmp_path / "therefore", tmp_path):
        said = failures.sentence(OSError(number, os.strerror(number), str(path)))
        assert f"{name} names this directory" not in said
