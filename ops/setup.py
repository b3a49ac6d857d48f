"""Create `.venv` with the project's dependencies, from the hashed lock files.

It runs under the machine's Python before anything is installed: standard library only. `make` runs it when a
lock file is newer than `.venv/.ready`.
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
"""Exists while packages are installed: after an interrupted installation `.venv` is created again."""
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
"""Seconds between two lines of progress while waiting."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as in shells."""


class SetupError(Exception):
    """Setup cannot continue; the message is a sentence with what to do."""


def main() -> int:
    """Create or update `.venv`; return the exit status."""
    started = time.monotonic()
    try:
        # Of two commands in a fresh clone, the second waits for the first.
        (ROOT / "build").mkdir(exist_ok=True)
        with (ROOT / "build" / "setup.lock").open("w") as lock:
            # Child processes keep the lock if this process is killed.
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
    """Lock a file that a single setup can hold; return whether another setup held it before."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another setup of this folder")
    else:
        return False
    since = printed = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_S)
        else:
            return True
        if time.monotonic() - printed > INTERVAL_S:
            printed = time.monotonic()
            say(f"waiting for another setup of this folder ({printed - since:.0f} s)")


def is_ready() -> bool:
    """Return whether `.venv` is newer than all of its inputs."""
    return READY.exists() and all(READY.stat().st_mtime >= (ROOT / name).stat().st_mtime for name in INPUTS)


def set_up(started: float) -> int:
    """Create or update `.venv` while holding the lock; return the exit status."""
    check_python()
    create_venv()
    BEGUN.touch()
    try:
        install()
    except SetupError:
        BEGUN.unlink()  # a program that failed was not interrupted
        raise
    BEGUN.unlink()
    build_assembly()
    READY.touch()
    say(f"ready in {time.monotonic() - started:.0f} s")
    return 0


def check_python() -> None:
    """Raise `SetupError` if Python is older than `MINIMUM`."""
    if sys.version_info < MINIMUM:
        version = ".".join(map(str, sys.version_info[:3]))
        minimum = ".".join(map(str, MINIMUM))
        message = (
            f"Python {version} is too old: {minimum} or newer is required. Install it from python.org or "
            f"your system's packages and run `make setup PYTHON=python{minimum}`."
        )
        raise SetupError(message)


def create_venv() -> None:
    """Create the virtual environment, again if another Python version has created it."""
    if VENV.exists() and not made_by_this_python():
        say("another Python version created .venv: creating it again")
        shutil.rmtree(VENV)
    elif BEGUN.exists() or (VENV.exists() and not has_pip()):
        say("an earlier setup was interrupted: creating .venv again")
        shutil.rmtree(VENV)
    if not (VENV / "bin" / "python").exists():
        say(f"creating .venv with Python {sys.version.split()[0]}")
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            message = (
                f"this Python cannot create virtual environments ({error}). On Debian and Ubuntu, run "
                "apt-get install python3-venv."
            )
            raise SetupError(message) from error


def has_pip() -> bool:
    """Return whether `.venv` is complete: pip is installed into it last."""
    python = VENV / "bin" / "python"
    command = [str(python), "-m", "pip", "--version"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def made_by_this_python() -> bool:
    """Return whether `.venv` holds the Python version that runs this script."""
    config = VENV / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:3]))
    return config.exists() and f"version = {version}" in config.read_text(encoding="utf-8")


def install() -> None:
    """Install uv with pip, then the project's packages with uv, then the command `reveille`."""
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
    # The command `reveille` of this folder; its dependencies are installed already.
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
    """Reduce the AWS bindings to the services in use; if that fails, synthesis is only slower."""
    subprocess.run([str(VENV / "bin" / "python"), "-m", "ops.assembly"], cwd=ROOT, check=False)


def run(name: str, *command: str | Path) -> None:
    """Run a command; raise `SetupError` if it fails. The command prints the reason itself."""
    try:
        process = subprocess.Popen([str(part) for part in command], cwd=ROOT, close_fds=False)
    except OSError as error:
        message = f"{name} cannot be run ({error}): remove .venv and run the command again."
        raise SetupError(message) from error
    since = time.monotonic()
    with process:
        while True:
            try:
                process.wait(INTERVAL_S)
                break
            except subprocess.TimeoutExpired:
                say(f"waiting for {name} ({time.monotonic() - since:.0f} s)")
    if process.returncode != 0:
        message = f"{name} failed with exit status {process.returncode}; its message is above."
        raise SetupError(message)


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
