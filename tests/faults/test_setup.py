"""A setup that is killed is repeated from the beginning; two at once do the work once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.paths import ROOT
from tests.faults.machine import MAKE, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("aws-fails")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what setup needs of this checkout, without what it makes."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("Makefile", "pyproject.toml", "ops", "stacks", "terraform", "requirements"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    return folder


@contextmanager
def setting_up(checkout: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `make setup` while the block runs, and to its end."""
    with subprocess.Popen(
        [MAKE, "--no-print-directory", "setup"],
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as command:
        yield command


def kill_when(checkout: Path, path: str) -> None:
    """Run setup, and kill all of it once there is a file."""
    with setting_up(checkout) as command:
        wait_for(lambda: (checkout / path).exists() or command.poll() is not None, path, 60)
        assert command.poll() is None, command.stdout and command.stdout.read()
        os.killpg(command.pid, signal.SIGKILL)
        command.wait()
    assert not (checkout / ".venv" / ".ready").exists()


def works(checkout: Path) -> bool:
    """Return whether everything that is locked can be imported."""
    done = subprocess.run(
        [checkout / ".venv" / "bin" / "python", "-c", "import boto3, cdktf, pydantic, pytest, rich, yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


def test_a_setup_that_was_killed_is_repeated(checkout: Path) -> None:
    """While it made the virtual environment, and while it installed; the third one succeeds."""
    kill_when(checkout, ".venv/pyvenv.cfg")
    kill_when(checkout, ".venv/.installing")
    with setting_up(checkout) as command:
        said = command.communicate(timeout=180)[0]
    assert command.returncode == 0, said
    assert "an earlier setup was interrupted: creating .venv again" in said
    assert works(checkout)


def test_two_setups_at_once_do_the_work_once(checkout: Path) -> None:
    """The second waits, says so, and finds everything done."""
    (checkout / ".venv" / ".ready").unlink()
    with setting_up(checkout) as first:
        wait_for((checkout / ".venv" / ".installing").exists, "installing", 60)
        with setting_up(checkout) as second:
            waited = second.communicate(timeout=180)[0]
        said = first.communicate(timeout=180)[0]
    assert (first.returncode, second.returncode) == (0, 0), said + waited
    assert waited == "setup: waiting for another setup of this folder\n"
    assert works(checkout)
