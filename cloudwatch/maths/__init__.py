"""Metric math: parsing, printing and validation; `maths.evaluation` computes expressions.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics". Behavior that it does not
document is described in the docstrings of `parser`, `forms`, `operators` and `functions`.
"""

from __future__ import annotations

from cloudwatch.maths.alarms import band_of, check_alarm
from cloudwatch.maths.forms import Kind
from cloudwatch.maths.kinds import kinds_of
from cloudwatch.maths.parser import parse
from cloudwatch.maths.syntax import Expression, names, text_of

__all__ = [
    "Expression",
    "Kind",
    "band_of",
    "check_alarm",
    "kinds_of",
    "names",
    "parse",
    "text_of",
]
