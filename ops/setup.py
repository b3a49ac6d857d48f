"""Make `.venv`: everything the project runs on, from the hashed lock files.

Runs under the machine's own Python, before anything is installed: standard library only. `make` calls it
when a lock file is newer than `.venv/.ready`, so an unchanged checkout never gets here.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / ".ready"
BEGUN = VENV / ".installing"
"""There while packages are installed: what an interrupted installation leaves is not repaired but removed."""
INPUTS = (
    "requirements/uv.txt",
    "requirements/project.txt",
    "pyproject.toml",
    "ops/setup.py",
    "ops/assembly.py",
    "stacks/aws.py",
    "stacks/kernel.py",
)
"""What `.venv/.ready` depends on, as in the Makefile."""
MINIMUM = (3, 10)
POLL_S = 0.1
INTERVAL_S = 15.0
"""Seconds between two lines about what is waited for."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class SetupError(Exception):
    """Setup cannot go on; the message is one sentence that says what to do."""


def main() -> int:
    """Create or update `.venv`; return the exit status."""
    started = time.monotonic()
    try:
        # Two commands of a fresh clone at once: the second waits, and then finds everything done.
        (ROOT / "build").mkdir(exist_ok=True)
        with (ROOT / "build" / "setup.lock").open("w") as lock:
            # What is started keeps it locked, also when this process is killed.
            os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - os's own signature
            if wait_for(lock) and is_ready():
                return 0
            return set_up(started)
    except SetupError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or ROOT}: {error.strerror or error}.")
    except KeyboardInterrupt:
        say("interrupted.")
        return INTERRUPTED
    return 1


def wait_for(lock: IO[str]) -> bool:
    """Lock a file that one setup at a time holds; return whether another one held it before."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another setup of this folder")
    else:
        return False
    since = said = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_S)
        else:
            return True
        if time.monotonic() - said > INTERVAL_S:
            said = time.monotonic()
            say(f"waiting for another setup of this folder ({said - since:.0f} s)")


def is_ready() -> bool:
    """Return whether `.venv` is newer than everything that it is made of."""
    return READY.exists() and all(READY.stat().st_mtime >= (ROOT / name).stat().st_mtime for name in INPUTS)


def set_up(started: float) -> int:
    """Create or update `.venv`, which nobody else does at the same time; return the exit status."""
    check_python()
    create_venv()
    BEGUN.touch()
    try:
        install()
    except SetupError:
        BEGUN.unlink()  # a program that ended by itself leaves nothing half done
        raise
    BEGUN.unlink()
    build_assembly()
    READY.touch()
    say(f"ready in {time.monotonic() - started:.0f} s")
    return 0


def check_python() -> None:
    """Refuse a Python older than `MINIMUM`."""
    if sys.version_info < MINIMUM:
        found = ".".join(map(str, sys.version_info[:3]))
        wanted = ".".join(map(str, MINIMUM))
        message = (
            f"Python {found} is too old: {wanted} or newer is needed "
            f"(python.org, or your system's packages; then `make setup PYTHON=python{wanted}`)."
        )
        raise SetupError(message)


def create_venv() -> None:
    """Make the virtual environment, anew when it was made by another Python version."""
    if VENV.exists() and not made_by_this_python():
        say("another Python version made .venv: making it anew")
        shutil.rmtree(VENV)
    elif BEGUN.exists() or (VENV.exists() and not has_pip()):
        say("an earlier setup was interrupted: making .venv anew")
        shutil.rmtree(VENV)
    if not (VENV / "bin" / "python").exists():
        say(f"making .venv with Python {sys.version.split()[0]}")
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            message = (
                f"this Python cannot make virtual environments ({error}); on Debian and Ubuntu: "
                "apt-get install python3-venv."
            )
            raise SetupError(message) from error


def has_pip() -> bool:
    """Return whether `.venv` was made to its end: pip is the last thing that is put into it."""
    python = VENV / "bin" / "python"
    command = [str(python), "-m", "pip", "--version"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def made_by_this_python() -> bool:
    """Return whether `.venv` holds the Python version that runs this script."""
    config = VENV / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:3]))
    return config.exists() and f"version = {version}" in config.read_text(encoding="utf-8")


def install() -> None:
    """Install the lock files: uv with pip, then everything with uv, then the command `reveille`."""
    say("installing uv (requirements/uv.txt)")
    run(
        "pip",
        VENV / "bin" / "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--requirement",
        ROOT / "requirements" / "uv.txt",
    )
    say("installing the project's packages (requirements/project.txt)")
    run(
        "uv",
        VENV / "bin" / "uv",
        "pip",
        "sync",
        "--quiet",
        "--python",
        VENV / "bin" / "python",
        "--require-hashes",
        ROOT / "requirements" / "project.txt",
    )
    # The command `reveille`, from this folder: everything that it needs is installed.
    run(
        "uv",
        VENV / "bin" / "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        VENV / "bin" / "python",
        "--offline",
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        ROOT,
    )


def build_assembly() -> None:
    """Cut the AWS bindings to what the stacks use; without that, synthesis is slower and no different."""
    subprocess.run([str(VENV / "bin" / "python"), "-m", "ops.assembly"], cwd=ROOT, check=False)


def run(what: str, *command: str | Path) -> None:
    """Run one command; raise `SetupError` with its name when it fails (its own output says why)."""
    try:
        process = subprocess.Popen([str(part) for part in command], cwd=ROOT, close_fds=False)
    except OSError as error:
        message = f"{what} cannot be run ({error}): remove .venv and try again."
        raise SetupError(message) from error
    since = time.monotonic()
    with process:
        while True:
            try:
                process.wait(INTERVAL_S)
                break
            except subprocess.TimeoutExpired:
                say(f"waiting for {what} ({time.monotonic() - since:.0f} s)")
    if process.returncode != 0:
        message = f"{what} failed (exit status {process.returncode}); its message is above."
        raise SetupError(message)


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
