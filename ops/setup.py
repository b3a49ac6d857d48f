"""Make `.venv`: everything the project runs on, from the hashed lock files.

Runs under the machine's own Python, before anything is installed: standard library only. `make` calls it
when a lock file is newer than `.venv/.ready`, so an unchanged checkout never gets here.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / ".ready"
MINIMUM = (3, 10)


class SetupError(Exception):
    """Setup cannot go on; the message is one sentence that says what to do."""


def main() -> int:
    """Create or update `.venv`; return the exit status."""
    started = time.monotonic()
    # Two commands of a fresh clone at once: the second waits, and then finds everything done.
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return set_up(started)


def set_up(started: float) -> int:
    """Create or update `.venv`, which nobody else does at the same time; return the exit status."""
    try:
        check_python()
        create_venv()
        install()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    build_assembly()
    READY.touch()
    print(f"setup: ready in {time.monotonic() - started:.0f} s", file=sys.stderr)
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


def made_by_this_python() -> bool:
    """Tell whether `.venv` holds the Python version that runs this script."""
    config = VENV / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:3]))
    return config.exists() and f"version = {version}" in config.read_text(encoding="utf-8")


def install() -> None:
    """Install the lock files: uv with pip, then everything with uv, then the slim AWS bindings."""
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


def build_assembly() -> None:
    """Cut the AWS bindings to what the stacks use; without that, synthesis is slower and no different."""
    subprocess.run([str(VENV / "bin" / "python"), "-m", "ops.assembly"], cwd=ROOT, check=False)


def run(what: str, *command: str | Path) -> None:
    """Run one command; raise `SetupError` with its name when it fails (its own output says why)."""
    try:
        result = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    except OSError as error:
        message = f"{what} cannot be run ({error}): remove .venv and try again."
        raise SetupError(message) from error
    if result.returncode != 0:
        message = f"{what} failed (exit status {result.returncode}); its message is above."
        raise SetupError(message)


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
