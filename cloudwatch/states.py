"""The states of an alarm.

Source: Amazon CloudWatch API Reference, SetAlarmState (StateValue).
"""

from __future__ import annotations

from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

STATES: Final[tuple[State, ...]] = ("OK", "ALARM", "INSUFFICIENT_DATA")
"""All states; arrays of states contain their indexes."""

FIRST: Final[State] = "INSUFFICIENT_DATA"
"""The initial state of every alarm (PutMetricAlarm, PutCompositeAlarm)."""
