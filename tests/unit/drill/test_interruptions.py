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
@pytest.mark.parametrize(("times", "is_done"), [(1, ["in the block"]), (2, ["in the block"])])
def test_the_first_signal_is_delayed_where_that_is_asked(number: int, times: int, is_done: list[str]) -> None:
    """What follows in the block is done; a second signal does not wait."""
    done: list[str] = []
    with Interruptions() as interruptions, pytest.raises(KeyboardInterrupt):
        interrupted(interruptions, number, times, done)
    assert done == is_done


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
