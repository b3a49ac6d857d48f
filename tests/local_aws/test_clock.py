"""The local AWS's clock: how long a wait takes."""

from __future__ import annotations

import pytest

from local_aws import clock


@pytest.mark.parametrize(("speed", "seconds"), [("", 60), ("1", 60), ("20", 3), ("0.5", 120)])
def test_waits_are_shorter_by_the_speed(monkeypatch: pytest.MonkeyPatch, speed: str, seconds: float) -> None:
    """Unless nothing is said: then they take what they take in AWS."""
    monkeypatch.setenv(clock.VARIABLE, speed)
    assert clock.waiting(60) == seconds


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, speed: str) -> None:
    """With the name of the variable and what it may be."""
    monkeypatch.setenv(clock.VARIABLE, speed)
    with pytest.raises(ValueError, match=rf"LOCAL_AWS_SPEED must be a positive number.*found: {speed}"):
        clock.speed()
