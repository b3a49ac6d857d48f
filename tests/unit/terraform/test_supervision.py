"""A supervised command is interrupted once, read to its end, outlives its parent, and may not stall."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from config.errors import CommandError
from config.paths import ROOT
from terraform import locking, supervision
from terraform.supervision import Supervised

ORDERLY = """
import signal, sys, time
def stop(*_):
    print("told", flush=True)
    time.sleep(0.3)
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
time.sleep(20)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(20)
"""


def supervised(program: str, output: Path, **options: Any) -> Supervised:
    """Return a Python program, to be run."""
    return Supervised([sys.executable, "-c", program], os.environ, name="it", output=output, **options)


def run(program: str, output: Path, *signals: int) -> list[str]:
    """Run `program`, send this process `signals` once it is ready, and return what it printed."""
    printed: list[str] = []
    with supervised(program, output) as process:
        for line in process.lines():
            printed.append(line.strip())
            if line.strip() == "ready":
                for number, item in enumerate(signals):
                    threading.Timer(0.1 + 0.3 * number, os.kill, (os.getpid(), item)).start()
    return printed


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the command writes."""
    return tmp_path / "output.log"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_waits_until_the_state_is_saved(
    number: int, output: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, a cancelled pipeline and a closed terminal alike; the command's last words are read."""
    printed: list[str] = []
    original = Supervised.lines

    def noted(self: Supervised) -> object:
        for line in original(self):
            printed.append(line.strip())
            yield line

    monkeypatch.setattr(Supervised, "lines", noted)
    with pytest.raises(KeyboardInterrupt):
        run(ORDERLY, output, number)
    assert printed == ["ready", "told", "saved"]
    assert "waiting for Terraform to complete" in capfd.readouterr().err


def test_a_second_interruption_kills_it(output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With a message that says what that means."""
    with pytest.raises(KeyboardInterrupt):
        run(STUBBORN, output, signal.SIGINT, signal.SIGINT)
    assert "may be missing from the state" in capfd.readouterr().err


def test_handlers_are_as_before_afterwards(output: Path) -> None:
    """Between two runs Ctrl-C is Python's again; what was written is removed."""
    before = signal.getsignal(signal.SIGINT)
    assert run("print('done')", output) == ["done"]
    assert signal.getsignal(signal.SIGINT) is before
    assert not output.exists()


def test_what_it_writes_is_for_the_user_alone(output: Path) -> None:
    """It has values of the configuration in it."""
    with supervised("import time; print('x', flush=True); time.sleep(0.2)", output) as process:
        assert output.stat().st_mode & 0o077 == 0
        assert list(process.lines()) == ["x"]


def test_a_last_line_without_an_end_is_read(output: Path) -> None:
    """And empty lines, and text that is not UTF-8."""
    program = "import sys; sys.stdout.buffer.write(b'a\\n\\n\\xff\\nb')"
    assert run(program, output) == ["a", "", "\ufffd", "b"]


PARENT = """
import os, sys
from pathlib import Path
from terraform import locking
from terraform.supervision import Supervised
child = "import time; print('ready', flush=True); time.sleep(1); print('saved'); open('SAVED', 'w').close()"
with locking.environment(Path('.'), 'qa', 'make deploy ENV=qa'):
    with Supervised([sys.executable, '-c', child], os.environ, name='terraform apply of compute',
                    output=Path('output.log')) as process:
        for line in process.lines():
            print(line, flush=True)
"""


def test_it_outlives_a_parent_that_is_killed_and_keeps_its_lock(tmp_path: Path) -> None:
    """SIGKILL of the command: Terraform completes, and until then nobody else works on the environment."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
    with pytest.raises(CommandError) as refused, locking.environment(tmp_path, "qa", "make diff ENV=qa"):
        pass
    said = str(refused.value)
    assert said.startswith("qa is locked: terraform apply of compute (process ")
    assert f"started by `make deploy ENV=qa` (process {parent.pid}, since " in said
    assert "which was killed" in said
    deadline = time.monotonic() + 20
    while not (tmp_path / "SAVED").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (tmp_path / "SAVED").exists()
    with locking.shared(tmp_path, "qa", "it to end"):
        pass


STALLED = """
import signal, sys, time
def stop(*_):
    print("stopping", flush=True)
    sys.exit(3)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
time.sleep(20)
"""


def test_what_makes_no_progress_is_stopped(output: Path) -> None:
    """By SIGINT, which lets Terraform save its state; how long nothing had happened is known."""
    with supervised(STALLED, output, limit_s=lambda: 0.5) as process:
        assert list(process.lines()) == ["ready", "stopping"]
    assert process.stalled_s > 0.5
    assert process.returncode == 3


def test_what_does_not_stop_is_killed(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a SIGTERM."""
    monkeypatch.setattr(supervision, "_STOP_S", 0.3)
    with supervised(STUBBORN, output, limit_s=lambda: 0.2) as process:
        assert list(process.lines()) == ["ready"]
    assert process.returncode == -signal.SIGKILL


WITH_PROVIDER = """
import signal, subprocess, sys
provider = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(20)"
signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
signal.signal(signal.SIGTERM, lambda *_: print("ending", flush=True))
print("ready", flush=True)
subprocess.call([sys.executable, "-c", provider])
print("released the lock", flush=True)
"""


def test_a_provider_that_ignores_the_first_signal_is_ended(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So Terraform releases its lock itself; what it says about the signal does not delay the second one."""
    monkeypatch.setattr(supervision, "_STOP_S", 0.5)
    read = []
    with supervised(WITH_PROVIDER, output, limit_s=lambda: 1.0) as process:
        for line in process.lines():
            read.append(line)
            process.progressed()
            if line == "interrupted":
                stopped = time.monotonic()
    assert read == ["ready", "interrupted", "ending", "released the lock"]
    assert time.monotonic() - stopped < 1.0


def test_progress_is_what_its_reader_says(output: Path) -> None:
    """A command that goes on is not stopped, however long it takes."""
    program = "import time\nfor n in range(8):\n print(n, flush=True)\n time.sleep(0.15)"
    with supervised(program, output, limit_s=lambda: 0.6) as process:
        for _ in process.lines():
            process.progressed()
    assert process.returncode == 0
    assert not process.stalled_s


def test_an_error_of_the_reader_asks_it_to_stop(output: Path) -> None:
    """Such as a sentence that could not be printed: it is waited for."""
    process = supervised(STALLED, output)

    def read() -> None:
        with process:
            for _ in process.lines():
                message = "gone"
                raise OSError(message)

    with pytest.raises(OSError, match="gone"):
        read()
    assert process.returncode == 3


def test_a_signal_that_the_parent_lets_us_ignore_stays_ignored(output: Path) -> None:
    """`nohup make deploy`: a terminal that is closed does not interrupt it."""
    program = "import time; print('ready', flush=True); time.sleep(0.5); print('done')"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(program, output, signal.SIGHUP) == ["ready", "done"]
    finally:
        signal.signal(signal.SIGHUP, before)


TWO_PARTS = """
import os, time
os.write(1, b"caf\\xc3")
time.sleep(0.4)
os.write(1, b"\\xa9")
"""


def test_a_letter_that_is_written_in_two_parts_is_one(output: Path) -> None:
    """Terraform's lines are longer than what is written at once."""
    with supervised(TWO_PARTS, output) as process:
        assert list(process.lines()) == ["caf\u00e9"]


def test_after_an_error_of_the_reader_it_is_not_waited_for_without_end(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`terraform init` ignores SIGINT."""
    monkeypatch.setattr(supervision, "_STOP_S", 0.1)
    process = supervised(STUBBORN, output)

    def read() -> None:
        with process:
            for _ in process.lines():
                message = "gone"
                raise OSError(message)

    with pytest.raises(OSError, match="gone"):
        read()
    assert process.returncode == -signal.SIGKILL
