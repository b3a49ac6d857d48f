"""The states of an alarm, in CloudWatch's words.

Source: Amazon CloudWatch API Reference, SetAlarmState (StateValue).
"""

from __future__ import annotations

from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

STATES: Final[tuple[State, ...]] = ("OK", "ALARM", "INSUFFICIENT_DATA")
"""Every state; its index is what arrays of states hold."""

FIRST: Final[State] = "INSUFFICIENT_DATA"
"""How every alarm begins (PutMetricAlarm, PutCompositeAlarm)."""
