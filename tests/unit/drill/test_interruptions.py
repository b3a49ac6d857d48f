"""Signals end a drill, but not between receiving messages and keeping note of them."""

from __future__ import annotations

import signal

import pytest

from drill.live.interruptions import SIGNALS, Interruptions


def interrupted(interruptions: Interruptions, number: int, times: int, done: list[str]) -> None:
    """Do something that is not to be interrupted, and receive a signal once or more meanwhile."""
    with interruptions.uninterrupted():
        for _ in range(times):
            signal.raise_signal(number)
            done.append("in the block")
    done.append("after it")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("times", [1, 2])
def test_signals_are_delayed_where_that_is_asked(number: int, times: int) -> None:
    """What follows in the block is done. A second Ctrl-C does not wait; a terminal may send SIGHUP twice."""
    done: list[str] = []
    with Interruptions() as interruptions, pytest.raises(KeyboardInterrupt):
        interrupted(interruptions, number, times, done)
    is_immediate = times > 1 and number == signal.SIGINT
    assert done == ["in the block"] * (times - is_immediate)


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_interruptions_until_they_are_ignored(number: int) -> None:
    """And the handlers are restored."""
    before = signal.getsignal(number)
    with Interruptions() as interruptions:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        done: list[str] = []
        interrupted(interruptions, number, 0, done)
        interruptions.ignore()
        signal.raise_signal(number)
    assert done == ["after it"]
    assert signal.getsignal(number) == before


def test_an_ignored_signal_stays_ignored() -> None:
    """As `nohup` has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
