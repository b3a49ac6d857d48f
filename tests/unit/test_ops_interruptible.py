"""A command that is interrupted is told once, read to its end, and then the interruption goes on."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from ops.interruptible import Interruptible

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
print("ready", flush=True)
time.sleep(20)
"""


def run(program: str, *signals: int) -> list[str]:
    """Run `program`, send this process `signals` once it is ready, and return what it printed."""
    printed: list[str] = []
    with Interruptible([sys.executable, "-c", program], os.environ) as process:
        for line in process.lines():
            printed.append(line.strip())
            if line.strip() == "ready":
                for number, one in enumerate(signals):
                    threading.Timer(0.1 + 0.3 * number, os.kill, (os.getpid(), one)).start()
    return printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_waits_until_the_state_is_saved(
    number: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, a cancelled pipeline and a closed terminal alike; the command's last words are read."""
    printed: list[str] = []
    original = Interruptible.lines

    def noted(self: Interruptible) -> object:
        for line in original(self):
            printed.append(line.strip())
            yield line

    monkeypatch.setattr(Interruptible, "lines", noted)
    with pytest.raises(KeyboardInterrupt):
        run(ORDERLY, number)
    assert printed == ["ready", "told", "saved"]
    assert "waiting until Terraform has finished" in capfd.readouterr().err


def test_a_second_interruption_ends_it(capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever insists is obeyed, and told what that means."""
    with pytest.raises(KeyboardInterrupt):
        run(STUBBORN, signal.SIGINT, signal.SIGINT)
    assert "is in no state" in capfd.readouterr().err


def test_handlers_are_as_before_afterwards() -> None:
    """Between two runs Ctrl-C is Python's again."""
    before = signal.getsignal(signal.SIGINT)
    assert run("print('done')") == ["done"]
    assert signal.getsignal(signal.SIGINT) is before
