"""Messages of unexpected errors: one sentence, without traceback.

The traceback is written to a file, for the report of the defect.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from config.errors import visible
from config.paths import BUILD

_SHOWN = 400
"""Characters of an unexpected error's own text that are shown."""

_OF_NODE = re.compile(r"(?:Error: )?(?P<code>E[A-Z0-9]+): [^\n]*?(?:'(?P<path>[^'\n]+)')?\s*(?:\n|$)")
"""A failed call of the operating system in Node, in which cdktf runs ("Errors", Node.js documentation)."""

_ADVICE = {
    errno.ENOSPC: "Free disk space and run the command again.",
    errno.EDQUOT: "The disk quota is used up: free space and run the command again.",
    errno.EACCES: "Check who owns it, and its permissions.",
    errno.EPERM: "Check who owns it, and its permissions.",
    errno.EROFS: "The file system is read-only: BUILD_DIR names another folder for what is generated.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`).",
    errno.ENFILE: "The machine has no open file left; end other programs.",
    errno.ENOMEM: "Free memory and run the command again.",
    errno.ENOENT: "It was removed while the command ran, or the checkout is incomplete.",
}

_OF_A_DIRECTORY = {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}
_DIRECTORIES = ("BUILD_DIR", "CDKTF_OUTDIR", "TF_PLUGIN_CACHE_DIR", "PROJECT_DIR", "TMPDIR")
"""Environment variables that name directories which commands write to or read."""


def sentence(error: BaseException) -> str:
    """Return the message of an error that is not handled elsewhere.

    The traceback of a defect is written to `build/error.log`.
    """
    if isinstance(error, RecursionError):
        return "something is nested too deeply to be read."
    if isinstance(error, MemoryError):
        return "memory is used up. Free memory and run the command again."
    if isinstance(error, UnicodeError):
        return (
            f"text is not valid {getattr(error, 'encoding', 'Unicode')}: {getattr(error, 'reason', error)}."
        )
    if isinstance(error, OSError):
        return _of_the_machine(error)
    found = _OF_NODE.match(str(error))
    if found and hasattr(errno, found["code"]):
        number = getattr(errno, found["code"])
        return _of_the_machine(OSError(number, os.strerror(number), found["path"]))
    return _defect(error)


def _of_the_machine(error: OSError) -> str:
    given = error.filename2 or error.filename
    path = os.fsdecode(given) if isinstance(given, (str, bytes, os.PathLike)) else str(given or "")
    advice = _ADVICE.get(error.errno or 0, "")
    variable = _that_names(path) if error.errno in _OF_A_DIRECTORY else ""
    if variable:
        advice = f"{variable} names this directory: check it, or choose another."
    elif not path and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        advice = f"What is generated goes to {BUILD} and {tempfile.gettempdir()}. {advice}"
    where = f"{visible(path)}: " if path else ""
    return f"{where}{error.strerror or error}. {advice}".rstrip()


def _that_names(path: str) -> str:
    """Return the environment variable that names the directory at `path` or around it, or nothing."""
    for name in _DIRECTORIES:
        value = os.environ.get(name)
        with suppress(ValueError, OSError):  # a NUL in the path, a loop of links
            if path and value and Path(path).resolve().is_relative_to(Path(value).resolve()):
                return name
    return ""


def _defect(error: BaseException) -> str:
    # jsii and Node put their own stack into the message, from the second line on.
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0] if lines else 'no message'}"[:_SHOWN]
    path = BUILD / "error.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as unwritable:
        return f"{said} (no details: {path} cannot be written: {unwritable.strerror})."
    return f"{said}. This is a defect; {path} has the details."


def escape_output() -> None:
    """Print characters that the terminal's encoding does not have as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
